"""Launches on several cores: two of a rank, and ranks that meet at collectives."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest
import trnsim
from trnsim.core import open_core

trnsim.install()

import nki
import nki.collectives as nccl
import nki.isa as nisa
import nki.language as nl

X = np.arange(8 * 16, dtype=np.float32).reshape(8, 16)


@nki.jit
def swap_sum(x):
    """Each core adds its half of the rows to the other's, and stores what the other one summed."""
    half = x.shape[0] // 2
    here = nl.program_id(0)
    other = 1 - here
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    part = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    mine = nl.ndarray((half, x.shape[1]), x.dtype, buffer=nl.sbuf)
    theirs = nl.ndarray((half, x.shape[1]), x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(mine, x[here * half:(here + 1) * half])
    nisa.sendrecv(src=mine, dst=theirs, send_to_rank=other, recv_from_rank=other, pipe_id=0)
    nisa.tensor_tensor(mine, mine, theirs, op=nl.add)
    nisa.dma_copy(part[here * half:(here + 1) * half], mine)
    nisa.core_barrier(part, (0, 1))
    nisa.dma_copy(out[here * half:(here + 1) * half], part[other * half:(other + 1) * half])
    return out


def test_two_cores_exchange_tiles_and_share_hbm() -> None:
    result = trnsim.simulate(swap_sum[2], X)
    np.testing.assert_array_equal(result.values, np.tile(X[:4] + X[4:], (2, 1)))
    cores = result.report.json["cores"]
    assert [(core["rank"], core["core"], core["exchanges"]["count"]) for core in cores] == [(0, 0, 2), (0, 1, 2)]
    assert result.report.seconds == max(core["total_time"] for core in cores)
    assert len(result.report.programs) == 2


def test_one_core_alone_exchanges_nothing() -> None:
    with pytest.raises(trnsim.UnsupportedError, match=r"(?s)sendrecv on one core.*help: launch on two: kernel\[2\]"):
        swap_sum(X)


def test_the_slower_core_has_the_time() -> None:
    @nki.jit
    def kernel(x, rounds):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        here = nl.program_id(0)
        tile = nl.load(x[here * 4:here * 4 + 4])
        for _ in range(rounds if here == 1 else 1):
            nisa.tensor_scalar(tile, tile, op0=nl.add, operand0=1.0)
        nl.store(out[here * 4:here * 4 + 4], tile)
        return out

    one, many = (trnsim.simulate(kernel[2], X, rounds) for rounds in (1, 40))
    np.testing.assert_array_equal(many.values, X + np.repeat([[1], [40]], 4, axis=0))
    assert many.report.json["slowest_core"] == 1
    first, last = (core["total_time"] for core in many.report.json["cores"])
    assert many.report.seconds == last > first
    assert one.report.seconds < many.report.seconds


def test_private_tensors_are_each_cores_own() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((2, *x.shape), x.dtype, buffer=nl.shared_hbm)
        own = nl.ndarray(x.shape, x.dtype, buffer=nl.private_hbm)
        here = nl.program_id(0)
        constant = nl.shared_constant(np.full((1, 1), 10.0 * (here + 1), np.float32))
        tile = nl.load(x)
        nisa.tensor_scalar(tile, tile, op0=nl.add, operand0=nl.load(constant.broadcast(0, 8)))
        nl.store(own, tile)
        nl.store(out[here], nl.load(own))
        return out

    np.testing.assert_array_equal(kernel[2](X), np.stack([X + 10, X + 20]))


def test_bytes_that_both_write_are_noted_and_errors_when_strict(monkeypatch) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))
        return out

    result = trnsim.simulate(kernel[2], X)
    np.testing.assert_array_equal(result.values, X)
    assert any("both cores of rank 0 touch byte 0" in note and "test_cores.py" in note for note in result.report.notes)
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(trnsim.SimulationError, match=r"(?s)both cores.*test_cores\.py.*help: put a core_barrier"):
        trnsim.simulate(kernel[2], X)


def test_a_core_that_never_comes_is_a_deadlock() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) == 0:
            nisa.core_barrier(out, (0, 1))
        nl.store(out, nl.load(x))
        return out

    with pytest.raises(trnsim.SimulationError, match=r"(?s)wait at exchanges.*test_cores\.py.*core_barrier"):
        kernel[2](X)


def test_inputs_that_a_core_writes_are_written_for_the_caller() -> None:
    @nki.jit
    def kernel(cache, x):
        here = nl.program_id(0)
        nisa.dma_copy(cache[here * 4:here * 4 + 2], x[here * 4:here * 4 + 2])
        return cache

    cache = np.zeros_like(X)
    kernel[2](cache, X)
    wanted = np.zeros_like(X)
    wanted[[0, 1, 4, 5]] = X[[0, 1, 4, 5]]
    np.testing.assert_array_equal(cache, wanted)


def test_a_tile_can_be_looked_at_after_an_exchange() -> None:
    if os.environ.get("TRNSIM_BACKEND") == "cli":
        pytest.skip("values inside of a kernel need the core as a library")
    seen = {}

    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        here = nl.program_id(0)
        mine, theirs = nl.load(x[here * 4:here * 4 + 4]), nl.ndarray((4, 16), x.dtype, buffer=nl.sbuf)
        nisa.sendrecv(src=mine, dst=theirs, send_to_rank=1 - here, recv_from_rank=1 - here, pipe_id=0)
        seen[here] = np.asarray(theirs).copy()
        nl.store(out[here * 4:here * 4 + 4], theirs)
        return out

    kernel[2](X)
    np.testing.assert_array_equal(seen[0], X[4:])
    np.testing.assert_array_equal(seen[1], X[:4])


# Ranks


def collective(body, columns=16, rows=8, space=nl.shared_hbm):
    """A kernel that copies x into a tensor, calls `body(src, dst)`, and returns dst."""
    @nki.jit
    def kernel(x):
        out = nl.ndarray((rows, columns), x.dtype, buffer=nl.shared_hbm)
        src = nl.ndarray(x.shape, x.dtype, buffer=space)
        dst = nl.ndarray((rows, columns), x.dtype, buffer=space)
        nisa.dma_copy(src, x)
        body(src, dst)
        nisa.dma_copy(out, dst)
        return out

    return kernel


PARTS = trnsim.PerRank([X * (rank + 1) for rank in range(4)])


@pytest.mark.parametrize("space", [nl.shared_hbm, nl.sbuf])
def test_reductions_of_groups(space) -> None:
    groups = nccl.ReplicaGroup([[0, 2], [3, 1]])
    added = trnsim.simulate(collective(lambda src, dst: nccl.all_reduce(
        srcs=[src], dsts=[dst], op=nl.add, replica_group=groups), space=space), PARTS)
    for rank, factor in enumerate([4, 6, 4, 6]):
        np.testing.assert_array_equal(added.values[rank], X * factor)
    largest = trnsim.simulate(collective(lambda src, dst: nccl.all_reduce(
        srcs=[src], dsts=[dst], op=nl.maximum, replica_group=None), space=space), PARTS)
    np.testing.assert_array_equal(largest.values[3], X * 4)
    scattered = trnsim.simulate(collective(lambda src, dst: nccl.reduce_scatter(
        srcs=[src], dsts=[dst], op=nl.add, replica_group=groups, collective_dim=0), rows=4, space=space), PARTS)
    for rank, wanted in enumerate([X[:4] * 4, X[4:] * 6, X[4:] * 4, X[:4] * 6]):
        np.testing.assert_array_equal(scattered.values[rank], wanted)


def test_gathers_along_rows_and_columns() -> None:
    rows = trnsim.simulate(collective(lambda src, dst: nccl.all_gather(
        srcs=[src], dsts=[dst], replica_group=None, collective_dim=0), rows=32), PARTS)
    columns = trnsim.simulate(collective(lambda src, dst: nccl.all_gather(
        srcs=[src], dsts=[dst], replica_group=None, collective_dim=1), columns=64, space=nl.sbuf), PARTS)
    for rank in range(4):
        np.testing.assert_array_equal(rows.values[rank], np.concatenate(PARTS))
        np.testing.assert_array_equal(columns.values[rank], np.concatenate(PARTS, axis=1))


def test_a_gather_of_three_dimensions() -> None:
    @nki.jit
    def kernel(x):
        src = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        out = nl.ndarray((4, 4, 8), x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(src, x)
        nccl.all_gather(srcs=[src], dsts=[out], replica_group=None, collective_dim=1)
        return out

    parts = [x.reshape(4, 2, 8)[:, :, :8].copy() for x in (X[:4], X[4:])]
    result = trnsim.simulate(kernel, trnsim.PerRank(parts))
    np.testing.assert_array_equal(result.values[1], np.concatenate(parts, axis=1))


def test_all_to_all_and_permutations() -> None:
    exchanged = trnsim.simulate(collective(lambda src, dst: nccl.all_to_all(
        srcs=[src], dsts=[dst], replica_group=None, collective_dim=0)), PARTS)
    for rank in range(4):
        np.testing.assert_array_equal(
            exchanged.values[rank], np.concatenate([part[2 * rank:2 * rank + 2] for part in PARTS]))
    pairs = [(0, 1), (1, 2), (2, 3), (3, 0)]
    shifted = trnsim.simulate(collective(lambda src, dst: nccl.collective_permute(
        srcs=[src], dsts=[dst], source_target_pairs=pairs)), PARTS)
    ring = trnsim.simulate(collective(lambda src, dst: nccl.collective_permute_implicit(
        srcs_by_channel=[[src]], dsts_by_channel=[[dst]], replica_group=nccl.ReplicaGroup([[0, 1, 2, 3]]))), PARTS)
    for rank in range(4):
        np.testing.assert_array_equal(shifted.values[rank], PARTS[(rank - 1) % 4])
        np.testing.assert_array_equal(ring.values[rank], PARTS[(rank - 1) % 4])


def test_ranks_know_who_they_are_and_what_a_ring_brought() -> None:
    groups = nccl.ReplicaGroup([[0, 1], [2, 3]])

    @nki.jit
    def kernel(x):
        out = nl.ndarray((1, 2), nl.int32, buffer=nl.shared_hbm)
        tile = nl.ndarray((1, 2), nl.int32, buffer=nl.sbuf)
        nisa.register_store(tile[0:1, 0:1], nccl.rank_id())
        nisa.register_store(tile[0:1, 1:2], nccl.collective_permute_implicit_current_processing_rank_id(
            iteration_id=1, replica_group=groups))
        nisa.dma_copy(out, tile)
        return out

    result = trnsim.simulate(kernel, X, ranks=4)
    assert [value.tolist() for value in result.values] == [[[0, 1]], [[1, 0]], [[2, 3]], [[3, 2]]]


def test_two_ranks_of_two_cores() -> None:
    @nki.jit
    def kernel(x):
        here = nl.program_id(0)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        half = nl.load(x[here * 4:here * 4 + 4])
        total = nl.ndarray((4, 16), x.dtype, buffer=nl.sbuf)
        nccl.all_reduce(srcs=[half], dsts=[total], op=nl.add, replica_group=nccl.ReplicaGroup([[0, 1]]))
        nl.store(out[here * 4:here * 4 + 4], total)
        return out

    result = trnsim.simulate(kernel[2], trnsim.PerRank([X, 2 * X]))
    assert len(result.report.json["cores"]) == 4
    for value in result.values:
        np.testing.assert_array_equal(value, 3 * X)


def test_more_ranks_take_longer_than_one() -> None:
    kernel = collective(lambda src, dst: nccl.all_reduce(srcs=[src], dsts=[dst], op=nl.add, replica_group=None))
    one, four = (trnsim.simulate(kernel, X, ranks=ranks) for ranks in (1, 4))
    assert isinstance(one.values, trnsim.PerRank) and len(one.values) == 1
    assert four.report.seconds > one.report.seconds


@pytest.mark.parametrize("call, message", [
    (lambda: trnsim.simulate(swap_sum, PARTS, ranks=2), "has 4 values, one for each rank, and ranks is 2"),
    (lambda: trnsim.simulate(swap_sum, trnsim.PerRank([X]), trnsim.PerRank([X, X])), "values for 1 and 2 ranks"),
    (lambda: trnsim.simulate(swap_sum, X, ranks=5000), "a launch on 5000 ranks"),
    (lambda: trnsim.simulate(collective(lambda src, dst: nccl.all_reduce(
        srcs=[src], dsts=[dst], op=nl.add, replica_group=nccl.ReplicaGroup([[1, 2]]))), X, ranks=2),
     "rank 0 is in none of the groups"),
    (lambda: trnsim.simulate(collective(lambda src, dst: nccl.all_reduce(
        srcs=[src], dsts=[dst], op=nl.multiply, replica_group=None)), X, ranks=2), "all_reduce op is multiply"),
    (lambda: trnsim.simulate(collective(lambda src, dst: nccl.collective_permute(
        srcs=[src], dsts=[dst], source_target_pairs=[(0, 7)])), X, ranks=2), "with rank 7: 2 rank"),
])
def test_what_is_wrong_between_ranks_is_said(call, message) -> None:
    with pytest.raises(trnsim.TrnsimError, match=message):
        call()


def test_saved_programs_run_with_the_tool(tmp_path) -> None:
    from trnsim.core.tool import find_tool

    tool = find_tool()
    if tool is None:
        pytest.skip("no trnsim beside the sources or in PATH")
    result = trnsim.simulate(swap_sum[2], X)
    result.report.save_program(str(tmp_path / "k.trn"))
    np.save(tmp_path / "x.npy", X)
    done = subprocess.run([tool, "run", "k.0.trn", "k.1.trn", "--lnc", "2", "--input", "x=x.npy", "--output-dir", "out",
                           "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["total_time"] == result.report.seconds
    saved = [np.load(file) for file in (tmp_path / "out" / "rank0").iterdir()]
    np.testing.assert_array_equal(saved[0], result.values)


def test_reads_of_nothing_and_races_may_come_together() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 16), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((8, 16), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile[:4], x[:4])
        nisa.tensor_scalar(tile, tile, op0=nl.add, operand0=1.0)
        nisa.dma_copy(out, tile[:4])
        return out

    result = trnsim.simulate(kernel[2], X)
    np.testing.assert_array_equal(result.values, X[:4] + 1)
    assert result.report.seconds > 0
    assert any("NaN was used" in note for note in result.report.notes)
    assert any("the cores take turns" in note for note in result.report.notes)


def test_cores_that_race_take_turns() -> None:
    """Both clear all of a tensor and then fill a half, without meeting: neither clears what the other filled."""
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        here = nl.program_id(0)
        zeros = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
        nisa.memset(zeros, 0)
        nl.store(out, zeros)
        nl.store(out[here * 4:here * 4 + 4], nl.load(x[here * 4:here * 4 + 4]))
        return out

    np.testing.assert_array_equal(kernel[2](X), X)


def test_a_race_takes_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))
        return out

    modes: list[str] = []
    core = type(open_core())
    run = core.run

    def counted(self, request):
        modes.append(request.mode)
        return run(self, request)

    monkeypatch.setattr(core, "run", counted)
    result = trnsim.simulate(kernel[2], X)
    np.testing.assert_array_equal(result.values, X)
    assert any("touch byte 0 of" in note and "the cores take turns" in note for note in result.report.notes)
    assert modes == ["both"]
