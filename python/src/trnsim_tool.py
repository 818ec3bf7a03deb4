"""The command-line tool: where it is, and the command `trnsim` of an installed package.

Apart from the package, whose import takes longer than the tool's own work.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def find_tool() -> str | None:
    """The command-line tool: `TRNSIM`, in the package, in PATH, or beside the sources."""
    given = os.environ.get("TRNSIM")
    if given:
        return given
    here = Path(__file__).resolve()
    packaged = here.parent / "trnsim" / "core" / "trnsim"
    if packaged.is_file():
        return str(packaged)
    for folder in os.get_exec_path():
        found = Path(folder) / "trnsim"
        if found.is_file() and os.access(found, os.X_OK) and not _is_script(found):
            return str(found)
    for build in ("release", "debug"):
        for parent in here.parents:
            found = parent / ".build" / build / "trnsim"
            if found.is_file():
                return str(found)
    return None


def _is_script(path: Path) -> bool:
    """Whether it is a script, such as the one that calls `main`."""
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def main() -> None:
    """Becomes the tool, which runs Python scripts with this interpreter."""
    # What it names may be the script that called this.
    os.environ.pop("TRNSIM", None)
    tool = find_tool()
    if tool is None:
        sys.exit("error: the package was installed without the tool\n"
                 "  help: install a wheel of trnsim, or pip install ./python beside the sources with Swift installed")
    os.environ.setdefault("TRNSIM_PYTHON", sys.executable)
    os.execv(tool, ["trnsim", *sys.argv[1:]])
