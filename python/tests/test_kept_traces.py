"""TRNSIM_CACHE: a kernel that is launched again is not traced again, as long as nothing that it read has changed."""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import random
import sys
import threading
import time
import types
import warnings

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.errors import SimulationWarning, TrnsimError
from trnsim.run import traces

X = np.arange(32, dtype=np.float32).reshape(4, 8)


@pytest.fixture(autouse=True)
def _kept(monkeypatch):
    monkeypatch.setenv("TRNSIM_CACHE", "1")
    traces.clear()
    yield
    traces.clear()


def emit(x, factor: float):
    """x times a number."""
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=float(factor))
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out


FACTOR = 2.0


@nki.jit
def plain(x):
    return emit(x, FACTOR)


def state(kernel, *arguments, **options) -> str:
    return trnsim.simulate(kernel, *arguments, **options).report.cache


def test_values_are_those_of_the_arrays_that_are_given() -> None:
    first = trnsim.simulate(plain, X)
    other = trnsim.simulate(plain, X + 1)
    assert (first.report.cache, other.report.cache) == ("", "found")
    np.testing.assert_array_equal(first.values, X * 2)
    np.testing.assert_array_equal(other.values, (X + 1) * 2)
    assert other.report.microseconds == first.report.microseconds
    assert other.report.programs == first.report.programs
    assert other.report.instructions == first.report.instructions


@pytest.mark.parametrize("mode", ["both", "values", "timing"])
def test_every_mode_is_served_by_one_trace(mode) -> None:
    assert state(plain, X) == ""
    one, two = (trnsim.simulate(plain, X, mode=mode) for _ in range(2))
    assert one.report.cache == two.report.cache == "found"
    assert {**one.report.json, "host": 0} == {**two.report.json, "host": 0} and one.report.json is not two.report.json
    if mode != "timing":
        np.testing.assert_array_equal(two.values, X * 2)


def test_time_follows_the_machine_and_the_options() -> None:
    times = [trnsim.simulate(plain, X, mode="timing", **options).report.microseconds
             for options in ({}, {"hardware": "trn1"}, {})]
    assert times[0] == times[2] != times[1]
    slow = trnsim.simulate(plain, X, mode="timing", overrides=("clocks.vector=0.1", "clocks.scalar=0.1")).report
    assert slow.cache == "found" and slow.microseconds > times[0]


def test_a_trace_file_is_written_each_time(tmp_path) -> None:
    for number in range(2):
        path = tmp_path / f"{number}.pftrace.zst"
        trnsim.simulate(plain, X, mode="timing", trace=str(path))
        assert path.stat().st_size > 0


def test_off(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "0")
    assert [state(plain, X) for _ in range(2)] == ["", ""]
    monkeypatch.setenv("TRNSIM_CACHE", "2")
    with pytest.raises(ValueError, match="TRNSIM_CACHE=2"):
        plain(X)


# What makes it trace again


def make(factor):
    @nki.jit
    def closed(x):
        return emit(x, factor)

    return closed


def test_the_closure_counts() -> None:
    assert [state(make(factor), X) for factor in (2.0, 2.0, 3.0, -0.0, 0.0)] == ["", "found", "", "", ""]
    values = [trnsim.simulate(make(factor), X).values for factor in (2.0, 2.0, 3.0)]
    np.testing.assert_array_equal(values[2], X * 3)
    np.testing.assert_array_equal(values[1], X * 2)


@pytest.mark.parametrize("change", ["constant", "zero", "function", "element", "array", "attribute", "module", "default"])
def test_what_the_code_reads_counts(monkeypatch, change) -> None:
    module = types.ModuleType("factors_of_a_test")
    module.FACTOR = 2.0
    monkeypatch.setitem(sys.modules, "factors_of_a_test", module)
    space = {"emit": emit, "nki": nki, "FACTOR": 2.0, "ZERO": 0.0, "TABLE": {"factors": [2.0, 3.0]},
             "ARRAY": np.array([2.0, 5.0]), "SETTINGS": types.SimpleNamespace(factor=2.0), "module": module, "more": lambda: 1.0}
    exec("""
def read(x, plus=1.0):
    import math
    inner = lambda: TABLE["factors"][0] + SETTINGS.factor
    return emit(x, FACTOR + math.copysign(1.0, ZERO) + more() + inner() + ARRAY[0] + module.FACTOR + plus)
""", space)
    kernel = nki.jit(space["read"])
    assert [state(kernel, X) for _ in range(2)] == ["", "found"]
    before = kernel(X)[0, 1]
    {"constant": lambda: space.update(FACTOR=3.0), "zero": lambda: space.update(ZERO=-0.0),
     "function": lambda: space.update(more=lambda: 2.0), "element": lambda: space["TABLE"]["factors"].__setitem__(0, 3.0),
     "array": lambda: space["ARRAY"].__setitem__(0, 3.0), "attribute": lambda: setattr(space["SETTINGS"], "factor", 3.0),
     "module": lambda: setattr(module, "FACTOR", 3.0),
     "default": lambda: setattr(space["read"], "__defaults__", (2.0,))}[change]()
    result = trnsim.simulate(kernel, X)
    assert result.report.cache == ""
    assert result.values[0, 1] - before == (-2.0 if change == "zero" else 1.0)
    assert state(kernel, X) == "found"


@dataclasses.dataclass
class Config:
    factor: float = 2.0
    scale = 1.0

    def total(self) -> float:
        return self.factor * self.scale


@nki.jit
def configured(x, config, flag=1):
    return emit(x, config.total() * flag)


def test_arguments_count(monkeypatch) -> None:
    assert state(configured, X, Config()) == ""
    assert state(configured, X, Config()) == "found"
    assert state(configured, X + 1, Config(), 1) == ""  # another signature: `flag` is given
    assert state(configured, X, Config(3.0)) == ""
    assert state(configured, X, Config(), 2) == ""
    assert state(configured, X, Config(), 2.0) == ""
    assert state(configured, X, Config(), True) == ""
    assert state(configured, X.reshape(8, 4), Config()) == ""
    assert state(configured, X.astype(ml_dtypes.bfloat16), Config()) == ""
    assert state(configured, X, Config(), hardware="trn1") == ""
    with monkeypatch.context() as changed:
        changed.setattr(Config, "scale", 4.0)
        result = trnsim.simulate(configured, X, Config())
        assert result.report.cache == "" and result.values[0, 1] == 8.0
        changed.setattr(Config, "total", lambda self: 7.0)
        assert trnsim.simulate(configured, X, Config()).values[0, 1] == 7.0
    assert state(configured, X, Config()) == "found"


def test_one_array_twice_is_not_two() -> None:
    @nki.jit
    def added(x, y):
        left = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(left, x)
        nisa.dma_copy(y, left)
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, x)
        return out

    z = X.copy()
    assert [state(added, X.copy(), z), state(added, z, z), state(added, z, X.copy())] == ["", "", "found"]


def test_arrays_that_the_kernel_writes_are_written_each_time() -> None:
    @nki.jit
    def doubled(x):
        tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
        nisa.dma_copy(x, tile)
        return x

    for factor in (1, 3):
        x = X * factor
        assert doubled(x) is x
        np.testing.assert_array_equal(x, X * factor * 2)
    assert trnsim.last_report().cache == "found"


def test_several_cores_and_ranks() -> None:
    @nki.jit
    def halves(x):
        core = nl.program_id(0)
        tile = nl.ndarray((2, 8), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[nl.ds(core * 2, 2), :])
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out[nl.ds(core * 2, 2), :], tile)
        return out

    for x in (X, X + 1):
        result = trnsim.simulate(halves[2], x)
        np.testing.assert_array_equal(result.values, x)
    assert result.report.cache == "found"
    for shift in (0, 1):
        result = trnsim.simulate(plain, trnsim.PerRank([X + shift, X + 2 + shift]))
        np.testing.assert_array_equal(result.values[1], (X + 2 + shift) * 2)
    assert result.report.cache == "found"
    assert [state(plain, X, ranks=2), state(plain, X, ranks=2)] == ["", "found"]


def test_notes_warnings_and_prints_are_given_each_time(capsys) -> None:
    @nki.jit
    def shown(x):
        tile = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nl.device_print("tile", tile)
        out = nl.ndarray((4, 8), dtype=nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out[0:2, :], tile[0:2, :])
        return out

    outputs, notes = [], []
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            report = trnsim.simulate(shown, X.astype(np.float64)).report
        notes.append((report.notes, [str(warning.message) for warning in caught if warning.category is SimulationWarning]))
        outputs.append(capsys.readouterr().out)
    assert report.cache == "found"
    assert outputs[0] == outputs[1] and "tile" in outputs[0]
    assert notes[0] == notes[1] and len(notes[0][0]) == 2 and notes[0][0] == notes[0][1]


def test_faults_are_the_same_each_time() -> None:
    @nki.jit
    def far(x, at):
        register = nisa.register_alloc(0)
        nisa.register_load(register, at)
        tile = nl.ndarray((4, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, nl.ds(register, 1)])
        out = nl.ndarray((4, 1), dtype=nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    found = []
    for _ in range(2):
        with pytest.raises(TrnsimError) as error:
            far(X, np.array([[99]], np.int32))
        found.append(str(error.value))
    assert found[0] == found[1] and "test_kept_traces.py" in found[0]
    # What it executes depends on what the register is loaded with, in time too.
    assert far(X, np.array([[3]], np.int32))[0, 0] == 3
    assert trnsim.last_report().cache == "found"


def test_threads_share_a_trace() -> None:
    plain(X)
    found: list[bool] = []

    def work(number: int) -> None:
        for _ in range(5):
            found.append(bool((plain(X + number) == (X + number) * 2).all()))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20


# What is not kept


SEEN: list[int] = []
COUNT = 0
GENERATOR = np.random.default_rng(1)
NUMBERS = iter(range(100))


def counted(x):
    global COUNT
    COUNT += 1
    return emit(x, 2.0)


def looked(x):
    tile = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    return emit(x, 2.0 if "0." in str(tile) else 3.0)


@pytest.mark.parametrize(("function", "why"), [
    (lambda x: emit(x, float(os.environ.get("FACTOR_OF_A_TEST", "2"))), "it names os.environ"),
    (lambda x: emit(x, len(open(__file__).read())), "it names open"),
    (lambda x: emit(x, random.random()), "it names random.random"),
    (lambda x: emit(x, np.random.rand()), "it names numpy.random"),
    (lambda x: emit(x, GENERATOR.random()), "it reads a numpy.random._generator.Generator"),
    (lambda x: emit(x, next(NUMBERS)), "it reads a builtins.range_iterator"),
    (lambda x: emit(x, time.time() * 0 + 2), "it names time.time"),
    (lambda x: (print("traced"), emit(x, 2.0))[1], "it names print"),
    (lambda x: (SEEN.append(1), emit(x, 2.0))[1], "it changes what it reads"),
    (lambda x: emit(x, eval("2.0")), "it names eval"),
    (lambda x: emit(x, __import__("math").pi), "it names __import__"),
    (counted, "it changes what it reads"),
    (looked, "it looks at values while it is traced"),
    (lambda x: (emit(x, 2.0), {1, 2}), "it returns a set"),
    (lambda x: emit(x, functools.reduce(lambda a, b: a + b, [1.0, random.random()])), "it names random.random"),
    (lambda x: emit(x, len(BIG)), "it reads more than 5000 values"),
    (lambda x: emit(x, len(NESTED)), "it reads more than 5000 values"),
])
def test_what_may_change_is_not_kept(function, why) -> None:
    kernel = nki.jit(function)
    for _ in range(2):
        assert state(kernel, X) == why


BIG = list(range(6_000))
NESTED = [[(number, inner) for inner in range(80)] for number in range(80)]


def test_pure_modules_and_helpers_are_followed() -> None:
    partial = functools.partial(emit, factor=math.sqrt(4.0))
    kernel = nki.jit(lambda x: partial(x))
    assert [state(kernel, X) for _ in range(2)] == ["", "found"]


# Bounds and verification


def test_the_oldest_go_first(monkeypatch) -> None:
    kernels = [make(float(number)) for number in range(4)]
    for kernel in kernels:
        kernel(X)
    assert [state(kernel, X) for kernel in kernels] == ["found"] * 4
    monkeypatch.setattr(traces, "BYTE_LIMIT", max(kept.size for kept in traces._kept.values()) * 2)
    make(9.0)(X)
    assert len(traces._kept) <= 2 and sum(kept.size for kept in traces._kept.values()) <= traces.BYTE_LIMIT
    assert [state(kernels[0], X), state(kernels[0], X)] == ["", "found"]


def test_the_caller_s_arrays_are_not_held() -> None:
    import gc
    import weakref

    x = X.copy()
    seen = weakref.ref(x)
    plain(x)
    trnsim.simulate(plain, X)  # the last report is of another array
    del x
    gc.collect()
    assert seen() is None


def test_verify_compares_what_is_kept(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "verify")
    assert [state(plain, X) for _ in range(3)] == ["", "", ""]
    (kept,) = traces._kept.values()
    kept.traced.cores[0].program.records[1] += b"\0"
    with pytest.raises(TrnsimError, match=r"kernel 'plain' was traced again, .*: instruction 1, at .*test_kept_traces.py:\d+"):
        plain(X)
    traces.clear()
    trnsim.simulate(plain, X, mode="timing")
    (kept,) = traces._kept.values()
    kept.outcomes = {asked: (report.replace('"total_time": ', '"total_time": 1'), text)
                     for asked, (report, text) in kept.outcomes.items()}
    with pytest.raises(TrnsimError, match="the report of its run"):
        trnsim.simulate(plain, X, mode="timing")
