"""The report as a page: elements, numbers, nothing from outside, and what a browser makes of it."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import struct
import subprocess
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trnsim
from perfetto_decoder import Trace, decompressed, has_zstd
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


class Numbers:
    """Whole numbers of seven bits a byte, the lowest first."""

    def __init__(self, text: str) -> None:
        self.bytes = base64.b64decode(text)
        self.at = 0

    def next(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.bytes[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def entries(self, count: int) -> Iterator[int]:
        """The number of each entry; one that came before is read again."""
        starts: list[int] = []
        for index in range(count):
            known, back = self.next(), self.at
            if known:
                self.at = starts[known - 1]
            else:
                starts.append(self.at)
            yield index
            if known:
                self.at = back

    def signed(self) -> int:
        value = self.next()
        return -(value + 1) // 2 if value % 2 else value // 2


@dataclass
class Piece:
    cause: str
    time: int
    #: Row and entry of who caused it.
    causer: tuple[int, int] | None


@dataclass
class Entry:
    begin: int
    end: int
    pieces: list[Piece]
    #: Whether it works from its begin on, which is no piece.
    is_short: bool

    @property
    def release(self) -> int:
        return (self.begin if self.is_short else self.end) - sum(piece.time for piece in self.pieces)


@dataclass
class Row:
    name: str
    kind: str
    entries: list[Entry]


class Timeline:
    """What a page draws of its first core, as PageTimeline.swift says."""

    def __init__(self, page: Page) -> None:
        core = json.loads(page.scripts["timeline-data"])["cores"][0]
        self.causes = core["texts"]["causes"]
        lives = [row for row in core["rows"] if row["kind"] in ("engine", "queue", "slice")]
        self.rows = [self._row(row, number) for number, row in enumerate(lives)]

    @property
    def engines(self) -> list[Row]:
        return [row for row in self.rows if row.kind == "engine"]

    def _row(self, packed: Any, number: int) -> Row:
        numbers, begin, entries = Numbers(packed["data"]), 0, []
        named: dict[int, int] = {}
        for index in numbers.entries(packed["count"]):
            begin += numbers.next()
            end = begin + numbers.next()
            numbers.next()
            numbers.signed()
            if packed["kind"] == "queue":
                for _ in range(3):
                    numbers.next()
            if packed["kind"] == "slice":
                numbers.signed()
                numbers.next()
            pieces, kind, head = [], 1, numbers.next()
            while head:
                code, causer = divmod(head - 1, 3)
                kind, cause = divmod(code, len(self.causes))
                piece = Piece(self.causes[cause], numbers.next(), (number, index - 1) if causer == 1 else None)
                if causer == 2:
                    row = numbers.next()
                    named[row] = named.get(row, 0) + numbers.signed()
                    piece.causer = (row, named[row])
                pieces.append(piece)
                head = numbers.next() if kind == 0 else 0
            entries.append(Entry(begin, end, pieces, kind == 1))
        assert sum(len(entry.pieces) for entry in entries) == packed["pieces"]
        return Row(packed["name"], packed["kind"], entries)


def check_pieces(timeline: Timeline) -> None:
    """Pieces begin in the run, and who caused one had begun by its end."""
    seen = 0
    for row in timeline.rows:
        for entry in row.entries:
            now = entry.release
            assert 0 <= now <= entry.begin
            for piece in entry.pieces:
                now += piece.time
                if piece.causer is None:
                    continue
                seen += 1
                causer = timeline.rows[piece.causer[0]].entries[piece.causer[1]]
                assert causer is not entry and causer.release <= now
    assert seen > 0


def check_times(report: Any) -> None:
    """Every engine's time is busy, waiting or idle."""
    assert report["engine_times"]
    for times in report["engine_times"].values():
        total = sum(times["busy"].values()) + sum(times["waiting"].values()) + times["idle"]
        assert total == pytest.approx(report["total_time"], rel=1e-9)


def check_page(path: Path, expected: Any = None, least: int = 1) -> Page:
    """Its elements are closed, nothing is from outside, and its numbers are those of its JSON."""
    text = path.read_text()
    page = Page(text)
    assert not page.open
    found = json.loads(page.scripts["report"])
    # The page has the source besides.
    assert expected is None or {**found, "source": 0} == {**expected, "source": 0}
    assert len(page.numbers) >= least
    for place, value in page.numbers:
        assert json.loads(value) == at(found, place), place
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", text)
    assert "default-src 'none'" in text
    return page


def tool(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run([str(TOOL), *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_numbers_are_those_of_the_report(written: tuple[Path, Any]) -> None:
    path, report = written
    # The two were written by one run, so even the host's figures are the same.
    page = check_page(path, report, least=100)
    check_times(report)
    check_pieces(Timeline(page))


def test_advice_is_a_section(tmp_path: Path) -> None:
    out = tool(tmp_path, "run", "matmul", "--param", "m=128", "--param", "dtype=float32", "--timing-only", "--advise",
               "--html", "m.html", "--json", "m.json")
    report = json.loads((tmp_path / "m.json").read_text())
    page = check_page(tmp_path / "m.html", report)
    assert report["advice"]["advice"] and "advice" in page.ids
    assert any(place == "advice.advice.0.total_time_ps" for place, _ in page.numbers)
    assert report["advice"]["advice"][0]["title"].split()[0] in out


def test_two_runs_are_side_by_side(tmp_path: Path) -> None:
    tool(tmp_path, "diff", "add_rmsnorm:form=separate", "add_rmsnorm:form=fused", "--html", "d.html", code=4)
    page = check_page(tmp_path / "d.html", least=20)
    found = json.loads(page.scripts["report"])
    data = json.loads(page.scripts["timeline-data"])
    assert data["paired"] and [core["name"] for core in data["cores"]] == ["A", "B"]
    # Every row has a name, those of scopes in others too.
    assert all(row["name"] for core in data["cores"] for row in core["rows"])
    assert "scopes 2" in {row["name"] for core in data["cores"] for row in core["rows"]}
    assert data["total"] == max(found["before"]["total_time_ps"], found["after"]["total_time_ps"])
    assert len(data["marks"]) == 1 and 0 < data["marks"][0]["time"] < data["total"]
    # The same twice differs nowhere.
    tool(tmp_path, "diff", "rmsnorm", "rmsnorm", "--html", "s.html")
    same = check_page(tmp_path / "s.html")
    assert json.loads(same.scripts["timeline-data"])["marks"] == []


def test_what_passes_changed_is_a_page(tmp_path: Path) -> None:
    tool(tmp_path, "emit", "softmax", "--param", "tokens=256", "-o", "s.trn")
    tool(tmp_path, "compile", "s.trn", "--schedule", "compiler", "--html", "c.html", "--json", "c.json", "-o", "out.trn")
    page = check_page(tmp_path / "c.html", least=3)
    found = json.loads(page.scripts["report"])["passes"]
    told = json.loads((tmp_path / "c.json").read_text())["passes"]
    assert [{key: one[key] for key in ("core", "pass", "changes")} for one in found] == told
    assert sum(one["changes"].get("moved", 0) for one in found) > 0
    text = (tmp_path / "c.html").read_text()
    assert re.search(r"<summary>order: \d+ lines went, \d+ came, [1-9]\d* moved</summary>", text)
    # What came out is there as well.
    out = (tmp_path / "out.trn").read_text().strip().splitlines()[-1]
    assert html.escape(out.split("  @")[0], quote=False) in text
    # A program that stays as it is.
    tool(tmp_path, "compile", "s.trn", "--html", "k.html", "-o", "k.trn")
    assert "No pass ran" in (tmp_path / "k.html").read_text()


def test_a_comparison_is_a_page(tmp_path: Path) -> None:
    tool(tmp_path, "compare", "matmul", "--param", "m=256", "--vary", "tile_m=32,64,128", "--vary", "buffers=1..3", "--html", "c.html",
         "--json", "c.json")
    page = check_page(tmp_path / "c.html", json.loads((tmp_path / "c.json").read_text()), least=9 * 3)
    assert {"maps", "pareto", "axes", "parallel", "timeline", "ranking"} <= page.ids
    text = (tmp_path / "c.html").read_text()
    # A line for each variant, besides the five of the legend.
    assert len(re.findall(r'<path class="thread', text)) == 9 + 5
    assert [core["name"] for core in json.loads(page.scripts["timeline-data"])["cores"]] == ["best", "worst"]


def test_a_sweep_is_a_page(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("kernel: matmul\nparameters: {m: 128, tile_m: [32, 64, 128], buffers: 1..3}\n")
    tool(tmp_path, "sweep", "s.yaml", "--html", "s.html")
    page = check_page(tmp_path / "s.html", least=9 * 2)
    assert {"maps", "pareto", "axes", "parallel", "ranking"} <= page.ids
    found = json.loads(page.scripts["report"])
    assert found["counts"] == {"measured": 9} and len(found["variants"]) == 9
    times = [variant["total_time_ps"] for variant in found["variants"]]
    assert times == sorted(times)
    # The store alone is enough for the same.
    tool(tmp_path, "results", "s.sqlite", "--html", "r.html")
    assert json.loads(check_page(tmp_path / "r.html").scripts["report"])["variants"] == found["variants"]


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

    result = trnsim.simulate(double, np.ones((128, 64), np.float32))
    report = result.report
    report.save_html(str(tmp_path / "double.html"))
    page = Page((tmp_path / "double.html").read_text())
    found = json.loads(page.scripts["report"])
    assert found["total_time"] == report.json["total_time"]
    assert found["critical_path"]["time"] == pytest.approx(found["total_time"])
    assert "test_html_page.py" in page.scripts["timeline-data"]
    check_times(found)
    timeline = Timeline(page)
    table = report.columns("instructions")
    begins = sorted(zip(table["engine"], table["begin_us"], table["end_us"]))
    entries = [(row.name.lower(), entry.begin / 1e6, entry.end / 1e6) for row in timeline.engines for entry in row.entries]
    assert sorted(entries) == [(engine, pytest.approx(begin), pytest.approx(end)) for engine, begin, end in begins]
    check_pieces(timeline)
    # A notebook shows the same page.
    frame = result._repr_html_()
    inner = Page(html.unescape(re.fullmatch(r'<iframe [^>]*srcdoc="([^"]*)"></iframe>', frame)[1]))  # type: ignore[index]
    assert json.loads(inner.scripts["report"])["critical_path"] == found["critical_path"]
    # The line of this file that multiplies.
    line = next(line for line in found["source"]["files"][0]["lines"] if line["operations"] == ["tensor_scalar"])
    assert "operand0=2.0" in line["text"]
    assert "source" in page.ids and "nisa.tensor_scalar(tile, tile" in (tmp_path / "double.html").read_text()
    assert inner.scripts["timeline-data"] == page.scripts["timeline-data"]


def opened(folder: Path, trace: str) -> Path:
    """The page of a trace that `trnsim open` shows without a copy of Perfetto's viewer."""
    process = subprocess.Popen([str(TOOL), "open", trace, "--port", "0"], cwd=folder, text=True, stdout=subprocess.PIPE,
                               env={key: value for key, value in os.environ.items() if key != "TRNSIM_PERFETTO_UI"})
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            (folder / "opened.html").write_bytes(answer.read())
        # Beside the page there is the trace, for ui.perfetto.dev.
        with urllib.request.urlopen(f"{address}trace.pftrace", timeout=60) as answer:
            assert answer.read() == decompressed(str(folder / trace))
    finally:
        process.kill()
        process.communicate()
    return folder / "opened.html"


@pytest.mark.skipif(not has_zstd(), reason="the program zstd is not installed")
@pytest.mark.parametrize("options", [[], ["--trace-detail", "lean"], ["--trace-window", "4us..7us", "--flows", "all"]])
def test_a_trace_is_a_page(tmp_path: Path, options: list[str]) -> None:
    tool(tmp_path, "run", "matmul", "--param", "m=256", "--param", "k=256", "--timing-only", "--trace", "a.pftrace.zst", *options)
    statistics = json.loads(tool(tmp_path, "trace", "stats", "a.pftrace.zst", "--json", "-"))
    path = opened(tmp_path, "a.pftrace.zst")
    page = check_page(path, statistics, least=60)
    assert "it does not hold" in path.read_text()
    assert ("It is lean" in path.read_text()) == ("lean" in options)
    data = json.loads(page.scripts["timeline-data"])
    trace = Trace(decompressed(str(tmp_path / "a.pftrace.zst")))
    assert (data["begin"], data["total"]) == tuple(round(statistics[end] * 1e12) for end in ("begin", "end"))
    # Every slice, in the row that it has in the trace; scopes within others are a row of their own.
    timeline = Timeline(page)
    assert {row.kind for row in timeline.rows} == {"slice"}
    entries = [(row.name.removesuffix(" 2"), entry.begin, entry.end) for row in timeline.rows for entry in row.entries]
    assert sorted(entries) == sorted(
        (trace.tracks[track].name, begin * 1000, end * 1000) for track, _, begin, end in trace.slices)
    pieces = [piece for row in timeline.rows for entry in row.entries for piece in entry.pieces]
    assert sum(piece.causer is not None for piece in pieces) == statistics["arrows"] == len(trace.flow_ends)
    assert {piece.cause for piece in pieces if piece.causer} == {"arrow"}
    assert ("descriptor generation" in {piece.cause for piece in pieces}) == ("lean" not in options)
    for row in timeline.rows:
        for entry in row.entries:
            for piece in entry.pieces:
                if piece.causer:
                    assert timeline.rows[piece.causer[0]].entries[piece.causer[1]].begin <= entry.begin
    assert [series["name"] for series in data["cores"][0]["series"]] == [counter["name"] for counter in statistics["counters"]]


def test_a_report_without_times_is_text(tmp_path: Path) -> None:
    report = trnsim.Report({"bottleneck": {}}, text="a < b")
    assert report._repr_html_() == "<pre>a &lt; b</pre>"


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
def test_a_million_instructions(tmp_path: Path, capsys: pytest.CaptureFixture[str], record_property: Any) -> None:
    """The page of a program of a million instructions; how fast it is gets reported, as it depends on the host."""
    size = ["--param", "m=16384", "--param", "n=16384", "--param", "k=16384"]
    tool(tmp_path, "run", "matmul", *size, "--timing-only", "--no-what-if", "--html", "m.html")
    path = tmp_path / "m.html"
    root = re.search(r"<html[^>]*>", browse(path, "--dump-dom", f"file://{path}#pan"))
    assert root is not None
    found = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', root[0]))
    megabytes = path.stat().st_size / 1e6
    assert int(found["entries"]) > 1_000_000 and megabytes <= 25
    figures = {"megabytes": megabytes, "open_seconds": int(found["open-ms"]) / 1000, "frames_per_second": 1000 / float(found["frame-ms"]),
               "worst_frame_seconds": float(found["worst-frame-ms"]) / 1000}
    for name, value in figures.items():
        record_property(name, round(value, 3))
    with capsys.disabled():
        print(f"\npage of {int(found['entries']):,} entries: " + ", ".join(f"{name} {value:.3g}" for name, value in figures.items()))


@browser
def test_a_chosen_instruction_shows_who_it_waited_for(written: tuple[Path, Any]) -> None:
    document = browse(written[0], "--dump-dom", f"file://{written[0]}#choose=MATMUL")
    chosen = re.search(r'<div id="chosen".*?</div>', document, re.S)
    assert chosen is not None
    assert "spent on" in chosen[0] and "waits for it" in chosen[0]
    assert re.search(r"semaphores: <button[^>]*>[^<]*load", chosen[0])


@browser
@pytest.mark.skipif(not has_zstd(), reason="the program zstd is not installed")
def test_a_chosen_slice_of_a_trace_shows_what_the_trace_tells(tmp_path: Path) -> None:
    tool(tmp_path, "run", "matmul", "--param", "m=256", "--param", "k=256", "--timing-only", "--trace", "a.pftrace.zst")
    path = opened(tmp_path, "a.pftrace.zst")
    document = browse(path, "--dump-dom", f"file://{path}#choose=MATMUL")
    root = re.search(r"<html[^>]*>", document)
    chosen = re.search(r'<div id="chosen".*?</div>', document, re.S)
    assert root is not None and chosen is not None
    slices = json.loads(Page(path.read_text()).scripts["report"])["slices"]
    assert dict(re.findall(r'data-([a-z-]+)="([^"]*)"', root[0]))["entries"] == str(slices)
    for text in ("cycles", "arrows from", "operation", "instruction"):
        assert text in chosen[0]


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
