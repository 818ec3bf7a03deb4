"""`nki.typing`: annotations of kernels."""

from __future__ import annotations

from typing import Any

from ..tensor.view import NkiTensor


class _Annotation:
    """`nt.tensor`, `nt.tensor[128, 512]`: for readers; nothing is checked."""

    def __class_getitem__(cls, item: Any) -> Any:
        return cls


class tensor(_Annotation):
    """An input that the kernel reads."""


class mutable_tensor(_Annotation):
    """An input that the kernel writes."""


class scalar(_Annotation):
    """A number."""


shape = tuple[int, ...]
__all__ = ["NkiTensor", "mutable_tensor", "scalar", "shape", "tensor"]
