"""`neuronxcc.nki.typing`: annotations of kernels."""

from ...nki.typing import NkiTensor, mutable_tensor, scalar, shape, tensor

__all__ = ["NkiTensor", "mutable_tensor", "scalar", "shape", "tensor"]
