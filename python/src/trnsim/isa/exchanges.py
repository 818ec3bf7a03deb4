"""Exchanges between cores: tiles between the two cores of a rank, collectives between ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import NkiValidationError, UnsupportedError
from ..places import current_place, fail
from ..record.context import trace
from ..record.encoding import integer_value, integers_value
from ..record.operand import operand_value
from ..record.operations import Symbols, layout
from ..record.recorder import NkiInstruction, emit, tile
from ..tensor.view import NkiTensor
from .operators import alu


def _record(op: str, values: dict[str, bytes], operands: list[NkiTensor], name: Any) -> NkiInstruction:
    """Records an exchange; then the other cores have their turn."""
    fields = layout(op)
    found = emit(fields, fields.values(values), operands, None, name)
    turn = trace().turn
    if turn is not None:
        turn.give()
    return found


def _pair(op: str) -> None:
    if trace().layout.cores < 2:
        raise UnsupportedError(f"{op} on one core", remedy="launch on two: kernel[2](…)", place=current_place())


# Between the two cores of a rank


def sendrecv(src: Any, dst: Any, send_to_rank: Any, recv_from_rank: Any, pipe_id: Any, dma_engine: Any = "dma",
             name: Any = None) -> NkiInstruction:
    """Sends a tile to the other core and receives one from it."""
    _pair("sendrecv")
    to, source = tile(dst, "dst", "sendrecv"), tile(src, "src", "sendrecv")
    to.storage.written = True
    engine = str(getattr(dma_engine, "name", dma_engine) or "dma")
    numbers = {"send_to_rank": send_to_rank, "recv_from_rank": recv_from_rank, "pipe_id": pipe_id}
    return _record("sendrecv", {
        "dst": operand_value(to, "sendrecv dst"), "src": operand_value(source, "sendrecv src"),
        **{field: integer_value(int(number)) for field, number in numbers.items()},
        "dma_engine": Symbols("sendrecv", "dma_engine")[engine]}, [to, source], name)


def core_barrier(data: Any, cores: Any = (0, 1), engine: Any = None, name: Any = None) -> NkiInstruction:
    """Waits for the other core."""
    _pair("core_barrier")
    if sorted(cores) != [0, 1]:
        raise fail(f"core_barrier cores is {tuple(cores)}", "a rank has the cores (0, 1)")
    view = tile(data, "data", "core_barrier")
    view.storage.written = True
    return _record("core_barrier", {"data": operand_value(view, "core_barrier data")}, [view], name)


# Between ranks


def group_of(name: str, group: Any) -> list[int]:
    """The ranks of the group that this one is in, in their order; all ranks if there are no groups."""
    current = trace()
    groups = getattr(group, "replica_groups", group)
    if not groups:
        return list(range(current.layout.ranks))
    for members in groups:
        ranks = [int(rank) for rank in members] if isinstance(members, Sequence) else [int(members)]
        if current.rank not in ranks:
            continue
        if max(ranks) >= current.layout.ranks:
            raise UnsupportedError(
                f"{name} of ranks {ranks}: {current.layout.ranks} rank(s) are simulated", place=current_place(),
                remedy=f"trnsim.simulate(kernel, …, ranks={max(ranks) + 1}), with trnsim.PerRank([…]) for what differs")
        return ranks
    raise NkiValidationError(f"{name}: rank {current.rank} is in none of the groups", place=current_place(),
                             remedy="each rank that calls a collective is in one group")


def reduction(name: str, op: Any) -> str:
    """How a collective puts values together, in the core's words."""
    found = alu(op, "op")
    kinds = {"add": "add", "minimum": "min", "maximum": "max"}
    if found not in kinds:
        raise fail(f"{name} op is {found}", "add, minimum or maximum")
    return kinds[found]


def pairs_of(name: str, srcs: Any, dsts: Any) -> list[tuple[NkiTensor, NkiTensor]]:
    """Each source with its destination, in one kind of memory."""
    sources = [srcs] if isinstance(srcs, NkiTensor) else list(srcs)
    targets = [dsts] if isinstance(dsts, NkiTensor) else list(dsts)
    if len(sources) != len(targets):
        raise fail(f"{name} has {len(sources)} srcs and {len(targets)} dsts", "one destination for each source")
    for source, target in zip(sources, targets):
        if source.on_chip != target.on_chip:
            raise fail(f"{name} from {source.buffer} to {target.buffer}", "both in HBM or both in sbuf")
    return list(zip(sources, targets))


def collective(name: str, srcs: Any, dsts: Any, group: Any, *, op: str | None = None, dim: int | None = None,
               ) -> NkiInstruction:
    """A collective of lists of tensors, one exchange for each pair; `op` is what `reduction` gave."""
    ranks = group_of(name, group)
    values = {"group": integers_value(ranks)}
    if op is not None:
        values["op"] = Symbols(name, "op")[op]
    return _each(name, srcs, dsts, values, dim)


def permute(srcs: Any, dsts: Any, source_target_pairs: Any, group: list[int] | None = None) -> NkiInstruction:
    """Each rank sends to the one that its pair names; the ranks of `group` take part, all if it is None."""
    count = trace().layout.ranks
    members = group if group is not None else list(range(count))
    targets = [-1] * len(members)
    for source, target in source_target_pairs:
        for rank in (source, target):
            if not 0 <= int(rank) < count:
                raise UnsupportedError(f"collective_permute with rank {rank}: {count} rank(s) are simulated",
                                       place=current_place(), remedy="trnsim.simulate(kernel, …, ranks=…)")
        targets[members.index(int(source))] = int(target)
    return _each("collective_permute", srcs, dsts,
                 {"targets": integers_value(targets), "group": integers_value(members)}, None)


def _each(name: str, srcs: Any, dsts: Any, values: dict[str, bytes], dim: int | None) -> NkiInstruction:
    pairs = pairs_of(name, srcs, dsts)
    if not pairs:
        raise fail(f"{name} has 0 srcs and 0 dsts", "one destination for each source")
    found: NkiInstruction | None = None
    for source, target in pairs:
        to, given = tile(target, "dst", name), tile(source, "src", name)
        to.storage.written = True
        if dim is not None:
            (to, core_dim), (given, _) = _along(to, dim, name), _along(given, dim, name)
            values = {**values, "dim": integer_value(core_dim)}
        found = _record(name, {**values, "dst": operand_value(to, f"{name} dst"), "src": operand_value(given, f"{name} src")},
                        [to, given], None)
    assert found is not None
    return found


def _along(view: NkiTensor, dim: int, name: str) -> tuple[NkiTensor, int]:
    """A view whose rows (0) or columns (1) are what the collective puts together or takes apart.

    Dimensions in front of `dim` become the rows, `dim` and what follows the columns.
    """
    if not 0 <= dim < len(view.shape):
        raise fail(f"{name} collective_dim is {dim}, the tensor has shape {list(view.shape)}")
    if dim <= 1 and (view.on_chip or len(view.shape) == 2):
        return view, dim
    if view.on_chip or not view.is_contiguous():
        raise UnsupportedError(f"{name} along dimension {dim} of {list(view.shape)}", place=current_place(),
                               remedy="use a contiguous tensor in HBM, or dimension 0 or 1")
    before = 1
    for extent in view.shape[:dim]:
        before *= extent
    if dim == 0:
        return view.reshape((view.shape[0], view.size // view.shape[0])), 0
    return view.reshape((before, view.size // before)), 1
