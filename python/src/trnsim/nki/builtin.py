"""`nki.builtin`: what kernels of 0.2 found among Python's own names."""

from __future__ import annotations

from .language import NKIObject, NkiTensor, static_range

__all__ = ["NKIObject", "NkiTensor", "static_range"]
