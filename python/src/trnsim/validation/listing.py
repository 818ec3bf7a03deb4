"""What one launch's stream is made of: its instructions in each engine's order, by the place that they have in the source."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from typing import Any

from ..core import open_core
from ..run.report import Report

#: What the start of a DMA is called whose descriptors are prepared.
PREPARED = "WRITE pairs"
#: Engines of operations that name none.
_ENGINES = {"nc_matmul": "tensor", "nc_transpose": "tensor", "activation": "scalar"}
_INSTRUCTION = re.compile(r"(?:(?P<label>\w+): )?(?P<name>[a-z]\w*) (?P<rest>.*?)(?:  @(?P<file>.*):(?P<line>\d+)(?::\d+)?)?$")


def numbered(text: str) -> str:
    """A recorded program's text with every instruction's number as its label, which passes of the compiler keep."""
    lines, count = [], 0
    for line in text.splitlines():
        if re.match(r" *(?!scope )[a-z]\w* \w+=", line):
            line = f"s{count}: {line.lstrip()}"
            count += 1
        lines.append(line)
    return "\n".join([*lines, ""])


def ordered(text: str) -> list[tuple[str, int, int]]:
    """Engine, line and number of the instructions of a compiled program with labels, in its order."""
    found = []
    for line in text.splitlines():
        match = _INSTRUCTION.match(line.lstrip())
        if match is None or match["label"] is None or match["line"] is None or not re.fullmatch(r"s\d+", match["label"]):
            continue
        engine = re.search(r"\bengine=(\w+)", match["rest"])
        found.append((engine[1] if engine else _ENGINES.get(match["name"], "vector"), int(match["line"]), int(match["label"][1:])))
    return found


def _on_device(engine: str, opcode: str, instruction: str) -> str:
    """What a device's tables call it: Scalar multiplies and adds by ACTIVATE, two WRITEs start a prepared DMA."""
    if opcode == "DMA_DIRECT2D" and "dge_mode=none" in instruction:
        return PREPARED
    return "ACTIVATE" if (engine, opcode) == ("scalar", "TENSOR_SCALAR") else opcode


def of(report: Report) -> dict[str, Any]:
    """A launch's instructions in order, and how many of which opcode each engine executes; as JSON has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "recorded.trn")
        report.save_recorded(path)
        with open(path, encoding="utf-8") as file:
            text = numbered(file.read())
    assert report.request is not None
    compiled, errors = open_core().compiled_text(text, report.request)
    if errors:
        raise ValueError(str(errors[0]["message"]))
    table = report.columns()
    opcodes: dict[str, Counter[str]] = {}
    for engine, opcode, instruction in zip(table["engine"], table["opcode"], table["instruction"]):
        opcodes.setdefault(engine, Counter())[_on_device(engine, opcode, instruction or "")] += 1
    return {"order": ordered(compiled), "opcodes": {engine: dict(counts) for engine, counts in opcodes.items()}}


__all__ = ["PREPARED", "numbered", "of", "ordered"]
