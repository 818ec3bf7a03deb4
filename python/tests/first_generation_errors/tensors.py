"""Tensors and where they are. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.compiler as ncc
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import neuronxcc.nki.typing as nt
import numpy as np
from first_generation_errors.cases import SQUARE, X, case
from first_generation_errors.indices import both_advanced
from neuronxcc.nki.language import par_dim


def annotated_rightly() -> Any:
    @nki.jit
    def kernel(x):
        out: nt.tensor[128, 64] = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        data: nt.tensor[128, 64] = nl.zeros((par_dim(128), 64), dtype=x.dtype)
        nl.store(out, data)
        return out

    return kernel(X)


@case("annotation_shape_mismatch", annotated_rightly)
def annotated_wrongly() -> Any:
    @nki.jit
    def kernel(x):
        out: nt.tensor[128, 64] = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        data: nt.tensor[128, 512] = nl.zeros((par_dim(128), 64), dtype=x.dtype)  # wrong
        nl.store(out, data)
        return out

    return kernel(X)


def blocks_one_by_one() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 8, 8), x.dtype, buffer=nl.shared_hbm)
        blocks = nl.zeros((4, par_dim(8), 8), dtype=nl.float32, buffer=nl.sbuf)
        for i in nl.affine_range(4):
            nl.store(out[i], nl.add(blocks[i], 32))
        return out

    return kernel(X)


@case("failed_to_infer_tile_from_local_tensor", blocks_one_by_one)
def blocks_at_once() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 8, 8), x.dtype, buffer=nl.shared_hbm)
        blocks = nl.zeros((4, par_dim(8), 8), dtype=nl.float32, buffer=nl.sbuf)  # wrong
        nl.store(out, nl.add(blocks, 32))  # wrong
        return out

    return kernel(X)


@case("leading_dimension_of_tensor_must_be_partition", both_advanced)
def blocks() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((2, 128, 64), x.dtype, buffer=nl.shared_hbm)
        tiles = nl.ndarray((2, par_dim(128), 64), dtype=x.dtype, buffer=nl.sbuf)  # wrong
        for i in nl.affine_range(2):
            tiles[i] = nl.load(x)
            nl.store(out[i], tiles[i])
        return out

    return kernel(X)


def stored_first() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, value=1.0)
        return out

    return kernel(X)


@case("hbm_tensor_with_init_value_not_supported", stored_first)
def full_in_hbm() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.full((128, 64), 1.0, x.dtype, buffer=nl.shared_hbm)  # wrong
        return out

    return kernel(X)


def set_by_an_instruction() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        tile[...] = nisa.memset((128, 64), 1.0, dtype=x.dtype)
        nl.store(out, tile)
        return out

    return kernel(X)


@case("tensor_creation_on_scratchpad_with_init_value_not_supported", set_by_an_instruction)
def full_at_an_address() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.full((par_dim(128), 64), 1.0, x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))  # wrong
        nl.store(out, tile)
        return out

    return kernel(X)


def bias_given() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        bias = nl.ndarray((par_dim(128), 1), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=1024))
        power = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=2048))
        tile[...] = nl.load(x)
        bias[...] = nisa.memset((128, 1), 0.0, dtype=x.dtype)
        power[...] = nisa.activation(np.exp, data=tile[...], bias=bias)
        nl.store(out, power)
        return out

    return kernel(X)


@case("bias_tensor_must_be_specified_in_allocation", bias_given)
def bias_left_out() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        power = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=2048))
        tile[...] = nl.load(x)
        power[...] = nisa.activation(np.exp, data=tile[...])  # wrong
        nl.store(out, power)
        return out

    return kernel(X)


@case("bias_tensor_must_be_specified_in_allocation", bias_given)
def function_in_an_allocated_kernel() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        power = nl.ndarray((par_dim(128), 64), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=2048))
        tile[...] = nl.load(x)
        power[...] = nl.exp(tile)  # wrong
        nl.store(out, power)
        return out

    return kernel(X)


def transposed_on_vector() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((32, 32), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(32), 32), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        turned = nl.ndarray((par_dim(32), 32), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=2048))
        tile[...] = nl.load(x[0:32, 0:32])
        turned[...] = nisa.nc_transpose(tile[...], engine=nisa.vector_engine)
        nl.store(out, turned)
        return out

    return kernel(SQUARE)


@case("transpose_on_tensor_engine_not_allowed_in_allocated_kernel", transposed_on_vector)
def transposed_in_an_allocated_kernel() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 128), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 128), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        turned = nl.ndarray((par_dim(128), 128), x.dtype, buffer=ncc.psum.mod_alloc(base_bank=0))
        tile[...] = nl.load(x)
        turned[...] = nisa.nc_transpose(tile[...])  # wrong
        nl.store(out, turned)
        return out

    return kernel(SQUARE)


@case("transpose_on_tensor_engine_not_allowed_in_allocated_kernel", transposed_on_vector)
def product_in_an_allocated_kernel() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 128), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((par_dim(128), 128), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=0))
        product = nl.ndarray((par_dim(128), 128), nl.float32, buffer=ncc.psum.mod_alloc(base_bank=0))
        tile[...] = nl.load(x)
        product[...] = nl.matmul(tile, tile)  # wrong
        nl.store(out, product)
        return out

    return kernel(SQUARE)
