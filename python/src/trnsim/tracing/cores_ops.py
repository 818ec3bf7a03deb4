"""Exchange between the two cores of a logical core."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from .context import trace
from .places import current_place


def _meet(kind: str, detail: Any) -> None:
    current = trace()
    if current.cores < 2 or current.core_thread is None:
        raise UnsupportedError(f"{kind} on one core", remedy="launch on two: kernel[2](…)",
                               place=current_place())
    current.core_thread.meet(kind, detail, current_place())


def sendrecv(src: Any, dst: Any, send_to_rank: Any, recv_from_rank: Any, pipe_id: Any, dma_engine: Any = None,
             name: Any = None) -> None:
    """Sends a tile to the other core and receives one from it."""
    _meet("sendrecv", (src, dst))


def core_barrier(data: Any, cores: Any = (0, 1), engine: Any = None, name: Any = None) -> None:
    """Waits for the other core."""
    _meet("core_barrier", (data, cores))
