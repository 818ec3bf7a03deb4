"""`python -m trnsim.recordings SCRIPT [ARGUMENT …]`: records kernels of a script for the tool, a call at a time.

Standard input has a call a line; each is answered by a line, and by the bytes that the line announces, programs first:

    {"function": "rmsnorm", "hardware": "trn2", "arguments": {"eps": "1e-6"}, "seed": 0,
     "inputs": [{"name": "x", "dtype": "bfloat16", "shape": [128, 2048]}, {"name": "w", "file": "w.npy"}]}
    {"programs": [5120], "cores_per_rank": 1, "settings": {"descriptors": "prepared"}, "parameters": {"eps": "1e-06"},
     "contents": [[{"name": "x", "dtype": "bfloat16", "shape": [128, 2048], "bytes": 524288}]], "notes": []}
    {"error": "there is no dtype …", "help": "…", "topic": "script", "file": "moe.py", "line": 12}

A call with `inputs` (there may be none in them) runs the script once, as a module, and calls the function, which must launch one
kernel. A call without runs the script once as `python SCRIPT ARGUMENT …` does and takes the kernel's last call in it (of the last
kernel without a `function`), with `arguments` in the place of that call's. `seed` asks for what the kernel's inputs hold:
arrays of files, of the script's own call, or else normal numbers of that seed, zeros in integers. Nothing is simulated for an
answer: that is what `trnsim` does with the programs, which are as they were recorded.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import runpy
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .errors import SimulationWarning, TrnsimError
from .hooks import install
from .run.kernel import Kernel, Launch, launches, observed
from .run.report import Report
from .tensor.arrays import is_array
from .tensor.dtypes import as_dtype


class CallError(Exception):
    """A call that cannot be recorded: why, what to do about it, and the line of the script where it shows."""

    def __init__(self, message: str, remedy: str | None = None, place: tuple[str, int] | None = None, topic: str = "script") -> None:
        super().__init__(message)
        self.remedy = remedy
        self.place = place
        self.topic = topic

    @property
    def answer(self) -> dict[str, Any]:
        """What the tool is told."""
        file, line = self.place or (None, None)
        return {"error": str(self), "help": self.remedy, "topic": self.topic, "file": file, "line": line}


class Script:
    """A script, run at most once as a module and once as a program."""

    def __init__(self, path: str, arguments: list[str]) -> None:
        self.path = path
        self.arguments = arguments
        self._names: dict[str, Any] | CallError | None = None
        self._calls: list[Launch] | CallError | None = None

    @property
    def names(self) -> dict[str, Any]:
        """What it defines when it is imported."""
        if self._names is None:
            try:
                self._names = self._run(Path(self.path).stem, "put what it shall do as a program below: if __name__ == \"__main__\":")
            except CallError as error:
                self._names = error
        if isinstance(self._names, CallError):
            raise self._names
        return self._names

    @property
    def calls(self) -> list[Launch]:
        """The kernels that it launches as a program, in order; of calls of the same kernel the last one holds its arrays."""
        if self._calls is None:
            found: dict[str, Launch] = {}

            def keep(launch: Launch) -> None:
                # The last one comes last.
                found.pop(launch.kernel.__name__, None)
                found[launch.kernel.__name__] = launch

            try:
                with launches(keep):
                    self._run("__main__", "see what it prints, above")
                self._calls = list(found.values())
            except CallError as error:
                self._calls = error
        if isinstance(self._calls, CallError):
            raise self._calls
        return self._calls

    def _run(self, name: str, remedy: str) -> dict[str, Any]:
        if not os.path.isfile(self.path):
            raise CallError(f"there is no file '{self.path}'", "check the path")
        sys.argv = [self.path, *self.arguments]
        sys.path.insert(0, os.path.dirname(os.path.abspath(self.path)))
        try:
            return runpy.run_path(self.path, run_name=name)
        except SystemExit as end:
            if name == "__main__" and end.code in (None, 0):
                return {}
            raise CallError(f"'{self.path}' ends Python ({end.code}) when it is "
                            f"{'run' if name == '__main__' else 'loaded'}", remedy) from end
        except Exception as error:
            raise failure_of(f"'{self.path}' does not run", error, self.path) from error

    def last_call(self, function: str | None) -> Launch:
        """The last call of a kernel in the script as a program."""
        found = [launch for launch in self.calls if function in (None, launch.kernel.__name__)]
        if found:
            return found[-1]
        known = ", ".join(launch.kernel.__name__ for launch in self.calls)
        if function is None:
            raise CallError(f"'{self.path}' ran no kernel", "call a function with @nki.jit on arrays, or name one with its "
                            f"inputs: {self.path}:FUNCTION --input 'x=bfloat16[128, 512]'")
        raise CallError(f"'{self.path}' does not call a kernel '{function}'" + (f", its kernels are {known}" if known else ""),
                        "give its arguments: --input 'x=bfloat16[128, 512]' and --param name=value")


def record(script: Script, call: Mapping[str, Any]) -> tuple[Report, dict[str, str]]:
    """Makes a call; the report of the one kernel that it launches, with its programs alone, and arguments that are no arrays."""
    os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = call["hardware"]
    changes = {name: literal(text) for name, text in (call.get("arguments") or {}).items()}
    function = call.get("function")
    if call.get("inputs") is None:
        launch = script.last_call(function)
        kernel, bound = launch.kernel, _bound(launch.kernel.func, launch.args, launch.kwargs, changes, launch.kernel.__name__)

        def start() -> Any:
            return kernel(*bound.args, **bound.kwargs)

        label = kernel.__name__
    else:
        found = _function(script, function)
        arrays = {given["name"]: array_of(given, call.get("seed")) for given in call["inputs"]}
        bound = _bound(found, (), {**arrays, **changes}, {}, str(function))

        def start() -> Any:
            return found(*bound.args, **bound.kwargs)

        label = str(function)
    report = _launched(start, label, script.path)
    bound.apply_defaults()
    return report, _texts(bound.arguments)


def _function(script: Script, function: str | None) -> Callable[..., Any]:
    found = script.names.get(function or "")
    if callable(found):
        return found  # type: ignore[no-any-return]
    known = sorted(name for name, value in script.names.items() if isinstance(value, Kernel))
    remedy = f"its kernels are {', '.join(known)}" if known else "name a function of the script"
    raise CallError(f"'{script.path}' has no function '{function}'", remedy)


def array_of(given: Mapping[str, Any], seed: int | None) -> np.ndarray[Any, Any]:
    """An input's array: a file's, trial numbers, or zeros where nothing asks what it holds."""
    if given.get("file"):
        try:
            found = np.load(given["file"], allow_pickle=False)
        except (OSError, ValueError) as error:
            raise CallError(f"cannot read '{given['file']}': {error}", "give a file of numpy.save") from error
        # NumPy has no name for it and keeps its bytes.
        array: np.ndarray[Any, Any] = found.view(as_dtype("bfloat16").numpy) if found.dtype == np.dtype("V2") else found
        return array
    dtype = as_dtype(given["dtype"]).numpy
    if seed is None or np.issubdtype(dtype, np.integer):
        return np.zeros(given["shape"], dtype)
    generator = np.random.default_rng([seed, *given["name"].encode()])
    numbers: np.ndarray[Any, Any] = generator.standard_normal(given["shape"], np.float32).astype(dtype)
    return numbers


def _bound(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], changes: dict[str, Any],
           name: str) -> inspect.BoundArguments:
    """The arguments of a call by the parameters' names, some of them changed."""
    signature = inspect.signature(function)
    parameters = signature.parameters
    catches_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    unknown = [key for key in (*kwargs, *changes) if key not in parameters]
    if unknown and not catches_all:
        raise CallError(f"{name}() got an unexpected keyword argument '{unknown[0]}'",
                        f"its parameters are {', '.join(parameters)}")
    try:
        if not changes:
            return signature.bind(*args, **kwargs)
        bound = signature.bind_partial(*args, **kwargs)
        named = {key: value for key, value in bound.arguments.items() if parameters[key].kind is not parameters[key].VAR_POSITIONAL}
        if len(named) < len(bound.arguments):
            raise CallError(f"{name}() takes any number of arguments", "name its arguments in the script's call")
        rest = named.pop(next((key for key, value in parameters.items() if value.kind is value.VAR_KEYWORD), ""), {})
        return signature.bind(**{**named, **rest, **changes})
    except TypeError as error:
        raise CallError(f"{name}(): {error}", f"its parameters are {', '.join(parameters)}") from error


def _launched(start: Callable[[], Any], name: str, script: str) -> Report:
    """The report of the one kernel that a function launches."""
    reports: list[Report] = []
    before = os.environ.get("TRNSIM_MODE")
    os.environ["TRNSIM_MODE"] = "trace"
    try:
        with observed(reports.append):
            start()
    except (Exception, SystemExit) as error:
        raise failure_of(name, error, script) from error
    finally:
        if before is None:
            del os.environ["TRNSIM_MODE"]
        else:
            os.environ["TRNSIM_MODE"] = before
    if not reports:
        raise CallError(f"'{name}' of '{script}' called no kernel",
                        "name a function with @nki.jit, or one that calls such a function with arrays")
    if len(reports) > 1:
        raise CallError(f"'{name}' of '{script}' called {len(reports)} kernels, an entry has the time of one",
                        "name the kernels themselves, an entry for each")
    return reports[0]


def literal(text: str) -> Any:
    """The value that a text means in Python; the text itself if it means none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _texts(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Arguments that a text says: numbers, texts, truth values, and tuples of them."""
    found: dict[str, str] = {}
    for name, value in arguments.items():
        if is_array(value):
            continue
        text = value if isinstance(value, str) else repr(value)
        if isinstance(value, (str, int, float, bool, tuple, list, type(None))) and literal(text) == value:
            found[name] = text
    return found


def failure_of(what: str, error: BaseException, script: str) -> CallError:
    """An error of the user's code in a line, with the line of the script that it came from."""
    if isinstance(error, TrnsimError):
        place = getattr(error, "place", None)
        return CallError(f"{what}: {getattr(error, 'message', str(error))}", getattr(error, "remedy", None),
                         (place.file, place.line) if place is not None else None, error.topic or "script")
    text = " ".join(str(error).split())
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    return CallError(f"{what}: {type(error).__name__}{f': {text}' if text else ''}",
                     place=(script, lines[-1]) if lines and lines[-1] else None)


def answer(script: Script, call: Mapping[str, Any], out: BinaryIO) -> None:
    """Answers a call."""
    try:
        report, parameters = record(script, call)
    except CallError as error:
        out.write(json.dumps(error.answer).encode() + b"\n")
        return
    request = report.request
    assert request is not None
    contents = [] if call.get("seed") is None else [
        {name: np.ascontiguousarray(array) for name, array in rank.inputs.items()} for rank in request.arrays]
    described = [[{"name": name, "dtype": as_dtype(array.dtype).name, "shape": list(array.shape), "bytes": array.nbytes}
                  for name, array in rank.items()] for rank in contents]
    head = {"programs": [len(program) for program in request.programs], "cores_per_rank": request.cores_per_rank,
            "settings": dict(request.settings), "parameters": parameters, "contents": described, "notes": report.notes}
    out.write(json.dumps(head).encode() + b"\n")
    for program in request.programs:
        out.write(program)
    for rank in contents:
        for array in rank.values():
            out.write(array.tobytes())


def main() -> int:
    """Answers calls until there are no more."""
    # Whoever asks decides what Ctrl-C ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What scripts print goes elsewhere: the answers alone go to standard output.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        install(shadow=True)
        warnings.simplefilter("ignore", SimulationWarning)
        script = Script(sys.argv[1], sys.argv[2:])
        for line in sys.stdin.buffer:
            call = json.loads(line)
            try:
                if call:
                    answer(script, call, out)
                else:
                    # Whether anybody is there.
                    out.write(b"{}\n")
                out.flush()
            except BrokenPipeError:
                return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
