"""What a launch costs: three instructions, and kernels of different sources one after the other.

    python python/benchmarks/launching.py [--launches 300] [--kernels 15]

Prints medians, in processor time of one core, of `trnsim.simulate(kernel, x, mode="timing")`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

import numpy as np
import trnsim

trnsim.install(shadow=True)

import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def three(x):
    """A load, a multiplication, a store."""
    tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out


def different(folder: str, count: int, number: int) -> Any:
    """A kernel of about `count` instructions, unrolled in its source, whose numbers no other has."""
    lines = ["def kernel(x, w):",
             "    weights = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)",
             "    nisa.dma_copy(weights, w)",
             "    result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)"]
    for index in range(count // 5):
        lines += ["    tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)",
                  "    nisa.dma_copy(tile, x)",
                  "    product = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.psum)",
                  "    nisa.nc_matmul(product, weights, tile)",
                  "    nisa.tensor_copy(result, product)",
                  "    nisa.tensor_scalar(result[:, 0:256], result[:, 0:256], op0=nl.multiply, "
                  f"operand0={1 + index * 1e-6 + number * 1e-3!r})",
                  "    nisa.tensor_tensor(result, result, tile, nl.add)"]
    lines += ["    out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)",
              "    nisa.dma_copy(out, result)",
              "    return out"]
    names = {"nl": nl, "nisa": nisa}
    path = os.path.join(folder, f"kernel{count}_{number}.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    exec(compile("\n".join(lines), path, "exec"), names)
    return nki.jit(names["kernel"])


def cost(call: Callable[[], Any]) -> float:
    """Seconds of processor time of a call."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launches", type=int, default=300, help="of three instructions (300)")
    parser.add_argument("--kernels", type=int, default=15, help="of 800 and of 3,000 instructions (15)")
    options = parser.parse_args()
    x, w = np.zeros((128, 512), np.float32), np.zeros((128, 128), np.float32)
    for mode, name in (("0", "traced"), ("1", "kept")):
        os.environ["TRNSIM_CACHE"] = mode
        trnsim.simulate(three, x, mode="timing")
        seconds = statistics.median(cost(lambda: trnsim.simulate(three, x, mode="timing")) for _ in range(options.launches))
        print(f"{'three instructions, ' + name:<40}{seconds * 1e3:8.2f} ms")
    os.environ["TRNSIM_CACHE"] = "0"
    for count in (800, 3000):
        with tempfile.TemporaryDirectory() as folder:
            kernels = [different(folder, count, number) for number in range(options.kernels)]
            seconds = statistics.median(cost(lambda: trnsim.simulate(kernel, x, w, mode="timing")) for kernel in kernels)
        print(f"{f'kernels of {count} instructions':<40}{1 / seconds:8.1f} a second")


if __name__ == "__main__":
    main()
