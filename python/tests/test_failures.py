"""Runs that fail: what the exception carries, and what a browser makes of its page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import nki
import nki.isa as nisa
import nki.language as nl
import pytest

import trnsim
from trnsim.core.tool import find_tool

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chrome-headless-shell")
FREE = 8192


@nki.jit
def crowded(x):
    """Nine tiles of 32 KiB of a partition that are all needed to the end."""
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    total = nl.ndarray((128, FREE), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(total, 0.0)
    tiles = [nl.ndarray((128, FREE), dtype=nl.float32, buffer=nl.sbuf) for _ in range(8)]
    for i in range(8):
        nisa.dma_copy(tiles[i], x[i])
        nisa.tensor_tensor(total, total, tiles[i], nl.add)
    for i in range(8):
        nisa.tensor_tensor(tiles[i], tiles[i], total, nl.add)
        nisa.dma_copy(out[i], tiles[i])
    return out


#: Processes find the package and this Python, whatever is installed.
ENVIRONMENT = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}


def line_of(text: str, nth: int = 0) -> int:
    """The number of a line of this file."""
    lines = Path(__file__).read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][nth]


def test_a_memory_without_room_is_data() -> None:
    with pytest.raises(trnsim.NkiValidationError) as error:
        trnsim.simulate(crowded, np.zeros((8, 128, FREE), np.float32), mode="timing")
    report = error.value.report
    assert report is not None and report.kind == "memory"
    memory, = report.memory
    # 212,728 bytes hold six tiles of 32 KiB: total and five others.
    assert memory["capacity"] == 212_728 and memory["free"] == 212_728 - 6 * 32_768
    assert len(memory["alive"]) == 6 and all(tensor["bytes"] == 32_768 for tensor in memory["alive"])
    assert memory["peak"]["bytes"] == 9 * 32_768
    assert memory["wanted"]["from"].endswith(f"test_failures.py:{line_of('nisa.dma_copy(tiles[i], x[i])')}")
    assert {tensor["until"].rsplit(":", 1)[1] for tensor in memory["alive"]} <= {
        str(line_of("nisa.dma_copy(out[i], tiles[i])")), str(line_of("nisa.tensor_tensor(tiles[i], tiles[i], total"))}
    # The message has the table as the tool prints it.
    text = str(error.value)
    assert "of them are free" in text and "32,768" in text and "test_failures.py:" in text
    assert report.details.strip() in text
    assert "<svg" in report.html and report.markdown.startswith("## ")
    assert json.loads(json.dumps(report.json)) == report.json


def test_a_deadlock_says_who_waits_for_whom() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) == 0:
            nisa.core_barrier(out, (0, 1))
        nl.store(out, nl.load(x))
        return out

    with pytest.raises(trnsim.SimulationError) as error:
        kernel[2](np.zeros((128, 16), np.float32))
    report = error.value.report
    assert report is not None and report.kind == "deadlock"
    waits = report.waits
    assert waits is not None
    assert [member["name"] for member in waits["members"]] == ["rank 0 core 0", "rank 0 core 1"]
    assert [member["has_finished"] for member in waits["members"]] == [False, True]
    assert [(wait["member"], wait["for"]) for wait in waits["waits"]] == [(0, 1)]
    assert "core_barrier" in waits["members"][0]["text"]


def test_what_is_found_before_a_run_has_no_report() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        return tile

    with pytest.raises(trnsim.NkiValidationError, match="which is in sbuf") as error:
        trnsim.simulate(kernel, np.zeros((128, 16), np.float32))
    assert error.value.report is None


@pytest.fixture(scope="module")
def simple():
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        for i in range(16):
            tile = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(tile, x[i])
            nisa.tensor_scalar(tile, tile, nl.add, 1.0)
            nisa.dma_copy(out[i], tile)
        return out

    return trnsim.simulate(kernel, np.zeros((16, 128, 512), np.float32), mode="timing").report


def test_the_critical_path_tiles_the_time(simple) -> None:
    path = simple.critical_path()
    assert path.microseconds == pytest.approx(simple.microseconds, abs=1e-6)
    for parts in (path.causes, path.owners, path.lines):
        assert sum(parts.values()) == pytest.approx(simple.microseconds, abs=1e-5)
        assert list(parts.values()) == sorted(parts.values(), reverse=True)
    assert sum(place.microseconds for place in path.places) <= simple.microseconds + 1e-5
    for place in path.places:
        assert sum(place.causes.values()) == pytest.approx(place.microseconds, abs=1e-6)
    assert any(line and "test_failures.py" in line for line in path.lines)
    assert any(one.critical > 0 for one in path.slack)
    # Those with slack are those of the table that can be late.
    counts = {one.owner: one.count for one in path.slack}
    assert sum(counts.get(name, 0) for name in ("Vector", "GpSimd", "Sync", "Scalar", "Tensor")) == len(
        simple.columns()["engine"])
    assert str(path).strip().startswith("critical path:")


def test_advice_is_what_a_changed_kernel_takes(simple) -> None:
    advice = simple.advise()
    assert advice.tried > 0 and "critical" not in advice.sentence
    assert [item.change for item in advice.items] == sorted(item.change for item in advice.items)
    for item in advice.items:
        assert item.microseconds == pytest.approx(simple.microseconds * (1 + item.change), rel=1e-6)
    other = simple.advise(["other_queue"])
    assert {item.rule for item in other.items} <= {"other_queue"}
    assert [item for item in advice.items if item.rule == "other_queue"] == other.items
    with pytest.raises(trnsim.NkiValidationError, match="there is no rule 'other_queu'"):
        simple.advise(["other_queu"])


def test_a_run_without_times_has_neither() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x))
        return out

    report = trnsim.simulate(kernel, np.zeros((128, 16), np.float32), mode="values").report
    with pytest.raises(trnsim.NkiValidationError, match="no times"):
        report.critical_path()
    with pytest.raises(trnsim.NkiValidationError, match="no times"):
        report.advise()


SCRIPT = '''
import numpy as np
import nki, nki.isa as nisa, nki.language as nl

@nki.jit
def kernel(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    tiles = [nl.ndarray((128, 16384), x.dtype, buffer=nl.sbuf) for _ in range(4)]
    for tile in tiles:
        nisa.dma_copy(tile, x)
    for tile in tiles:
        nisa.tensor_tensor(tile, tile, tiles[0], nl.add)
        nisa.dma_copy(out, tile)
    return out

kernel(np.zeros((128, 16384), np.float32))
'''


def test_a_script_that_fails_leaves_a_page(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "trnsim", "--schedule", "program", f"--html={tmp_path}/f.html", f"--json={tmp_path}/f.json",
         str(script)], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 1 and "of them are free" in done.stderr
    assert json.loads((tmp_path / "f.json").read_text())["failure"]["kind"] == "memory"
    assert "<svg" in (tmp_path / "f.html").read_text()


@pytest.mark.skipif(BROWSER is None, reason="no headless Chromium (package chromium-headless-shell) is installed")
def test_a_browser_shows_the_picture(tmp_path: Path) -> None:
    with pytest.raises(trnsim.NkiValidationError) as error:
        trnsim.simulate(crowded, np.zeros((8, 128, FREE), np.float32), mode="timing")
    assert error.value.report is not None and BROWSER is not None
    page = tmp_path / "failure.html"
    page.write_text(error.value.report.html)
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom",
         page.as_uri()], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # The browser's own parser keeps the drawing and every box of it.
    assert done.stdout.count("<rect") == error.value.report.html.count("<rect")
    assert done.stdout.count("</svg>") == 1


def test_the_tool_prints_the_same_document(tmp_path: Path) -> None:
    tool = find_tool()
    if tool is None:
        pytest.skip("the program trnsim is not built")
    with pytest.raises(trnsim.NkiValidationError) as error:
        trnsim.simulate(crowded, np.zeros((8, 128, FREE), np.float32), mode="timing")
    report = error.value.report
    assert report is not None
    done = subprocess.run(
        [tool, "run", f"{__file__}:crowded", "--input", f"x=float32[8, 128, {FREE}]", "--timing-only", "--json", "-"],
        capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)["failure"]
    assert said["kind"] == "memory"
    mine = report.json["failure"]
    assert [tensor["bytes"] for tensor in said["memory"][0]["alive"]] == [
        tensor["bytes"] for tensor in mine["memory"][0]["alive"]]
    assert said["memory"][0]["changes"] == mine["memory"][0]["changes"]
