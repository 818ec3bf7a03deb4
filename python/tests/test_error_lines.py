"""An error that the core's checks find rises at the kernel's line that recorded the instruction."""

from __future__ import annotations

import os
import traceback

import neuronxcc.nki as nki1
import neuronxcc.nki.isa as nisa1
import neuronxcc.nki.language as nl1
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

X = np.zeros((128, 512), np.float32)


def read(result, tile, step):
    """The second time from a partition where 64 cannot start."""
    first = 5 if step == 1 else 0
    nisa.tensor_copy(result[0:64, :], tile[first:first + 64, :])  # the line


@nki.jit
def second_generation(x):
    tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
    for step in range(3):
        read(result, tile, step)
    out = nl.ndarray((64, 512), dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, result[0:64, :])
    return out


@nki1.jit
def first_generation(x):
    tile = nl1.load(x)
    out = nl1.ndarray((64, 512), dtype=x.dtype, buffer=nl1.shared_hbm)
    for step in range(3):
        first = 5 if step == 1 else 0
        result = nisa1.tensor_copy(tile[first:first + 64, :])  # the line
        nl1.store(out, result)
    return out


def failed(call) -> trnsim.NkiValidationError:
    with pytest.raises(trnsim.NkiValidationError) as info:
        call()
    return info.value


def require_at_line(error: trnsim.NkiValidationError, step: int | None = 1) -> None:
    last = traceback.extract_tb(error.__traceback__)[-1]
    assert os.path.basename(last.filename) == "test_error_lines.py" and "# the line" in str(last.line)
    assert error.place is not None and error.place.line == last.lineno
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert frames[-1].f_locals.get("step") == step


@pytest.mark.parametrize("mode", ["timing", "both"])
@pytest.mark.parametrize("kernel", [second_generation, first_generation])
def test_the_traceback_ends_at_the_line(kernel, mode) -> None:
    messages = set()
    for _ in range(2):  # the second time the trace is a kept one
        error = failed(lambda: trnsim.simulate(kernel, X, mode=mode))
        require_at_line(error)
        assert "5" in error.message and "must start at" in error.message
        messages.add(str(error))
    assert len(messages) == 1


def test_on_the_other_core() -> None:
    @nki.jit
    def one_of_two(x):
        core = nl.program_id(0)
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        read(result, tile, core)
        out = nl.ndarray((2, 64, 512), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out[core], result[0:64, :])
        return out

    error = failed(lambda: trnsim.simulate(one_of_two[2], X))
    require_at_line(error)
    assert error.message.startswith("rank 0 core 1: ")


def test_what_python_checks_ends_there_too() -> None:
    @nki.jit
    def shapes(x):
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nisa.tensor_tensor(tile, tile[:, 0:256], tile, nl.add)  # the line
        return x

    require_at_line(failed(lambda: shapes(X)), None)


def test_other_kernels_are_traced_once() -> None:
    seen: list[int] = []

    @nki.jit
    def fine(x):
        seen.append(1)
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    fine(X)
    assert seen == [1]


def test_errors_of_the_whole_program_are_told_with_their_place() -> None:
    @nki.jit
    def full(x):
        tiles = [nl.ndarray((128, 40_000), dtype=nl.float32, buffer=nl.sbuf) for _ in range(4)]
        for tile in tiles:
            nisa.memset(tile, 1.0)
        out = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.shared_hbm)
        for tile in tiles[1:]:
            nisa.tensor_tensor(tiles[0][:, 0:512], tiles[0][:, 0:512], tile[:, 0:512], nl.add)
        nisa.dma_copy(out, tiles[0][:, 0:512])
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRNSIM_STRICT", "1")
        error = failed(lambda: trnsim.simulate(full, X))
    assert error.place is not None and error.place.file.endswith("test_error_lines.py")
