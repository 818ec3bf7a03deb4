"""Kernels that make the mistakes which the first generation's compiler documents (NKI documentation, "NKI API Errors"), and others
that do the same as the documentation asks. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.compiler as ncc
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import neuronxcc.nki.typing as nt
import numpy as np
from neuronxcc.nki.language import par_dim

X = np.linspace(-1, 1, 128 * 64, dtype=np.float32).reshape(128, 64)
SQUARE = np.linspace(-1, 1, 128 * 128, dtype=np.float32).reshape(128, 128)
ONE = np.ones((1, 1), np.float32)
INDICES = np.arange(8, dtype=np.int32).reshape(8, 1)


@dataclass(frozen=True)
class Case:
    """A documented error, a kernel that makes it, and one that does the same as the documentation asks."""

    name: str
    wrong: Callable[[], Any]
    right: Callable[[], Any] | None


CASES: list[Case] = []


def case(name: str, right: Callable[[], Any] | None = None) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def note(wrong: Callable[[], Any]) -> Callable[[], Any]:
        CASES.append(Case(name, wrong, right))
        return wrong

    return note


# Indices


def grids_of_two_dimensions() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((64, 1), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        i = nl.arange(64)[:, None]
        nl.store(out, nl.exp(tile[i, 0]))
        return out

    return kernel(X)


@case("1d_arange_not_supported", grids_of_two_dimensions)
def one_dimension() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((64, 1), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        i = nl.arange(64)
        nl.store(out, nl.exp(tile[i, 0]).reshape((64, 1)))  # wrong
        return out

    return kernel(X)


def iota_of_an_index() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((1, 8), nl.int32, buffer=nl.shared_hbm)
        index = nl.arange(8)[None, :]
        tile = nisa.iota(index, dtype=nl.int32)
        tile[0, 5] = 1024
        nl.store(out, tile)
        return out

    return kernel(X)


@case("cannot_assign_to_index", iota_of_an_index)
def assigned_index() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 8), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        column = nl.arange(8)[None, :]
        column[0, 5] = 6  # wrong
        nl.store(out[:, 0:7], tile[:, 0:7])
        nl.store(out[:, 7:8], tile[:, 7:8])
        return out

    return kernel(X)


def both_advanced() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out, nl.exp(tile[i, j]))
        return out

    return kernel(X)


@case("unsupported_mixing_basic_advanced_tensor_indexing", both_advanced)
def mixed() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        i = nl.arange(128)[:, None]
        nl.store(out, nl.exp(tile[i, :]).reshape((128, 64)))  # wrong
        return out

    return kernel(X)


def masked_to_the_end() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((64, 100), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(2):
            grid = nl.mgrid[0:64, 0:64]
            nl.store(out[grid.p, i * 64 + grid.x], value=0.0, mask=i * 64 + grid.x < 100)
        return out

    return kernel(X)


@case("tensor_access_out_of_bound", masked_to_the_end)
def beyond() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 100), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(2):
            grid = nl.mgrid[0:64, 0:64]
            nl.store(out[grid.p, i * 64 + grid.x], value=0.0)  # wrong
            nl.store(out[64 + grid.p, i * 64 + grid.x], value=0.0, mask=i * 64 + grid.x < 100)
        return out

    return kernel(X)


def gathered_rows() -> Any:
    @nki.jit
    def kernel(x, indices):
        out = nl.ndarray((8, 64), x.dtype, buffer=nl.shared_hbm)
        rows = nl.load(indices)
        i_p, i_f = nl.arange(8)[:, None], nl.arange(64)[None, :]
        nl.store(out, nl.load(x[rows[i_p, 0], i_f]))
        return out

    return kernel(X, INDICES)


@case("indirect_indices_free_dim", gathered_rows)
def gathered_columns() -> Any:
    @nki.jit
    def kernel(x, indices):
        out = nl.ndarray((8, 8), x.dtype, buffer=nl.shared_hbm)
        columns = nl.load(indices)
        i_p, i_f = nl.arange(8)[:, None], nl.arange(1)[None, :]
        nl.store(out, nl.load(x[i_p, columns[i_p, 0]]))  # wrong
        return out

    return kernel(X, INDICES)


@case("indirect_indices_are_not_supported_with_nki_api", gathered_rows)
def transposed_rows() -> Any:
    @nki.jit
    def kernel(x, indices):
        out = nl.ndarray((64, 8), x.dtype, buffer=nl.shared_hbm)
        rows = nl.load(indices)
        i_p, i_f = nl.arange(8)[:, None], nl.arange(64)[None, :]
        nl.store(out, nl.load_transpose2d(x[rows[i_p, 0], i_f]))  # wrong
        return out

    return kernel(X, INDICES)


@case("copy_dynamic_indirect_indices_not_natively_supported", gathered_rows)
def copied_by_assignment() -> Any:
    @nki.jit
    def kernel(x, indices):
        out = nl.ndarray((8, 4), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x).reshape((128, 8, 8))
        index = nl.load(indices)
        part = nl.ndarray((8, 4), x.dtype, buffer=nl.sbuf)
        iy, iz = nl.mgrid[0:8, 0:4]
        part[iy, iz] = tile[0, index, iz]  # wrong
        nl.store(out, part)
        return out

    return kernel(X, INDICES)


# Conditions and masks


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


# Instructions


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


# Tensors


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


# Kernels


def copied_first() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x) + 1)
        return out

    return kernel(X.copy())


@case("cannot_update_immutable_parameter", copied_first)
def parameter_written() -> Any:
    @nki.jit
    def kernel(x):
        nl.store(x, nl.load(x) + 1)  # wrong
        return x

    return kernel(X.copy())


def mutable_returned() -> Any:
    @nki.jit
    def kernel(x: nt.mutable_tensor):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x) + 1
        nl.store(out, tile)
        nl.store(x, tile)
        return out, x

    return kernel(X.copy())


@case("mutable_parameter_not_returned", mutable_returned)
def mutable_not_returned() -> Any:
    @nki.jit
    def kernel(x: nt.mutable_tensor):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x) + 1
        nl.store(out, tile)
        nl.store(x, tile)  # wrong
        return out

    return kernel(X.copy())


def declared_before() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(4):
            tile = nl.ndarray((128, 64), x.dtype, buffer=nl.sbuf)
            if i < 2:
                tile[...] = nl.load(x)
            else:
                tile[...] = nl.exp(nl.load(x))
            nl.store(out[i], tile)
        total = nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)
        for i in nl.sequential_range(4):
            total[...] = total + nl.load(x)
        nl.store(out[0], total)
        return out

    return kernel(X)


@case("local_variable_used_out_of_scope", declared_before)
def used_behind_its_loop() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        total = nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)
        for i in nl.sequential_range(4):
            total = total + nl.load(x)  # wrong
        nl.store(out, total)  # wrong
        return out

    return kernel(X)


@case("local_variable_used_out_of_scope", declared_before)
def used_behind_its_branch() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(4):
            if i < 2:
                tile = nl.load(x)
            else:
                tile = nl.exp(nl.load(x))
            nl.store(out[i], tile)  # wrong
        return out

    return kernel(X)


def inlined() -> Any:
    @nki.jit
    def inner(x, out):
        nl.store(out, nl.load(x))

    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        inner(x, out)
        return out

    return kernel(X)


@case("nested_kernel_with_spmd_grid", inlined)
def nested_with_a_grid() -> Any:
    @nki.jit
    def inner(x, out):
        nl.store(out, nl.load(x))

    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        inner[4, 4](x, out)  # wrong
        return out

    return kernel(X)


@case("nki_api_outside_of_nki_kernel")
def outside() -> Any:
    return nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)  # wrong


def shared_at_the_top() -> Any:
    @nki.jit
    def kernel(x, training=True):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        if training:
            more = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
            nl.store(more, nl.load(x))
        nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_in_a_loop() -> Any:
    @nki.jit
    def kernel(x):
        for i in nl.affine_range(1):
            out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)  # wrong
            nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_under_a_condition() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) >= 0:
            more = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)  # wrong
            nl.store(more, nl.load(x))
        nl.store(out, nl.load(x))
        return out

    return kernel[1](X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_in_a_function() -> Any:
    def output(x):
        return nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)  # wrong

    @nki.jit
    def kernel(x):
        out = output(x)
        nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("tensor_output_not_written_to", stored_first)
def never_stored() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.load(x)
        for i in nl.affine_range(64 // 128):
            nl.store(out, nl.load(x))
        return out

    return kernel(X)


def written_in_order() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        total = nl.ndarray((par_dim(128), 64), x.dtype, buffer=nl.sbuf)
        for i in nl.affine_range(4):
            nl.store(out[i], value=0.0)
        for i in nl.sequential_range(4):
            total[...] = nl.load(x)
            nl.store(out[0], total)
        product = nl.zeros((64, 64), nl.float32, buffer=nl.psum)
        for i in nl.affine_range(4):
            tile = nl.load(x)
            product[...] += nisa.nc_matmul(tile, tile)
        nl.store(out[1, 0:64, :], product)
        return out

    return kernel(X)


@case("unexpected_output_dependencies", written_in_order)
def written_by_each_pass() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        for i in nl.affine_range(4):
            nl.store(out[0], tile)  # wrong
        nl.store(out[1], tile)
        nl.store(out[2], tile)
        nl.store(out[3], tile)
        return out

    return kernel(X)
