"""The way to the simulator's core: its library in this process, or its command-line tool."""

from __future__ import annotations

from .backend import Backend, Outcome, open_backend

__all__ = ["Backend", "Outcome", "open_backend"]
