"""The report as a page: elements, numbers, nothing from outside, and what a browser makes of it."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()
BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chrome-headless-shell")

pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")
browser = pytest.mark.skipif(BROWSER is None, reason="no headless Chromium (package chromium-headless-shell) is installed")


class Page(HTMLParser):
    """Elements, links, and numbers with their places in the report."""

    VOID = {"meta", "input", "br"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.scripts: dict[str, str] = {}
        self._script = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert "src" not in found and "srcset" not in found and "onload" not in found
        if tag not in self.VOID:
            self.open.append(tag)
        if name := found.get("id"):
            assert name not in self.ids
            self.ids.add(name)
        if tag == "a":
            self.links.append(found["href"] or "")
        if tag == "data" and (place := found.get("data-key")):
            self.numbers.append((place, found["value"] or ""))
        self._script = (found.get("id") or "code") if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._script = ""

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def at(report: Any, place: str) -> Any:
    for part in place.split("."):
        report = report[int(part)] if isinstance(report, list) else report[part]
    return report


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The page of a small product and its JSON report."""
    folder = tmp_path_factory.mktemp("page")
    command = [str(TOOL), "run", "matmul", "--param", "m=256", "--param", "k=256", "--html", "m.html", "--json", "m.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "m.html", json.loads((folder / "m.json").read_text())


def test_numbers_are_those_of_the_report(written: tuple[Path, Any]) -> None:
    path, report = written
    page = Page(path.read_text())
    assert not page.open
    # The two were written by one run, so even the host's figures are the same.
    assert json.loads(page.scripts["report"]) == report
    assert len(page.numbers) > 100
    for place, value in page.numbers:
        assert json.loads(value) == at(report, place), place


def test_nothing_comes_from_outside(written: tuple[Path, Any]) -> None:
    text = written[0].read_text()
    page = Page(text)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", text)
    assert "default-src 'none'" in text


def test_the_python_package_writes_it(tmp_path: Path) -> None:
    import nki
    import nki.isa as nisa
    import nki.language as nl

    @nki.jit
    def double(x: Any) -> Any:
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
        nl.store(out, tile)
        return out

    report = trnsim.simulate(double, np.ones((128, 64), np.float32)).report
    report.save_html(str(tmp_path / "double.html"))
    page = Page((tmp_path / "double.html").read_text())
    assert json.loads(page.scripts["report"])["total_time"] == report.json["total_time"]
    assert "test_html_page.py" in page.scripts["timeline-data"]


def browse(path: Path, *options: str) -> str:
    command = [str(BROWSER), "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,1400", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pixels(path: Path) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The picture of a PNG file, rows of columns of colours."""
    data = path.read_bytes()
    position, packed, header = 8, b"", b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        if kind == b"IHDR":
            header = data[position + 8:position + 8 + length]
        if kind == b"IDAT":
            packed += data[position + 8:position + 8 + length]
        position += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    assert depth == 8
    size = {2: 3, 6: 4}[colour]
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * size)
    rows = np.zeros((height, width * size), np.uint8)
    before = np.zeros(width * size, np.uint8)
    for number, line in enumerate(raw):
        row = line[1:].copy()
        if line[0] == 2:
            row += before
        elif line[0] != 0:
            left = np.zeros(size, np.int64)
            corner = np.zeros(size, np.int64)
            for at_ in range(0, width * size, size):
                up = before[at_:at_ + size].astype(np.int64)
                if line[0] == 1:
                    guess = left
                elif line[0] == 3:
                    guess = (left + up) // 2
                else:
                    estimate = left + up - corner
                    far = [abs(estimate - other) for other in (left, up, corner)]
                    guess = np.where((far[0] <= far[1]) & (far[0] <= far[2]), left, np.where(far[1] <= far[2], up, corner))
                row[at_:at_ + size] = (row[at_:at_ + size] + guess) & 255
                left, corner = row[at_:at_ + size].astype(np.int64), up
        rows[number] = row
        before = row
    return rows.reshape(height, width, size)[:, :, :3]


@browser
def test_a_browser_draws_all(written: tuple[Path, Any]) -> None:
    path, report = written
    document = browse(path, "--dump-dom", f"file://{path}#pan")
    root = re.search(r"<html[^>]*>", document)
    assert root is not None
    found = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', root[0]))
    # The rows of scopes and of the critical path have their own.
    others = re.findall(r'"kind": "(?:scope|path)", "count": (\d+)', path.read_text())
    expected = report["host"]["device_instructions"] + report["dma_transfer_count"] + sum(map(int, others))
    assert int(found["entries"]) == expected
    assert float(found["frame-ms"]) > 0
    assert 'id="chart"' in document and re.search(r'<canvas id="chart"[^>]*hidden', document) is None


@browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_are_pictures(written: tuple[Path, Any], tmp_path: Path, scheme: str) -> None:
    picture = tmp_path / "page.png"
    browse(written[0], f"--screenshot={picture}", f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
           f"file://{written[0]}")
    image = pixels(picture)
    ground = image[5, 5].astype(int).sum()
    assert ground > 700 if scheme == "light" else ground < 150
    # The chart has instructions of several opcodes: many colours, each on many pixels.
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    lively = [count for colour, count in zip(colours, counts) if int(colour.max()) - int(colour.min()) > 80 and count > 200]
    assert len(lively) >= 4


@browser
def test_without_script_all_but_the_drawing_is_there(written: tuple[Path, Any], tmp_path: Path) -> None:
    """The sections are elements of the file itself."""
    text = re.sub(r"<script>.*?</script>", "", written[0].read_text(), flags=re.S)
    (tmp_path / "plain.html").write_text(text)
    document = browse(written[0], "--dump-dom", f"file://{tmp_path / 'plain.html'}")
    for name in ("Engines", "Bounds", "Opcodes", "Source lines", "Metrics of the profiler"):
        assert f"<h2>{name}</h2>" in document
