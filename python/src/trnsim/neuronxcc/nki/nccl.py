"""`neuronxcc.nki.nccl`: exchange between ranks, as kernels of the first API generation wrote it.

It was never documented; parameters are those that public kernels pass.
"""

from __future__ import annotations

from typing import Any

from ...nki import collectives
from ...places import fail


def _grouped(groups: Any) -> Any:
    """A list of groups; one group may be given as the list of its ranks."""
    if not groups:
        return groups
    groups = list(groups)
    return [groups] if isinstance(groups[0], int) else groups


def all_reduce(op: Any = "add", srcs: Any = (), dsts: Any = (), replica_groups: Any = None, **_ignored: Any) -> None:
    """The reduction over the ranks of the group, on each of them."""
    collectives.all_reduce(srcs, dsts, _grouped(replica_groups), op)


def all_gather(op: Any = None, srcs: Any = (), dsts: Any = (), replica_groups: Any = None, all_gather_dim: int = 0, **_ignored: Any) -> None:
    """The parts of all ranks in their order, along `all_gather_dim`; `op` has no meaning."""
    collectives.all_gather(srcs, dsts, _grouped(replica_groups), all_gather_dim)


def reduce_scatter(op: Any = "add", srcs: Any = (), dsts: Any = (), replica_groups: Any = None, reduce_scatter_dim: int = 0, **_ignored: Any
                   ) -> None:
    """The i-th part of the reduction along `reduce_scatter_dim`, on the i-th rank."""
    collectives.reduce_scatter(srcs, dsts, _grouped(replica_groups), reduce_scatter_dim, op)


def all_to_all(op: Any = None, srcs: Any = (), dsts: Any = (), replica_groups: Any = None, split_dim: int = 0, concat_dim: int = 0,
               **_ignored: Any) -> None:
    """The j-th part along `split_dim` goes to rank j, which puts parts together along `concat_dim`; `op` has no meaning."""
    if split_dim != concat_dim:
        raise fail(f"all_to_all splits along dimension {split_dim} and joins along {concat_dim}", "give both the same dimension")
    collectives.all_to_all(srcs, dsts, _grouped(replica_groups), split_dim)


def collective_permute(dst: Any = None, src: Any = None, source_target_pairs: Any = (), **_ignored: Any) -> None:
    """Each rank sends to the one that its pair names."""
    collectives.collective_permute([src], [dst], source_target_pairs)


__all__ = ["all_gather", "all_reduce", "all_to_all", "collective_permute", "reduce_scatter"]
