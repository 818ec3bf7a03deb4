"""Kernels around one operation, for the tests of operations."""

import nki
import nki.isa as nisa
import nki.language as nl


def kernel_of(body, shape=None, dtype=nl.float32):
    """A kernel that calls `body(dst, *tiles)` on tiles of its inputs in sbuf, and stores dst."""

    @nki.jit
    def kernel(*inputs):
        tiles = [nl.load(x) for x in inputs]
        dst = nl.ndarray(shape or tiles[0].shape, dtype, buffer=nl.sbuf)
        body(dst, *tiles)
        out = nl.ndarray(dst.shape, dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, dst)
        return out

    return kernel
