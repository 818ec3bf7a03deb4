"""How many candidates `trnsim evaluate --serve` answers a second: different kernels of 512 instructions, values and reference included.

    python python/benchmarks/evaluating.py [--kernels 200] [--workers N]

Each candidate is another text: a product of [128, 512] by [512, 4096] in tiles of 128, float32, with what follows it. Prints answers a
second of wall time, processor time of one, and what a server that answers one after the other takes from question to answer.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src")

REFERENCE = """
import numpy as np

def get_inputs():
    return [np.random.standard_normal((512, 4096)).astype(np.float32), np.random.standard_normal((512, 128)).astype(np.float32)]

def reference(x, w):
    return 2 * (w.T @ x)
"""

CANDIDATE = """
import nki
import nki.isa as nisa
import nki.language as nl

@nki.jit
def kernel(x, w):
    rows, columns = x.shape
    out = nl.ndarray((128, columns), dtype=x.dtype, buffer=nl.shared_hbm)
    for column in range(0, columns, 128):
        product = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.psum)
        for row in range(0, rows, 128):
            weights = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(weights, w[row:row + 128, :])
            tile = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(tile, x[row:row + 128, column:column + 128])
            nisa.nc_matmul(product, weights, tile)
        result = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(result, product)
        nisa.tensor_scalar(result, result, op0=nl.multiply, operand0={factor!r})
        nisa.tensor_scalar(result, result, op0=nl.multiply, operand0={inverse!r})
        nisa.dma_copy(out[:, column:column + 128], result)
    return out
"""


def candidate(number: int) -> str:
    """A kernel whose text no other has."""
    factor = 1 + number / 1024
    return CANDIDATE.format(factor=factor, inverse=2 / factor)


class Server:
    """A server that is running."""

    def __init__(self, folder: str, workers: int) -> None:
        reference = os.path.join(folder, "reference.py")
        with open(reference, "w", encoding="utf-8") as file:
            file.write(REFERENCE)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([SOURCES, *filter(None, [os.environ.get("PYTHONPATH")])])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trnsim.evaluation", "--serve", "--workers", str(workers), "--reference", f"{reference}:reference"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, *texts: str) -> list[dict[str, Any]]:
        """The answers to candidates, which are asked at once."""
        assert self.process.stdin is not None and self.process.stdout is not None
        for text in texts:
            self.process.stdin.write(json.dumps({"source": text}) + "\n")
        self.process.stdin.flush()
        answers = [json.loads(self.process.stdout.readline()) for _ in texts]
        wrong = [answer for answer in answers if not answer["correct"]]
        if wrong:
            sys.exit(f"error: {wrong[0]}")
        return answers

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def processor_time() -> float:
    """Seconds of all servers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=200, help="candidates (200)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="candidates at a time (one for each core)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, options.workers)
        server.ask(*[candidate(0)] * options.workers)
        server.close()
        # What a server takes that is asked once by each worker: to start, for the reference.
        start = processor_time()
        server = Server(folder, options.workers)
        server.ask(*[candidate(0)] * options.workers)
        begin = time.perf_counter()
        answers = server.ask(*[candidate(number) for number in range(1, options.kernels + 1)])
        seconds = time.perf_counter() - begin
        alone: list[float] = []
        for number in range(options.kernels + 1, options.kernels + 21):
            before = time.perf_counter()
            server.ask(candidate(number))
            alone.append(time.perf_counter() - before)
        server.close()
    used = processor_time() - 2 * start
    times = {answer["time_us"] for answer in answers}
    print(f"{options.kernels} candidates, {options.workers} at a time: {options.kernels / seconds:.1f} a second, all right, "
          f"{min(times):.3f} to {max(times):.3f} µs")
    each = used / (options.kernels + 20)
    print(f"processor time of one, without the server's start: {1e3 * each:.1f} ms, {2 / each:.0f} a second on two idle cores")
    print(f"from question to answer, one after the other: median {1e3 * statistics.median(alone):.1f} ms, least {1e3 * min(alone):.1f} ms")


if __name__ == "__main__":
    main()
