"""What the vendor's simulator lets pass: noted here, and an error with TRNSIM_STRICT=1.

* Reads of what was never written. Kernels that compute on whole tiles read rows that they never loaded, and never store
  what comes of it; the vendor's simulator has NaN there, and 4 in integers of HBM.
* Bytes that both cores of a rank touch without meeting in between. Kernels that do not use both cores store the same from
  each.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .core.backend import Backend, Outcome, Request
from .tracing.addresses import PSUM_BYTES, SBUF_BYTES

#: Elements that one instruction fills, or that a DMA repeats.
_PIECE = 4096
#: A tensor in HBM that is the kernel's own, as the program's text declares it.
_SCRATCH = re.compile(r'^tensor ("(?:[^"\\]|\\.)*"|\S+): hbm (\w+) \[([\d, ]+)\]$', re.MULTILINE)
#: What is in it, by its element type; packed types have no value of their own and stay undefined.
_UNDEFINED = {**dict.fromkeys(("float32", "bfloat16", "float16", "float8_e4m3", "float8_e5m2", "float8_e4m3fn"), "nan"),
              **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16", "uint32"), "4")}


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
            tried = replace(tried, programs=programs, mode="values", trace=None,
                            settings={**tried.settings, "unwritten_outputs": "read"})
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
    if timed.report is not None and outcome.report is not None and "unwritten_outputs" in outcome.report:
        timed.report["unwritten_outputs"] = outcome.report["unwritten_outputs"]
    return timed


def _filled(request: Request) -> tuple[list[str], int]:
    """The programs behind instructions that fill the memories on chip and the kernel's own tensors in HBM, and the number
    of these in the first program."""
    sbuf_bytes = request.sbuf_bytes or SBUF_BYTES.get(request.hardware, SBUF_BYTES["trn2"])
    found = [_program_filled(text, sbuf_bytes) for text in request.programs]
    return [text for text, _ in found], found[0][1]


def _program_filled(text: str, sbuf_bytes: int) -> tuple[str, int]:
    head, _, body = text.partition("\n\n")
    declared: list[str] = []
    fills: list[str] = []
    for dtype, tensors in _own(head).items():
        # One piece in SBUF, which every DMA repeats; NaN replaces it afterwards.
        piece = f"undefined_{dtype}"
        declared.append(f"tensor {piece}: sbuf {dtype} [1, {_PIECE}] at partition 0 byte 0")
        fills.append(f"memset dst={piece}.ap([[1, {_PIECE}]], rows=0:1) value={_UNDEFINED[dtype]}")
        for name, elements in tensors:
            for offset, repeats, extent in ((0, elements // _PIECE, _PIECE),
                                            (elements // _PIECE * _PIECE, 1, elements % _PIECE)):
                if repeats * extent:
                    fills.append(f"dma_copy dst={name}.ap([[{extent}, {repeats}], [1, {extent}]], offset={offset}) "
                                 f"src={piece}.ap([[0, {repeats}], [1, {extent}]], rows=0:1)")
    for name, space, size, first in (("undefined_sbuf", "sbuf", sbuf_bytes, "byte 0"),
                                     ("undefined_psum", "psum", PSUM_BYTES, "bank 0")):
        declared.append(f"tensor {name}: {space} float32 [128, {size // 4}] at partition 0 {first}")
        fills += [f"memset dst={name}.ap([[1, {_PIECE}]], rows=0:128, offset={start}) value=nan"
                  for start in _starts(size // 4)]
    return "\n".join([head, *declared]) + "\n\n" + "\n".join([*fills, body]), len(fills)


def _own(head: str) -> dict[str, list[tuple[str, int]]]:
    """The kernel's own tensors in HBM and their numbers of elements, by element type."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, dtype, shape in _SCRATCH.findall(head):
        if dtype in _UNDEFINED:
            found.setdefault(dtype, []).append((name, math.prod(map(int, shape.split(",")))))
    return found


def _starts(extent: int) -> list[int]:
    """Where pieces of a partition begin; the last ends where the memory does."""
    return [*range(0, extent - _PIECE + 1, _PIECE), extent - _PIECE]
