"""The command-line tool, for what runs in processes of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def find_tool() -> str | None:
    """The command-line tool: `TRNSIM`, in PATH, or beside the sources."""
    given = os.environ.get("TRNSIM")
    if given:
        return given
    found = shutil.which("trnsim")
    if found:
        return found
    for build in ("release", "debug"):
        for parent in Path(__file__).resolve().parents:
            tool = parent / ".build" / build / "trnsim"
            if tool.is_file():
                return str(tool)
    return None
