"""`nki.collectives`: exchange between ranks. From Python one rank is simulated, so a group has one rank.

With one rank in the group every collective is a copy, which is what they are here; groups of more are an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import NkiValidationError, UnsupportedError
from ..tracing.context import trace
from ..tracing.dma import dma_copy
from ..tracing.nkiobject import NKIObject
from ..tracing.operators import alu
from ..tracing.places import current_place
from ..tracing.recorder import register_alloc
from ..tracing.registers import VirtualRegister
from ..tracing.view import NkiTensor

_NOTE = "collectives: one rank is simulated, so they copy and take a copy's time"


class ReplicaGroup(NKIObject):
    """Which ranks exchange data: a list of groups."""

    def __init__(self, replica_groups: Any = None, **more: Any) -> None:
        self.replica_groups = replica_groups
        for name, value in more.items():
            setattr(self, name, value)


def _alone(name: str, group: Any) -> None:
    """Refuses groups of several ranks."""
    groups = getattr(group, "replica_groups", group)
    for members in groups or ():
        count = len(members) if isinstance(members, Sequence) else 1
        if count > 1:
            raise UnsupportedError(f"{name} of {count} ranks: one rank is simulated from Python", place=current_place(),
                                   remedy="replica groups of one rank, or none, to simulate a rank alone")
    notes = trace().program.warnings
    if _NOTE not in notes:
        notes.append(_NOTE)


def _copies(name: str, srcs: Any, dsts: Any, group: Any) -> None:
    _alone(name, group)
    sources = [srcs] if isinstance(srcs, NkiTensor) else list(srcs)
    targets = [dsts] if isinstance(dsts, NkiTensor) else list(dsts)
    if len(sources) != len(targets):
        raise NkiValidationError(f"{name} has {len(sources)} srcs and {len(targets)} dsts", place=current_place(),
                                 remedy="one destination for each source")
    for source, target in zip(sources, targets):
        if source.on_chip != target.on_chip:
            raise NkiValidationError(f"{name} from {source.buffer} to {target.buffer}", place=current_place(),
                                     remedy="both in HBM or both in sbuf")
        dma_copy(target, source)


def all_reduce(srcs: Any, dsts: Any, replica_group: Any = None, op: Any = "add", **_: Any) -> None:
    """The reduction over the ranks of the group, on each of them."""
    operation = alu(op, "op")
    if operation not in ("add", "minimum", "maximum"):
        raise NkiValidationError(f"all_reduce op is {operation}", place=current_place(),
                                 remedy="add, minimum or maximum")
    _copies("all_reduce", srcs, dsts, replica_group)


def reduce_scatter(srcs: Any, dsts: Any, replica_group: Any = None, op: Any = "add", **_: Any) -> None:
    """The i-th part of the reduction, on the i-th rank."""
    alu(op, "op")
    _copies("reduce_scatter", srcs, dsts, replica_group)


def all_gather(srcs: Any, dsts: Any, replica_group: Any = None, **_: Any) -> None:
    """The parts of all ranks in their order."""
    _copies("all_gather", srcs, dsts, replica_group)


def all_to_all(srcs: Any, dsts: Any, replica_group: Any = None, **_: Any) -> None:
    """The j-th part goes to rank j."""
    _copies("all_to_all", srcs, dsts, replica_group)


def collective_permute(srcs: Any, dsts: Any, source_target_pairs: Any = (), **_: Any) -> None:
    """Each rank sends to the one that its pair names."""
    if any(source != target for source, target in source_target_pairs):
        raise UnsupportedError("collective_permute between ranks: one rank is simulated from Python",
                               place=current_place(), remedy="simulate the part of the kernel between the exchanges")
    _copies("collective_permute", srcs, dsts, None)


def rank_id() -> VirtualRegister:
    """A register with the number of the rank: 0."""
    return register_alloc(0)


def _missing(name: str) -> Any:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnsupportedError(f"nki.collectives.{name} is not simulated from Python", place=current_place(),
                               remedy="simulate the part of the kernel between the collectives")

    refuse.__name__ = name
    return refuse


all_gather_v = _missing("all_gather_v")
all_to_all_v = _missing("all_to_all_v")
collective_permute_implicit = _missing("collective_permute_implicit")
collective_permute_implicit_reduce = _missing("collective_permute_implicit_reduce")
collective_permute_implicit_current_processing_rank_id = _missing(
    "collective_permute_implicit_current_processing_rank_id")
