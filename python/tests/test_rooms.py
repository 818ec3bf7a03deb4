"""The rooms of the package and their arrows are those that docs/architecture.md shows, and no modules import in a loop."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "python" / "src"


class Import(NamedTuple):
    """One module of the package importing another."""

    module: str
    line: int
    target: str
    #: Whether it stands at the module's top level, not in a function, a class or a branch.
    at_top: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def imports(root: Path) -> tuple[set[str], list[Import]]:
    """The modules below a folder, and what they import of one another."""
    paths: dict[str, Path] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found: list[Import] = []
    for module, path in paths.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = set(map(id, tree.body))
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                folder = ".".join(package.split(".")[:len(package.split(".")) - node.level + 1]) if node.level else ""
                source = ".".join(filter(None, (folder, node.module)))
                # A name is a module of the package, or something in its package's own file.
                names = [f"{source}.{alias.name}" if f"{source}.{alias.name}" in paths else source for alias in node.names]
            else:
                continue
            for name in sorted(set(names)):
                if name in paths and name != module:
                    found.append(Import(module, node.lineno, name, id(node) in top))
    return set(paths), found


def in_loops(modules: set[str], edges: list[Import]) -> set[str]:
    """The modules that are part of a loop, or lie between two."""
    left = set(modules)
    while True:
        inner = [edge for edge in edges if edge.module in left and edge.target in left]
        kept = {edge.module for edge in inner} & {edge.target for edge in inner}
        if kept == left:
            return left
        left = kept


def room(module: str) -> str:
    """The folder or the file below the package; `trnsim` is the package's own file."""
    return module.split(".")[1] if "." in module else module


def documented() -> dict[str, set[str]]:
    """The rows of the table: | level | `room` | uses | what |, in their order."""
    rows: dict[str, set[str]] = {}
    for line in (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"P\d", cells[0]):
            rows[cells[1].strip("`")] = set(cells[2].split(", ")) - {"-"}
    return rows


MODULES, IMPORTS = imports(SOURCES)


def test_the_table_is_the_package():
    assert set(documented()) == set(map(room, MODULES))


def test_every_arrow_is_in_the_table_and_used():
    used: dict[str, set[str]] = {name: set() for name in map(room, MODULES)}
    for found in IMPORTS:
        if room(found.module) != room(found.target):
            used[room(found.module)].add(room(found.target))
    assert used == documented()


def test_arrows_point_upwards_in_the_table():
    above: set[str] = set()
    for name, uses in documented().items():
        assert uses <= above, f"{name} uses {sorted(uses - above)}, which stand below it"
        above.add(name)


def test_no_modules_import_in_a_loop():
    assert in_loops(MODULES, IMPORTS) == set()


def test_no_import_hides():
    """An import in a function is how loops were hidden; it costs each call besides."""
    assert [str(found) for found in IMPORTS if not found.at_top] == []


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_module_that_is_named_exists(document):
    names = re.findall(r"`([\w/]+\.py)`", (REPOSITORY / document).read_text(encoding="utf-8"))
    names = [name for name in names if not name.endswith("NAME.py")]  # of a file that is to come
    folders = (REPOSITORY, SOURCES / "trnsim")
    assert [name for name in names if not any((folder / name).is_file() for folder in folders)] == []


class TestTheReader:
    """What the tests above stand on."""

    @pytest.fixture
    def package(self, tmp_path):
        def write(**files):
            for name, text in files.items():
                path = tmp_path / "p" / f"{name.replace('__of__', '/')}.py"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return imports(tmp_path)
        return write

    def test_loops_are_found_wherever_the_import_stands(self, package):
        modules, found = package(__init__="", a="from .b import x", b="def f():\n    from . import c", c="import p.a",
                                 d="from .a import y", e="")
        assert in_loops(modules, found) == {"p.a", "p.b", "p.c"}
        assert [str(edge) for edge in found if not edge.at_top] == ["p.b:2 imports p.c"]

    def test_names_are_modules_or_in_their_package(self, package):
        _, found = package(__init__="", q__of____init__="from . import r", q__of__r="x = 1", a="from .q import r, x\nimport os")
        assert {(edge.module, edge.target) for edge in found} == {("p.q", "p.q.r"), ("p.a", "p.q.r"), ("p.a", "p.q")}

    def test_branches_hide_too(self, package):
        _, found = package(__init__="", a="if True:\n    from . import b", b="")
        assert [edge.at_top for edge in found] == [False]
