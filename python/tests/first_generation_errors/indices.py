"""Indices and grids. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
from first_generation_errors.cases import INDICES, X, case


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
