"""Keys of reports and their JSON schema, from reports that are made here; report_keys.txt says what they mean.

A key that a report has and the table has not is an error, and the other way round, so that the page is what the code writes.
"""

from __future__ import annotations

import json
import re
import tempfile
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import trnsim

from .pages import ROOT, cell, code, head, table, tool

#: Runs that together have all keys: a kernel's, two cores', of values alone, with notes.
RUNS = (("rmsnorm", "--param", "tokens=4", "--advise"), ("matmul", "--param", "m=128", "--param", "k=256", "--param", "n=512"),
        ("core_sum", "--param", "hidden=256", "--param", "lnc=2"), ("rmsnorm", "--param", "tokens=1", "--values-only"))
#: Programs whose runs have notes, or fail.
PROGRAMS = {
    "undefined": ("tensor x: hbm input float32 [128, 64]\ntensor y: hbm output float32 [128, 64]\n"
                  "tensor a: sbuf float32 [128, 64] at byte 0\ndma_copy dst=a src=x\ndma_copy dst=a[:, 0:62] src=a[:, 2:64]\n"
                  "dma_copy dst=y src=a\n"),
    "full": ("tensor x: hbm input float32 [128, 65536]\ntensor y: hbm output float32 [128, 65536]\n"
             "tensor a: sbuf float32 [128, 32768]\ntensor b: sbuf float32 [128, 32768]\n"
             "dma_copy dst=a src=x[:, 0:32768]\ndma_copy dst=b src=x[:, 32768:65536]\n"
             "dma_copy dst=y[:, 0:32768] src=a\ndma_copy dst=y[:, 32768:65536] src=b\n"),
    "unwritten": ("tensor x: hbm input float32 [128, 64]\ntensor y: hbm output float32 [128, 64]\n"
                  "tensor a: sbuf float32 [128, 64] at byte 0\ndma_copy dst=a src=x\ndma_copy dst=y[0:64, :] src=a[0:64, :]\n"),
}


@cache
def keys() -> list[tuple[str, str, bool]]:
    """The table: way, meaning, whether none of the runs has it."""
    found = []
    for line in (Path(__file__).parent / "report_keys.txt").read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            way, _, meaning = line.partition(" | ")
            found.append((way.removeprefix("? "), meaning, way.startswith("? ")))
    return found


@cache
def documents() -> list[dict[str, Any]]:
    """The reports."""
    found = [json.loads(tool("run", *run, "--json")) for run in RUNS]
    with tempfile.TemporaryDirectory() as directory:
        def run(path: Path, code: int) -> dict[str, Any]:
            out = Path(directory) / "report.json"
            tool("run", str(path), "--json", str(out), codes=(code,))
            return json.loads(out.read_text(encoding="utf-8"))  # type: ignore[no-any-return]

        for name, code_ in (("undefined", 0), ("full", 1)):
            path = Path(directory) / f"{name}.trn"
            path.write_text(f"trnsim program 1\nkernel {name}\n{PROGRAMS[name]}", encoding="utf-8")
            found.append(run(path, code_))
        found += [run(ROOT / "traces" / name, 2) for name in ("deadlock.trn", "race.trn")]
    # And those that tests record; of failures more than one has been made above.
    found += [json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "Tests/ReportsTests/Goldens").glob("*.json"))]
    return [*found, *_of_python()]


def _of_python() -> list[dict[str, Any]]:
    """A report that Python's users get, without and with what looks at every instruction."""
    trnsim.install()
    import nki
    import nki.isa as nisa
    import nki.language as nl

    @nki.jit
    def copied(x: Any) -> Any:
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nisa.dma_copy(out, tile)
        return out

    report = trnsim.simulate(copied, np.ones((128, 64), np.float32)).report
    return [report.json, report.details]


def _patterns(way: str) -> list[str]:
    return way.split("/")


def _matches(pattern: str, way: tuple[str, ...]) -> bool:
    parts = _patterns(pattern)
    return len(parts) == len(way) and all(fnmatchcase(name, part) if part != "[]" else name == "[]"
                                          for part, name in zip(parts, way, strict=True))


@cache
def _meaning(way: tuple[str, ...]) -> tuple[str, str] | None:
    """The line of the table for a way; one without * before one with."""
    found = [(pattern, meaning) for pattern, meaning, _ in keys() if _matches(pattern, way)]
    return min(found, key=lambda one: one[0].count("*")) if found else None


def _walk(value: Any, way: tuple[str, ...], seen: dict[tuple[str, ...], list[Any]]) -> None:
    # What a core has besides is told at the top.
    if len(way) == 3 and way[:2] == ("cores", "[]") and way[2] not in ("rank", "core", "exchanges"):
        return
    if way:
        seen.setdefault(way, []).append(value)
    if isinstance(value, dict):
        for key, part in value.items():
            _walk(part, (*way, key), seen)
    elif isinstance(value, list):
        for part in value:
            _walk(part, (*way, "[]"), seen)


@cache
def _types() -> dict[str, list[str]]:
    """The JSON types of each line of the table."""
    seen: dict[tuple[str, ...], list[Any]] = {}
    for document in documents():
        _walk(document, (), seen)
    unknown = sorted("/".join(way) for way in seen if _meaning(way) is None)
    met: dict[str, set[str]] = {}
    for way, values in seen.items():
        line = _meaning(way)
        if line:
            met.setdefault(line[0], set()).update(_type(value) for value in values)
    stale = [way for way, _, is_rare in keys() if way not in met and not is_rare]
    rare = [way for way, _, is_rare in keys() if is_rare and way in met]
    # A key that no run has is one of the code's texts at least.
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))
    stale += [way for way, _, is_rare in keys() if is_rare and way[-1] not in "]*" and f'"{way.split("/")[-1]}"' not in texts]
    if unknown or stale or rare:
        raise SystemExit(f"Scripts/reference/report_keys.txt: no meaning for {unknown}; no run has {stale}; not rare: {rare}")
    return {way: sorted(found) for way, found in met.items()}


def _type(value: Any) -> str:
    return {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array", type(None): "null"}[type(value)]


def page() -> str:
    lines = head("Report keys", "What `trnsim run --json` writes, and `report.details` of Python has; `report.json` has all but what looks at "
                 "every instruction. Names are the profiler's where it has such a number. Times are seconds and shares fractions, unless "
                 "the name says otherwise. `*` is any name, `[]` each element of a list. Of several cores the keys at the top are those "
                 "of the one that completed last. JSON schemas: [report](report.schema.json), [failure](failure.schema.json); "
                 "keys may come, and `schema` grows when one changes its meaning or goes.")
    rows = []
    for way, meaning, is_rare in keys():
        types = " or ".join(_types().get(way, [])).replace("integer or number", "number") or "where there are such"
        rows.append([code(way.replace("/[]", "[]").replace("/", ".")), types, cell(meaning) + (" (some runs)" if is_rare else "")])
    first = next(position for position, row in enumerate(rows) if row[0] == "`failure`")
    lines += ["## Reports", "", *table(["key", "type", "what"], rows[:first])]
    lines += ["## Failures", "", "The document of a run that failed has `schema` and `failure`.", "",
              *table(["key", "type", "what"], rows[first:])]
    return "\n".join(lines)


def _schema(values: list[Any], way: tuple[str, ...]) -> dict[str, Any]:
    """What all the values are."""
    types = {_type(value) for value in values}
    if "number" in types:
        types.discard("integer")
    found: dict[str, Any] = {}
    line = _meaning(way) if way else None
    if line:
        found["description"] = re.sub(r"\s+", " ", line[1])
    if types:
        found["type"] = sorted(types) if len(types) > 1 else next(iter(types))
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    if objects and any(way_ == "/".join((*_general(way), "*")) for way_, _, _ in keys()):
        found["additionalProperties"] = _schema([part for value in objects for part in value.values()], (*way, "*"))
    elif objects:
        names = sorted({name for value in objects for name in value})
        found["properties"] = {name: _schema([value[name] for value in objects if name in value], (*way, name)) for name in names}
        required = [name for name in names if all(name in value for value in objects)]
        if required:
            found["required"] = required
    if lists and way == ("cores",):
        found["items"] = {"$ref": "#/$defs/core"}
    elif any(lists):
        found["items"] = _schema([part for value in lists for part in value], (*way, "[]"))
    return found


def _general(way: tuple[str, ...]) -> tuple[str, ...]:
    """The way as the table has it."""
    line = _meaning(way) if way else None
    return tuple(_patterns(line[0])) if line else way


def _document(name: str, title: str, values: list[dict[str, Any]]) -> str:
    found = _schema(values, ())
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, "title": title} | found
    cores = [core for value in values for core in value.get("cores", [])]
    if cores:
        own = {"rank", "core", "exchanges"}
        whole = [{key: part for key, part in core.items() if key not in own} for core in cores]
        found["$defs"] = {"core": _schema(whole, ())}
        found["$defs"]["core"]["properties"] |= {key: _schema([core[key] for core in cores], ("cores", "[]", key)) for key in sorted(own)}
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=False)


def schema() -> str:
    _types()
    return _document("report.schema.json", "A report of trnsim", [one for one in documents() if "failure" not in one])


def failure_schema() -> str:
    return _document("failure.schema.json", "A run of trnsim that failed", [one for one in documents() if "failure" in one])
