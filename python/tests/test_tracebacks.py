"""Tracebacks show the user's frames: in scripts, in pytest, in IPython; TRNSIM_TRACEBACK=all shows the simulator's too."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import traceback
from pathlib import Path

import nki
import nki.language as nl
import numpy as np
import pytest
import trnsim

SOURCES = str(Path(trnsim.__file__).parents[1])
PACKAGE = os.path.dirname(trnsim.__file__)

KERNEL = """
import numpy as np
{install}
import nki, nki.isa as nisa, nki.language as nl

def inner(t):
    return {{}}["absent"]

@nki.jit
def kernel(x):
    t = nl.load(x)
    return inner(t)

def {test}():
    kernel(np.ones((128, 64), np.float32))
"""
INSTALL = "import trnsim; trnsim.install(shadow=True)"


def run(folder: Path, *arguments: str, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TRNSIM_", "PYTEST_")) or name == "TRNSIM_CORE"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120,
                          env=environment | {"PYTHONPATH": SOURCES} | more)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout + done.stderr


def files(text: str) -> list[str]:
    """The files that a traceback of Python's own form names."""
    return [line.split('"')[1] for line in text.splitlines() if line.startswith('  File "')]


@pytest.mark.parametrize("runs", [("script.py",), ("-m", "trnsim", "script.py")])
def test_scripts(tmp_path, runs) -> None:
    script = tmp_path / "script.py"
    script.write_text(KERNEL.format(install=INSTALL, test="go") + "\ngo()\n")
    short = run(tmp_path, *runs)
    assert [Path(file).name for file in files(short)] == ["script.py"] * 4, short
    assert short.rstrip().endswith("KeyError: 'absent'")
    whole = run(tmp_path, *runs, TRNSIM_TRACEBACK="all")
    assert any(file.startswith(PACKAGE) for file in files(whole)) and whole.rstrip().endswith("KeyError: 'absent'")


def test_a_script_that_python_cannot_read(tmp_path) -> None:
    (tmp_path / "script.py").write_text("def f(:\n    pass\n")
    short = run(tmp_path, "-m", "trnsim", "script.py")
    assert [Path(file).name for file in files(short)] == ["script.py"], short
    assert "SyntaxError" in short and "^" in short


def test_pytest(tmp_path) -> None:
    (tmp_path / "test_kernel.py").write_text(KERNEL.format(install=INSTALL, test="test_it"))
    short = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_kernel.py")
    assert "inner" in short and "KeyError" in short and PACKAGE not in short and "tracebacks.py" not in short
    whole = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_kernel.py", TRNSIM_TRACEBACK="all")
    assert "launch.py" in whole


@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="IPython is not installed")
def test_ipython(tmp_path) -> None:
    (tmp_path / "script.py").write_text(KERNEL.format(install=INSTALL, test="go") + "\ngo()\n")
    short = run(tmp_path, "-m", "IPython", "--no-banner", "--colors=NoColor", "script.py", IPYTHONDIR=str(tmp_path))
    assert "inner" in short and "KeyError" in short and "tracebacks.py" not in short and "launch.py" not in short


def frames(error: BaseException) -> list[str]:
    return [Path(frame.filename).name for frame in traceback.extract_tb(error.__traceback__)]


def test_every_door_and_what_errors_come_from() -> None:
    @nki.jit
    def kernel(x):
        nl.load(x)
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("then") from error

    x = np.ones((128, 64), np.float32)
    for call in (lambda: kernel(x), lambda: trnsim.simulate(kernel, x), lambda: nki.simulate(kernel)(x), lambda: kernel[2](x)):
        with pytest.raises(ValueError) as found:
            call()
        # The edge itself is left, which pytest and IPython leave out by its variable, and Python's own printing by a hook.
        assert set(frames(found.value)) == {"test_tracebacks.py", "tracebacks.py"}
        assert set(frames(found.value.__cause__)) == {"test_tracebacks.py"}


def test_an_error_of_the_simulator_itself_says_where_more_is(monkeypatch) -> None:
    def broken(*_):
        raise RuntimeError("a fault of ours")

    # As a fault in the package would: its frame is the package's.
    broken.__code__ = broken.__code__.replace(co_filename=PACKAGE + "/broken.py")
    x = np.ones((128, 64), np.float32)
    with pytest.raises(RuntimeError) as found:
        nki.jit(lambda x: broken(nl.load(x)))(x)
    assert frames(found.value)[-1] == "test_tracebacks.py"
    if sys.version_info >= (3, 11):
        assert found.value.__notes__ == ["TRNSIM_TRACEBACK=all shows the simulator's own frames too"]
    monkeypatch.setenv("TRNSIM_TRACEBACK", "all")
    with pytest.raises(RuntimeError) as found:
        nki.jit(lambda x: broken(nl.load(x)))(x)
    assert frames(found.value)[-1] == "broken.py"
