"""The vendor's compiler between a kernel's source and what the engines execute: merged passes, list scheduling.

Kernels of the first API generation (`neuronxcc.nki`) go through it by default; `schedule="program"` keeps their order.
"""

from .compiler import DESCRIPTORS, POLICIES, Compiled, compiled

__all__ = ["DESCRIPTORS", "POLICIES", "Compiled", "compiled"]
