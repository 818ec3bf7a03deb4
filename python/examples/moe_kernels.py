"""The six operators of a Qwen3-30B-A3B MoE layer around its matmuls, as NKI kernels.

They work on tiles of 128 tokens; tokens are rows. Each is written for one NeuronCore, destination first
(NKI 0.3 and later). `compare.py` runs them beside the simulator's own kernels.
"""

import nki
import nki.isa as nisa
import nki.language as nl

P = nl.tile_size.pmax


def _tiles(tokens):
    """(first row, rows) of each tile."""
    return [(start, min(P, tokens - start)) for start in range(0, tokens, P)]


def _broadcast_rows(vector, rows):
    """A vector of HBM on every partition: one DMA that reads it again for each."""
    size = vector.shape[-1]
    tile = nl.ndarray((rows, size), vector.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, vector.ap([[0, rows], [1, size]]), dge_mode=nisa.dge_mode.hwdge, engine=nisa.engine.scalar)
    return tile


def _normalize(rows, x, weight, eps):
    """x / sqrt(mean(x²) + eps) × weight, for a tile."""
    hidden = x.shape[1]
    square = nl.ndarray((rows, hidden), nl.float32, buffer=nl.sbuf)
    total = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.activation_reduce(square, nl.square, x, nl.add, total)
    mean = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(mean, total, nl.multiply, 1.0 / hidden, op1=nl.add, operand1=eps)
    factor = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.activation(factor, nl.rsqrt, mean)
    result = nl.ndarray((rows, hidden), x.dtype, buffer=nl.sbuf)
    nisa.scalar_tensor_tensor(result, x, nl.multiply, factor, nl.multiply, weight[0:rows])
    return result


@nki.jit
def rmsnorm(x, weight, eps=1e-6):
    """RMSNorm of [tokens, hidden]."""
    tokens, hidden = x.shape
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    gamma = _broadcast_rows(weight, min(P, tokens))
    for start, rows in _tiles(tokens):
        tile = nl.load(x[start:start + rows])
        nl.store(out[start:start + rows], _normalize(rows, tile, gamma, eps))
    return out


@nki.jit
def add_rmsnorm(x, residual, weight, eps=1e-6):
    """x + residual, and its RMSNorm: the sum does not leave the chip in between."""
    tokens, hidden = x.shape
    summed = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    gamma = _broadcast_rows(weight, min(P, tokens))
    for start, rows in _tiles(tokens):
        left, right = nl.load(x[start:start + rows]), nl.load(residual[start:start + rows])
        total = nl.add(left, right)
        nl.store(summed[start:start + rows], total)
        nl.store(out[start:start + rows], _normalize(rows, total, gamma, eps))
    return out, summed


@nki.jit
def silu(x):
    """x / (1 + exp(-x)), by one function of the Scalar engine."""
    tokens, size = x.shape
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    for start, rows in _tiles(tokens):
        tile = nl.load(x[start:start + rows])
        result = nl.ndarray((rows, size), x.dtype, buffer=nl.sbuf)
        nisa.activation(result, nl.silu, tile)
        nl.store(out[start:start + rows], result)
    return out


def _softmax(x, dtype):
    """exp(x - max) / sum, for a tile."""
    rows, size = x.shape
    negative_max = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.tensor_reduce(negative_max, nl.maximum, x, axis=1, negate=True)
    power = nl.ndarray((rows, size), nl.float32, buffer=nl.sbuf)
    total = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.activation_reduce(power, nl.exp, x, nl.add, total, bias=negative_max)
    inverse = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
    nisa.reciprocal(inverse, total)
    result = nl.ndarray((rows, size), dtype, buffer=nl.sbuf)
    nisa.tensor_scalar(result, power, nl.multiply, inverse)
    return result


@nki.jit
def softmax(x):
    """Softmax of each row."""
    tokens = x.shape[0]
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    for start, rows in _tiles(tokens):
        nl.store(out[start:start + rows], _softmax(nl.load(x[start:start + rows]), x.dtype))
    return out


@nki.jit
def rope(q, k, cos, sin):
    """Rotates the halves of each head of q [tokens, heads, d] and k by angles of [tokens, d / 2]."""
    tokens, q_heads, d = q.shape
    heads, half = q_heads + k.shape[1], d // 2
    outs = [nl.ndarray(t.shape, t.dtype, buffer=nl.shared_hbm) for t in (q, k)]
    for start, rows in _tiles(tokens):
        here = slice(start, start + rows)
        c, s = nl.load(cos[here]), nl.load(sin[here])
        x = nl.ndarray((rows, heads, 2, half), q.dtype, buffer=nl.sbuf)
        nisa.dma_copy(x[:, 0:q_heads], q[here].reshape((rows, q_heads, 2, half)))
        nisa.dma_copy(x[:, q_heads:heads], k[here].reshape((rows, heads - q_heads, 2, half)))
        y = nl.ndarray(x.shape, q.dtype, buffer=nl.sbuf)
        by_cos = nl.ndarray(x.shape, nl.float32, buffer=nl.sbuf)
        by_sin = nl.ndarray(x.shape, nl.float32, buffer=nl.sbuf)
        # Vector and GpSimd take a share of the heads each.
        split = heads * 6 // 10
        for first, last, engine in ((0, split, nisa.engine.vector), (split, heads, nisa.engine.gpsimd)):
            count = last - first
            part = x[:, first:last]
            halves_swapped = part[:, :, ::-1]
            repeat = [[half, rows], [0, count], [0, 2], [1, half]]
            nisa.tensor_tensor(by_cos[:, first:last], part, c.ap(repeat), nl.multiply, engine=engine)
            nisa.tensor_tensor(by_sin[:, first:last], halves_swapped, s.ap(repeat), nl.multiply, engine=engine)
            for side, op in ((0, nl.subtract), (1, nl.add)):
                nisa.tensor_tensor(y[:, first:last, side], by_cos[:, first:last, side], by_sin[:, first:last, side],
                                   op, engine=engine)
        nisa.dma_copy(outs[0][here].reshape((rows, q_heads, 2, half)), y[:, 0:q_heads])
        nisa.dma_copy(outs[1][here].reshape((rows, heads - q_heads, 2, half)), y[:, q_heads:heads])
    return tuple(outs)


@nki.jit
def expert_router(x, weight, experts_per_token=8):
    """Top 8 of softmax(x @ weight): their weights, which sum to 1, and their numbers."""
    tokens, hidden = x.shape
    experts = weight.shape[1]
    steps = hidden // P
    weights = nl.ndarray((tokens, experts_per_token), nl.float32, buffer=nl.shared_hbm)
    indices = nl.ndarray((tokens, experts_per_token), nl.uint32, buffer=nl.shared_hbm)
    w = nl.ndarray((P, steps, experts), weight.dtype, buffer=nl.sbuf)
    nisa.dma_copy(w, weight.reshape((steps, P, experts)).permute((1, 0, 2)))
    for start, rows in _tiles(tokens):
        tile = nl.load(x[start:start + rows])
        turned = nl.ndarray((P, steps, rows), x.dtype, buffer=nl.sbuf)
        logits = nl.ndarray((rows, experts), nl.float32, buffer=nl.psum)
        for step in nl.affine_range(steps):
            bank = nl.ndarray((P, rows), x.dtype, buffer=nl.psum)
            nisa.nc_transpose(bank, tile[:, step * P:(step + 1) * P])
            engine = nisa.engine.vector if step % 2 else nisa.engine.scalar
            nisa.tensor_copy(turned[:, step], bank, engine=engine)
        for step in nl.affine_range(steps):
            nisa.nc_matmul(logits, turned[:, step], w[:, step])
        # exp keeps the order, so that the largest eight are those of the softmax; its sum cancels.
        negative_max = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(negative_max, nl.maximum, logits, axis=1, negate=True)
        power = nl.ndarray((rows, experts), nl.float32, buffer=nl.sbuf)
        nisa.activation(power, nl.exp, logits, bias=negative_max)
        largest = nl.ndarray((rows, 8), nl.float32, buffer=nl.sbuf)
        nisa.max8(largest, power)
        index = nl.ndarray((rows, 8), nl.uint32, buffer=nl.sbuf)
        nisa.nc_find_index8(index, power, largest)
        total = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(total, nl.add, largest, axis=1)
        inverse = nl.ndarray((rows, 1), nl.float32, buffer=nl.sbuf)
        nisa.reciprocal(inverse, total)
        scaled = nl.ndarray((rows, 8), nl.float32, buffer=nl.sbuf)
        nisa.tensor_scalar(scaled, largest, nl.multiply, inverse)
        nl.store(weights[start:start + rows], scaled)
        nl.store(indices[start:start + rows], index)
    return weights, indices
