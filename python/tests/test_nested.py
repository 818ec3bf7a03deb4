"""Tensors in dataclasses and NKIObjects: arguments and results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import trnsim
from nki.builtin import NKIObject

X = np.arange(128 * 8, dtype=np.float32).reshape(128, 8)


def scaled(x, factor, out):
    tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=factor)
    nisa.dma_copy(out, tile)


@dataclass(frozen=True)
class Layer:
    weights: Any
    factor: float = 2.0
    more: list[Any] = field(default_factory=list)


@dataclass
class Results:
    first: Any
    second: Any


class Options(NKIObject):
    weights: Any = None
    factor = 3.0


def test_dataclasses_hold_tensors():
    @nki.jit
    def kernel(layer):
        first = nl.ndarray(layer.weights.shape, layer.weights.dtype, buffer=nl.shared_hbm)
        second = nl.ndarray(layer.weights.shape, layer.weights.dtype, buffer=nl.shared_hbm)
        scaled(layer.weights, layer.factor, first)
        scaled(layer.more[0], layer.factor, second)
        return Results(first, second)

    layer = Layer(X, more=[X + 1])
    found = trnsim.simulate(kernel, layer).values
    assert isinstance(found, Results)
    np.testing.assert_array_equal(found.first, 2 * X)
    np.testing.assert_array_equal(found.second, 2 * (X + 1))
    assert layer.weights is X  # the caller's object keeps its array


def test_nki_objects_hold_tensors():
    @nki.jit
    def kernel(options, layers):
        out = nl.ndarray(options.weights.shape, options.weights.dtype, buffer=nl.shared_hbm)
        scaled(options.weights, options.factor + layers["a"].factor, out)
        return out

    options = Options(weights=X)
    np.testing.assert_array_equal(trnsim.simulate(kernel, options, layers={"a": Layer(X)}).values, 5 * X)
    assert options.weights is X


def test_objects_without_tensors_stay_themselves():
    seen = []

    @nki.jit
    def kernel(x, settings):
        seen.append(settings)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        scaled(x, settings.factor, out)
        return out

    settings = Layer(None, factor=4.0, more=[1, (2, 3)])
    np.testing.assert_array_equal(trnsim.simulate(kernel, X, settings).values, 4 * X)
    assert seen[0] is settings


def test_errors_name_the_field():
    @nki.jit
    def kernel(layer):
        return layer.weights

    with np.testing.assert_raises_regex(trnsim.NkiValidationError, r"'layer\.weights' has 1099511627776 at \[0\]"):
        trnsim.simulate(kernel, Layer(np.array([1 << 40])))
