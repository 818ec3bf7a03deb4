"""`torch_neuronx` as far as NKI kernels need it: kernels as operators of PyTorch, on the CPU's tensors.

    @nki_op("mylib::scale", mutates_args={})
    def scale(x: torch.Tensor) -> torch.Tensor:
        return wrap_nki(kernel)(x)
"""

from __future__ import annotations

from .nki_hop import NkiWrapped, nki_op, wrap_nki
from .xla_impl.ops import nki_jit


def __getattr__(name: str) -> object:
    if name in ("nki_hop", "utils", "xla_impl"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"torch_neuronx.{name} is not simulated: of torch_neuronx there are nki_op, wrap_nki and nki_jit, for kernels")


__all__ = ["NkiWrapped", "nki_jit", "nki_op", "wrap_nki"]
