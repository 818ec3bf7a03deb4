"""Launches: arrays in and out, in-place tensors, wrappers, reports, errors."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

X = np.random.default_rng(3).standard_normal((128, 64)).astype(np.float32)


@nki.jit
def double(x):
    tile = nl.load(x)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.add(tile, tile))
    return out


def test_all_ways_to_run() -> None:
    for found in (double(X), nki.simulate(double)(X), nki.simulate_kernel(double, X), nki.cpu_simulate(double)[1](X)
                  if hasattr(nki.cpu_simulate(double), "__getitem__") else double[1](X),
                  trnsim.simulate(double, X).values):
        np.testing.assert_array_equal(found, X + X)


def test_benchmark_tells_the_simulated_latency() -> None:
    timed = nki.benchmark(warmup=1, iters=2)(double)
    timed(X)
    latency = timed.benchmark_result.nc_latency
    assert latency.get_latency_percentile(50) == latency.get_latency_percentile(99)
    assert latency.get_latency_percentile(50) == pytest.approx(trnsim.simulate(double, X).report.microseconds)


def test_nested_arguments_and_results() -> None:
    Pair = namedtuple("Pair", ["a", "b"])

    @nki.jit
    def swap(pair, options):
        outs = []
        for x in (pair.b, pair.a):
            out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
            nl.store(out, nl.multiply(nl.load(x), options["factor"]))
            outs.append(out)
        return {"swapped": tuple(outs)}

    found = swap(Pair(X, X[:, :8]), {"factor": 2.0})["swapped"]
    np.testing.assert_array_equal(found[0], X[:, :8] * 2)
    np.testing.assert_array_equal(found[1], X * 2)


def test_kernels_call_kernels() -> None:
    @nki.jit
    def outer(x):
        inner = double(x)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(inner))
        return out

    np.testing.assert_array_equal(outer(X), X + X)


def test_timing_alone_and_the_program() -> None:
    result = trnsim.simulate(double, X, mode="timing")
    assert result.values is None
    assert result.report.instructions == 3
    assert "tensor_tensor" in result.report.program


def test_errors_name_line_operand_and_remedy() -> None:
    @nki.jit
    def wrong(x):
        tile = nl.load(x)
        out = nl.ndarray((128, 32), x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(out, tile)  # the line to name
        return x

    with pytest.raises(nki.NkiValidationError) as caught:
        wrong(X)
    text = str(caught.value)
    assert "tensor_copy src has 64 elements in a partition, dst has 32" in text
    assert "# the line to name" in text and "help:" in text


def test_a_partition_dimension_beyond_128_is_an_assertion_error() -> None:
    @nki.jit
    def wrong(x):
        nl.ndarray((256, 4), x.dtype, buffer=nl.sbuf)

    with pytest.raises(AssertionError, match="partition dimension 256 exceeds maximum 128"):
        wrong(X)


def test_full_memory_names_what_is_alive() -> None:
    @nki.jit
    def wrong(x):
        tiles = [nl.ndarray((128, 24 * 1024), nl.float32, buffer=nl.sbuf, name=f"big{i}") for i in range(3)]
        for tile in tiles[:2]:
            nisa.memset(tile, 0.0)
        nisa.tensor_tensor(tiles[2], tiles[0], tiles[1], nl.add)
        return x

    with pytest.raises(nki.NkiValidationError) as caught:
        wrong(X)
    told = str(caught.value)
    assert "'big2' needs 98304 bytes" in told
    # The table of who is alive names those before it.
    assert "big0" in told and "big1" in told


def test_registers_are_no_python_values() -> None:
    @nki.jit
    def wrong(x):
        if nisa.register_alloc(3):
            return x

    with pytest.raises(TypeError, match="register in Python's if"):
        wrong(X)


def test_operations_need_a_kernel() -> None:
    with pytest.raises(nki.NkiValidationError, match="inside a kernel"):
        nl.ndarray((128, 4), nl.float32)


def test_scripts_run_by_the_module(tmp_path) -> None:
    script = tmp_path / "kernel.py"
    script.write_text("import nki, sys\nprint(nki.__version__, sys.argv[1:])\n")
    done = subprocess.run([sys.executable, "-m", "trnsim", str(script), "a"], capture_output=True, text=True,
                          env={"PYTHONPATH": ":".join(sys.path)}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{nki.__version__} ['a']\n"


def test_a_real_installation_is_not_shadowed(tmp_path) -> None:
    (tmp_path / "nki").mkdir()
    (tmp_path / "nki" / "__init__.py").write_text("owner = 'vendor'\n")
    code = ("import sys, trnsim\nprint(trnsim.install())\nimport nki\nprint(nki.owner)\n"
            "print(trnsim.install(shadow=True))\nimport nki\nprint(nki.__name__)\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": ":".join([str(tmp_path), *sys.path])})
    assert done.stdout.split() == ["False", "vendor", "True", "trnsim.nki"], done.stderr
