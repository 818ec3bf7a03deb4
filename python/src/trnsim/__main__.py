"""`python -m trnsim script.py [arguments]`: runs a script with `nki` meaning the simulator's."""

from __future__ import annotations

import json
import os
import runpy
import sys

from .errors import SimulationError, TrnsimError
from .hooks import install
from .kernel import last_report
from .version import __version__

USAGE = """usage: python -m trnsim [OPTION …] [-m MODULE | SCRIPT] [ARGUMENT …]

Runs a Python script in which `import nki` and `import neuronxcc.nki` are the simulator's.

  python -m trnsim my_kernel.py
  python -m trnsim --report --trace out.pftrace.zst my_kernel.py
  python -m trnsim -m pytest tests/

  --report           print the report of the last kernel that ran
  --json FILE        write it as JSON; - prints it
  --program FILE     write the last kernel's program (.trn), for `trnsim run`, `show` and `compare`
  --trace FILE       write a Perfetto trace of the last kernel (.pftrace.zst)
  --hardware NAME    trn1, trn2, trn3 or a configuration file (trn2)
  --timing-only      compute no values: kernels return None
  --values-only      compute no times
  --version, --help

NEURON_PLATFORM_TARGET_OVERRIDE=trn1|trn2|trn3, TRNSIM_TRACE=FILE, TRNSIM_MODE=both|values|timing,
TRNSIM_ALLOCATION=rotate|first-fit|infinite: the same from outside. TRNSIM_MX_SCALE=ocp: the scales of NKI 0.4 and before.
"""

_WITH_VALUE = {"--json", "--program", "--trace", "--hardware"}
_FLAGS = {"--report", "--timing-only", "--values-only"}


def main(arguments: list[str] | None = None) -> int:
    """Runs a script or a module; errors of kernels are shown without the simulator's own frames."""
    args = sys.argv[1:] if arguments is None else list(arguments)
    options: dict[str, str] = {}
    while args and args[0].startswith("--"):
        name, given, value = args.pop(0).partition("=")
        if name == "--help":
            print(USAGE, end="")
            return 0
        if name == "--version":
            print(__version__)
            return 0
        if name in _FLAGS and not given:
            options[name] = "1"
        elif name in _WITH_VALUE and (given or args):
            options[name] = value if given else args.pop(0)
        else:
            print(f"error: option '{name}' {'needs a value' if name in _WITH_VALUE else 'does not exist'}\n"
                  "  help: python -m trnsim --help", file=sys.stderr)
            return 64
    if not args or args[0] == "-h" or args == ["-m"]:
        print(USAGE, end="")
        return 0 if args == ["-h"] else 64
    _apply(options)
    install(shadow=True)
    try:
        _execute(args)
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    except FileNotFoundError as error:
        if error.filename != args[0]:
            raise
        print(f"error: there is no file '{args[0]}'", file=sys.stderr)
        return 1
    except TrnsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, SimulationError) else 1
    return _show(options)


def _apply(options: dict[str, str]) -> None:
    if "--hardware" in options:
        os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = options["--hardware"]
    if "--trace" in options:
        os.environ["TRNSIM_TRACE"] = os.path.abspath(options["--trace"])
    if "--timing-only" in options:
        os.environ["TRNSIM_MODE"] = "timing"
    if "--values-only" in options:
        os.environ["TRNSIM_MODE"] = "values"


def _execute(args: list[str]) -> None:
    if args[0] == "-m":
        sys.argv = args[1:]
        runpy.run_module(args[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = args
    sys.path.insert(0, os.path.dirname(os.path.abspath(args[0])))
    runpy.run_path(args[0], run_name="__main__")


def _show(options: dict[str, str]) -> int:
    """What the options ask to see of the last kernel."""
    wanted = [name for name in ("--report", "--json", "--program") if name in options]
    report = last_report()
    if not wanted:
        return 0
    if report is None:
        print("error: the script ran no kernel\n  help: call a function with @nki.jit on arrays", file=sys.stderr)
        return 1
    if "--program" in options:
        report.save_program(options["--program"])
    if options.get("--json") == "-":
        print(json.dumps(report.json, indent=1, sort_keys=True))
        return 0
    if "--json" in options:
        report.save(options["--json"])
    if "--report" in options:
        print(report.text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
