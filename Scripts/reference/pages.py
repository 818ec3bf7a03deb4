"""What all pages have: their head, the tool's answers, tables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def head(title: str, text: str) -> list[str]:
    """A page's first lines."""
    return [f"# {title}", "", "<!-- written by Scripts/make-reference -->", "", text, ""]


def tool(*arguments: str, columns: int = 100, codes: Sequence[int] = (0,)) -> str:
    """What trnsim prints."""
    done = subprocess.run(["trnsim", *arguments], cwd=ROOT, text=True, capture_output=True, check=False,
                          env={**os.environ, "COLUMNS": str(columns)})
    if done.returncode not in codes:
        raise SystemExit(f"trnsim {' '.join(arguments)} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


def cell(text: object) -> str:
    """A text in a table's cell, in which Markdown means nothing."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Rows whose cells are Markdown."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(str(one) for one in row) + " |" for row in rows), ""]


def code(text: object) -> str:
    """A text as it is typed."""
    return "`" + str(text).replace("|", "\\|") + "`"
