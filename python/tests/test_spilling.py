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
from trnsim.scheduling.instructions import Instruction, Operand
from trnsim.scheduling.spilling import NoRoom, spill
from trnsim.tracing.dtypes import as_dtype
from trnsim.tracing.program import Program
from trnsim.tracing.spaces import MemoryRegion
from trnsim.tracing.storage import Storage

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
    with pytest.raises(NkiValidationError, match="too little of it is free"):
        trnsim.simulate(kept, x, mode="timing", schedule="program")
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(NkiValidationError, match="too little of it is free"):
        trnsim.simulate(kept, x, mode="timing")


def test_the_second_generation_does_not_spill():
    @nki2.jit
    def large(x):
        out = nl2.ndarray(x.shape, dtype=x.dtype, buffer=nl2.shared_hbm)
        tiles = [nl2.ndarray((128, FREE), dtype=nl2.float32, buffer=nl2.sbuf) for _ in range(8)]
        for i in range(8):
            nisa2.dma_copy(tiles[i], x[i])
        for i in range(8):
            nisa2.dma_copy(out[i], tiles[i])
        return out

    with pytest.raises(NkiValidationError, match="use smaller tiles"):
        trnsim.simulate(large, np.zeros((8, 128, FREE), np.float32), mode="timing")


class Bench:
    """A program of instructions on tiles of one size, without a kernel."""

    def __init__(self, count: int, bytes_each: int = 64) -> None:
        self.program = Program("bench")
        self.dtype = as_dtype("float32")
        self.tiles = [self.program.add(Storage(f"t{i}", MemoryRegion.sbuf, self.dtype, (2, bytes_each // 4)))
                      for i in range(count)]

    def operand(self, tile: int, elements: int | None = None) -> Operand:
        storage = self.tiles[tile]
        return Operand(storage, storage.text, 4, 0, 2, 0, ((1, elements or storage.free),), 0, "")

    def write(self, tile: int, elements: int | None = None) -> Instruction:
        return Instruction("memset", [("dst", self.operand(tile, elements)), ("value", "1")], "", None, "")

    def copy(self, target: int, source: int) -> Instruction:
        return Instruction("tensor_copy", [("dst", self.operand(target)), ("src", self.operand(source))], "", None, "")

    def run(self, instructions: list[Instruction], tiles: int) -> tuple[list[str], int, int]:
        size = self.tiles[0].free_bytes
        found, spills = spill(self.program, instructions, tiles * size)
        # Tiles of two rows.
        return [line.text for line in found], spills.save_bytes // (2 * size), spills.reload_bytes // (2 * size)


def test_the_tile_that_is_needed_last_goes():
    bench = Bench(4)
    # With room for three, t3 needs one of t0 (next read at 4), t1 (6) and t2 (5): t1 goes.
    lines, saved, loaded = bench.run(
        [bench.write(0), bench.write(1), bench.write(2), bench.write(3), bench.copy(3, 0), bench.copy(3, 2), bench.copy(3, 1)], 3)
    assert (saved, loaded) == (1, 1)
    # Saved behind its last use, loaded before its next.
    assert "dst=t1.spill.ap([[16, 2], [1, 16]]) src=t1.ap([[1, 16]], rows=0:2) dge_mode=none" in lines[2]
    assert "dst=t1.reload1.ap" in lines[7] and "src=t1.reload1.ap" in lines[8]


def test_a_value_is_saved_once():
    bench = Bench(3)
    # t0 comes and goes twice; the second time HBM has it already. t2 goes in between and is replaced.
    _, saved, loaded = bench.run(
        [bench.write(0), bench.write(1), bench.copy(1, 1), bench.write(2), bench.copy(2, 1), bench.copy(1, 0), bench.copy(2, 1),
         bench.copy(2, 2), bench.copy(1, 0)], 2)
    assert (saved, loaded) == (1, 2)


def test_what_is_replaced_is_neither_saved_nor_loaded():
    bench = Bench(3)
    # t0 is written anew before anyone reads it again.
    _, saved, loaded = bench.run(
        [bench.write(0), bench.copy(0, 0), bench.write(1), bench.write(2), bench.copy(2, 1), bench.write(0), bench.copy(0, 0)], 2)
    assert (saved, loaded) == (0, 0)
    # Half of it is: the other half has to come back.
    _, saved, loaded = bench.run(
        [bench.write(0), bench.copy(0, 0), bench.write(1), bench.write(2), bench.copy(2, 1), bench.write(0, 8), bench.copy(0, 0)], 2)
    assert (saved, loaded) == (1, 1)


def test_an_instruction_has_to_fit_by_itself():
    bench = Bench(2)
    with pytest.raises(NoRoom):
        bench.run([bench.write(0), bench.copy(1, 0)], 1)
    bench.tiles[1].address = (0, 0)
    with pytest.raises(NoRoom):
        bench.run([bench.write(0), bench.copy(1, 0)], 2)


def test_names_with_other_element_types_follow():
    bench = Bench(3)
    name = bench.program.alias(bench.tiles[0], as_dtype("int32"))
    storage = bench.tiles[0]
    as_integers = Operand(storage, name, 4, 0, 2, 0, ((1, storage.free),), 0, "")
    read = Instruction("tensor_copy", [("dst", bench.operand(1)), ("src", as_integers)], "", None, "")
    lines, _, _ = bench.run([bench.write(0), bench.write(1), bench.copy(1, 1), bench.write(2), bench.copy(2, 1), read], 2)
    assert "src=t0.reload1.as_int32.ap" in lines[-1]
