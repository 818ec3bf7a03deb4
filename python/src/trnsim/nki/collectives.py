"""`nki.collectives`: exchange between ranks, `trnsim.simulate(kernel, …, ranks=n)`.

A kernel that is launched on one rank is alone: in groups of one rank every collective is a copy and takes a copy's time.
"""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from ..isa.dma import dma_copy
from ..isa.exchanges import collective, group_of, pairs_of, permute, reduction
from ..places import current_place
from ..record.context import trace
from ..record.recorder import register_alloc
from ..tensor.nkiobject import NKIObject
from ..tensor.registers import VirtualRegister

_NOTE = "collectives: one rank is simulated, so they copy and take a copy's time"


class ReplicaGroup(NKIObject):
    """Which ranks exchange data: a list of groups."""

    def __init__(self, replica_groups: Any = None, **more: Any) -> None:
        self.replica_groups = replica_groups
        for name, value in more.items():
            setattr(self, name, value)


def _is_alone(name: str, group: Any) -> bool:
    """Whether a group has this rank alone, in a launch of one rank."""
    if trace().layout.ranks > 1:
        return False
    group_of(name, group)
    notes = trace().program.warnings
    if _NOTE not in notes:
        notes.append(_NOTE)
    return True


def _copies(name: str, srcs: Any, dsts: Any) -> None:
    for source, target in pairs_of(name, srcs, dsts):
        dma_copy(target, source)


def _collective(name: str, srcs: Any, dsts: Any, group: Any, op: Any = None, dim: int | None = None) -> None:
    kind = reduction(name, op) if op is not None else None
    if _is_alone(name, group):
        _copies(name, srcs, dsts)
    else:
        collective(name, srcs, dsts, group, op=kind, dim=dim)


def all_reduce(srcs: Any, dsts: Any, replica_group: Any = None, op: Any = "add", **_: Any) -> None:
    """The reduction over the ranks of the group, on each of them."""
    _collective("all_reduce", srcs, dsts, replica_group, op)


def reduce_scatter(srcs: Any, dsts: Any, replica_group: Any = None, collective_dim: int = 0, op: Any = "add",
                   **_: Any) -> None:
    """The i-th part of the reduction along `collective_dim`, on the i-th rank."""
    _collective("reduce_scatter", srcs, dsts, replica_group, op, collective_dim)


def all_gather(srcs: Any, dsts: Any, replica_group: Any = None, collective_dim: int = 0, **_: Any) -> None:
    """The parts of all ranks in their order, along `collective_dim`."""
    _collective("all_gather", srcs, dsts, replica_group, dim=collective_dim)


def all_to_all(srcs: Any, dsts: Any, replica_group: Any = None, collective_dim: int = 0, **_: Any) -> None:
    """The j-th part along `collective_dim` goes to rank j."""
    _collective("all_to_all", srcs, dsts, replica_group, dim=collective_dim)


def collective_permute(srcs: Any, dsts: Any, source_target_pairs: Any = (), **_: Any) -> None:
    """Each rank sends to the one that its pair names."""
    if trace().layout.ranks == 1 and all(source == target == 0 for source, target in source_target_pairs):
        _copies("collective_permute", srcs, dsts)
    else:
        permute(srcs, dsts, source_target_pairs)


def collective_permute_implicit(srcs_by_channel: Any, dsts_by_channel: Any, replica_group: Any = None,
                                channel_ids: Any = (0,), **_: Any) -> None:
    """Each rank of the group sends to the next one in its order, the last to the first, on every channel."""
    ring = group_of("collective_permute_implicit", replica_group)
    pairs = [(rank, ring[(position + 1) % len(ring)]) for position, rank in enumerate(ring)]
    for srcs, dsts in zip(srcs_by_channel, dsts_by_channel):
        permute(srcs, dsts, pairs, ring)


def collective_permute_implicit_current_processing_rank_id(iteration_id: Any, replica_group: Any = None,
                                                           channel_id: int = 0, **_: Any) -> VirtualRegister:
    """A register with the rank whose data a ring has brought here after `iteration_id` steps; 0 steps: this one."""
    ring = group_of("collective_permute_implicit_current_processing_rank_id", replica_group)
    return register_alloc(ring[(ring.index(trace().rank) - int(iteration_id)) % len(ring)])


def rank_id(**_: Any) -> VirtualRegister:
    """A register with the number of the rank."""
    return register_alloc(trace().rank)


def _missing(name: str, why: str) -> Any:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnsupportedError(f"nki.collectives.{name} is not simulated: {why}", place=current_place(),
                               remedy="simulate the part of the kernel between the collectives")

    refuse.__name__ = name
    refuse.__doc__ = f"Refused: {why}."
    setattr(refuse, "is_refused", True)
    return refuse


_SIZES = "how much each rank sends is known when the program runs, and exchanges have fixed sizes here"
all_gather_v = _missing("all_gather_v", _SIZES)
all_gather_v_prepare = _missing("all_gather_v_prepare", _SIZES)
all_gather_v_trigger = _missing("all_gather_v_trigger", _SIZES)
all_to_all_v = _missing("all_to_all_v", _SIZES)
all_to_all_v_prepare = _missing("all_to_all_v_prepare", _SIZES)
all_to_all_v_trigger = _missing("all_to_all_v_trigger", _SIZES)
collective_permute_implicit_reduce = _missing("collective_permute_implicit_reduce", "its reduction has no published time")
