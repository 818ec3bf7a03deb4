#!/usr/bin/env python3
"""Compares the names and parameters of NKI with those of this package.

    python python/suites/api_diff.py                what the list beside it (nki_names.txt) has, of the vendor's documentation
    python python/suites/api_diff.py STUBS          what an SDK has: the folder that its package `nki` is in, stubs or sources
    python python/suites/api_diff.py --write        rewrites the table in docs/nki-api.md
    python python/suites/api_diff.py --list STUBS   prints what an SDK has, a line each, as the list has it

Ends with 1 where something is missing that has no reason (`REASONS`).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
NAMES = HERE / "nki_names.txt"
PAGE = HERE.parents[1] / "docs" / "nki-api.md"

#: Parameters in their order, with `=` behind those that need not be given; None: no function.
Parameters = tuple[str, ...] | None

#: Why a name is missing, or differs.
REASONS = {
    "nki.collectives.all_gather_v": "refused: sizes are known at run time, and exchanges have fixed ones here",
    "nki.collectives.all_gather_v_prepare": "refused, as all_gather_v",
    "nki.collectives.all_gather_v_trigger": "refused, as all_gather_v",
    "nki.collectives.all_to_all_v": "refused: sizes are known at run time, and exchanges have fixed ones here",
    "nki.collectives.all_to_all_v_prepare": "refused, as all_to_all_v",
    "nki.collectives.all_to_all_v_trigger": "refused, as all_to_all_v",
    "nki.collectives.collective_permute_implicit_reduce": "refused: its reduction has no published time",
}


class Difference(NamedTuple):
    """A name that is missing, or has other parameters."""

    name: str
    kind: str
    #: Parameters there and here, where those differ.
    there: Parameters
    here: Parameters

    @property
    def reason(self) -> str:
        return REASONS.get(self.name, "")


# Names of an SDK


def of_stubs(tree: Path) -> dict[str, Parameters]:
    """Public names of a package `nki` of stubs or sources below a folder."""
    root = tree / "nki" if (tree / "nki").is_dir() else tree
    if not root.is_dir():
        raise SystemExit(f"error: there is no folder '{tree}'")
    found: dict[str, Parameters] = {}
    for path in sorted([*root.rglob("*.pyi"), *root.rglob("*.py")]):
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(("nki", *(parts[:-1] if parts[-1] == "__init__" else parts)))
        if any(part.startswith("_") for part in module.split(".")):
            continue
        for name, parameters in _members(ast.parse(path.read_text(encoding="utf-8")).body):
            found.setdefault(f"{module}.{name}", parameters)
    if not found:
        raise SystemExit(f"error: '{tree}' has no package nki\n  help: give the folder that `nki` is in")
    return found


def _members(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Parameters]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            is_property = any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)
            yield owner + node.name, None if is_property else _parameters(node.args, bool(owner))
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield owner + node.name, None
            yield from _members(node.body, f"{owner}{node.name}.")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
            yield owner + node.target.id, None
        elif isinstance(node, ast.Assign) and owner:
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield owner + target.id, None


def _parameters(args: ast.arguments, is_method: bool) -> tuple[str, ...]:
    plain = [*args.posonlyargs, *args.args]
    optional = len(plain) - len(args.defaults)
    found = [argument.arg + ("=" if number >= optional else "") for number, argument in enumerate(plain)]
    if is_method:
        found = [name for name in found if name.rstrip("=") not in ("self", "cls")]
    if args.vararg is not None:
        found.append(f"*{args.vararg.arg}")
    found += [argument.arg + ("=" if default is not None else "") for argument, default in zip(args.kwonlyargs, args.kw_defaults)]
    return tuple(found)


def listed(text: str) -> dict[str, Parameters]:
    """The names of a list: `nki.isa.memset(dst, value, engine=, name=)`, a line each; # begins a comment."""
    found: dict[str, Parameters] = {}
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line:
            name, bracket, rest = line.partition("(")
            found[name] = tuple(filter(None, (part.strip() for part in rest.rstrip(")").split(",")))) if bracket else None
    return found


def as_line(name: str, parameters: Parameters) -> str:
    """A line of the list."""
    return name if parameters is None else f"{name}({', '.join(parameters)})"


# Names of this package


def here(name: str) -> tuple[bool, Parameters]:
    """Whether this package has a name, and its parameters."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:count]))
            break
        except ImportError:
            continue
    else:
        return False, None
    for part in parts[count:]:
        if not hasattr(thing, part):
            # Attributes of instances, which classes with slots do not have.
            return part in getattr(thing, "__slots__", ()) or part in getattr(thing, "__annotations__", {}), None
        thing = getattr(thing, part)
    return True, _signature(thing, len(parts) - count > 1)


def _signature(thing: Any, is_method: bool) -> Parameters:
    call = getattr(thing, "_call", thing)
    if isinstance(call, (type, property)) and getattr(type(call), "__call__", None) is type.__call__ or not callable(call):
        return None
    try:
        found = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return None
    if is_method and found and found[0].name in ("self", "cls"):
        found = found[1:]
    names = []
    for parameter in found:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        star = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ""
        optional = parameter.default is not inspect.Parameter.empty
        names.append(f"{star}{parameter.name}{'=' if optional else ''}")
    return tuple(names)


def _takes_any(name: str) -> bool:
    """Whether a function of this package takes keywords that it does not name."""
    module, _, rest = name.rpartition(".")
    try:
        thing = getattr(importlib.import_module(module), rest)
        return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in inspect.signature(thing).parameters.values())
    except (AttributeError, ImportError, TypeError, ValueError):
        return False


# The comparison


def differences(names: Mapping[str, Parameters]) -> list[Difference]:
    """What this package lacks of what is named, and where parameters differ."""
    found = []
    for name, there in sorted(names.items()):
        is_here, own = here(name)
        if not is_here or getattr(_of(name), "is_refused", False):
            found.append(Difference(name, "missing", there, None))
        elif there is not None and own is not None and not _fits(there, own, _takes_any(name)):
            found.append(Difference(name, "parameters", there, own))
    return found


def _of(name: str) -> Any:
    module, _, rest = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), rest, None)
    except ImportError:
        return None


def _fits(there: tuple[str, ...], own: tuple[str, ...], takes_any: bool) -> bool:
    """Whether every call that fits the one fits the other: the same names in the same places, and none more that must be given."""
    bare = [name.rstrip("=") for name in own if not name.startswith("*")]
    wanted = [name.rstrip("=") for name in there if not name.startswith("*")]
    known = [name for name in wanted if name in bare]
    if len(known) < len(wanted) and not takes_any:
        return False
    # By position they are the same as far as both go.
    if [name for name in bare if name in known] != known:
        return False
    must = {name for name in own if not name.endswith("=") and not name.startswith("*")}
    return must <= {name for name in there if not name.endswith("=")}


def table(names: Mapping[str, Parameters], found: list[Difference]) -> str:
    """The comparison as Markdown."""
    modules: dict[str, list[int]] = {}
    by_name = {difference.name: difference for difference in found}
    for name in names:
        parts = name.split(".")
        count = modules.setdefault(".".join(parts[:2]) if len(parts) > 2 else "nki", [0, 0, 0])
        count[0] += 1
        count[1] += name in by_name and by_name[name].kind == "missing"
        count[2] += name in by_name and by_name[name].kind == "parameters"
    lines = ["| module | names | missing | other parameters |", "|---|---|---|---|"]
    lines += [f"| `{module}` | {count[0]} | {count[1]} | {count[2]} |" for module, count in sorted(modules.items())]
    if found:
        lines += ["", "| name | there | here |", "|---|---|---|"]
        for difference in found:
            there = ", ".join(difference.there) if difference.there is not None else ""
            own = difference.reason or ("missing" if difference.kind == "missing" else f"`{', '.join(difference.here or ())}`")
            lines.append(f"| `{difference.name}` | {f'`{there}`' if there else ''} | {own} |")
    return "\n".join(lines) + "\n"


BEGIN, END = "<!-- api_diff: begin -->", "<!-- api_diff: end -->"


def page(text: str, made: str) -> str:
    """A page with its table made anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{made}{END}{tail}"


def main(arguments: list[str]) -> int:
    """Prints a comparison, or rewrites the page."""
    sys.path.insert(0, str(HERE.parent / "src"))
    import trnsim

    trnsim.install(shadow=True)
    if arguments[:1] == ["--list"] and len(arguments) == 2:
        for name, parameters in of_stubs(Path(arguments[1])).items():
            print(as_line(name, parameters))
        return 0
    if arguments not in ([], ["--write"]) and (len(arguments) != 1 or arguments[0].startswith("-")):
        print(__doc__, end="")
        return 0 if arguments in (["--help"], ["-h"]) else 64
    names = listed(NAMES.read_text(encoding="utf-8")) if arguments in ([], ["--write"]) else of_stubs(Path(arguments[0]))
    found = differences(names)
    made = table(names, found)
    if arguments == ["--write"]:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    else:
        print(made, end="")
    return 1 if any(not difference.reason for difference in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
