"""Needs tensors that are given and returned, and DMAs from any partition."""

from __future__ import annotations

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

RNG = np.random.default_rng(7)
X = RNG.standard_normal((128, 64)).astype(np.float32)
BASE = np.arange(4 * 6 * 8, dtype=np.float32).reshape(4, 6, 8)



def test_a_dma_of_many_dimensions_is_cut() -> None:
    x = RNG.standard_normal((4, 3, 5, 2, 6, 3, 2)).astype(np.float32)
    order = (4, 2, 0, 6, 1, 3, 5)

    @nki.jit
    def kernel(x):
        tile = nl.ndarray((6, 5, 4, 2, 3, 2, 3), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(tile, x.permute(order))
        out = nl.ndarray(tile.shape, nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    np.testing.assert_array_equal(kernel(x), x.transpose(order))


def test_an_input_can_be_written() -> None:
    @nki.jit
    def increment(x):
        tile = nl.load(x)
        nl.store(x, nl.add(tile, 1.0))
        return x

    mine = X.copy()
    found = increment(mine)
    np.testing.assert_array_equal(mine, X + np.float32(1))
    assert found is mine


def test_a_row_of_a_tile_stays_a_partition() -> None:
    shapes = []

    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        shapes.append(tile[3].shape)
        shapes.append(tile[3, 4:6].shape)
        out = nl.ndarray((1, 6, 8), x.dtype, buffer=nl.shared_hbm)
        row = nl.ndarray((1, 6, 8), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(row, tile[2:3])
        nl.store(out, row)
        return out

    np.testing.assert_array_equal(kernel(BASE)[0], BASE[2])
    assert shapes == [(1, 6, 8), (1, 2, 8)]


def test_first_values_that_an_operation_replaces_and_reads() -> None:
    @nki.jit
    def kernel():
        out = nl.ndarray((128, 8), nl.float32, buffer=nl.shared_hbm)
        a = nl.full((2, nl.par_dim(128), 8), 2.0, nl.float32, buffer=nl.sbuf)
        b = nl.full((2, nl.par_dim(128), 8), 3.0, nl.float32, buffer=nl.sbuf)
        # Values of blocks are stored when they are needed: b's first, then a's, which the operation overwrites.
        nisa.tensor_tensor(a[0], b[0], a[0], nl.add)
        nisa.dma_copy(out, a[0])
        return out

    np.testing.assert_array_equal(kernel(), np.full((128, 8), 5, np.float32))
