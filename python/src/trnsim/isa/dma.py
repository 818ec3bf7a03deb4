"""DMAs: copies of any depth are cut into what one access pattern can say."""

from __future__ import annotations

from typing import Any, Final

from ..errors import KernelTypeError
from ..places import current_place, fail
from ..record import recorder
from ..record.allocate import allocate
from ..record.context import trace
from ..record.encoding import integer_value
from ..record.operand import core_operand, fits, operand_value
from ..record.operations import Layout, Symbols, layout
from ..record.recorder import NkiInstruction, describe_value, emit, written
from ..tensor.dtypes import as_dtype
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from .compute import PSUM, tensor_copy
from .operators import alu

_DGE: Final = {0: "unknown", 1: "swdge", 2: "hwdge", 3: "none"}

_COPY: Final = Layout("dma_copy", "dst", "src", "scalar_offset", "vector_offset", "indirect", "offset_stride", "oob_mode", "dge_mode")
_INDIRECT: Final = Symbols("dma_copy", "indirect")
_OOB_MODE: Final = Symbols("dma_copy", "oob_mode")
_DGE_MODE: Final = Symbols("dma_copy", "dge_mode")
_TRANSPOSE: Final = Layout("dma_transpose", "dst", "src", "dge_mode")
_TRANSPOSE_DGE_MODE: Final = Symbols("dma_transpose", "dge_mode")
_REDUCE_OP: Final = Symbols("dma_compute", "reduce_op")

#: Fields of a transfer besides its ends, and the tensors that they name.
_Attributes = tuple[dict[str, bytes], list[NkiTensor]]
_NO_ATTRIBUTES: _Attributes = ({}, [])


def _tensor(value: Any, what: str, op: str) -> NkiTensor:
    if not isinstance(value, NkiTensor):
        raise KernelTypeError(f"{op} {what} must be a tensor, is {describe_value(value)}",
                              remedy="pass a tensor of nl.ndarray or a view of one", place=current_place())
    if recorder.mask_box is not None:
        value = recorder.mask_box.clip(value)
    if value.storage.lazy is not None and not (what == "dst" and recorder.replaces(value)):
        recorder.needs(value)
    return value  # type: ignore[no-any-return]


def _mode(dge_mode: Any) -> str:
    name = getattr(dge_mode, "name", dge_mode)
    if isinstance(name, int):
        return _DGE[name]
    return name or "unknown"


def dma_copy(dst: Any, src: Any, priority: Any = None, oob_mode: Any = "error", dge_mode: Any = "unknown",
             engine: Any = None, name: Any = None, dst_rmw_op: Any = None, unique_indices: Any = True
             ) -> NkiInstruction:
    to, source = _tensor(dst, "dst", "dma_copy"), _tensor(src, "src", "dma_copy")
    if dst_rmw_op is not None:
        return dma_compute(to, [source, to], dst_rmw_op, name=name, oob_mode=oob_mode)
    if to.storage.region is PSUM or source.storage.region is PSUM:
        what = "dst" if to.storage.region is PSUM else "src"
        raise fail(f"dma_copy {what} is in psum, which DMAs do not reach", "copy it to sbuf with tensor_copy first")
    written(to)
    if to.shape != source.shape and to.size != source.size:
        raise fail(f"dma_copy dst has {to.size} elements (shape {list(to.shape)}), src has {source.size} "
                   f"(shape {list(source.shape)})", "both sides move the same number of elements")
    tail = _NO_ATTRIBUTES
    if to.dynamic is not None or source.dynamic is not None or oob_mode != "error" or dge_mode != "unknown":
        tail = _attributes(to, source, oob_mode, dge_mode)
    if not tail[1] and (engine is None or getattr(engine, "name", engine) in ("unknown", "dma")):
        engine = None
        if trace().beta:
            engine, tail = _queue(to, tail, dge_mode)
    return _pieces(to, source, tail, engine, name)


def _queue(to: NkiTensor, tail: _Attributes, dge_mode: Any) -> tuple[str | None, _Attributes]:
    """Who starts a transfer that a kernel of the first generation leaves open.

    Those of the second are left to the core's compiler. In the first, loads go through Sync and stores
    through GpSimd, as in captured runs of compiled kernels: a store waits for its data, and must not hold up the
    loads behind it. Descriptors are prepared by the host, which those captures show too.
    """
    mode = _mode(dge_mode)
    if mode == "unknown":
        tail = ({**tail[0], "dge_mode": _DGE_MODE["none"]}, tail[1])
        mode = "none"
    if to.storage.region.is_hbm and mode in ("unknown", "none", "swdge"):
        return "gpsimd", tail
    return None, tail


def _attributes(to: NkiTensor, source: NkiTensor, oob_mode: Any, dge_mode: Any) -> _Attributes:
    values: dict[str, bytes] = {}
    more: list[NkiTensor] = []
    dynamic, side = source.dynamic, "src"
    if to.dynamic is not None:
        if dynamic is not None and dynamic.kind != "register" and to.dynamic.kind != "register":
            raise fail("dma_copy dst and src are both indirect", "gather first, then scatter")
        if to.dynamic.kind != "register":
            dynamic, side = to.dynamic, "dst"
    if dynamic is not None and dynamic.kind != "register":
        index = dynamic.index
        if dynamic.kind == "vector" and index.ndim > 1 and index.shape[0] == 1 and index.size > 1:
            raise fail(f"dma_copy vector_offset has shape {list(index.shape)}",
                       "one index in each partition: [P, 1]")
        values = {f"{dynamic.kind}_offset": operand_value(index, "dma_copy index"), "indirect": _INDIRECT[side],
                  "offset_stride": integer_value(dynamic.stride)}
        more.append(index)
    mode = getattr(oob_mode, "name", oob_mode)
    if mode in ("skip", 1):
        values["oob_mode"] = _OOB_MODE["skip"]
    descriptors = _mode(dge_mode)
    if descriptors != "unknown":
        values["dge_mode"] = _DGE_MODE[descriptors]
    return values, more


def _pieces(to: NkiTensor, source: NkiTensor, tail: _Attributes, engine: Any, name: Any) -> NkiInstruction:
    values, more = tail
    limit = trace().machine.free_dimensions
    if (to.ndim <= limit and source.ndim <= limit) or (fits(to) and fits(source)):
        a, b = core_operand(to, "dma_copy dst"), core_operand(source, "dma_copy src")
        return emit(_COPY, a.data + b.data + _COPY.values(values, 2), [to, source, *more], engine, name)
    if more:
        raise fail("an indirect dma_copy has more dimensions than an access pattern",
                   "split it, or flatten dimensions")
    # Cut along the outermost dimension that both sides have.
    left, right = _outermost(to), _outermost(source)
    if left < 0 or right < 0 or to.shape[left] != source.shape[right]:
        raise fail(f"dma_copy between shape {list(to.shape)} and shape {list(source.shape)} needs more "
                   "dimensions than an access pattern has", "give both sides one shape, or split the copy")
    last: NkiInstruction | None = None
    for i in range(to.shape[left]):
        last = _pieces(_at(to, left, i), _at(source, right, i), tail, engine, name)
    assert last is not None
    return last


def _outermost(view: NkiTensor) -> int:
    """The first dimension of more than one element; -1 if there is none."""
    for dim, extent in enumerate(view.shape):
        if extent > 1:
            return dim
    return -1


def _at(view: NkiTensor, dim: int, i: int) -> NkiTensor:
    """The i-th piece along a dimension; on chip the partition dimension stays."""
    offset = view.offset + i * view.strides[dim]
    middle = (1,) if view.on_chip and dim == 0 else ()
    strides = (view.strides[0],) if middle else ()
    return NkiTensor(view.storage, view.dtype, (*view.shape[:dim], *middle, *view.shape[dim + 1:]),
                     (*view.strides[:dim], *strides, *view.strides[dim + 1:]), offset, view.dynamic)


def dma_transpose(dst: Any, src: Any, axes: Any = None, priority: Any = None, dge_mode: Any = "unknown",
                  oob_mode: Any = "error", name: Any = None) -> NkiInstruction:
    to, source = _tensor(dst, "dst", "dma_transpose"), _tensor(src, "src", "dma_transpose")
    written(to)
    rank = source.ndim
    order = tuple(axes) if axes is not None else {2: (1, 0), 3: (2, 1, 0), 4: (3, 1, 2, 0)}.get(rank)
    if order is None or tuple(order) not in ((1, 0), (2, 1, 0), (3, 1, 2, 0)):
        raise fail(f"dma_transpose of {rank} dimensions with axes {axes}",
                   "2-D [1, 0], 3-D [2, 1, 0], 4-D [3, 1, 2, 0]")
    if to.dynamic is not None:
        raise fail("dma_transpose dst is indirect", "transpose into a tile, then scatter it with dma_copy")
    mode = _mode(dge_mode)
    if source.dynamic is not None and source.dynamic.kind != "register":
        source, mode = _gathered(source, oob_mode, dge_mode), "unknown"
    tail = _TRANSPOSE_DGE_MODE[mode]
    middle = source.shape[1:-1]
    last: NkiInstruction | None = None
    flat_to = to.reshape((to.shape[0], -1)) if rank == 2 else to
    if rank == 2:
        return emit(_TRANSPOSE, operand_value(flat_to, "dma_transpose dst") + operand_value(source, "dma_transpose src")
                    + tail, [to, source], None, name)
    # dst[n, middle…, r] = src[r, middle…, n]: one matrix for each middle index.
    for position in _positions(middle):
        key = (slice(None), *position, slice(None))
        piece_to, piece_from = to[key], source[key]
        last = emit(_TRANSPOSE, operand_value(piece_to, "dma_transpose dst")
                    + operand_value(piece_from, "dma_transpose src") + tail, [piece_to, piece_from], None, name)
    assert last is not None
    return last


def _gathered(source: NkiTensor, oob_mode: Any, dge_mode: Any) -> NkiTensor:
    """The rows that indices choose, in a tile: the device gathers and transposes in one transfer, here they are two."""
    note = "dma_transpose with indices takes the time of a gather and of a transpose from sbuf"
    notes = trace().program.warnings
    if note not in notes:
        notes.append(note)
    tile = allocate(MemoryRegion.sbuf, source.dtype, source.shape, "gathered")
    dma_copy(tile, source, oob_mode=oob_mode, dge_mode=dge_mode)
    return tile


def _positions(extents: tuple[int, ...]) -> list[tuple[int, ...]]:
    positions: list[tuple[int, ...]] = [()]
    for extent in extents:
        positions = [(*position, i) for position in positions for i in range(extent)]
    return positions


def dma_compute(dst: Any, srcs: Any, reduce_op: Any, scales: Any = None, unique_indices: Any = True,
                oob_mode: Any = "error", name: Any = None) -> NkiInstruction:
    to = _tensor(dst, "dst", "dma_compute")
    written(to)
    sources = [_tensor(source, f"srcs[{i}]", "dma_compute") for i, source in enumerate(srcs)]
    if scales is not None and any(float(scale) != 1.0 for scale in scales):
        raise fail("dma_compute scales must be 1.0")
    kind = alu(reduce_op, "reduce_op")
    if kind != "add":
        raise fail(f"dma_compute reduce_op is {kind}, must be add")
    fields = layout("dma_compute")
    if len(sources) >= len(fields.fields) or f"src{len(sources) - 1}" not in fields.fields:
        raise fail(f"dma_compute has {len(sources)} srcs", "the core takes src0 and what follows; add in several steps")
    values, more = _attributes(to, _plain(sources, to), oob_mode, None)
    values |= {f"src{i}": operand_value(source, "dma_compute srcs") for i, source in enumerate(sources)}
    values |= {"dst": operand_value(to, "dma_compute dst"), "reduce_op": _REDUCE_OP[kind]}
    return emit(fields, fields.values(values), [to, *sources, *more], None, name)


def _plain(sources: list[NkiTensor], to: NkiTensor) -> NkiTensor:
    """The source that is indirect, if one is; a scatter names its index at the destination too."""
    for source in sources:
        if source.dynamic is not None and source.storage is not to.storage:
            return source
    return NkiTensor(to.storage, to.dtype, to.shape, to.strides, to.offset)


def load(src: NkiTensor, dtype: Any = None) -> NkiTensor:
    """A new tile in sbuf with the contents of an HBM tensor."""
    kind = as_dtype(dtype) if dtype is not None else src.dtype
    shape = src.shape if src.ndim > 1 else ((src.shape[0], 1) if src.ndim else (1, 1))
    result = allocate(MemoryRegion.sbuf, kind, shape)
    dma_copy(result, src)
    return result


def spill(view: NkiTensor) -> NkiTensor:
    """A copy in sbuf of what is in psum, for a DMA."""
    result = allocate(MemoryRegion.sbuf, view.dtype, view.shape)
    tensor_copy(result, view)
    return result
