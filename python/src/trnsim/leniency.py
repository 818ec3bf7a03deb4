"""What the vendor's simulator lets pass: noted here, and an error with TRNSIM_STRICT=1.

* Reads of what was never written. Kernels that compute on whole tiles read rows that they never loaded, and never store
  what comes of it; the vendor's simulator has NaN there.
* Bytes that both cores of a rank touch without meeting in between. Kernels that do not use both cores store the same from
  each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .core.backend import Backend, Outcome, Request
from .tracing.addresses import PSUM_BYTES, SBUF_BYTES

#: Elements that one instruction fills.
_PIECE = 4096


def run_leniently(request: Request, backend: Backend, notes: list[str], place: Callable[[dict[str, Any]], Any]) -> Outcome:
    """Runs a request; what may pass is noted and the request run again.

    `place` says where in the user's source an error is.
    """
    outcome = backend.run(request)
    if os.environ.get("TRNSIM_STRICT") == "1":
        return outcome
    tried, fills = request, 0
    while outcome.errors:
        first = outcome.errors[0]
        kind = str(first.get("kind") or "")
        if kind == "race" and request.cores_per_rank > 1 and "core_races" not in tried.settings:
            remedy = "the cores take turns"
            tried = replace(tried, settings={**tried.settings, "core_races": "allow"})
        elif kind.startswith("uninit") and request.mode != "timing" and fills == 0:
            remedy = "NaN was used"
            programs, fills = _filled(tried)
            tried = replace(tried, programs=programs, mode="values", trace=None)
        else:
            break
        where = place(first)
        notes.append(f"{first['message']}{f' at {where}' if where else ''}: {remedy}; TRNSIM_STRICT=1 makes this an error")
        outcome = backend.run(tried)
        for error in outcome.errors:
            if isinstance(error.get("instruction"), int):
                error["instruction"] -= fills
    if outcome.errors or fills == 0 or request.mode != "both":
        return outcome
    # The filling instructions have no place in the kernel's time.
    timed = backend.run(replace(request, settings=tried.settings, mode="timing"))
    if timed.errors:
        # Registers that the kernel loads decide its time, and depend on what was never written.
        notes.append(f"no time: {timed.errors[0]['message']}")
        return outcome
    return timed


def _filled(request: Request) -> tuple[list[str], int]:
    """The programs behind instructions that fill all memory on chip with NaN, and the number of these."""
    spaces = (("undefined_sbuf", "sbuf", SBUF_BYTES.get(request.hardware, SBUF_BYTES["trn2"]), "byte 0"),
              ("undefined_psum", "psum", PSUM_BYTES, "bank 0"))
    declared = "".join(f"\ntensor {name}: {space} float32 [128, {size // 4}] at partition 0 {first}"
                       for name, space, size, first in spaces)
    fills = [f"memset dst={name}.ap([[1, {_PIECE}]], rows=0:128, offset={start}) value=nan\n"
             for name, _, size, _ in spaces for start in _starts(size // 4)]
    programs = []
    for text in request.programs:
        head, _, body = text.partition("\n\n")
        programs.append(f"{head}{declared}\n\n{''.join(fills)}{body}")
    return programs, len(fills)


def _starts(extent: int) -> list[int]:
    """Where pieces of a partition begin; the last ends where the memory does."""
    return [*range(0, extent - _PIECE + 1, _PIECE), extent - _PIECE]
