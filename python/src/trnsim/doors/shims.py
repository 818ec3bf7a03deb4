"""What `trnsim doors DIR` writes: commands for a PATH, and modules for a PYTHONPATH."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

COMMANDS = ("neuron-profile", "neuron-explorer", "neuron-ls")
#: Modules by the vendor's names.
MODULES = ("nki", "neuronxcc", "torch_neuronx", "jax_neuronx")

_MODULE = '''"""The simulator's, whatever else is installed under this name."""

import sys

{path}from trnsim.hooks import install

install(shadow=True)
# Whoever imports this gets what is found now.
import {name}  # noqa: E402,F401
'''


#: `torch_xla` for harnesses of the second generation: its files, below the folder of modules.
_TORCH_XLA = {
    "torch_xla/__init__.py": "from . import core  # noqa: F401\n",
    "torch_xla/core/__init__.py": "from . import xla_model  # noqa: F401\n",
    "torch_xla/core/xla_model.py": "",
}


#: Programs that load the vendor's runtime get ours; whatever module of this name there was is run as well.
_SITE = '''"""Programs that load libnrt.so get the simulator's."""

import ctypes
import sys


class CDLL(ctypes.CDLL):
    """A library; of the vendor's runtime the simulator's."""

    def __new__(cls, name=None, *arguments, **options):
        if name is not None and str(name).rpartition("/")[2].startswith("libnrt.so"):
            {path}
            from trnsim.doors.runtime import Runtime

            return Runtime()
        return super().__new__(cls)


ctypes.CDLL = CDLL


def _others():
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = __file__.rpartition("/")[0]
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path and path.rstrip("/") != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_others()
'''


def write(folder: str) -> int:
    """Writes the folder, and prints what a shell evaluates to use it."""
    top = Path(folder).absolute()
    python = top / "python"
    python.mkdir(parents=True, exist_ok=True)
    sources = str(Path(__file__).resolve().parents[2])
    environment = "".join(f"export {name}={shlex.quote(value)}\n" for name in ("TRNSIM_CORE", "TRNSIM") if (value := os.environ.get(name)))
    for name in COMMANDS:
        command = top / name
        command.write_text(f"#!/bin/sh\n# Written by trnsim doors.\n{environment}"
                           f"PYTHONPATH={shlex.quote(sources)}${{PYTHONPATH:+:$PYTHONPATH}} exec {shlex.quote(sys.executable)} "
                           f"-m trnsim.doors {name} \"$@\"\n")
        command.chmod(0o755)
    line = f"if {sources!r} not in sys.path:\n    sys.path.append({sources!r})\n"
    for name in MODULES:
        module = python / name
        module.mkdir(exist_ok=True)
        (module / "__init__.py").write_text(_MODULE.format(path=line, name=name))
    for name, more in _TORCH_XLA.items():
        path = python / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""Harnesses of kernels ask for it; tensors stay on the CPU."""\n\nimport sys\n\n{line}'
                        f"from trnsim.aliases.torch_xla import *  # noqa: E402,F401,F403\n{more}")
    (python / "sitecustomize.py").write_text(_SITE.format(path=f"if {sources!r} not in sys.path: sys.path.append({sources!r})"))
    print(f"{environment}export PATH={shlex.quote(str(top))}:\"$PATH\"")
    print(f"export PYTHONPATH={shlex.quote(str(python))}\"${{PYTHONPATH:+:$PYTHONPATH}}\"")
    return 0
