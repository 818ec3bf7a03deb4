"""Tables and drawings with packages that are there or not: pandas and matplotlib."""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import PackageMissingError


def _package(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise PackageMissingError(f"{what} need {package}, which is not installed\n  help: pip install {package}") from error


def frame(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Columns as a pandas DataFrame.

    Raises:
        PackageMissingError: if pandas is not installed.
    """
    return _package("pandas", "frames").DataFrame(dict(columns))


def axes(given: Any, size: tuple[float, float]) -> Any:
    """The axes of matplotlib that are given, or new ones of `size` inches.

    Raises:
        PackageMissingError: if matplotlib is not installed.
    """
    if given is not None:
        return given
    return _package("matplotlib.pyplot", "plots").subplots(figsize=size, layout="constrained")[1]


def bars(given: Any, labels: Sequence[str], values: Sequence[float], title: str, unit: str) -> Any:
    """Horizontal bars, the first on top."""
    found = axes(given, (7, 1 + 0.3 * len(labels)))
    found.barh(range(len(labels)), list(values))
    found.set_yticks(range(len(labels)), labels=list(labels))
    found.invert_yaxis()
    found.set_xlabel(unit)
    found.set_title(title)
    return found


def html_table(rows: Sequence[Mapping[str, Any]], limit: int) -> str:
    """The first rows as HTML, numbers with three digits behind the point."""
    if not rows:
        return ""
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row.values()) + "</tr>"
                   for row in rows[:limit])
    rest = f"<p>and {len(rows) - limit} more</p>" if len(rows) > limit else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
