"""Needs the records that tracing makes: names, numbers, dependencies and places, as the core's text shows them."""

from __future__ import annotations

import gc
import math
import sys
import weakref

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.places import line_of
from trnsim.record.context import trace
from trnsim.record.program import Program
from trnsim.run.launch import Options, trace_kernel

X = np.arange(128 * 8, dtype=np.float32).reshape(128, 8)


def instructions(report: trnsim.Report) -> list[str]:
    """The lines of a program's instructions, without their places."""
    body = report.program.split("\n\n", 1)[1] if "\n\n" in report.program else report.program
    return [line.split("  @")[0].strip() for line in body.splitlines() if " dst=" in line]


def test_an_instruction_waits_for_all_that_it_was_told() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile, other = (nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf, address=(0, at)) for at in (0, 64))
        first = nisa.dma_copy(tile, x, name="load")
        second = nisa.memset(other, 1.0)
        for _ in nl.static_range(1):
            nisa.memset(other, 2.0, engine=nisa.engine.gpsimd, name="again").depends_on(first).depends_on(second)
        nisa.memset(other, 3.0).depends_on(second)
        nisa.dma_copy(out, tile)
        return out

    lines = instructions(trnsim.simulate(kernel, X, mode="timing").report)
    assert lines[0].startswith("load: dma_copy ")
    # The text names a labelled instruction by its label.
    assert lines[2].startswith("again: memset ")
    assert "engine=gpsimd" in lines[2]
    assert lines[2].endswith(("after=[0, 1]", "after=[load, 1]"))
    assert lines[3].endswith("after=[1]")


@pytest.mark.parametrize("name", ["a b", 'with "quotes" and \\', "größe.ap", "inf", "lines\nand\ttabs", "untouched 3"])
def test_names_are_any_text(name: str) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        unused = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf, name="never")
        tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf, name=name)
        nisa.dma_copy(tile, x, name=name)
        nisa.dma_copy(out, tile)
        return out

    np.testing.assert_array_equal(kernel(X), X)
    report = trnsim.simulate(kernel, X, mode="timing").report
    assert len(instructions(report)) == 2
    assert "never" not in report.program


def test_names_with_numbers_are_given_once() -> None:
    """What was made of a name and a number is taken, although it is kept nowhere."""
    program = Program("names")
    wanted = ["tile", "tile", "tile", "tile.1", "tile.2", "tile.3", "tile", "tile.03", "tile.x", "tile.1.1", "t.7", "t", "t", "t.0",
              "5", ".1", "tile.1"]
    found = [program.unique_name(name) for name in wanted]
    assert found == ["tile", "tile.1", "tile.2", "tile.1.1", "tile.2.1", "tile.3", "tile.4", "tile.03", "tile.x", "tile.1.1.1", "t.7",
                     "t", "t.1", "t.0", "5", ".1", "tile.1.2"]
    assert len(set(found)) == len(found)


def test_a_finished_trace_does_not_wait_for_the_collector() -> None:
    gone: list[weakref.ref[object]] = []

    class Watched:
        pass

    def kernel(x):
        watched = Watched()
        gone.append(weakref.ref(watched))
        trace().constants["watched"] = watched
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, x)
        return out

    enabled = gc.isenabled()
    gc.disable()
    try:
        trace_kernel(kernel, (X,), {}, Options("trn2", mode="trace"))
        assert gone[0]() is None
    finally:
        if enabled:
            gc.enable()


def test_what_nothing_touches_is_not_in_the_program() -> None:
    @nki.jit
    def kernel(x, unused):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.ndarray((128, 1 << 20), nl.float32, buffer=nl.sbuf, name="huge")
        nl.ndarray((128, 64), nl.float32, buffer=nl.private_hbm, name="aside")
        tile = nl.load(x)
        tile[...] = nl.add(tile, 1.0)
        nl.store(out, tile)
        return out

    result = trnsim.simulate(kernel, X, X[:1])
    np.testing.assert_array_equal(result.values, X + 1)
    names = [line.split(":")[0].removeprefix("tensor ") for line in result.report.program.splitlines()
             if line.startswith("tensor ")]
    assert names[:2] == ["x", "unused"], "arguments are there, whatever the kernel does with them"
    assert len(names) == 4, names


@pytest.mark.parametrize("value", [0.0, -0.0, 1, -3, 0.1, 1e300, math.inf, 2**24 + 1, 1 << 70, True, np.float32(0.3), np.int64(7)])
def test_numbers_are_kept(value: float) -> None:
    @nki.jit
    def kernel():
        out = nl.ndarray((128, 4), nl.float32, buffer=nl.shared_hbm)
        tile = nl.ndarray((128, 4), nl.float32, buffer=nl.sbuf)
        nisa.memset(tile, value)
        nisa.dma_copy(out, tile)
        return out

    with np.errstate(over="ignore"):
        expected = np.float32(value)
    found = kernel()
    assert (found == expected).all() and (np.signbit(found) == np.signbit(expected)).all()


def test_a_word_that_the_core_does_not_have_is_an_error_at_its_line() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        nisa.tensor_scalar(tile, tile, op0=nl.add, operand0=1.0)
        nisa.dma_transpose(tile, x, dge_mode="fast")

    with pytest.raises(trnsim.NkiValidationError, match="dge_mode cannot be 'fast'") as caught:
        kernel(X)
    assert caught.value.place.line == kernel.func.__code__.co_firstlineno + 4


@pytest.mark.parametrize("cores", [1, 2])
def test_what_was_recorded_can_be_written(tmp_path, cores: int) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        nl.store(out, nl.add(tile, 1.0))
        return out

    report = trnsim.simulate(kernel[cores], X, mode="timing").report
    report.save_recorded(str(tmp_path / "k.trn"))
    texts = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert len(texts) == cores
    for text in texts:
        assert "tile: sbuf float32 [128, 8]  @" in text, "without a place"


def test_lines_are_those_that_python_says() -> None:
    """They come from a table of the code, made once: Python's own search takes as long as the function is."""
    found: list[tuple[int, int]] = []

    def met(*_: object) -> int:
        frame = sys._getframe(1)
        found.append((line_of(frame), frame.f_lineno))
        return len(found)

    for i in range(2):
        met(met(),
            met(
                met()),
            [met() for _ in range(2)])
        try:
            if met() % 2 and i:
                (lambda: met())()
            elif not i: met(); met()
            raise ValueError(met())
        except ValueError:
            assert met(
            )
        finally:
            met()
    assert [line for line, _ in found] == [line for _, line in found]
    assert len({line for _, line in found}) >= 10
