"""`nki.builtin`: what kernels of 0.2 found among Python's own names."""

from __future__ import annotations

from ..language.loops import static_range
from ..tensor.nkiobject import NKIObject
from ..tensor.view import NkiTensor

__all__ = ["NKIObject", "NkiTensor", "static_range"]
