"""`nki.collectives`: exchange between ranks."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import UnsupportedError
from ..tracing.nkiobject import NKIObject
from ..tracing.places import current_place


class ReplicaGroup(NKIObject):
    """Which ranks exchange data: a list of groups."""

    def __init__(self, replica_groups: Any = None, **more: Any) -> None:
        self.replica_groups = replica_groups
        for name, value in more.items():
            setattr(self, name, value)


def _missing(name: str) -> Any:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise UnsupportedError(f"nki.collectives.{name} is not simulated from Python yet", place=current_place(),
                               remedy="simulate the part of the kernel between the collectives")

    refuse.__name__ = name
    return refuse


all_reduce = _missing("all_reduce")
all_gather = _missing("all_gather")
all_gather_v = _missing("all_gather_v")
reduce_scatter = _missing("reduce_scatter")
all_to_all = _missing("all_to_all")
all_to_all_v = _missing("all_to_all_v")
collective_permute = _missing("collective_permute")
collective_permute_implicit = _missing("collective_permute_implicit")
collective_permute_implicit_reduce = _missing("collective_permute_implicit_reduce")
collective_permute_implicit_current_processing_rank_id = _missing(
    "collective_permute_implicit_current_processing_rank_id")
rank_id = _missing("rank_id")
