"""A blocked product in all settings of its blocks: whatever a device runs has room here, with the right values."""

from __future__ import annotations

import itertools

import neuronxcc.nki as nki1
import neuronxcc.nki.isa as nisa1
import neuronxcc.nki.language as nl1
import nki as nki2
import nki.isa as nisa2
import nki.language as nl2
import numpy as np
import pytest
import trnsim

RANDOM = np.random.default_rng(13)
#: Tiles of the PE array: rows of the result, of the sum, and columns of the result.
ROWS, DEPTH, COLUMNS = 128, 128, 512


@nki1.jit
def first(a, b, m_tiles, n_tiles, k_tiles):
    """`a.T @ b`: sums of blocks of K stay in SBUF for all blocks of M until a column of blocks is done."""
    depth, rows = a.shape
    columns = b.shape[1]
    out = nl1.ndarray((rows, columns), dtype=a.dtype, buffer=nl1.shared_hbm)
    m_blocks, k_blocks = rows // (ROWS * m_tiles), depth // (DEPTH * k_tiles)
    for n in nl1.affine_range(columns // (COLUMNS * n_tiles)):
        sums = nl1.zeros((m_blocks, m_tiles, n_tiles, nl1.par_dim(ROWS), COLUMNS), dtype=nl1.float32, buffer=nl1.sbuf)
        for k in nl1.sequential_range(k_blocks):
            right = nl1.ndarray((k_tiles, nl1.par_dim(DEPTH), n_tiles * COLUMNS), dtype=b.dtype, buffer=nl1.sbuf)
            for kt in nl1.affine_range(k_tiles):
                right[kt] = nl1.load(b[nl1.ds((k * k_tiles + kt) * DEPTH, DEPTH),
                                       nl1.ds(n * n_tiles * COLUMNS, n_tiles * COLUMNS)])
            for m in nl1.affine_range(m_blocks):
                left = nl1.ndarray((k_tiles, nl1.par_dim(DEPTH), m_tiles * ROWS), dtype=a.dtype, buffer=nl1.sbuf)
                for kt in nl1.affine_range(k_tiles):
                    left[kt] = nl1.load(a[nl1.ds((k * k_tiles + kt) * DEPTH, DEPTH),
                                          nl1.ds(m * m_tiles * ROWS, m_tiles * ROWS)])
                for nt in nl1.affine_range(n_tiles):
                    for mt in nl1.affine_range(m_tiles):
                        product = nl1.zeros((ROWS, COLUMNS), dtype=nl1.float32, buffer=nl1.psum)
                        for kt in nl1.affine_range(k_tiles):
                            product += nisa1.nc_matmul(left[kt, :, nl1.ds(mt * ROWS, ROWS)],
                                                       right[kt, :, nl1.ds(nt * COLUMNS, COLUMNS)])
                        sums[m, mt, nt] = nl1.loop_reduce(product, op=np.add, loop_indices=[k], dtype=nl1.float32)
        for m in nl1.affine_range(m_blocks):
            for mt in nl1.affine_range(m_tiles):
                packed = nl1.ndarray((ROWS, n_tiles * COLUMNS), dtype=a.dtype, buffer=nl1.sbuf)
                for nt in nl1.affine_range(n_tiles):
                    packed[:, nl1.ds(nt * COLUMNS, COLUMNS)] = nl1.copy(sums[m, mt, nt])
                nl1.store(out[nl1.ds((m * m_tiles + mt) * ROWS, ROWS),
                              nl1.ds(n * n_tiles * COLUMNS, n_tiles * COLUMNS)], packed)
    return out


@nki2.jit
def second(a, b, m_tiles, n_tiles, k_tiles):
    """The same with a list of tiles in the place of each block."""
    depth, rows = a.shape
    columns = b.shape[1]
    out = nl2.ndarray((rows, columns), dtype=a.dtype, buffer=nl2.shared_hbm)
    for n in nl2.affine_range(columns // (COLUMNS * n_tiles)):
        sums = []
        for m in range(rows // ROWS):
            sums.append([])
            for nt in range(n_tiles):
                tile = nl2.ndarray((ROWS, COLUMNS), dtype=nl2.float32, buffer=nl2.sbuf)
                nisa2.memset(tile, 0)
                sums[m].append(tile)
        for k in nl2.sequential_range(depth // (DEPTH * k_tiles)):
            right = []
            for kt in range(k_tiles):
                tile = nl2.ndarray((DEPTH, n_tiles * COLUMNS), dtype=b.dtype, buffer=nl2.sbuf)
                row = (k * k_tiles + kt) * DEPTH
                nisa2.dma_copy(tile, b[row:row + DEPTH, n * n_tiles * COLUMNS:(n + 1) * n_tiles * COLUMNS])
                right.append(tile)
            for m in nl2.affine_range(rows // (ROWS * m_tiles)):
                left = []
                for kt in range(k_tiles):
                    tile = nl2.ndarray((DEPTH, m_tiles * ROWS), dtype=a.dtype, buffer=nl2.sbuf)
                    row = (k * k_tiles + kt) * DEPTH
                    nisa2.dma_copy(tile, a[row:row + DEPTH, m * m_tiles * ROWS:(m + 1) * m_tiles * ROWS])
                    left.append(tile)
                for nt in nl2.affine_range(n_tiles):
                    for mt in nl2.affine_range(m_tiles):
                        product = nl2.ndarray((ROWS, COLUMNS), dtype=nl2.float32, buffer=nl2.psum)
                        for kt in nl2.affine_range(k_tiles):
                            nisa2.nc_matmul(product, left[kt][:, mt * ROWS:(mt + 1) * ROWS],
                                            right[kt][:, nt * COLUMNS:(nt + 1) * COLUMNS])
                        own = sums[m * m_tiles + mt][nt]
                        nisa2.tensor_tensor(own, own, product, op=nl2.add)
        for m in nl2.affine_range(rows // ROWS):
            packed = nl2.ndarray((ROWS, n_tiles * COLUMNS), dtype=a.dtype, buffer=nl2.sbuf)
            for nt in nl2.affine_range(n_tiles):
                nisa2.tensor_copy(packed[:, nt * COLUMNS:(nt + 1) * COLUMNS], sums[m][nt])
            nisa2.dma_copy(out[m * ROWS:(m + 1) * ROWS, n * n_tiles * COLUMNS:(n + 1) * n_tiles * COLUMNS], packed)
    return out


KERNELS = pytest.mark.parametrize("kernel", [first, second], ids=["first generation", "second generation"])


def settings(rows: int, columns: int, depth: int) -> list[tuple[int, int, int]]:
    """All blocks that a product of this size can have."""
    return [(m, n, k) for m, n, k in itertools.product((1, 2, 4, 8, 16, 32), (1, 2, 4, 8), (1, 2, 4))
            if rows % (m * ROWS) == 0 and columns % (n * COLUMNS) == 0 and depth % (k * DEPTH) == 0]


@KERNELS
def test_all_settings_give_the_product(kernel):
    a = RANDOM.integers(-4, 5, (256, 512)).astype(np.float32)
    b = RANDOM.integers(-4, 5, (256, 1024)).astype(np.float32)
    chosen = settings(512, 1024, 256)
    assert len(chosen) == 12
    for setting in chosen:
        # Whole numbers: their sums are exact in any order.
        assert np.array_equal(np.asarray(trnsim.simulate(kernel, a, b, *setting).values), a.T @ b), setting


@KERNELS
@pytest.mark.parametrize("setting", [(1, 1, 1), (1, 8, 1), (32, 8, 2)])
def test_sums_that_sbuf_cannot_hold_at_once_have_room(kernel, setting):
    # Two blocks of K at (·, 8, 1): sums of 32 x 8 tiles, 512 KiB of each partition.
    a = np.zeros((256, 4096), np.float32)
    assert trnsim.simulate(kernel, a, a, *setting, mode="timing").report.microseconds > 0
