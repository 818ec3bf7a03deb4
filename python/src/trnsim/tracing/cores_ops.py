"""Exchange between the two cores of a logical core."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from .context import trace
from .places import current_place


def _note(kind: str, detail: Any) -> None:
    current = trace()
    if current.cores < 2:
        raise UnsupportedError(f"{kind} on one core", remedy="launch on two: kernel[2](…)",
                               place=current_place())
    current.program.synchronisations.append((current.program.count - 1, kind, detail))


def sendrecv(src: Any, dst: Any, send_to_rank: Any, recv_from_rank: Any, pipe_id: Any, dma_engine: Any = None,
             name: Any = None) -> None:
    """Sends a tile to the other core and receives one from it."""
    _note("sendrecv", (src, dst, send_to_rank, recv_from_rank, pipe_id))


def core_barrier(data: Any, cores: Any = (0, 1), engine: Any = None, name: Any = None) -> None:
    """Waits for the other core."""
    _note("core_barrier", (data, cores))
