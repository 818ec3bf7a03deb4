"""`torch_neuronx.nki_op` and `wrap_nki`: a kernel as an operator of PyTorch."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...errors import KernelTypeError, PackageMissingError
from ...run.kernel import Kernel, as_kernel
from ...run.launch import trace_kernel
from ...tensor.dtypes import as_dtype
from ...tensor.nested import mapped
from ...tensor.results import map_tensors
from ...tensor.storage import Storage
from ...tensor.view import NkiTensor
from ...tracebacks import edge


class NkiWrapped:
    """A kernel that tensors without values go through as well: what it gives then has the shapes that tracing it finds."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        functools.update_wrapper(self, kernel.func)

    def __getitem__(self, grid: Any) -> NkiWrapped:
        """The kernel on a grid, or on logical cores."""
        return NkiWrapped(self.kernel[grid])

    @edge
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the kernel on tensors, or gives fake ones for fake ones."""
        fake: list[Any] = []

        def note(value: Any, _: str) -> Any:
            if _is_fake(value):
                fake.append(value)
            return value

        mapped((args, kwargs), note)
        return _shapes(self.kernel, args, kwargs, fake[0]) if fake else self.kernel(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<wrapped {self.kernel!r}>"


def wrap_nki(kernel: Any) -> NkiWrapped:
    """A kernel of `@nki.jit` for use in an `nki_op`, and in graphs that torch.compile captures."""
    if isinstance(kernel, NkiWrapped):
        return kernel
    if not callable(kernel):
        raise KernelTypeError(f"wrap_nki of {type(kernel).__name__}", remedy="pass a kernel, a function with @nki.jit")
    return NkiWrapped(as_kernel(kernel))


def nki_op(name: str, fn: Callable[..., Any] | None = None, /, *, mutates_args: str | Iterable[str] = (), schema: str | None = None) -> Any:
    """Makes an operator of PyTorch of a function that calls kernels: `@nki_op("library::name", mutates_args={…})`.

    It is `torch.library.custom_op`, whose fake implementation is the function itself: `wrap_nki` gives shapes for fake tensors.

    Raises:
        PackageMissingError: where torch is not installed, or is older than 2.4.
    """
    if fn is None:
        return functools.partial(nki_op, name, mutates_args=mutates_args, schema=schema)
    try:
        library = importlib.import_module("torch").library
        custom_op = library.custom_op
    except ImportError as error:
        raise PackageMissingError("nki_op needs torch, which is not installed\n  help: pip install torch") from error
    except AttributeError as error:
        raise PackageMissingError("nki_op needs torch.library.custom_op, which this torch does not have\n"
                                  "  help: install torch 2.4 or newer") from error
    given = mutates_args if isinstance(mutates_args, str) else tuple(mutates_args)
    made = custom_op(name, fn, mutates_args=given, schema=schema)
    made.register_fake(fn)
    return made


def _is_fake(value: Any) -> bool:
    """Whether it is a tensor of torch without values."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return False
    kind = getattr(getattr(torch, "_subclasses", None), "FakeTensor", None)
    return (kind is not None and isinstance(value, kind)) or value.device.type == "meta"


def _shapes(kernel: Kernel, args: tuple[Any, ...], kwargs: dict[str, Any], fake: Any) -> Any:
    """What the kernel returns for tensors without values: tensors without values, and where it returns an argument, that."""
    torch = sys.modules["torch"]
    given: dict[int, Any] = {}

    def stand_in(value: Any, _: str) -> Any:
        if not _is_fake(value):
            return value
        array = np.empty(tuple(int(extent) for extent in value.shape), _numpy_type(str(value.dtype).removeprefix("torch.")))
        given[id(array)] = (array, value)
        return array

    args, kwargs = mapped((args, kwargs), stand_in)
    cores, grid = kernel.launch()
    traced = trace_kernel(kernel.func, args, kwargs, kernel.options(), cores=cores, grid=grid, beta=kernel.beta, name=kernel.__name__)
    core = traced.cores[0]
    originals: dict[Storage, Any] = {storage: given[id(array)][1] for storage, array, _ in core.inputs if id(array) in given}

    def result(view: NkiTensor) -> Any:
        whole = view.offset == 0 and view.is_contiguous()
        if whole and view.storage in originals and tuple(originals[view.storage].shape) == view.shape:
            return originals[view.storage]
        return torch.empty(view.shape, dtype=getattr(torch, view.dtype.name), device=fake.device)

    return map_tensors(core.result, result)


def _numpy_type(name: str) -> Any:
    """NumPy's type for one of torch."""
    return as_dtype(name).numpy


__all__ = ["NkiWrapped", "nki_op", "wrap_nki"]
