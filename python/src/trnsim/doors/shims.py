"""What `trnsim doors DIR` writes: commands for a PATH, and modules for a PYTHONPATH."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

COMMANDS = ("neuron-profile", "neuron-explorer", "neuron-ls")
#: Modules by the vendor's names.
MODULES = ("nki", "neuronxcc")

_MODULE = '''"""The simulator's, whatever else is installed under this name."""

import sys

{path}from trnsim.hooks import install

install(shadow=True)
# Whoever imports this gets what is found now.
import {name}  # noqa: E402,F401
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
    for name in MODULES:
        module = python / name
        module.mkdir(exist_ok=True)
        line = f"if {sources!r} not in sys.path:\n    sys.path.append({sources!r})\n"
        (module / "__init__.py").write_text(_MODULE.format(path=line, name=name))
    print(f"{environment}export PATH={shlex.quote(str(top))}:\"$PATH\"")
    print(f"export PYTHONPATH={shlex.quote(str(python))}\"${{PYTHONPATH:+:$PYTHONPATH}}\"")
    return 0
