"""Files that Python writes: their modes and links stay, and none of them is a file that the run reads."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from trnsim.run import outputs
from trnsim.errors import TrnsimError

SCRIPT = "print('ran')\n"

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(outputs.__file__).resolve().parents[2])}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "trnsim", *arguments], cwd=folder, text=True, check=False, env=ENVIRONMENT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.json"
    path.write_text("x")
    path.chmod(mode)
    outputs.write(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a.json"]


def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d/target")
    for text in ("first", "second"):
        outputs.write(str(tmp_path / "link"), text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "d" / "target").read_text() == text
    assert os.listdir(tmp_path / "d") == ["target"]


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        outputs.write(path, "\ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_standard_output_and_pipes(tmp_path: Path) -> None:
    code = ("from trnsim.run import outputs\n"
            "print('before'); outputs.write('/dev/stdout', 'middle\\n'); print('after')\n")
    with open(tmp_path / "all", "w", encoding="utf-8") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True, env=ENVIRONMENT)
    assert (tmp_path / "all").read_text() == "before\nmiddle\nafter\n"
    outputs.write("/dev/null", "x")
    reader, writer = os.pipe()
    outputs.write(f"/dev/fd/{writer}", "piped")
    os.close(writer)
    assert os.read(reader, 9) == b"piped"
    os.close(reader)


@pytest.mark.parametrize("spelling", ["k.py", "./k.py", "link", "hard"])
@pytest.mark.parametrize("option", ["--json", "--program", "--trace"])
def test_no_output_is_the_script(tmp_path: Path, option: str, spelling: str) -> None:
    (tmp_path / "k.py").write_text(SCRIPT)
    (tmp_path / "link").symlink_to("k.py")
    os.link(tmp_path / "k.py", tmp_path / "hard")
    with pytest.raises(TrnsimError, match=f"the script that runs, and {option} would overwrite it"):
        outputs.require_own([(str(tmp_path / "k.py"), "the script that runs")], [(str(tmp_path / spelling), option)])
    assert (tmp_path / "k.py").read_text() == SCRIPT


def test_command_line(tmp_path: Path) -> None:
    (tmp_path / "k.py").write_text(SCRIPT)
    done = _run(tmp_path, "--trace", "./k.py", "k.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ./k.py is the script that runs, and --trace would overwrite it")
    done = _run(tmp_path, "--json", "r.json", "--program", "./r.json", "k.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--json and --program would both write ./r.json" in done.stderr
    assert os.listdir(tmp_path) == ["k.py"]


def test_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    done = _run(tmp_path, "a\x1b[31m\u202e.py")
    assert done.returncode == 1
    assert done.stderr == "error: there is no file 'a\ufffd[31m\ufffd.py'\n"
