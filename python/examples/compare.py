"""Runs the NKI kernels of `moe_kernels.py`: values against float64, time beside the simulator's own kernels.

    python -m trnsim python/examples/compare.py [tokens]
"""

import json
import subprocess
import sys

import ml_dtypes
import moe_kernels as kernels
import numpy as np
import trnsim
from trnsim.core.tool import find_tool

HIDDEN, HEADS, KV_HEADS, HEAD, EXPERTS, INTERMEDIATE = 2048, 32, 4, 128, 128, 768


def random(rng, *shape, scale=1.0):
    return (rng.standard_normal(shape) * scale).astype(ml_dtypes.bfloat16)


def wide(array):
    return array.astype(np.float64)


def normalized(x, weight):
    return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-6) * weight


def cases(tokens, seed=0):
    """name, kernel, inputs, references in float64."""
    rng = np.random.default_rng(seed)
    x, residual, w = random(rng, tokens, HIDDEN), random(rng, tokens, HIDDEN), random(rng, HIDDEN)
    total = wide(x) + wide(residual)
    yield "rmsnorm", kernels.rmsnorm, (x, w), (normalized(wide(x), wide(w)),)
    rounded = total.astype(ml_dtypes.bfloat16).astype(np.float64)
    yield "add_rmsnorm", kernels.add_rmsnorm, (x, residual, w), (normalized(rounded, wide(w)), total)
    u = random(rng, tokens, INTERMEDIATE)
    yield "silu", kernels.silu, (u,), (wide(u) / (1 + np.exp(-wide(u))),)
    logits = random(rng, tokens, EXPERTS)
    power = np.exp(wide(logits) - wide(logits).max(1, keepdims=True))
    yield "softmax", kernels.softmax, (logits,), (power / power.sum(1, keepdims=True),)
    q, k = random(rng, tokens, HEADS, HEAD), random(rng, tokens, KV_HEADS, HEAD)
    angle = rng.uniform(0, 2 * np.pi, (tokens, HEAD // 2))
    c, s = np.cos(angle).astype(ml_dtypes.bfloat16), np.sin(angle).astype(ml_dtypes.bfloat16)
    yield "rope", kernels.rope, (q, k, c, s), tuple(rotated(wide(t), wide(c), wide(s)) for t in (q, k))
    h, router = random(rng, tokens, HIDDEN), random(rng, HIDDEN, EXPERTS, scale=0.02)
    yield "expert_router", kernels.expert_router, (h, router), top8(wide(h) @ wide(router))


def rotated(x, c, s):
    first, second = np.split(x, 2, axis=-1)
    c, s = c[:, None], s[:, None]
    return np.concatenate([first * c - second * s, second * c + first * s], axis=-1)


def top8(logits):
    order = np.argsort(-logits, axis=1, kind="stable")[:, :8]
    power = np.exp(np.take_along_axis(logits, order, 1) - logits.max(1, keepdims=True))
    return power / power.sum(1, keepdims=True), order.astype(np.uint32)


def own_time(name, tokens):
    """The simulator's own kernel: microseconds; None without its command-line tool."""
    tool = find_tool()
    if tool is None:
        return None
    form = {"silu": ["--param", "form=one"]}.get(name, [])
    done = subprocess.run([tool, "run", name, "--param", f"tokens={tokens}", *form, "--timing-only", "--json", "-"],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["total_time"] * 1e6


def largest_error(values, references):
    """The largest difference that rounding to the output's type does not explain, relative to values above 1."""
    largest = 0.0
    for found, wanted in zip(values, references):
        size = np.maximum(1.0, np.abs(wanted.astype(np.float64)))
        # bfloat16 keeps 8 bits: half a step is 2^-9 of the value, twice that where a rounding is doubled.
        allowed = 2.0 ** -8 if found.dtype == ml_dtypes.bfloat16 else 0.0
        difference = np.abs(found.astype(np.float64) - wanted.astype(np.float64)) / size
        largest = max(largest, float((difference - allowed).max()))
    return largest


def main():
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    print(f"{'kernel':14} {'beyond rounding':>15} {'NKI, µs':>9} {'own, µs':>9} {'ratio':>6}")
    worst = 0.0
    for name, kernel, inputs, references in cases(tokens):
        result = trnsim.simulate(kernel, *inputs)
        values = result.values if isinstance(result.values, tuple) else (result.values,)
        difference = largest_error(values, references)
        worst = max(worst, difference)
        own = own_time(name, tokens)
        beside = f"{own:9.3f} {result.report.microseconds / own:6.2f}" if own else "        -      -"
        print(f"{name:14} {difference:15.2e} {result.report.microseconds:9.3f} {beside}")
    return 1 if worst > 1e-3 else 0


if __name__ == "__main__":
    sys.exit(main())
