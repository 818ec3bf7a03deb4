"""Tiles that SBUF has no room for go to HBM and come back; the bytes by hand, the values against NumPy."""

from __future__ import annotations

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import nki as nki2
import nki.isa as nisa2
import nki.language as nl2
import numpy as np
import pytest
import trnsim
from trnsim.errors import NkiValidationError

RANDOM = np.random.default_rng(3)
#: float32 elements of a partition: 32 KiB, of which trn2's SBUF holds six (212,728 bytes).
FREE = 8192


@nki.jit
def kept(x):
    """Eight tiles that are all needed again after the last one is made."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tiles = nl.ndarray((8, nl.par_dim(128), FREE), dtype=nl.float32, buffer=nl.sbuf)
    for i in nl.sequential_range(8):
        tiles[i] = nl.load(x[i])
        tiles[i] = nisa.tensor_scalar(tiles[i], np.multiply, float(i + 1))
    for i in nl.sequential_range(8):
        nl.store(out[i], nisa.tensor_scalar(tiles[i], np.add, 1.0))
    return out


@nki.jit
def listed(x):
    """The same without blocks, which strict runs refuse."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tiles = [nl.ndarray((128, FREE), dtype=nl.float32, buffer=nl.sbuf) for _ in range(8)]
    for i in nl.sequential_range(8):
        tiles[i][...] = nl.load(x[i])
    for i in nl.sequential_range(8):
        nl.store(out[i], nisa.tensor_scalar(tiles[i], np.add, 1.0))
    return out


def test_values_are_those_of_a_machine_with_room():
    x = RANDOM.standard_normal((8, 128, FREE)).astype(np.float32)
    found = trnsim.simulate(kept, x)
    expected = x * np.arange(1, 9, dtype=np.float32)[:, None, None] + np.float32(1)
    assert np.array_equal(np.asarray(found.values), expected)
    note, = [note for note in found.report.notes if "SBUF has no room" in note]
    metrics = found.report.json
    # Whole tiles of 128 x 32 KiB.
    assert metrics["spill_save_bytes"] % (128 * 4 * FREE) == 0 and metrics["spill_save_bytes"] > 0
    assert f"{metrics['spill_save_bytes']:,} bytes" in note and f"{metrics['spill_reload_bytes']:,} bytes" in note
    assert found.report.sbuf_peak_bytes <= 212_728
    moved = 2 * 8 * 128 * FREE * 4
    spilled = metrics["spill_save_bytes"] + metrics["spill_reload_bytes"]
    assert metrics["hbm_read_bytes"] + metrics["hbm_write_bytes"] == moved + spilled


def test_strict_runs_and_the_kernel_s_own_schedule_do_not_spill(monkeypatch):
    x = np.zeros((8, 128, FREE), np.float32)
    with pytest.raises(NkiValidationError, match="of them are free"):
        trnsim.simulate(kept, x, mode="timing", schedule="program")
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(NkiValidationError, match="of them are free"):
        trnsim.simulate(listed, x, mode="timing")


@nki2.jit
def phases(x):
    """All tiles are loaded before the first is stored, though none needs another."""
    out = nl2.ndarray(x.shape, dtype=x.dtype, buffer=nl2.shared_hbm)
    tiles = [nl2.ndarray((128, FREE), dtype=nl2.float32, buffer=nl2.sbuf) for _ in range(8)]
    for i in range(8):
        nisa2.dma_copy(tiles[i], x[i])
    for i in range(8):
        nisa2.dma_copy(out[i], tiles[i])
    return out


def test_the_second_generation_does_not_spill_what_its_order_has_room_for():
    x = RANDOM.standard_normal((8, 128, FREE)).astype(np.float32)
    with pytest.raises(NkiValidationError, match="of them are free"):
        trnsim.simulate(phases, x, schedule="program")
    found = trnsim.simulate(phases, x)
    assert found.values.tobytes() == x.tobytes() and "spill_save_bytes" not in found.report.program


def test_a_full_sbuf_names_what_is_alive_and_the_smallest_change():
    @nki2.jit
    def large(x):
        out = nl2.ndarray(x.shape, dtype=x.dtype, buffer=nl2.shared_hbm)
        total = nl2.ndarray((128, FREE), dtype=nl2.float32, buffer=nl2.sbuf)
        nisa2.memset(total, 0.0)
        tiles = [nl2.ndarray((128, FREE), dtype=nl2.float32, buffer=nl2.sbuf) for _ in range(8)]
        for i in range(8):
            nisa2.dma_copy(tiles[i], x[i])
            nisa2.tensor_tensor(total, total, tiles[i], nl2.add)
        for i in range(8):
            nisa2.tensor_tensor(tiles[i], tiles[i], total, nl2.add)
            nisa2.dma_copy(out[i], tiles[i])
        return out

    with pytest.raises(NkiValidationError, match="(?s)of them are free.*would make room.*32,768.*test_spilling.py") as error:
        trnsim.simulate(large, np.zeros((8, 128, FREE), np.float32), mode="timing")
    assert "would make room" in str(error.value)
