"""Small kernels of our own that show what a compiler does to a kernel, one for each pass, and what transfers and engines cost.

`Scripts/make-mechanisms` records them into suites/mechanisms, as they are before any pass; suites/mechanisms.yaml compiles and times the
programs, so that no checkouts are needed to see that a mechanism is gone. docs/mechanisms.md says which is of what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import neuronxcc.nki as first
import neuronxcc.nki.isa as first_isa
import neuronxcc.nki.language as first_nl
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

#: Kernel and arguments by the program's name.
KERNELS: dict[str, tuple[Any, tuple[Any, ...]]] = {}


def _kernel(name: str, *arguments: Any) -> Callable[[Any], Any]:
    """Enters a kernel of either generation."""
    def enter(kernel: Any) -> Any:
        KERNELS[name] = (kernel, arguments)
        return kernel
    return enter


def _of(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


def _sbuf(*shape: int) -> Any:
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)


def _psum(*shape: int) -> Any:
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.psum)


def _result(*shape: int) -> Any:
    return nl.ndarray(shape, dtype=nl.float32, buffer=nl.shared_hbm)


# The second generation.


@_kernel("starters", _of(128, 512), _of(1, 512))
@nki.jit
def starters(x, row):
    """A whole tile, a single partition, and the kernel's own HBM: each has another starter."""
    out, own = _result(128, 512), nl.ndarray((1, 512), dtype=nl.float32, buffer=nl.hbm)
    tile, one, back = _sbuf(128, 512), _sbuf(1, 512), _sbuf(1, 512)
    nisa.dma_copy(dst=tile, src=x)
    nisa.dma_copy(dst=one, src=row)
    nisa.dma_copy(dst=own, src=one)
    nisa.dma_copy(dst=back, src=own)
    nisa.tensor_tensor(tile[0:1, :], tile[0:1, :], back, op=nl.add)
    nisa.dma_copy(dst=out, src=tile)
    return out


@_kernel("loads", _of(128, 256), _of(128, 2048))
@nki.jit
def loads(a, b):
    """Each pass loads the same rows once more."""
    out = _result(128, 2048)
    for part in nl.affine_range(8):
        columns = nl.ds(part * 256, 256)
        left, right, both = _sbuf(128, 256), _sbuf(128, 256), _sbuf(128, 256)
        nisa.dma_copy(dst=left, src=a)
        nisa.dma_copy(dst=right, src=b[:, columns])
        nisa.tensor_tensor(both, left, right, op=nl.add)
        nisa.dma_copy(dst=out[:, columns], src=both)
    return out


@_kernel("ranges", _of(128, 2048))
@nki.jit
def ranges(x):
    """One tile that each pass of a loop replaces whole."""
    out = _result(128, 2048)
    tile, twice = _sbuf(128, 256), _sbuf(128, 256)
    for part in range(8):
        columns = nl.ds(part * 256, 256)
        nisa.dma_copy(dst=tile, src=x[:, columns])
        nisa.tensor_tensor(twice, tile, tile, op=nl.add)
        nisa.dma_copy(dst=out[:, columns], src=twice)
    return out


@_kernel("copies", _of(128, 128), _of(128, 512))
@nki.jit
def copies(a, b):
    """A product that Scalar could read where it is."""
    out = _result(128, 512)
    left, right, copy, result = _sbuf(128, 128), _sbuf(128, 512), _sbuf(128, 512), _sbuf(128, 512)
    product = _psum(128, 512)
    nisa.dma_copy(dst=left, src=a)
    nisa.dma_copy(dst=right, src=b)
    nisa.nc_matmul(product, left, right)
    nisa.tensor_copy(copy, product)
    nisa.activation(dst=result, op=nl.exp, data=copy)
    nisa.dma_copy(dst=out, src=result)
    return out


@_kernel("banks", _of(128, 16), _of(128, 128))
@nki.jit
def banks(a, b):
    """Twelve sums that are alive at once, and eight banks."""
    out = _result(16, 12 * 16)
    left, right = _sbuf(128, 16), _sbuf(128, 128)
    nisa.dma_copy(dst=left, src=a)
    nisa.dma_copy(dst=right, src=b)
    sums = [_psum(16, 16) for _ in range(12)]
    for step in range(2):
        for number, one in enumerate(sums):
            nisa.nc_matmul(one, left, right[:, 16 * (number % 8):16 * (number % 8) + 16], accumulate=step > 0)
    for number, one in enumerate(sums):
        copy = _sbuf(16, 16)
        nisa.tensor_copy(copy, one)
        nisa.dma_copy(dst=out[:, 16 * number:16 * number + 16], src=copy)
    return out


@_kernel("join", _of(128, 128), _of(128, 1024))
@nki.jit
def join(a, b):
    """One tile of PSUM that the passes of a loop fill in turn."""
    out = _result(128, 1024)
    left, product = _sbuf(128, 128), _psum(128, 128)
    nisa.dma_copy(dst=left, src=a)
    for part in range(8):
        columns = nl.ds(part * 128, 128)
        right, copy = _sbuf(128, 128), _sbuf(128, 128)
        nisa.dma_copy(dst=right, src=b[:, columns])
        nisa.nc_matmul(product, left, right, accumulate=False)
        nisa.tensor_copy(copy, product)
        nisa.dma_copy(dst=out[:, columns], src=copy)
    return out


@_kernel("engines", _of(128, 2048))
@nki.jit
def engines(x):
    """Multiplications and additions whose engine is open."""
    out = _result(128, 2048)
    for part in nl.affine_range(4):
        columns = nl.ds(part * 512, 512)
        tile, result = _sbuf(128, 512), _sbuf(128, 512)
        nisa.dma_copy(dst=tile, src=x[:, columns])
        nisa.tensor_scalar(result, tile, nl.multiply, 2.0, op1=nl.add, operand1=1.0)
        nisa.tensor_tensor(result, result, tile, op=nl.multiply)
        nisa.dma_copy(dst=out[:, columns], src=result)
    return out


@_kernel("reuse", _of(128, 128), _of(128, 512))
@nki.jit
def reuse(a, b):
    """A tile that Scalar makes for GpSimd in each pass."""
    out = _result(1, 512)
    left = _sbuf(128, 128)
    nisa.dma_copy(dst=left, src=a)
    for part in nl.affine_range(4):
        columns = nl.ds(part * 128, 128)
        right, product, made, least = _sbuf(128, 128), _psum(128, 128), _sbuf(128, 128), _sbuf(1, 128)
        nisa.dma_copy(dst=right, src=b[:, columns])
        nisa.nc_matmul(product, left, right)
        nisa.activation(dst=made, op=nl.exp, data=product)
        nisa.tensor_partition_reduce(least, nl.maximum, made)
        nisa.dma_copy(dst=out[:, columns], src=least)
    return out


@_kernel("order", _of(128, 4096))
@nki.jit
def order(x):
    """Loads behind stores in one queue."""
    out = _result(128, 4096)
    for part in nl.affine_range(8):
        columns = nl.ds(part * 512, 512)
        tile, result = _sbuf(128, 512), _sbuf(128, 512)
        nisa.dma_copy(dst=tile, src=x[:, columns])
        nisa.activation(dst=result, op=nl.exp, data=tile)
        nisa.dma_copy(dst=out[:, columns], src=result)
    return out


@_kernel("depth-first", _of(128, 65536))
@nki.jit
def depth_first(x):
    """Two phases over tiles that SBUF has no room for together."""
    out = _result(128, 65536)
    tiles = []
    for part in nl.affine_range(8):
        tile = _sbuf(128, 8192)
        nisa.dma_copy(dst=tile, src=x[:, part * 8192:part * 8192 + 8192])
        tiles.append(tile)
    for part, tile in enumerate(tiles):
        result = _sbuf(128, 8192)
        nisa.activation(dst=result, op=nl.exp, data=tile)
        nisa.dma_copy(dst=out[:, part * 8192:part * 8192 + 8192], src=result)
    return out


@_kernel("place", _of(128, 32768))
@nki.jit
def place(x):
    """More tiles than SBUF holds, in turn: each gets what has been free for longest."""
    out = _result(128, 32768)
    for part in nl.affine_range(16):
        tile, result = _sbuf(128, 2048), _sbuf(128, 2048)
        nisa.dma_copy(dst=tile, src=x[:, part * 2048:part * 2048 + 2048])
        nisa.tensor_tensor(result, tile, tile, op=nl.multiply)
        nisa.dma_copy(dst=out[:, part * 2048:part * 2048 + 2048], src=result)
    return out


@_kernel("register-addresses", np.zeros((8, 128, 512), np.float32), np.zeros((1, 4), np.int32))
@nki.jit
def register_addresses(weights, chosen):
    """Loads whose address is in a register: GpSimd makes each anew."""
    out = _result(128, 4 * 512)
    which = nl.ndarray((1, 4), dtype=nl.int32, buffer=nl.sbuf)
    nisa.dma_copy(dst=which, src=chosen)
    for number in nl.affine_range(4):
        tile = _sbuf(128, 512)
        nisa.dma_copy(dst=tile, src=weights.ap(pattern=[[512, 128], [1, 512]], offset=0,
                                               scalar_offset=which.ap(pattern=[[4, 1], [1, 1]], offset=number), indirect_dim=0))
        nisa.dma_copy(dst=out[:, number * 512:number * 512 + 512], src=tile)
    return out


@_kernel("pieces", _of(128, 4096))
@nki.jit
def pieces(x):
    """Loads in rows of 128 bytes: pieces, not bytes, are what takes time."""
    out = _result(128, 512)
    for part in nl.affine_range(16):
        tile = _sbuf(128, 32)
        nisa.dma_copy(dst=tile, src=x[:, part * 256:part * 256 + 32])
        nisa.dma_copy(dst=out[:, part * 32:part * 32 + 32], src=tile)
    return out


# The first generation.


@_kernel("hoist", _of(128, 128), _of(128, 2048))
@first.jit
def hoist(a, b):
    """What every pass loads and computes alike."""
    out = first_nl.ndarray((128, 2048), dtype=a.dtype, buffer=first_nl.shared_hbm)
    for part in first_nl.affine_range(8):
        bias = first_nl.exp(first_nl.load(a))
        columns = first_nl.ds(part * 256, 256)
        tile = first_nl.load(b[:, columns])
        first_nl.store(out[:, columns], first_nl.multiply(tile, bias[:, 0:1]))
    return out


@_kernel("forward", _of(128, 128), _of(128, 2048))
@first.jit
def forward(a, b):
    """Copies of products whose readers can read PSUM."""
    out = first_nl.ndarray((128, 2048), dtype=a.dtype, buffer=first_nl.shared_hbm)
    left = first_nl.load(a)
    for part in first_nl.affine_range(4):
        columns = first_nl.ds(part * 512, 512)
        product = first_isa.nc_matmul(left, first_nl.load(b[:, columns]))
        first_nl.store(out[:, columns], first_isa.activation(first_nl.exp, first_nl.copy(product)))
    return out


@_kernel("merge", _of(128, 1024))
@first.jit
def merge(x):
    """Passes of an affine loop over few elements."""
    out = first_nl.ndarray((128, 1024), dtype=x.dtype, buffer=first_nl.shared_hbm)
    for part in first_nl.affine_range(16):
        columns = first_nl.ds(part * 64, 64)
        tile = first_nl.load(x[:, columns])
        first_nl.store(out[:, columns], first_nl.multiply(tile, tile))
    return out


@_kernel("spill", _of(128, 16384))
@first.jit
def spill(x):
    """Five tiles of 64 KiB of a partition, used in the reverse order."""
    out = first_nl.ndarray((128, 16384), dtype=x.dtype, buffer=first_nl.shared_hbm)
    tiles = [first_nl.load(x)]
    for _ in range(4):
        tiles.append(first_nl.multiply(tiles[-1], 2.0))
    total = tiles[-1]
    for tile in tiles[-2::-1]:
        total = first_nl.add(total, tile)
    first_nl.store(out, total)
    return out
