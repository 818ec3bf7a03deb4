"""Conditions and masks. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.language as nl
from first_generation_errors.cases import ONE, X, case


def condition_as_mask() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], nl.load(x))
        nl.store(out[i, j], value=0.0, mask=(j > 20) & (i < 64))
        return out

    return kernel(X)


@case("control_flow_condition_depending_on_arange", condition_as_mask)
def condition_of_an_index() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], nl.load(x))
        if j > 20:  # wrong
            nl.store(out[i, j], value=0.0)
        return out

    return kernel(X)


def compared_with_none() -> Any:
    @nki.jit
    def kernel(x, bias):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        if bias is not None:
            tile = nl.add(tile, nl.load(bias))
        nl.store(out, tile)
        return out

    return kernel(X, X)


@case("ambiguous_tensor_truth_value", compared_with_none)
def truth_of_an_argument() -> Any:
    @nki.jit
    def kernel(x, bias):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        if bias:  # wrong
            tile = nl.add(tile, nl.load(bias))
        nl.store(out, tile)
        return out

    return kernel(X, X)


@case("dynamic_control_flow_not_supported", compared_with_none)
def truth_of_a_value() -> Any:
    @nki.jit
    def kernel(x, condition):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))
        flag = nl.ndarray((1, 1), x.dtype, buffer=nl.sbuf)
        flag[...] = nl.load(condition)
        if flag:  # wrong
            nl.store(out, value=1.0)
        return out

    return kernel(X, ONE)


@case("unsupported_expression_in_mask", condition_as_mask)
def mask_of_a_remainder() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], value=0.0)
        nl.store(out[i, j], nl.load(x), mask=j // 2 < 10)  # wrong
        return out

    return kernel(X)


@case("while_loop_requires_unconditional_entry", compared_with_none)
def while_of_a_value() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((1, 1), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((1, 1), x.dtype, buffer=nl.sbuf)
        tile[...] = nl.load(x)
        while tile < 10:  # wrong
            tile[...] = tile + 1
        nl.store(out, tile)
        return out

    return kernel(ONE)
