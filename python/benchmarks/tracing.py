"""What tracing costs for each instruction: a kernel of unrolled loops, in seconds of one core.

    python python/benchmarks/tracing.py [--instructions 100000] [--repeat 5] [--installed]

Prints the median of the repetitions: running the kernel's Python, joining its records, the core's reading of them. With
`--installed` it measures the package that is installed, whose recorder is compiled, and not the sources beside it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time

if "--installed" not in sys.argv:
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

import numpy as np
import trnsim

trnsim.install(shadow=True)

import nki
import nki.isa as nisa
import nki.language as nl
from trnsim.core import open_core
from trnsim.run.launch import Options, trace_kernel

#: Instructions of one pass of the loop below.
_EACH = 5


@nki.jit
def passes(x, y, count):
    """Loads, products, copies out of PSUM and element-wise work."""
    out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)
    weights = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(weights, y[:, 0:128])
    result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
    for i in nl.static_range(count):
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        product = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.psum)
        nisa.nc_matmul(product, weights, tile)
        nisa.tensor_copy(result, product)
        nisa.tensor_scalar(result[:, 0:256], result[:, 0:256], op0=nl.multiply, operand0=0.5)
        nisa.tensor_tensor(result, result, tile, nl.add)
    nisa.dma_copy(out, result)
    return out


def measure(count: int) -> tuple[int, int, list[float]]:
    """Instructions, the stream's bytes, and seconds of the steps."""
    x, y = np.zeros((128, 512), np.float32), np.zeros((128, 128), np.float32)
    options = Options("trn2", mode="trace")
    times = [time.process_time()]
    program = trace_kernel(passes.func, (x, y, count), {}, options).cores[0].program
    times.append(time.process_time())
    records = program.stream()
    times.append(time.process_time())
    with open_core().session() as session:
        if not session.append(records):
            raise SystemExit(session.errors()[0]["message"])
        times.append(time.process_time())
    return program.count, len(records), [end - begin for begin, end in zip(times, times[1:])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instructions", type=int, default=100_000, help="about so many (100000)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions (5)")
    parser.add_argument("--installed", action="store_true", help="measure the installed package")
    options = parser.parse_args()
    runs = [measure(max(1, options.instructions // _EACH)) for _ in range(max(1, options.repeat))]
    instructions, size, _ = runs[0]
    print(f"{instructions:,} instructions, {size / instructions:.0f} bytes each, "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
    for position, name in enumerate(("trace", "join", "core reads")):
        seconds = statistics.median(steps[position] for _, _, steps in runs)
        print(f"{name:<12}{seconds:8.2f} s{seconds / instructions * 1e6:8.2f} µs each")


if __name__ == "__main__":
    main()
