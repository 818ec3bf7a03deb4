"""A NEFF of ours as a callable: what runtimes of the vendor's files do."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..core import open_core
from ..errors import NkiValidationError
from ..tensor.arrays import elements, is_array
from ..tensor.dtypes import as_dtype
from .artifacts import Neff, load_neff
from .faults import exception_of, printed
from .report import Report


class NrtModel:
    """`NrtModel("kernel.neff")(x, w)`: runs what `save_neff_name` saved on other values.

    Raises:
        TrnsimError: for a file that is no NEFF of trnsim's.
    """

    def __init__(self, neff_path: str | os.PathLike[str] | Neff) -> None:
        self._neff = neff_path if isinstance(neff_path, Neff) else load_neff(os.fspath(neff_path))
        #: The report of the last call.
        self.report: Report | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs, one or a tuple; arguments that are no arrays were decided when the file was saved."""
        arrays = [elements(value, f"argument {number}") for number, value in enumerate((*args, *kwargs.values())) if is_array(value)]
        names = self._neff.manifest["inputs"]
        if len(arrays) != len(names):
            raise NkiValidationError(f"{len(arrays)} arrays for the inputs {', '.join(names)}", remedy="give one for each, in their order")
        shapes = {tensor["name"]: tuple(tensor["shape"]) for tensor in self._neff.manifest["tensors"][0]}
        for name, array in zip(names, arrays):
            if array.size != np.prod(shapes[name], dtype=int):
                raise NkiValidationError(f"'{name}' has the shape {list(array.shape)}, the kernel was saved for {list(shapes[name])}",
                                         remedy="save it again with arrays of the other shape")
        request = self._neff.request(dict(zip(names, arrays)), mode="both")
        request.on_print = printed
        outcome = open_core().run(request)
        if outcome.errors:
            raise exception_of(outcome.errors, None, outcome.failure)
        self.report = Report(json=outcome.report or {}, text=outcome.text, request=request,
                             cores_per_rank=request.cores_per_rank)
        tensors = {**request.arrays[0].inputs, **request.arrays[0].outputs}
        results = [_view(tensors[view["tensor"]], view) for view in self._neff.manifest["returned"]]
        return results[0] if len(results) == 1 else tuple(results)

    def benchmark(self, warmup: int = 10, iters: int = 100) -> float:
        """Simulated milliseconds, the same in every run, so that percentiles are all one number."""
        if self.report is None:
            outcome = open_core().run(self._neff.request())
            if outcome.errors:
                raise exception_of(outcome.errors, None, outcome.failure)
            self.report = Report(json=outcome.report or {}, text=outcome.text)
        return self.report.microseconds / 1e3

    def cleanup(self) -> None:
        """Nothing is held."""


def _view(array: np.ndarray[Any, Any], view: dict[str, Any]) -> np.ndarray[Any, Any]:
    """What the kernel returned of a tensor, as an array of its own."""
    flat = array.reshape(-1)
    kind = as_dtype(view["dtype"]).numpy
    if kind != flat.dtype:
        flat = flat.view(kind)
    strides = tuple(stride * flat.itemsize for stride in view["strides"])
    return np.lib.stride_tricks.as_strided(flat[view["offset"]:], tuple(view["shape"]), strides).copy()
