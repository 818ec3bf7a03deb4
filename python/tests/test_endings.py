"""How programs end from outside: Ctrl-C is one line, a reader that leaves is none; and what a terminal shows meanwhile."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()

pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")

#: A kernel that waits for whoever opens the other end of a pipe, after saying so.
WAITING = """
import os, pathlib
import numpy as np
import nki, nki.isa as nisa, nki.language as nl

@nki.jit
def doubled(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    folder = pathlib.Path(os.environ["GATE"])
    (folder / "waits").touch()
    open(folder / "gate").close()
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    nl.store(out, tile)
    return out

if __name__ == "__main__":
    doubled(np.ones((8, 64), np.float32))
"""

TALKING = """
for line in range(1_000_000):
    print("line", line)
"""

SPEC = "script: k.py\nkernel: doubled\ninputs: {x: 'float32[8, 64]'}\n"

FUNCTION = ["k.py:doubled", "--input", "x=float32[8, 64]"]


def environment() -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if not name.startswith("TRNSIM_") or name == "TRNSIM_CORE"}
    return found | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1]), "TRNSIM": str(TOOL)}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "k.py").write_text(WAITING)
    (tmp_path / "talk.py").write_text(TALKING)
    (tmp_path / "s.yaml").write_text(SPEC)
    (tmp_path / "suite.yaml").write_text("entries:\n  - {script: k.py, kernel: doubled, inputs: {x: 'float32[8, 64]'}}\n")
    os.mkfifo(tmp_path / "gate")
    return tmp_path


def until(holds, what: str) -> None:
    """Waits for what must come; a minute without it is a failure."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@contextmanager
def gate(folder: Path):
    """Whoever waits at the gate goes on at the end, also one that nobody waits for any more."""
    try:
        yield
    finally:
        for _ in range(100):
            try:
                os.close(os.open(folder / "gate", os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                # Nobody is there.
                break
            time.sleep(0.01)


def with_interrupts() -> None:
    """A process begun in the background of a shell without job control, and all that it starts, ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(folder: Path, *command: str, **streams) -> subprocess.Popen:
    streams.setdefault("preexec_fn", with_interrupts)
    return subprocess.Popen(command, cwd=folder, env=environment() | {"GATE": str(folder)}, start_new_session=True, text=True,
                            **streams)


PYTHON = sys.executable

PROGRAMS = {
    "run": [TOOL, "run", *FUNCTION],
    "run script": [TOOL, "run", "k.py"],
    "whatif": [TOOL, "whatif", *FUNCTION],
    "emit": [TOOL, "emit", *FUNCTION, "-o", "x.trn"],
    "check": [TOOL, "check", "suite.yaml"],
    "python": [PYTHON, "-m", "trnsim", "k.py"],
    "sweeps": [PYTHON, "-m", "trnsim.sweeps", "s.yaml"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_control_c_is_one_line(folder, program):
    with gate(folder):
        process = start(folder, *PROGRAMS[program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until((folder / "waits").exists, "the kernel is being recorded")
        # As a terminal does, to all of them.
        os.killpg(process.pid, signal.SIGINT)
        # Who waits holds the pipes as well, and ends with the gate.
        process.wait(timeout=60)
    output, errors = process.communicate(timeout=60)
    # Which shells show as 130.
    assert process.returncode == -signal.SIGINT
    assert (output, errors) == ("", "interrupted\n")
    assert not (folder / "x.trn").exists()


def test_control_c_ends_what_python_cannot_interrupt(folder):
    """A call that no signal ends stands for a long one of the core."""
    (folder / "talk.py").write_text(
        "import ctypes, os, pathlib\nlock, libc = ctypes.create_string_buffer(64), ctypes.CDLL(None)\n"
        "libc.pthread_mutex_lock(lock)\npathlib.Path('waits').touch()\nlibc.pthread_mutex_lock(lock)\n")
    process = start(folder, PYTHON, "-m", "trnsim", "talk.py", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until((folder / "waits").exists, "the call is made")
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "interrupted\n")
    assert process.returncode == 130


@pytest.mark.parametrize("program", [[TOOL, "run", "talk.py"], [PYTHON, "-m", "trnsim", "talk.py"],
                                     [TOOL, "emit", "rmsnorm", "--param", "tokens=65536", "-o", "-"]],
                         ids=["run script", "python", "emit"])
@pytest.mark.parametrize("ignored", [False, True], ids=["", "ignored"])
def test_readers_may_leave(folder, program, ignored):
    def ignore() -> None:
        with_interrupts()
        if ignored:
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    process = start(folder, *program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ignore, restore_signals=not ignored)
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == -signal.SIGPIPE


def test_a_brokenpipe_of_its_own_is_the_scripts(folder):
    (folder / "talk.py").write_text("raise BrokenPipeError('mine')")
    done = subprocess.run([PYTHON, "-m", "trnsim", "talk.py"], cwd=folder, env=environment(), capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("BrokenPipeError: mine\n")


@pytest.mark.parametrize("command", ["run", "emit", "show", "compile"])
def test_a_terminal_sees_that_a_kernel_is_being_recorded(folder, command):
    options = ["-o", "x.trn"] if command in ("emit", "compile") else []
    ours, theirs = pty.openpty()
    seen = b""
    with gate(folder):
        process = start(folder, TOOL, command, *FUNCTION, *options, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        # A busy machine may show no first second, and may show some before the kernel waits.
        while not re.search(rb"recording k\.py:doubled  \d+ s", seen):
            seen += os.read(ours, 1000)
        until((folder / "waits").exists, "the kernel is being recorded")
    # The line goes again. Linux tells the end of a terminal by an error.
    try:
        while more := os.read(ours, 1000):
            seen += more
    except OSError:
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b" s\r\x1b[K" in seen


def test_no_terminal_no_progress(folder):
    with gate(folder):
        process = start(folder, TOOL, "emit", *FUNCTION, "-o", "x.trn", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until((folder / "waits").exists, "the kernel is being recorded")
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


COMPLETIONS = """
source <("$T" --generate-completion-script bash)
COMP_WORDS=("$T" "$@"); COMP_CWORD=$#
COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
_trnsim "$T" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(("words", "offered"), [
    (["run", "soft"], {"softmax"}),
    (["run", "k"], {"kv_write", "k.py"}),
    (["run", "softmax", "--param", "to"], {"tokens="}),
    (["run", "softmax", "--hardware", "trn"], {"trn1", "trn2", "trn3"}),
    (["run", "softmax", "--set", "hbm.ban"], {"hbm.bandwidth_per_stack="}),
    (["run", "softmax", "--scale", "dma.b"], {"dma.bandwidth="}),
    (["compare", "softmax", "--vary", "scale:hbm"], {"scale:hbm.bandwidth="}),
    (["kernels", "rms"], {"rmsnorm"}),
    (["hardware", "explain", "hbm.ban"], {"hbm.bandwidth_per_stack"}),
])
def test_shells_complete_names(folder, words, offered):
    done = subprocess.run(["bash", "-c", COMPLETIONS, "bash", *words], cwd=folder, env=environment() | {"T": str(TOOL)},
                          capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert set(done.stdout.split()) == offered
