"""What users import from trnsim: signatures with types, and docstrings."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from typing import Any

import trnsim

from .pages import head

#: The order of the page; what __all__ has besides stands behind.
FIRST = ("simulate", "compare", "sweep", "whatif", "diff", "install", "uninstall", "last_report", "Result", "Report", "Comparison", "Sweep",
         "WhatIf", "Difference")


def _text(found: object) -> list[str]:
    """A docstring as Markdown: sections as bold words, examples as code."""
    lines: list[str] = []
    is_code = is_section = False
    for line in (inspect.getdoc(found) or "").split("\n"):
        section = re.fullmatch(r"(Args|Returns|Raises|Example|Examples|Attributes|Yields):", line)
        if section:
            if is_code:
                lines += ["```", ""]
            lines += [f"**{section[1]}**", ""]
            is_code, is_section = section[1].startswith("Example"), not section[1].startswith("Example")
            if is_code:
                lines.append("```python")
            continue
        if is_section and re.match(r"    [\w.]+: ", line):
            name, _, rest = line.strip().partition(": ")
            lines.append(f"* `{name}`: {rest}")
        elif is_section and line.startswith("     "):
            lines.append("  " + line.strip())
        elif is_section and line.startswith("    "):
            lines.append(line.strip())
        elif is_code:
            lines.append(line.removeprefix("    "))
        elif not is_section and line.startswith("    "):
            lines += ["```python", line.removeprefix("    "), "```"]
        else:
            is_section = is_section and not line
            lines.append(line)
    if is_code:
        while lines[-1] == "":
            lines.pop()
        lines.append("```")
    return [*"\n".join(lines).replace("```\n```python\n", "").split("\n"), ""]


def _annotation(found: object) -> str:
    """A type as it is written; modules are written with `from __future__ import annotations`."""
    text = found if isinstance(found, str) else getattr(found, "__name__", str(found))
    return re.sub(r"\b(?:collections\.abc|typing|trnsim(?:\.\w+)*)\.", "", text)


def _signature(name: str, found: Any) -> str:
    """`name(parameters) -> result`, a parameter a line where it is long."""
    signature = inspect.signature(found)
    marks: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parts: list[str] = []
    is_open = True
    for part in signature.parameters.values():
        if part.kind is part.KEYWORD_ONLY and is_open:
            parts.append("*")
        is_open = is_open and part.kind not in (part.KEYWORD_ONLY, part.VAR_POSITIONAL)
        text = marks.get(part.kind, "") + part.name
        if part.annotation is not part.empty:
            text += f": {_annotation(part.annotation)}"
        if part.default is not part.empty:
            text += f" = {part.default!r}" if part.annotation is not part.empty else f"={part.default!r}"
        parts.append(text)
    result = "" if signature.return_annotation is signature.empty else f" -> {_annotation(signature.return_annotation)}"
    text = f"{name}({', '.join(parts)}){result}"
    return text if len(text) <= 100 else f"{name}(\n    " + ",\n    ".join(parts) + f",\n){result}"


def _names() -> list[str]:
    return [*FIRST, *sorted(name for name in trnsim.__all__ if name not in FIRST and not name.startswith("_"))]


def _class(name: str, found: type) -> list[str]:
    bases = [base.__name__ for base in found.__bases__ if base is not object and not base.__name__.startswith("_")]
    lines = [f"## {name}", "", "```python", f"class {name}" + (f"({', '.join(bases)})" if bases else ""), "```", "", *_text(found)]
    if dataclasses.is_dataclass(found):
        source = inspect.getsource(found)
        for field in dataclasses.fields(found):
            if field.name.startswith("_") or not field.repr:
                continue
            comment = re.search(rf"((?:    #: .*\n)+)    {field.name}:", source)
            said = " ".join(line.strip().removeprefix("#: ") for line in comment[1].strip().split("\n")) if comment else ""
            lines.append(f"* `{field.name}: {_annotation(field.type)}`" + (f": {said}" if said else ""))
        lines.append("")
    own = [(key, value) for base in reversed(found.__mro__) if base.__module__.startswith("trnsim") for key, value in vars(base).items()]
    for key, value in dict(own).items():
        read = value.func if isinstance(value, functools.cached_property) else value.fget if isinstance(value, property) else None
        if key.startswith("_") or not (inspect.isfunction(value) or read):
            continue
        if read:
            result = _annotation(inspect.signature(read).return_annotation)
            lines += [f"### {name}.{key}", "", "```python", f"{key}: {result}", "```", "", *_text(value)]
        else:
            lines += [f"### {name}.{key}", "", "```python", _signature(key, value), "```", "", *_text(value)]
    return lines


def page() -> str:
    lines = head("Python", "What `import trnsim` gives. The package has types for checkers (`py.typed`), and stubs of `nki` and "
                 "`neuronxcc.nki`. [Comparing in Python](../python.md) has examples with what they print, "
                 "[NKI kernels](../nki.md) what kernels may do.")
    lines += [", ".join(f"[{name}](#{name.lower()})" for name in _names()) + ".", ""]
    for name in _names():
        found = getattr(trnsim, name)
        if inspect.isclass(found):
            lines += _class(name, found)
        else:
            if not inspect.getdoc(found):
                raise SystemExit(f"trnsim.{name} has no docstring")
            lines += [f"## {name}", "", "```python", _signature(name, found), "```", "", *_text(found)]
    return "\n".join(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).split("\n"))
