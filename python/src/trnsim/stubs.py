"""Writes stubs of `nki` and `neuronxcc.nki`, from which editors show signatures and pages.

    python -m trnsim.stubs [DIRECTORY]     makes nki-stubs and neuronxcc-stubs (PEP 561) in it, by default beside trnsim

What they say is what the modules say when they are loaded: the core's declarations.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from .entry import run
from .nki.isa._pages import ALIASES, Annotation
from .tensor.view import NkiTensor

#: Public modules whose stubs are written out, and those that are this package's own under another name.
_WRITTEN_OUT = ("nki.isa", "nki.language", "neuronxcc.nki.isa", "neuronxcc.nki.language")
_PASSED_ON = ("nki", "nki.collectives", "nki.compiler", "nki.dtype", "nki.isa.constants", "nki.simulator", "nki.tensor",
              "nki.typing", "neuronxcc", "neuronxcc.nki", "neuronxcc.nki.compiler", "neuronxcc.nki.isa.constants",
              "neuronxcc.nki.typing")

#: What parameters of `nki.language` take, where its source leaves it open.
_OPEN = {"x": "Scalar", "y": "Scalar", "dtype": "ElementType | None", "axis": "int | Sequence[int] | None",
         "shape": "Sequence[int]", "keepdims": "bool", "negate": "bool", "op": "Op", "engine": "Engine | None"}

#: Methods with underscores that users call in other words.
_SHOWN = ("__call__", "__init__", "__mul__")


class Stub:
    """The text of a module's stub."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.imports: set[str] = set()
        self.lines: list[str] = []
        for name in sorted(set(module.__all__)):
            self._member(name, getattr(module, name))

    def text(self) -> str:
        body = "\n".join(self.lines)
        aliases: dict[str, str] = {}
        # Aliases that are used, and none that the module has under this name itself.
        for alias, value in ALIASES.items():
            if re.search(rf"\b{alias}\b", body) and alias not in self.module.__all__:
                aliases[alias] = value
        self._names(body + " ".join(aliases.values()))
        head = [f'"""{(self.module.__doc__ or "").strip()}"""', "",
                "# Written by `python -m trnsim.stubs`; not to be edited.", "", *sorted(self.imports), ""]
        head += [f"{alias}: TypeAlias = {value}" for alias, value in aliases.items()]
        return "\n".join([*head, "", body.strip(), ""])

    def _names(self, text: str) -> None:
        """Imports what annotations name."""
        known = {"Any": "typing", "SupportsIndex": "typing", "TypeAlias": "typing", "Callable": "collections.abc",
                 "Sequence": "collections.abc", "Iterator": "collections.abc", "DType": "trnsim.tensor.dtypes", "NkiTensor": NkiTensor.__module__,
                 "NkiInstruction": "trnsim.record.recorder", "VirtualRegister": "trnsim.tensor.registers",
                 "NkiScalar": "trnsim.tensor.registers", "NkiBlockGrid": "trnsim.language.tile_grids",
                 "NkiTileGrid": "trnsim.language.tile_grids"}
        code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
        for name, module in known.items():
            if re.search(rf"\b{name}\b", code) or name == "TypeAlias":
                self.imports.add(f"from {module} import {name} as {name}")
        if re.search(r"\bconstants\.", code):
            package = "trnsim.neuronxcc.nki.isa" if "neuronxcc" in self.module.__name__ else "trnsim.nki.isa"
            self.imports.add(f"from {package} import constants as constants")

    def _import(self, value: Any, name: str) -> None:
        self.imports.add(f"from {value.__module__} import {value.__name__} as {name}")

    def _member(self, name: str, value: Any) -> None:
        own = getattr(value, "__module__", None) == self.module.__name__
        if isinstance(value, ModuleType):
            parent, _, last = value.__name__.rpartition(".")
            self.imports.add(f"from {parent} import {last} as {name}")
        elif hasattr(value, "trnsim_op") and hasattr(value, "_call"):
            # Of the first generation, whose calls take masks.
            unmasked = getattr(value, "unmasked", None)
            self._function(name, unmasked or value._call, value.__doc__, masked=unmasked is not None)
        elif isinstance(value, FunctionType):
            self._function(name, value, value.__doc__)
        elif isinstance(value, type) and own and value.__name__ != name:
            self.lines.append(f"{name} = {value.__name__}")
        elif isinstance(value, type) and own:
            self._class(name, value)
        elif isinstance(value, type):
            self._import(value, name)
        elif value in (Any, None):
            self.lines.append(f"{name}: Any")
        else:
            kind = type(value)
            if kind.__module__ == self.module.__name__:
                self._class(kind.__name__, kind)
            elif kind.__module__ != "builtins":
                self._import(kind, kind.__name__)
            self.lines.append(f"{name}: {kind.__name__}")

    def _class(self, name: str, value: type) -> None:
        if any(line.startswith(f"class {name}") for line in self.lines):
            return
        call = vars(type(value)).get("__call__") if type(value) is not type else None
        bases = [base.__name__ for base in value.__bases__ if base is not object]
        for base in value.__bases__:
            if base is not object:
                self._import(base, base.__name__)
        if call is not None:
            # A class that makes tensors, and that all tensors are instances of.
            bases.append("NkiTensor")
        self.lines += [f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"]
        self.lines += _docstring(value.__doc__, "    ")
        if call is not None:
            self._function("__init__", call, None, "    ", gives="None")
            for member, found in inspect.getmembers(NkiTensor, inspect.isfunction):
                if found.__annotations__.get("return") == "NkiTensor" and (member == "__getitem__" or member[0] != "_"):
                    self._function(member, found, None, "    ", gives=name)
        for member, found in vars(value).items():
            if isinstance(found, FunctionType) and (not member.startswith("_") or member in _SHOWN):
                self._function(member, found, found.__doc__, "    ")
            elif isinstance(found, property) and not member.startswith("_") and found.fget is not None:
                self.lines.append("    @property")
                self._function(member, found.fget, found.__doc__, "    ")
            elif isinstance(found, (int, str)) and not member.startswith("_"):
                self.lines.append(f"    {member}: {type(found).__name__}")
        if self.lines[-1].startswith("class "):
            self.lines.append("    ...")
        self.lines.append("")

    def _function(self, name: str, function: Any, doc: str | None, indent: str = "", *, masked: bool = False,
                  gives: str | None = None) -> None:
        signature = inspect.signature(function)
        for annotation in function.__annotations__.values():
            # What the source names in its own way.
            for word in re.findall(r"\b_\w+", annotation if isinstance(annotation, str) else ""):
                self._import(function.__globals__[word], word)
        parts: list[str] = []
        star = False
        for position, parameter in enumerate(signature.parameters.values()):
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            if parameter.kind is parameter.KEYWORD_ONLY and not star:
                parts.append("*")
                star = True
            parts.append(self._parameter(parameter, bool(indent) and position == 0))
            star = star or parameter.kind is parameter.VAR_POSITIONAL
        if masked and not star:
            parts += ["*", "mask: Any = ..."]
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values()):
            parts.append("**_more: Any")
        given = signature.return_annotation
        result = gives or ("Any" if given is signature.empty else _text(given))
        if result == "NkiTensor" and not indent and "ndarray" in self.module.__all__:
            result = "ndarray"  # what kernels call the type of all tensors
        head = f"{indent}def {name}({', '.join(parts)}) -> {result}:"
        self.lines += [head, *_docstring(doc, indent + "    "), ""] if doc else [f"{head} ...", ""]

    def _parameter(self, parameter: inspect.Parameter, is_self: bool) -> str:
        name = f"*{parameter.name}" if parameter.kind is parameter.VAR_POSITIONAL else parameter.name
        if is_self:
            return "self"
        kind = "Any" if parameter.annotation is parameter.empty else _text(parameter.annotation)
        if kind == "Any":
            kind = _OPEN.get(parameter.name, "Any")
            if parameter.default is None and kind != "Any" and not kind.endswith("None"):
                kind = f"{kind} | None"
        if parameter.default is parameter.empty:
            return f"{name}: {kind}"
        default = parameter.default
        shown = repr(default) if isinstance(default, (bool, int, float, str, type(None))) else "..."
        return f"{name}: {kind} = {shown}"


def _text(annotation: Any) -> str:
    if annotation is None:
        return "None"
    if isinstance(annotation, (str, Annotation)):
        return str(annotation)
    return str(annotation.__name__)


def _docstring(doc: str | None, indent: str) -> list[str]:
    if not doc:
        return []
    lines = inspect.cleandoc(doc).splitlines()
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    return [f'{indent}"""{lines[0]}', *(indent + line if line else "" for line in lines[1:]), f'{indent}"""']


def stubs() -> dict[str, str]:
    """All files by their path: `nki-stubs/isa/__init__.pyi` and so on."""
    files = {"nki-stubs/py.typed": "partial\n", "neuronxcc-stubs/py.typed": "partial\n"}
    modules = [*_WRITTEN_OUT, *_PASSED_ON]
    for name in modules:
        root, *rest = name.split(".")
        is_package = any(other.startswith(f"{name}.") for other in modules)
        path = "/".join([f"{root}-stubs", *rest]) + ("/__init__.pyi" if is_package or not rest else ".pyi")
        module = importlib.import_module(f"trnsim.{name}")
        if name in _WRITTEN_OUT:
            files[path] = Stub(module).text()
        else:
            files[path] = f"# Written by `python -m trnsim.stubs`; not to be edited.\nfrom trnsim.{name} import *\n"
            if not hasattr(module, "__all__"):
                files[path] = "# Written by `python -m trnsim.stubs`; not to be edited.\n"
    return files


def main() -> None:
    if len(sys.argv) > 2 or sys.argv[1:2] == ["--help"]:
        raise SystemExit(__doc__)
    directory = Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).resolve().parent.parent
    for path, text in stubs().items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
