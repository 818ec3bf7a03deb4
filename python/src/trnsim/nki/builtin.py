"""`nki.builtin`: what kernels of 0.2 found among Python's own names."""

from __future__ import annotations

from ..tracing.loops import static_range
from ..tracing.nkiobject import NKIObject
from ..tracing.view import NkiTensor

__all__ = ["NKIObject", "NkiTensor", "static_range"]
