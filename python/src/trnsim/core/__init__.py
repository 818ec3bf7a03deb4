"""The way to the simulator's core: its library in this process."""

from __future__ import annotations

from .library import Library, open_core
from .request import Outcome, RankArrays, Request

__all__ = ["Library", "Outcome", "RankArrays", "Request", "open_core"]
