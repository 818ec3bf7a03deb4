"""Kernels that make the mistakes which the first generation's compiler documents (NKI documentation, "NKI API Errors"), and others
that do the same as the documentation asks."""

from __future__ import annotations

from first_generation_errors import conditions, indices, instructions, kernels, tensors
from first_generation_errors.cases import CASES, INDICES, Case, X

__all__ = ["CASES", "Case", "INDICES", "X", "conditions", "indices", "instructions", "kernels", "tensors"]
