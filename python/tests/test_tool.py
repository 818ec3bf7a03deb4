"""The command `trnsim` of an installed package, and where the tool is looked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trnsim_tool


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A site directory with the module alone."""
    shutil.copy(trnsim_tool.__file__, tmp_path)
    return tmp_path


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def command(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("TRNSIM", "TRNSIM_PYTHON")}
    return subprocess.run([sys.executable, "-c", "import trnsim_tool; trnsim_tool.main()", *arguments], text=True,
                          capture_output=True, timeout=60, cwd=site,
                          env=kept | {"PYTHONPATH": str(site)} | environment)


def test_the_packaged_tool_is_run_with_this_interpreter(installed: Path) -> None:
    executable(installed / "trnsim" / "core" / "trnsim", '#!/bin/sh\necho "$# $1 $2 $TRNSIM_PYTHON"\nexit 3\n')
    done = command(installed, "run", "a b")
    assert (done.returncode, done.stdout) == (3, f"2 run a b {sys.executable}\n")
    done = command(installed, "run", "x", TRNSIM_PYTHON="other", TRNSIM="/nowhere")
    assert done.stdout == "2 run x other\n"


def test_the_command_itself_is_not_taken_for_the_tool(installed: Path) -> None:
    script = executable(installed / "bin" / "trnsim", "#!/bin/sh\nexit 9\n")
    done = command(installed, PATH=str(script.parent), TRNSIM=str(script))
    assert done.returncode == 1
    assert done.stderr.startswith("error: the package was installed without the tool\n  help: ")
    tool = executable(installed / "other" / "trnsim", "\x7fELF")
    found = subprocess.run([sys.executable, "-c", "import trnsim_tool; print(trnsim_tool.find_tool())"], text=True,
                           capture_output=True, check=True,
                           env={"PYTHONPATH": str(installed), "PATH": f"{script.parent}:{tool.parent}"})
    assert found.stdout == f"{tool}\n"
