"""Kernels with one fault each, and beside each the same with the change that `trnsim advise` tells, made by hand."""

import nki
import nki.isa as nisa
import nki.language as nl

P = 128
N = 512


def _tile(shape, like):
    return nl.ndarray(shape, dtype=like.dtype, buffer=nl.sbuf)


def _product(out, sums, i, j):
    tile = _tile((P, N), out)
    nisa.tensor_copy(tile, sums)
    nisa.dma_copy(out[i * P:(i + 1) * P, j * N:(j + 1) * N], tile)


@nki.jit
def matmul(lhs_t, rhs):
    """As textbooks have it: one dma_copy for each tile, on the queue that is taken where none is named."""
    k, m = lhs_t.shape
    n = rhs.shape[1]
    out = nl.ndarray((m, n), dtype=lhs_t.dtype, buffer=nl.shared_hbm)
    for i in range(m // P):
        for j in range(n // N):
            sums = nl.ndarray((P, N), dtype=nl.float32, buffer=nl.psum)
            for s in range(k // P):
                a, b = _tile((P, P), lhs_t), _tile((P, N), rhs)
                nisa.dma_copy(a, lhs_t[s * P:(s + 1) * P, i * P:(i + 1) * P])
                nisa.dma_copy(b, rhs[s * P:(s + 1) * P, j * N:(j + 1) * N])
                nisa.nc_matmul(sums, a, b)
            _product(out, sums, i, j)
    return out


@nki.jit
def matmul_on_two_queues(lhs_t, rhs):
    k, m = lhs_t.shape
    n = rhs.shape[1]
    out = nl.ndarray((m, n), dtype=lhs_t.dtype, buffer=nl.shared_hbm)
    for i in range(m // P):
        for j in range(n // N):
            sums = nl.ndarray((P, N), dtype=nl.float32, buffer=nl.psum)
            for s in range(k // P):
                a, b = _tile((P, P), lhs_t), _tile((P, N), rhs)
                nisa.dma_copy(a, lhs_t[s * P:(s + 1) * P, i * P:(i + 1) * P])
                nisa.dma_copy(b, rhs[s * P:(s + 1) * P, j * N:(j + 1) * N], engine=nisa.engine.scalar)
                nisa.nc_matmul(sums, a, b)
            _product(out, sums, i, j)
    return out


@nki.jit
def matmul_loaded_once(lhs_t, rhs):
    k, m = lhs_t.shape
    n = rhs.shape[1]
    out = nl.ndarray((m, n), dtype=lhs_t.dtype, buffer=nl.shared_hbm)
    left, right = {}, {}
    for i in range(m // P):
        for j in range(n // N):
            sums = nl.ndarray((P, N), dtype=nl.float32, buffer=nl.psum)
            for s in range(k // P):
                if (s, i) not in left:
                    left[s, i] = _tile((P, P), lhs_t)
                    nisa.dma_copy(left[s, i], lhs_t[s * P:(s + 1) * P, i * P:(i + 1) * P])
                if (s, j) not in right:
                    right[s, j] = _tile((P, N), rhs)
                    nisa.dma_copy(right[s, j], rhs[s * P:(s + 1) * P, j * N:(j + 1) * N])
                nisa.nc_matmul(sums, left[s, i], right[s, j])
            _product(out, sums, i, j)
    return out


@nki.jit
def elementwise_loads(x):
    """A DMA for each number."""
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile, result = _tile(x.shape, x), _tile(x.shape, x)
    for r in range(rows):
        for c in range(columns):
            nisa.dma_copy(tile[r:r + 1, c:c + 1], x[r:r + 1, c:c + 1])
    nisa.tensor_scalar(result, tile, nl.multiply, 2.0)
    nisa.dma_copy(out, result)
    return out


@nki.jit
def whole_load(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile, result = _tile(x.shape, x), _tile(x.shape, x)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(result, tile, nl.multiply, 2.0)
    nisa.dma_copy(out, result)
    return out


@nki.jit
def streamed(x):
    """Little work for each byte: HBM's bandwidth is what it takes."""
    rows, columns = x.shape
    out = nl.ndarray((P, columns), dtype=x.dtype, buffer=nl.shared_hbm)
    result = _tile((P, columns), x)
    nisa.memset(result, 0.0)
    for r in range(rows // P):
        tile = _tile((P, columns), x)
        nisa.dma_copy(tile, x[r * P:(r + 1) * P, :])
        nisa.tensor_copy(result[:, 0:1], tile[:, 0:1])
    nisa.dma_copy(out, result)
    return out


@nki.jit
def one_buffer(x):
    """A tile that is declared once: each load waits for the last use."""
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = _tile((P, columns), x)
    for r in range(rows // P):
        result = _tile((P, columns), x)
        nisa.dma_copy(tile, x[r * P:(r + 1) * P, :])
        nisa.activation(result, nl.exp, tile)
        nisa.dma_copy(out[r * P:(r + 1) * P, :], result)
    return out


@nki.jit
def two_buffers(x):
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tiles = _tile((P, columns), x), _tile((P, columns), x)
    for r in range(rows // P):
        tile = tiles[r % 2]
        result = _tile((P, columns), x)
        nisa.dma_copy(tile, x[r * P:(r + 1) * P, :])
        nisa.activation(result, nl.exp, tile)
        nisa.dma_copy(out[r * P:(r + 1) * P, :], result)
    return out


def _sums(x, engine):
    rows, columns = x.shape
    out = nl.ndarray((P, columns), dtype=nl.float32, buffer=nl.shared_hbm)
    tile, result = _tile((P, columns), x), nl.ndarray((P, columns), dtype=nl.float32, buffer=nl.sbuf)
    copy = nl.ndarray((P, columns), dtype=nl.float32, buffer=nl.sbuf)
    nisa.dma_copy(tile, x[0:P, :])
    nisa.memset(result, 0.0)
    for _ in range(rows // P):
        nisa.tensor_copy(copy, tile)
        nisa.tensor_tensor(result, result, tile, nl.add, engine=engine)
    nisa.tensor_tensor(result, result, copy, nl.add)
    nisa.dma_copy(out, result)
    return out


@nki.jit
def sums_on_vector(x):
    """Vector does everything."""
    return _sums(x, nisa.engine.vector)


@nki.jit
def sums_on_gpsimd(x):
    return _sums(x, nisa.engine.gpsimd)


def _turned(x, by_dma):
    """Vector has work of its own for each tile."""
    rows, columns = x.shape
    out = nl.ndarray((columns, rows), dtype=x.dtype, buffer=nl.shared_hbm)
    work = nl.ndarray((P, N), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(work, 1.0)
    for r in range(rows // P):
        turned = _tile((columns, P), x)
        if by_dma:
            nisa.dma_transpose(turned, x[r * P:(r + 1) * P, :])
        else:
            tile, through = _tile((P, columns), x), nl.ndarray((columns, P), dtype=x.dtype, buffer=nl.psum)
            nisa.dma_copy(tile, x[r * P:(r + 1) * P, :])
            nisa.nc_transpose(through, tile)
            nisa.tensor_copy(turned, through)
        for _ in range(3):
            nisa.tensor_tensor(work, work, work, nl.maximum)
        nisa.dma_copy(out[:, r * P:(r + 1) * P], turned)
    return out


@nki.jit
def transposes_by_engine(x):
    """Vector takes what the PE array turns out of PSUM, which the DMA rings have time for."""
    return _turned(x, by_dma=False)


@nki.jit
def transposes_by_dma(x):
    return _turned(x, by_dma=True)


def _exponentials(x, prints):
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for r in range(rows // P):
        tile, result = _tile((P, columns), x), _tile((P, columns), x)
        nisa.dma_copy(tile, x[r * P:(r + 1) * P, :])
        nisa.activation(result, nl.exp, tile)
        if prints:
            nl.device_print("exponentials", result[0:1, 0:4])
        nisa.dma_copy(out[r * P:(r + 1) * P, :], result)
    return out


@nki.jit
def printing(x):
    """Each tile is shown, so that no next one is begun before."""
    return _exponentials(x, prints=True)


@nki.jit
def not_printing(x):
    return _exponentials(x, prints=False)
