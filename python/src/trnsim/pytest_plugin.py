"""Cycle counts as tests: a kernel's numbers against those that were accepted before.

    def test_add(trn):
        trn.check(add_kernel, [x, y])

The numbers are in `test_NAME.trnsim.json` beside the test file, a baseline as `trnsim update` writes them; the core compares, as
`trnsim check` does. `pytest --trn-update` accepts new ones.
"""

from __future__ import annotations

import fcntl
import inspect
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from . import simulate
from .core import open_core
from .core.library import Session
from .run.faults import exception_of
from .run.kernel import as_kernel


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trnsim", "simulated cycle counts")
    group.addoption("--trn-update", action="store_true", help="accept the numbers of all checks that run")
    group.addoption("--trn-strict", action="store_true", help="better numbers fail too, so that baselines never lag")
    group.addoption("--trn-output-dir", default="out/check", metavar="DIR",
                    help="where reports and traces of checks that fail go (%(default)s)")


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


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the baselines of a folder, also under pytest-xdist; the folder itself is what is locked."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Checker:
    """The fixture `trn`: compares a kernel's numbers with those accepted for this test."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node = request.node
        self._update = bool(request.config.getoption("--trn-update"))
        self._strict = bool(request.config.getoption("--trn-strict"))
        self._output = Path(request.config.invocation_params.dir) / str(request.config.getoption("--trn-output-dir"))
        self._path: Path = request.node.path.with_suffix(".trnsim.json")
        self._names: set[str] = set()

    def check(self, kernel: Any, args: Iterable[Any] = (), kwargs: Mapping[str, Any] | None = None, *,
              name: str | None = None, tolerance: Mapping[str, str] | None = None, hardware: str | None = None,
              overrides: tuple[str, ...] = ()) -> Any:
        """Simulates the kernel's time and compares it; returns the report.

        `name` tells apart several checks of a test. `tolerance` maps a number of `trnsim check` to how far it may move: "2 %",
        "+2 % -0", "+64". The test fails if a number is worse, if there is none to compare with, or if hardware or arguments
        changed; what shows why, with a trace, is then in the folder of `--trn-output-dir`. The numbers are properties of the
        test in JUnit files.
        """
        __tracebackhide__ = True
        key = self._key(name)
        given = tuple(args)
        report = simulate(kernel, *given, mode="timing", hardware=hardware, overrides=overrides, **dict(kwargs or {})).report
        asked = report.request
        assert asked is not None
        variant = _variant(kernel, given, dict(kwargs or {}), asked.hardware)
        limits = "\n".join(f"{number}={distance}" for number, distance in (tolerance or {}).items())
        with open_core().session() as session:
            _require(open_core().keep(session, asked, variant), session)
            whole = "\n".join([variant, *[f"set:{text}" for text in asked.overrides]])
            if self._update:
                with _locked(self._path.parent):
                    _require(session.check(whole, key, str(self._path), limits), session)
                    self._accept(session, key)
                return report
            _require(session.check(whole, key, str(self._path), limits), session)
            self._compare(session, key, name)
        return report

    def _key(self, name: str | None) -> str:
        # The class too: two classes of a file may have tests of one name.
        key = self._node.nodeid.split("::", 1)[-1] + (f" {name}" if name else "")
        if key in self._names:
            raise ValueError("a test that checks twice must give each check a name: trn.check(…, name=\"second\")")
        self._names.add(key)
        return str(key)

    def _accept(self, session: Session, key: str) -> None:
        found = _entry(session)
        if found["verdict"] == "failed":
            pytest.fail(f"{key}: {'; '.join(found['reasons'])}", pytrace=False)
        if found["verdict"] == "same" and found.get("before") == {number: found["now"].get(number, 0) for number in found["before"]}:
            return
        _require(session.accept(), session)
        before = found.get("before", {}).get("total_time_ps")
        _accepted.append(f"{key}: {found['now']['total_time_ps']} ps" + (f", {before} ps before" if before is not None else ""))

    def _compare(self, session: Session, key: str, name: str | None) -> None:
        __tracebackhide__ = True
        found = _entry(session)
        for number, value in found.get("now", {}).items():
            if isinstance(value, int) and not isinstance(value, bool):
                self._node.user_properties.append((f"{name}.{number}" if name else number, value))
        verdict = found["verdict"]
        if verdict == "same":
            return
        if verdict == "incomparable" and "before" not in found:
            pytest.fail(f"{key}: nothing is accepted for it yet\n  help: pytest --trn-update", pytrace=False)
        # The last part counts entries.
        text = session.text("trnsim_session_comparison", b"text").rpartition("\n\n")[0]
        if verdict == "better" and not self._strict:
            _better.append(text)
            return
        folder = self._output / re.sub(r"[^\w.=-]+", "-", self._node.nodeid + (f" {name}" if name else ""))
        _require(session.differences(str(folder)), session)
        shown = f"\n  reports and traces: {folder}" if folder.is_dir() else ""
        pytest.fail(f"{text}{shown}\n  help: if this is meant, pytest --trn-update", pytrace=False)


def _variant(kernel: Any, args: tuple[Any, ...], kwargs: dict[str, Any], machine: str) -> str:
    """The kernel, the machine and the arguments that are no arrays, as lines for the core, which knows those by the program."""
    found = as_kernel(kernel)
    bound = inspect.signature(found.func).bind(*args, **kwargs)
    code = getattr(found.func, "__code__", None)
    file = os.path.basename(code.co_filename) if code is not None else "kernel.py"
    values = [f"{name}={' '.join(repr(value).split())}" for name, value in sorted(bound.arguments.items())
              if not _holds_arrays(value)]
    return "\n".join([f"{file}:{found.__name__}", machine, *values])


def _holds_arrays(value: Any) -> bool:
    """Whether it is an array, or has some: the program says their types and shapes."""
    if isinstance(value, Mapping):
        return any(map(_holds_arrays, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_holds_arrays, value))
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _entry(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(session.text("trnsim_session_comparison", b"json"))["entries"][0]
    return found


def _require(holds: bool, session: Session) -> None:
    __tracebackhide__ = True
    if not holds:
        raise exception_of(session.errors() or [{"message": "the core failed without a message"}], None)


@pytest.fixture
def trn(request: pytest.FixtureRequest) -> Checker:
    """Compares the simulated cost of kernels with what was accepted: `trn.check(kernel, args)`."""
    return Checker(request)
