"""A pytest plugin that writes each result as it comes, so that a time limit loses nothing."""

from __future__ import annotations

import json
import os
from typing import Any

_state: dict[str, dict[str, Any]] = {}


def pytest_runtest_logreport(report: Any) -> None:
    found = _state.setdefault(report.nodeid, {"name": report.nodeid, "status": "passed", "seconds": 0.0, "reason": ""})
    found["seconds"] += report.duration
    if report.failed:
        found["status"] = "failed"
        crash = getattr(report.longrepr, "reprcrash", None)
        found["reason"] = " ".join((crash.message if crash else str(report.longrepr)).split())[:500]
    elif report.skipped and found["status"] == "passed":
        found["status"] = "skipped"
        where = report.longrepr
        found["reason"] = str(where[2] if isinstance(where, tuple) else where)[:300]
    if report.when == "teardown":
        with open(os.environ["SUITE_LOG"], "a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
