"""Operands of instructions. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
from first_generation_errors.cases import SQUARE, X, case
from first_generation_errors.indices import both_advanced


def bias_of_bfloat16() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        bias = nisa.memset((128, 1), 2, dtype=nl.bfloat16)
        nl.store(out, nisa.activation(op=nl.exp, data=nl.load(x), bias=bias))
        return out

    return kernel(X)


@case("activation_bias_invalid_type", bias_of_bfloat16)
def bias_of_int8() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        bias = nisa.memset((128, 1), 2, dtype=nl.int8)
        nl.store(out, nisa.activation(op=nl.exp, data=nl.load(x), bias=bias))  # wrong
        return out

    return kernel(X)


def scale_of_float32() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        scale = nisa.memset((128, 1), 2, dtype=nl.float32)
        nl.store(out, nisa.activation(op=nl.exp, data=nl.load(x), scale=scale))
        return out

    return kernel(X)


@case("activation_scale_invalid_type", scale_of_float32)
def scale_of_float16() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        scale = nisa.memset((128, 1), 2, dtype=nl.float16)
        nl.store(out, nisa.activation(op=nl.exp, data=nl.load(x), scale=scale))  # wrong
        return out

    return kernel(X)


@case("activation_scale_scalar_or_vector", scale_of_float32)
def scale_of_a_tile() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        scale = nisa.memset((128, 64), 2, dtype=nl.float32)
        nl.store(out, nisa.activation(op=nl.exp, data=nl.load(x), scale=scale))  # wrong
        return out

    return kernel(X)


def broadcast_first() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        row = nl.load(x[0:1, :]).broadcast_to((128, 64))
        nl.store(out, nisa.tensor_tensor(nl.load(x), row, op=nl.add))
        return out

    return kernel(X)


@case("num_partition_mismatch", broadcast_first)
def other_partitions() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        row = nl.load(x[0:1, :])
        nl.store(out, nisa.tensor_tensor(nl.load(x), row, op=nl.add))  # wrong
        return out

    return kernel(X)


def transposed() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 128), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.transpose(nl.load(x)))
        return out

    return kernel(SQUARE)


@case("exceed_max_supported_dimension", transposed)
def transposed_in_three_dimensions() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((64, 128), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x).reshape((128, 32, 2))
        nl.store(out, nl.transpose(tile))  # wrong
        return out

    return kernel(X)


@case("size_of_dimension_exceed_arch_limit", transposed)
def transposed_wide() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((256, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.zeros((64, 256), x.dtype, buffer=nl.sbuf)
        nl.store(out, nl.transpose(tile))  # wrong
        return out

    return kernel(X)


@case("num_partition_exceed_arch_limit", transposed)
def many_partitions() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((256, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.zeros((256, 64), x.dtype, buffer=nl.sbuf)  # wrong
        nl.store(out, tile)
        return out

    return kernel(X)


@case("unsupported_memory", both_advanced)
def loaded_from_chip() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        nl.store(out, nl.load(tile))  # wrong
        return out

    return kernel(X)


@case("unsupported_memory", both_advanced)
def computed_in_hbm() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.exp(x))  # wrong
        return out

    return kernel(X)


def destination_of_its_size() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        wide = nl.ndarray((128, 64), x.dtype, buffer=nl.sbuf)
        wide[...] = nl.load(x[:, 0:1])
        nl.store(out, wide)
        return out

    return kernel(X)


@case("store_dst_shape_smaller_than_other_shape", destination_of_its_size)
def destination_too_small() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 1), x.dtype, buffer=nl.shared_hbm)
        narrow = nl.ndarray((128, 1), x.dtype, buffer=nl.sbuf)
        narrow[...] = nl.load(x)  # wrong
        nl.store(out, narrow)
        return out

    return kernel(X)
