"""A matrix product whose tiles are the caller's to choose, in two forms: the kernels of the pages in docs/jobs.

    trnsim run python/examples/tiled_matmul.py:matmul --input 'lhsT=bfloat16[1024, 512]' --input 'rhs=bfloat16[1024, 2048]'
    trnsim compare python/examples/tiled_matmul.py:matmul_kept --vary tile_n=128,256,512
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

P = nl.tile_size.pmax


def _product(out, rows, columns, left, right):
    """out[rows, columns] = the sum of left[k].T @ right[k]."""
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    sums = nl.ndarray(shape, nl.float32, buffer=nl.psum)
    for a, b in zip(left, right):
        nisa.nc_matmul(sums, a, b)
    result = nl.ndarray(shape, out.dtype, buffer=nl.sbuf)
    nisa.tensor_copy(result, sums)
    nisa.dma_copy(out[rows, columns], result)


def _load(source, rows, columns):
    tile = nl.ndarray((rows.stop - rows.start, columns.stop - columns.start), source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, source[rows, columns])
    return tile


def _blocks(size, block):
    return [slice(start, start + block) for start in range(0, size, block)]


@nki.jit
def matmul(lhsT, rhs, tile_m=128, tile_n=512, tile_k=128):
    """lhsT.T @ rhs of bfloat16, sums in float32: a stripe of rhs stays in SBUF, tiles of lhsT come as they are needed.

    lhsT [K, M] and rhs [K, N] come in tiles of tile_k × tile_m and tile_k × tile_n elements; each size divides its extent.
    """
    K, M = lhsT.shape
    _, N = rhs.shape
    out = nl.ndarray((M, N), lhsT.dtype, buffer=nl.shared_hbm)
    for columns in _blocks(N, tile_n):
        stripe = [_load(rhs, k, columns) for k in _blocks(K, tile_k)]
        for rows in _blocks(M, tile_m):
            left = [_load(lhsT, k, rows) for k in _blocks(K, tile_k)]
            _product(out, rows, columns, left, stripe)
    return out


@nki.jit
def matmul_kept(lhsT, rhs, tile_m=128, tile_n=512, tile_k=128):
    """As `matmul`; lhsT is loaded once, whole rows at a time, and stays in SBUF."""
    K, M = lhsT.shape
    _, N = rhs.shape
    out = nl.ndarray((M, N), lhsT.dtype, buffer=nl.shared_hbm)
    kept = [_load(lhsT, k, slice(0, M)) for k in _blocks(K, tile_k)]
    for columns in _blocks(N, tile_n):
        stripe = [_load(rhs, k, columns) for k in _blocks(K, tile_k)]
        for rows in _blocks(M, tile_m):
            _product(out, rows, columns, [tile[:, rows] for tile in kept], stripe)
    return out


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    a = rng.standard_normal((1024, 512)).astype(ml_dtypes.bfloat16)
    b = rng.standard_normal((1024, 2048)).astype(ml_dtypes.bfloat16)
    exact = a.astype(np.float64).T @ b.astype(np.float64)
    for kernel in (matmul, matmul_kept):
        difference = np.abs(kernel(a, b).astype(np.float64) - exact)
        print(kernel.__name__, "largest difference:", difference.max(), "of", np.abs(exact).max())
