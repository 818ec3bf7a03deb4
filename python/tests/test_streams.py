"""Decoded streams of devices beside those from source: what is found again, and how orders are compared."""

from __future__ import annotations

from dataclasses import replace

import nki
import nki.language as nl
import numpy as np
import pytest

import trnsim
from trnsim.validation import listing, streams
from trnsim.validation.__main__ import main
from trnsim.validation.records import RecordError


@nki.jit
def squares(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for part in nl.affine_range(4):
        tile = nl.ndarray((128, 64), dtype=x.dtype, buffer=nl.sbuf)
        nki.isa.dma_copy(dst=tile, src=x[:, part * 64:part * 64 + 64])
        nki.isa.tensor_tensor(tile, tile, tile, op=nl.multiply)
        nki.isa.dma_copy(dst=out[:, part * 64:part * 64 + 64], src=tile)
    return out


def test_instructions_are_found_by_line_and_place() -> None:
    report = trnsim.simulate(squares, np.ones((128, 256), np.float32), mode="timing").report
    found = listing.of(report)
    assert sorted(number for _, _, number in found["order"]) == list(range(12))
    by_engine = {engine: [number for one, _, number in found["order"] if one == engine] for engine in ("gpsimd", "vector")}
    assert sorted(by_engine["vector"]) == [1, 4, 7, 10] and sorted(by_engine["gpsimd"]) == [0, 2, 3, 5, 6, 8, 9, 11]
    # The compiler lets loads run ahead of stores.
    assert by_engine["gpsimd"] != sorted(by_engine["gpsimd"])
    lines = {number: line for _, line, number in found["order"]}
    assert len({lines[0], lines[3], lines[6], lines[9]}) == 1 and lines[1] == lines[0] + 1
    assert found["opcodes"]["gpsimd"]["DMA_DIRECT2D"] == 8 and found["opcodes"]["vector"]["TENSOR_TENSOR"] == 4


def test_opcodes_have_the_devices_names() -> None:
    assert listing._on_device("sync", "DMA_DIRECT2D", "dma_copy dst=a src=x dge_mode=none engine=sync") == listing.PREPARED
    assert listing._on_device("gpsimd", "DMA_DIRECT2D", "dma_copy dst=a src=x dge_mode=swdge") == "DMA_DIRECT2D"
    assert listing._on_device("scalar", "TENSOR_SCALAR", "") == "ACTIVATE" and listing._on_device("vector", "TENSOR_SCALAR", "") == "TENSOR_SCALAR"


def rows(*of: tuple[str, str, str, str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Words and instructions of engine, opcode, line and place."""
    words = [{"engine": engine, "idx": str(index), "line": line, "order": order} for index, (engine, _, line, order) in enumerate(of)]
    return words, [{"engine": engine, "idx": str(index), "op": opcode, "region": "user"} for index, (engine, opcode, _, _) in enumerate(of)]


def test_a_capture_has_a_place_for_what_the_source_says() -> None:
    found = streams.of_capture(*rows(
        ("Tensor", "LDWEIGHTS", "7", "2"), ("Tensor", "MATMUL", "7", "2"), ("Tensor", "LDWEIGHTS", "7", "1"), ("Tensor", "MATMUL", "7", "1"),
        ("Sync", "WRITE", "5", "0"), ("Sync", "WRITE", "5", "0"), ("Scalar", "COPY", "7", ""), ("Scalar", "EVENT_SEMAPHORE", "7", "2")))
    assert found.order == {"tensor": [(7, 2), (7, 1)], "sync": [(5, 0)]}
    assert found.opcodes["sync"] == {listing.PREPARED: 1} and found.opcodes["tensor"] == {"LDWEIGHTS": 2, "MATMUL": 2}


def stream(*places: int, line: int = 7, engine: str = "tensor", opcode: str = "MATMUL") -> streams.Stream:
    return streams.Stream({engine: [(line, place) for place in places]}, {engine: {opcode: len(places)}})


def test_orders_are_compared_by_their_pairs() -> None:
    # The device runs 1 0 2 3, trnsim 0 1 3 2: of six pairs two are the other way round, of each one of three neighbours.
    order, = streams.compare("k", stream(11, 10, 12, 13), stream(0, 1, 3, 2)).orders
    assert order.instructions == 4 and order.inverted_device == order.inverted_here == pytest.approx(1 / 3)
    assert order.source == pytest.approx(1 / 6) and order.apart == pytest.approx(2 / 6)
    same, = streams.compare("k", stream(11, 10, 12, 13), stream(1, 0, 2, 3)).orders
    assert same.apart == 0 and same.inverted_here == same.inverted_device


def test_lines_that_one_of_them_lacks_instructions_of_are_left_out() -> None:
    device = streams.Stream({"tensor": [(7, 1), (7, 0), (8, 2)]}, {"tensor": {"MATMUL": 3}})
    here = streams.Stream({"tensor": [(7, 0), (7, 1), (8, 2), (8, 3)]}, {"tensor": {"MATMUL": 4}})
    found = streams.compare("k", device, here)
    assert found.orders[0].instructions == 2 and found.orders[0].apart == 1
    assert found.opcodes == {"tensor": {"MATMUL": (3, 4)}}
    assert streams.compare("k", device, streams.Stream({}, {})).orders == []


def test_what_is_further_from_the_device_is_worse() -> None:
    before = streams.compare("k", stream(0, 1, 2, 3), stream(0, 1, 2, 3))
    order, = before.orders
    assert streams.worse([before], [before]) == []
    further = replace(before, orders=[replace(order, apart=0.02)], opcodes={"tensor": {"MATMUL": (4, 6)}})
    lines = streams.worse([before], [further])
    assert len(lines) == 2 and "MATMUL: 6, on the device 4; recorded 4" in lines[0] and "2.0 % of pairs" in lines[1]
    assert streams.worse([further], [before]) == []


def test_captures_are_found_below_directories(tmp_path) -> None:
    with pytest.raises(RecordError, match="no decoded captures"):
        streams.captures([str(tmp_path)])
    with pytest.raises(RecordError, match="no directory"):
        streams.captures([str(tmp_path / "no")])
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "moe_token_generation_v5.words.csv.zst").write_bytes(b"")
    (tmp_path / "sub" / "other.words.csv.zst").write_bytes(b"")
    assert list(streams.captures([str(tmp_path)])) == ["moe_token_generation_v5"]


def test_recorded_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--streams"]) == 0
    assert capsys.readouterr().out == streams.markdown(streams.read()) + "\n"
    assert main(["--streams", "captures"]) == 1 and "--checkouts" in capsys.readouterr().err
    assert main(["--streams", "--quick"]) == 1 and "compares instructions alone" in capsys.readouterr().err


@pytest.mark.sources
def test_the_page_has_the_recorded_figures() -> None:
    with open(streams.PAGE, encoding="utf-8") as file:
        assert streams.markdown(streams.read()) in file.read(), "trnsim accuracy DIR --source --streams --checkouts DIR --record writes it"


def test_products_and_dmas_are_the_devices() -> None:
    """What needs no timing: the recorded streams have the device's counts where no deviation says otherwise."""
    for one in streams.read():
        for engine, opcode in (("tensor", "MATMUL"), ("scalar", "ACTIVATE"), ("vector", "TENSOR_TENSOR"), ("gpsimd", "DMA_DIRECT2D"),
                               ("gpsimd", "REG_MOVE"), ("gpsimd", "TENSOR_LOAD"), ("gpsimd", listing.PREPARED), ("sync", listing.PREPARED)):
            device, here = one.opcodes[engine][opcode]
            assert device == here, (one.kernel, engine, opcode)
