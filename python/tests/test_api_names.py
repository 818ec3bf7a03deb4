"""NKI's names and parameters, as its documentation lists them, are this package's (python/suites/api_diff.py)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SUITES = Path(__file__).resolve().parent.parent / "suites"


@pytest.fixture(scope="module")
def diff() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api_diff", SUITES / "api_diff.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["api_diff"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names(diff) -> dict[str, tuple[str, ...] | None]:
    return diff.listed(diff.NAMES.read_text(encoding="utf-8"))


def test_what_differs_has_a_reason(diff, names) -> None:
    assert len(names) > 300
    found = diff.differences(names)
    assert [difference for difference in found if not difference.reason] == []
    # No reason outlives what it explains.
    assert {difference.name for difference in found} == set(diff.REASONS)


def test_the_page_has_the_table(diff, names) -> None:
    page = diff.PAGE.read_text(encoding="utf-8")
    assert page == diff.page(page, diff.table(names, diff.differences(names))), "run python python/suites/api_diff.py --write"


STUBS = {
    "nki/__init__.pyi": "def jit(fn=None, *, compile_config=None): ...\nversion: str\n_hidden: int\n",
    "nki/isa/__init__.pyi": """
class engine(Enum):
    vector = 5
    warp = 7

class NkiInstruction:
    def depends_on(self, *producers, kind=None): ...
    @property
    def index(self): ...

def memset(dst, value, engine=..., name=None): ...
def memset_twice(dst, value): ...
def tensor_copy(src, dst, engine=..., name=None): ...
def reciprocal(dst, data, accuracy, name=None): ...
""",
    "nki/_private/__init__.pyi": "def internal(): ...\n",
}


def test_stubs_of_an_sdk_are_compared(diff, tmp_path, capsys) -> None:
    for path, text in STUBS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = {difference.name: difference.kind for difference in diff.differences(diff.of_stubs(tmp_path))}
    assert found == {"nki.version": "missing", "nki.isa.engine.warp": "missing", "nki.isa.memset_twice": "missing",
                     "nki.isa.tensor_copy": "parameters", "nki.isa.reciprocal": "parameters"}
    assert diff.main([str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "| `nki.isa` | 10 | 2 | 2 |" in shown
    assert "| `nki.isa.tensor_copy` | `src, dst, engine=, name=` | `dst, src, engine=, name=" in shown
    assert diff.main(["--list", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "nki.jit(fn=, compile_config=)" in lines and "nki.isa.NkiInstruction.depends_on(*producers, kind=)" in lines
    assert diff.listed("\n".join(lines)) == diff.of_stubs(tmp_path)
    assert diff.main(["--nonsense"]) == 64


def test_a_folder_without_the_package(diff, tmp_path) -> None:
    with pytest.raises(SystemExit, match="has no package nki"):
        diff.of_stubs(tmp_path)
    with pytest.raises(SystemExit, match="there is no folder"):
        diff.of_stubs(tmp_path / "absent")
