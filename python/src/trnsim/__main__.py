"""`python -m trnsim script.py [arguments]`: runs a script with `nki` meaning the simulator's."""

from __future__ import annotations

import runpy
import sys

from .errors import TrnsimError
from .hooks import install
from .version import __version__

USAGE = """usage: python -m trnsim [-m MODULE | SCRIPT] [ARGUMENT …]

Runs a Python script in which `import nki` and `import neuronxcc.nki` are the simulator's.

  python -m trnsim my_kernel.py
  python -m trnsim -m pytest tests/

NEURON_PLATFORM_TARGET_OVERRIDE=trn1|trn2|trn3   the machine (trn2)
NKI_PRECISE_FP=0                                 keep all floats in 32 bits
TRNSIM_TRACE=FILE.pftrace.zst                    write a trace of the last kernel
TRNSIM_MODE=both|values|timing                   what to compute
TRNSIM_ALLOCATION=rotate|first-fit|infinite      how addresses are chosen
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs a script or a module; errors of kernels are shown without the simulator's own frames."""
    args = sys.argv[1:] if arguments is None else arguments
    if not args or args[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if args else 64
    if args[0] == "--version":
        print(__version__)
        return 0
    install(shadow=True)
    try:
        if args[0] == "-m":
            if len(args) < 2:
                print("error: -m needs a module\n  help: python -m trnsim -m pytest", file=sys.stderr)
                return 64
            sys.argv = args[1:]
            runpy.run_module(args[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = args
            import os

            sys.path.insert(0, os.path.dirname(os.path.abspath(args[0])))
            runpy.run_path(args[0], run_name="__main__")
    except FileNotFoundError as error:
        if error.filename != args[0]:
            raise
        print(f"error: there is no file '{args[0]}'", file=sys.stderr)
        return 1
    except TrnsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if type(error).__name__ == "SimulationError" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
