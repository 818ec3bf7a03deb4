"""What users read of the package: signatures, docstrings, and the JSON schema of reports."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trnsim

pytestmark = pytest.mark.sources

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("simulate", "compare", "sweep", "whatif", "diff")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_tells_its_arguments(name: str) -> None:
    found = getattr(trnsim, name)
    parameters = inspect.signature(found).parameters
    assert all(part.annotation is not part.empty for part in parameters.values())
    text = inspect.getdoc(found) or ""
    args = text.partition("Args:\n")[2].split("\n\n")[0]
    assert sorted(re.findall(r"^    (\w+): ", args, re.MULTILINE)) == sorted(parameters)
    for section in ("Returns:", "Raises:", "Example:"):
        assert f"\n{section}\n" in text, section


def test_the_package_is_typed() -> None:
    assert (Path(trnsim.__file__).parent / "py.typed").exists()


def test_all_that_is_public_is_told() -> None:
    for name in trnsim.__all__:
        found = getattr(trnsim, name)
        if name.startswith("_"):
            continue
        assert inspect.getdoc(found), name
        for key, value in vars(found).items() if inspect.isclass(found) else ():
            if not key.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                assert inspect.getdoc(value), f"{name}.{key}"


def violations(schema: dict[str, Any], value: Any, root: dict[str, Any], way: str = "") -> list[str]:
    """What of a JSON value the schema does not allow, as far as ours go."""
    if "$ref" in schema:
        schema = root if schema["$ref"] == "#" else root["$defs"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array", type(None): "null"}[type(value)]
    if kinds and kind not in kinds and not (kind == "integer" and "number" in kinds):
        return [f"{way} is {kind}, not {kinds}"]
    found: list[str] = []
    if isinstance(value, dict):
        found += [f"{way}/{name} is missing" for name in schema.get("required", []) if name not in value]
        for name, part in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            found += violations(inner, part, root, f"{way}/{name}")
    if isinstance(value, list):
        for part in value:
            found += violations(schema.get("items", {}), part, root, f"{way}/[]")
    return found


def schema_of(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "docs" / "reference" / f"{name}.schema.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_the_schema_takes_reports() -> None:
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
    schema = schema_of("report")
    assert violations(schema, report.details, schema) == []
    assert violations(schema, report.json, schema) == []
    assert violations(schema, {**report.json, "total_time": "long"}, schema)


def test_the_schema_takes_recorded_reports() -> None:
    goldens = ROOT / "Tests" / "ReportsTests" / "Goldens"
    for path in goldens.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        schema = schema_of("failure" if "failure" in document else "report")
        assert violations(schema, document, schema) == [], path.name


def test_errors_name_their_topics() -> None:
    sections = re.findall(r"^## (\S+)$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    error = trnsim.NkiValidationError("wrong")
    assert error.topic in sections and str(error) == f"wrong\n  see: trnsim explain {error.topic}"
    fault = trnsim.SimulationError("wrong", kind="out of bounds")
    assert fault.topic == "out-of-bounds" and fault.topic in sections
    assert trnsim.UnsupportedError("wrong").topic in sections
    assert trnsim.CoreMissingError("wrong").topic in sections
