"""Cycle counts as tests: a kernel's numbers against those that were accepted before.

    def test_add(trn):
        trn.check(add_kernel, [x, y])

The numbers are in `test_NAME.trnsim.json` beside the test file. `pytest --trn-update` accepts new ones.
"""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from . import simulate
from .run import outputs

SCHEMA = 1

#: Whole numbers that gate; less is better. `trnsim check` has the same keys.
METRICS = ("total_time_ps", "neuroncore_cycle_count", "hbm_read_bytes", "hbm_write_bytes", "dma_transfer_count",
           "tensor_engine_instruction_count", "vector_engine_instruction_count", "scalar_engine_instruction_count",
           "gpsimd_engine_instruction_count", "sync_engine_instruction_count", "hardware_flops",
           "sbuf_peak_bytes_per_partition", "psum_peak_bytes_per_partition")

_DISTANCE = re.compile(r"([+-]?)(\d+(?:\.\d+)?)\s*(%?)")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trnsim", "simulated cycle counts")
    group.addoption("--trn-update", action="store_true", help="accept the numbers of all checks that run")
    group.addoption("--trn-strict", action="store_true", help="better numbers fail too, so that baselines never lag")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for title, lines in (("trnsim: better than accepted", _better), ("trnsim: accepted", _accepted)):
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.line(line)
    _better.clear()
    _accepted.clear()


_better: list[str] = []
_accepted: list[str] = []


def allows(tolerance: str, old: int, new: int) -> bool:
    """Whether a number may be `new` where it was `old`: "2 %", "+2 % -0", "64", "+64"."""
    limits = {"+": 0.0, "-": 0.0}
    found = _DISTANCE.findall(tolerance)
    if not found or _DISTANCE.sub("", tolerance).strip():
        raise ValueError(f"'{tolerance}' is no tolerance: write '2 %', '+2 % -0' or '+64'")
    for sign, number, percent in found:
        distance = float(number) * (abs(old) / 100 if percent else 1)
        for side in sign or "+-":
            limits[side] = distance
    return abs(new - old) <= limits["+" if new >= old else "-"]


def metrics_of(report: Mapping[str, Any]) -> dict[str, int]:
    """The numbers that gate, of a report."""
    time = round(float(report["total_time"]) * 1e12)
    return {"total_time_ps": time} | {key: int(report[key]) for key in METRICS if key in report}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time reads and writes a baseline, also under pytest-xdist."""
    with open(path.with_name(f".{path.name}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        file = json.loads(path.read_text(encoding="utf-8"))
        entries = file["entries"]
        known = file["schema"] == SCHEMA and isinstance(entries, dict)
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        pytest.fail(f"{path} is no baseline of this version\n  help: take it from the repository again, or remove it "
                    "and run pytest --trn-update", pytrace=False)
    return dict(entries)


def _write(path: Path, entries: dict[str, Any]) -> None:
    text = json.dumps({"schema": SCHEMA, "entries": entries}, indent=2, sort_keys=True) + "\n"
    outputs.write(path, text)


class Checker:
    """The fixture `trn`: compares a kernel's numbers with those accepted for this test."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node = request.node
        self._update = bool(request.config.getoption("--trn-update"))
        self._strict = bool(request.config.getoption("--trn-strict"))
        self._path = request.node.path.with_suffix(".trnsim.json")
        self._names: set[str] = set()

    def check(self, kernel: Any, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, *,
              name: str | None = None, tolerance: Mapping[str, str] | None = None, hardware: str | None = None,
              overrides: tuple[str, ...] = ()) -> Any:
        """Simulates the kernel's time and compares it; returns the report.

        `name` tells apart several checks of a test. `tolerance` maps a number to how far it may move. The test
        fails if a number is worse, if there is none to compare with, or if hardware or arguments changed.
        """
        __tracebackhide__ = True
        for key in tolerance or {}:
            if key not in METRICS:
                raise ValueError(f"there is no number '{key}'; there are {', '.join(METRICS)}")
        key = self._key(name)
        report = simulate(kernel, *args, mode="timing", hardware=hardware, overrides=overrides,
                          **dict(kwargs or {})).report
        machine = report.json.get("hardware", {})
        entry = {"hardware": f"{machine.get('name', '')} {machine.get('fingerprint', '')}",
                 "arguments": [_shape(value) for value in [*args, *dict(kwargs or {}).values()]],
                 "metrics": metrics_of(report.json)}
        if self._update:
            self._accept(key, entry)
            return report
        self._compare(key, entry, _read(self._path).get(key), tolerance or {}, report)
        return report

    def _key(self, name: str | None) -> str:
        # The class too: two classes of a file may have tests of one name.
        key = self._node.nodeid.split("::", 1)[-1] + (f" {name}" if name else "")
        if key in self._names:
            raise ValueError("a test that checks twice must give each check a name: trn.check(…, name=\"second\")")
        self._names.add(key)
        return str(key)

    def _accept(self, key: str, entry: dict[str, Any]) -> None:
        with _locked(self._path):
            entries = _read(self._path)
            if entries.get(key) == entry:
                return
            before = entries.get(key, {}).get("metrics", {}).get("total_time_ps")
            entries[key] = entry
            _write(self._path, entries)
        now = entry["metrics"]["total_time_ps"]
        _accepted.append(f"{key}: {now} ps" + (f", {before} ps before" if before is not None else ""))

    def _compare(self, key: str, entry: dict[str, Any], before: dict[str, Any] | None,
                 tolerance: Mapping[str, str], report: Any) -> None:
        __tracebackhide__ = True
        if before is None:
            pytest.fail(f"{key}: nothing is accepted for it yet\n  help: pytest --trn-update", pytrace=False)
        for what in ("hardware", "arguments"):
            if before.get(what) != entry[what]:
                pytest.fail(f"{key}: not comparable, the {what} changed\n  accepted {before.get(what)}\n"
                            f"  now      {entry[what]}\n  help: pytest --trn-update accepts the new numbers",
                            pytrace=False)
        moved = []
        for metric, new in entry["metrics"].items():
            old = before["metrics"].get(metric, 0)
            # Cycles are the time rounded to a clock.
            limit = tolerance.get(metric, tolerance.get("total_time_ps", "0")
                                  if metric == "neuroncore_cycle_count" else "0")
            if not allows(limit, old, new):
                moved.append((metric, old, new))
        if not moved:
            return
        lines = [f"  {metric:<34} {old:>14,} -> {new:>14,}  {_share(old, new)}" for metric, old, new in moved]
        if all(new < old for _, old, new in moved):
            text = "\n".join([f"{key}: better", *lines])
            if not self._strict:
                _better.append(text)
                return
            pytest.fail(text + "\n  help: pytest --trn-update accepts it", pytrace=False)
        slower = any(metric == "total_time_ps" and new > old for metric, old, new in moved)
        pytest.fail("\n".join([f"{key}: {'slower' if slower else 'heavier'}", *lines, f"  {report.verdict}",
                               "  help: if this is meant, pytest --trn-update"]), pytrace=False)


def _share(old: int, new: int) -> str:
    return f"{(new - old) / old:+.2%}" if old else "new"


def _shape(value: Any) -> str:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return f"{dtype} {list(shape)}" if shape is not None and dtype is not None else repr(value)


@pytest.fixture
def trn(request: pytest.FixtureRequest) -> Checker:
    """Compares the simulated cost of kernels with what was accepted: `trn.check(kernel, args)`."""
    return Checker(request)
