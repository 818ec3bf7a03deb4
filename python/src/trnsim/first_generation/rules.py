"""The rules of the first generation's compiler that need to be told of what a kernel does (`tensor/recording.py`)."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..errors import NkiValidationError, Place
from ..places import exact_place, place_of, user_frame, user_place
from ..record.context import Trace, tracing
from ..tensor import recording
from ..tensor.blocks import BlockTensor
from ..tensor.results import map_tensors
from ..tensor.spaces import MemoryRegion
from ..tensor.view import NkiTensor
from . import syntax
from .breaches import breach

#: Functions that make the tensor that is annotated, and no other one.
_MAKERS = frozenset({"ndarray", "zeros", "ones", "full", "zeros_like", "empty_like", "ndarray_like", "load"})


@dataclass
class Known:
    """What is known of the program of a kernel that is traced."""

    #: Whether the kernel places tensors on chip itself.
    is_allocated: bool = False
    #: By name of a parameter that was written: where first.
    updates: dict[str, Place] = field(default_factory=dict)
    #: Lines whose masks were looked at: that takes time, and the same expression is of the same kind in each pass.
    masks: set[tuple[CodeType, int]] = field(default_factory=set)


def first_generation() -> Trace | None:
    """The trace that is going on, if it is one of the first generation."""
    current = tracing()
    return current if current is not None and current.beta else None


def known(current: Trace) -> Known:
    """What is known of a trace."""
    found: Known | None = current.known
    if found is None:
        found = current.known = Known()
    return found


class FirstGeneration(recording.Rules):
    """The rules of the first generation's compiler."""

    def indexed(self, view: Any, key: Any) -> None:
        current = first_generation()
        if current is None:
            return
        grids = [part for part in key if isinstance(part, np.ndarray) and part.ndim]
        if grids and all(grid.ndim == 1 for grid in grids):
            breach(current, "1d_arange_not_supported", f"'{view.name}' is indexed by grids of one dimension",
                   "give grids two dimensions, nl.arange(n)[:, None], or take a slice")
        if grids and any(isinstance(part, slice) for part in key):
            breach(current, "unsupported_mixing_basic_advanced_tensor_indexing", f"'{view.name}' is indexed by grids and slices",
                   "give a grid or a number in each dimension, or slices alone")

    def index_assigned(self) -> None:
        current = first_generation()
        if current is not None:
            breach(current, "cannot_assign_to_index", "an index is assigned to", "make a tile of it with nisa.iota, and assign to that")

    def condition(self, frame: FrameType) -> bool:
        decides = syntax.is_condition(frame.f_code, frame.f_lasti)
        current = first_generation()
        if current is not None and decides:
            breach(current, "control_flow_condition_depending_on_arange",
                   "a condition depends on nl.arange or nl.mgrid, and is taken as met", "give it to the operation as mask=; & joins two of them", frame=frame)
        return decides

    def truth(self, view: Any) -> None:
        current = first_generation()
        if current is None:
            return
        frame = user_frame(1)
        is_argument = not view.on_chip
        decides = syntax.is_condition(frame.f_code, frame.f_lasti)
        if decides and not is_argument and syntax.in_while_test(frame.f_code, frame.f_lineno):
            rule, remedy = "while_loop_requires_unconditional_entry", "loop as often as it takes at most, with nl.where in the body"
        elif decides and not is_argument:
            rule, remedy = "dynamic_control_flow_not_supported", "values are known only when the program runs: use nl.where or a predicate"
        else:
            rule, remedy = "ambiguous_tensor_truth_value", "compare with None (`is not None`); &, | and ~ work on tiles"
        what = f"the truth of tensor '{view.name}'"
        if view.origin is not None:
            raise NkiValidationError(f"{what} in Python's if, while, and, or, not", remedy=remedy, place=exact_place(frame), rule=rule)
        # Kernels of the documentation ask so whether an argument was given: no note.
        breach(current, rule, f"{what} is taken for true", remedy, frame=frame, noted=not is_argument)

    def created(self, tensor: Any, placed: bool) -> None:
        current = first_generation()
        if current is None:
            return
        if placed and not getattr(inspect.unwrap(current.function), "is_placed_anew", False):
            known(current).is_allocated = True
        if isinstance(tensor, BlockTensor):
            breach(current, "leading_dimension_of_tensor_must_be_partition", f"'{tensor.name}' has blocks in front of its partitions",
                   "make a list of tiles, or take the blocks to the free dimensions", noted=False)  # earlier releases take them
        elif tensor.storage.region is MemoryRegion.shared_hbm:
            self._require_top_level(current, tensor)
        self.annotated(tensor)

    def annotated(self, tensor: Any) -> None:
        """Compares a tensor with the annotation of the variable that it is assigned to."""
        current = first_generation()
        if current is None:
            return
        frame = user_frame(1)
        found = syntax.annotation_of(frame.f_code, frame.f_lineno)
        if found is None or found[0] not in _MAKERS:
            return
        part = found[1].slice
        extents = part.elts if isinstance(part, ast.Tuple) else [part]
        try:
            wanted = [int(eval(compile(ast.Expression(extent), "<annotation>", "eval"), frame.f_globals, frame.f_locals))
                      for extent in extents]
        except Exception:
            return  # an extent that is no number is no shape to compare with
        if wanted != list(tensor.shape):
            breach(current, "annotation_shape_mismatch", f"'{tensor.name}' of shape {list(tensor.shape)} is annotated as {wanted}",
                   "write the shape that it has, or give it the one that is annotated", frame=frame)

    def _require_top_level(self, current: Trace, tensor: NkiTensor) -> None:
        """Tensors of shared_hbm are made in the kernel itself, outside of loops and of branches that are not decided yet."""
        frame = user_frame(2)
        kernel = getattr(inspect.unwrap(current.function), "__code__", None)
        blocks = syntax.around(frame.f_code, frame.f_lineno)
        if frame.f_code is not kernel and _is_below(frame, kernel):
            where = f"in function '{frame.f_code.co_name}'"
        elif current.passes.loops or any(not isinstance(block, ast.If) for block in blocks):
            where = "in a loop"
        elif syntax.open_branches(frame.f_code, frame.f_lineno):
            where = "under a condition"
        else:
            return
        breach(current, "shared_hbm_must_in_kernel_level", f"'{tensor.name}' of nl.shared_hbm is made {where}",
               "make it at the top of the kernel")

    def filled(self, region: Any, placed: bool) -> None:
        current = first_generation()
        if current is None:
            return
        if region.is_hbm:
            breach(current, "hbm_tensor_with_init_value_not_supported", "a tensor in HBM is made with a first value",
                   "make it with nl.ndarray, and nl.store the value")
        elif placed and not getattr(inspect.unwrap(current.function), "is_placed_anew", False):
            breach(current, "tensor_creation_on_scratchpad_with_init_value_not_supported",
                   "a tensor at an address of the kernel's own is made with a first value", "make it with nl.ndarray, and nisa.memset it")

    def assigned(self, view: Any, value: Any) -> None:
        current = first_generation()
        if current is None or not (loops := [loop for loop in current.passes.loops if loop.affine]):
            return
        if value is not None and any(value is kept for kept in current.constants.values()):
            return  # of loop_reduce, which joins the passes
        storage = view.storage
        key = (user_place(), id(storage), view.offset, view.shape, view.strides)
        for loop in loops:
            if storage.last >= loop.begin:
                continue  # what this pass has touched before may be what it adds to
            if loop.writes.setdefault(key, loop.number) != loop.number:
                breach(current, "unexpected_output_dependencies", f"passes of an affine_range write the same place of '{view.name}'",
                       "index it by the loop's variable, or use nl.sequential_range")

    def stored(self, view: NkiTensor) -> None:
        """A kernel writes to a tensor in HBM."""
        current = first_generation()
        if current is not None and view.storage.role == "input":
            known(current).updates.setdefault(view.storage.name, exact_place(user_frame(1)))

    def nested(self, kernel: str) -> None:
        current = first_generation()
        if current is not None:
            breach(current, "nested_kernel_with_spmd_grid",
                   f"kernel '{kernel}' is called with a grid inside of another one, and runs once", "call it without brackets, in a loop over what the grid was to be")

    def finished(self, trace: Any, result: Any) -> None:
        _require_scopes(trace)
        returned: set[str] = set()

        def note(view: NkiTensor) -> NkiTensor:
            returned.add(view.storage.name)
            return view

        map_tensors(result, note)
        if not returned:
            return  # a kernel of the releases in which results were parameters
        mutable = _mutable_parameters(trace.function)
        for name, place in known(trace).updates.items():
            if name.split(".")[0] not in mutable:
                breach(trace, "cannot_update_immutable_parameter", f"parameter '{name}' is written",
                       "annotate it as nt.mutable_tensor and return it, or write a tensor of nl.shared_hbm", place=place)
            elif name not in returned:
                breach(trace, "mutable_parameter_not_returned", f"parameter '{name}' is written and not returned", "return it too",
                       place=place)


def _is_below(frame: FrameType, kernel: Any) -> bool:
    """Whether a frame was called from a kernel's."""
    found = frame.f_back
    while found is not None and found.f_code is not kernel:
        found = found.f_back
    return found is not None


def _mutable_parameters(function: Any) -> set[str]:
    """The parameters that a kernel says it writes."""
    found = getattr(inspect.unwrap(function), "__annotations__", {})
    texts = {name: kind if isinstance(kind, str) else getattr(kind, "__name__", repr(kind)) for name, kind in found.items()}
    return {name for name, text in texts.items() if "mutable" in text}


def _require_scopes(trace: Trace) -> None:
    """Tiles are used in the pass and the branch that made them."""
    program, passes = trace.program, trace.passes
    kept = passes.held | {id(value.storage) for value in trace.constants.values() if isinstance(value, NkiTensor)}
    remedy = "make it with nl.ndarray in front, and assign to it: t[...] = …"
    for first, last, end in passes.ended:
        for storage in program.storages[first:last]:
            if storage.on_chip and storage.last >= end and id(storage) not in kept:
                breach(trace, "local_variable_used_out_of_scope",
                       f"tile '{storage.name}' is used behind the pass of the loop that made it", remedy, place=place_of(program.places[storage.last]))
    for storage in program.storages:
        if not storage.on_chip or storage.place is None or storage.last < 0 or id(storage) in kept:
            continue
        code, line = storage.place
        used, at = program.places[storage.last]
        if used is not code or not (branches := syntax.open_branches(code, line)):
            continue
        if not set(branches) <= set(syntax.around(code, at)):
            breach(trace, "local_variable_used_out_of_scope", f"tile '{storage.name}' is used behind the branch that made it", remedy,
                   place=place_of((used, at)))


rules = FirstGeneration()
recording.rules = rules

__all__ = ["FirstGeneration", "first_generation", "known", "rules"]
