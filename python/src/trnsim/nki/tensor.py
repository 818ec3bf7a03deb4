"""`nki.tensor`: the tensor type."""

from __future__ import annotations

from ..tensor.view import NkiTensor

Tensor = NkiTensor
__all__ = ["NkiTensor", "Tensor"]
