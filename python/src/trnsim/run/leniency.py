"""What the vendor's simulator lets pass: noted here, and an error with TRNSIM_STRICT=1.

* Reads of what was never written. Kernels that compute on whole tiles read rows that they never loaded, and never store
  what comes of it; the vendor's simulator has NaN there, and 4 in integers of HBM.
* Bytes that both cores of a rank touch without meeting in between. Kernels that do not use both cores store the same from
  each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..core import Outcome, Request, open_core

_STRICT = "TRNSIM_STRICT=1 makes this an error"


def run_leniently(request: Request, notes: list[str], place: Callable[[dict[str, Any]], Any]) -> Outcome:
    """Runs a request and notes what passed; where cores race it runs again, taking turns.

    `place` says where in the user's source an error is.
    """
    core = open_core()
    outcome = core.run(request)
    first = outcome.errors[0] if outcome.errors else {}
    if first.get("kind") == "race" and request.cores_per_rank > 1 and os.environ.get("TRNSIM_STRICT") != "1":
        notes.append(f"{_located(first, place)}: the cores take turns; {_STRICT}")
        outcome = core.run(replace(request, settings={**request.settings, "core_races": "allow"}))
    for read in (outcome.report or {}).get("undefined_reads", [])[:1]:
        notes.append(f"{_located(read, place)}: NaN was used; {_STRICT}")
    return outcome


def _located(error: dict[str, Any], place: Callable[[dict[str, Any]], Any]) -> str:
    where = place(error)
    return f"{error['message']}{f' at {where}' if where else ''}"
