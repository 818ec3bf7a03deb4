"""What candidates and references get, and how far what they give is apart."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from ..errors import TrnsimError
from ..recordings import CallError, Script, array_of, failure_of, literal
from ..run.kernel import Kernel
from ..tensor.arrays import elements, is_array
from .task import Function, Task

#: The functions by these names of a reference's file give inputs where a task says nothing, as in NKIBench and KernelBench.
INPUTS_BY_CONVENTION = "get_inputs"


@dataclass
class Expected:
    """What a reference says of all candidates for the same task: NumPy arrays alone."""

    #: By position.
    arguments: list[Any]
    #: By name.
    named: dict[str, Any]
    #: None without a reference.
    outputs: list[np.ndarray[Any, Any]] | None


def function(script: Script, wanted: Function) -> Callable[..., Any]:
    """A function of a file.

    Raises:
        CallError: if there is none of that name, or no name and more than one kernel.
    """
    kernels = [name for name, value in script.names.items() if isinstance(value, Kernel)]
    name = wanted.name or ("kernel" if "kernel" in script.names else kernels[0] if len(kernels) == 1 else None)
    found = script.names.get(name or "")
    if callable(found):
        return found  # type: ignore[no-any-return]
    known = f"its kernels are {', '.join(kernels)}" if kernels else "it has no kernel: decorate one with @nki.jit"
    raise CallError(f"'{script.path}' has no function '{name}'" if name else f"'{script.path}' does not say which function", known)


def expected(task: Task) -> Expected:
    """Makes the inputs, and runs the reference on them.

    Raises:
        CallError: for what is wrong with the reference or the inputs.
    """
    script = Script(task.reference.path, []) if task.reference is not None else None
    arguments, named = _inputs(task, script)
    # The reference may change what it gets, and gets it as it is: tensors of torch, if it is written with torch.
    outputs = None
    if script is not None and task.reference is not None:
        reference = function(script, task.reference)
        copies = [_copy(value) for value in arguments]
        by_name = {key: _copy(value) for key, value in named.items()}
        try:
            given = reference(*copies, **by_name)
        except Exception as error:
            raise failure_of(f"the reference {task.reference}", error, script.path) from error
        outputs = flat(given, f"the reference {task.reference}")
    return Expected([_plain(value, f"input {number}") for number, value in enumerate(arguments)],
                    {name: _plain(value, name) for name, value in named.items()}, outputs)


def _inputs(task: Task, script: Script | None) -> tuple[list[Any], dict[str, Any]]:
    if task.inputs_of is None and task.inputs:
        return [], {given["name"]: array_of(given, task.seed) for given in task.shapes()}
    source = task.inputs_of
    if source is None and script is not None and INPUTS_BY_CONVENTION in script.names:
        source = Function(script.path, INPUTS_BY_CONVENTION)
    if source is None:
        raise CallError("nothing says what the kernel gets",
                        "give its inputs, --input 'x=bfloat16[128, 512]' for each, or --inputs-from FILE.py:FUNCTION, which returns them")
    owner = script if script is not None and script.path == source.path else Script(source.path, [])
    make = function(owner, source)
    random.seed(task.seed)
    np.random.seed(task.seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(task.seed)
    try:
        given = make()
    except Exception as error:
        raise failure_of(f"the inputs of {source}", error, owner.path) from error
    if isinstance(given, Mapping):
        return [], {str(key): value for key, value in given.items()}
    return (list(given), {}) if isinstance(given, (list, tuple)) else ([given], {})


def _plain(value: Any, name: str) -> Any:
    try:
        return elements(value, name) if is_array(value) else value
    except TrnsimError as error:
        raise CallError(f"the inputs: {getattr(error, 'message', error)}", getattr(error, "remedy", None)) from error


def _copy(value: Any) -> Any:
    return copy.deepcopy(value) if is_array(value) else value


def parameters(task: Task) -> dict[str, Any]:
    """What candidates get besides."""
    return {name: literal(text) for name, text in task.arguments.items()}


def flat(given: Any, what: str) -> list[np.ndarray[Any, Any]]:
    """All arrays of what a function returned, in their order.

    Raises:
        CallError: for what is none.
    """
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return [array for item in given for array in flat(item, what)]
    if given is None:
        return []
    try:
        return [np.asarray(elements(given, "the result")) if is_array(given) else np.asarray(given, np.float32)]
    except (TrnsimError, TypeError, ValueError) as error:
        raise CallError(f"{what} returns a {type(given).__qualname__}, which is no array: {error}", "return arrays") from error


@dataclass(frozen=True)
class Verdict:
    """How far values are apart."""

    correct: bool
    #: Of all outputs; None where nothing says how far (other shapes, no numbers).
    largest: float | None
    #: Why not, where not.
    reason: str | None = None


def compared(given: list[np.ndarray[Any, Any]], wanted: list[np.ndarray[Any, Any]], tolerance: float | None) -> Verdict:
    """Compares outputs: the largest |difference| ÷ max(|reference|, its root mean square), per output, against the tolerance."""
    if len(given) != len(wanted):
        return Verdict(False, None, f"{len(given)} outputs in place of {len(wanted)}")
    verdict = Verdict(True, 0.0)
    for number, (one, other) in enumerate(zip(given, wanted)):
        found = _compared(one, other, allowed(one.dtype) if tolerance is None else tolerance, number)
        largest = None if found.largest is None or verdict.largest is None else max(found.largest, verdict.largest)
        verdict = Verdict(verdict.correct and found.correct, largest, verdict.reason or found.reason)
    return verdict


def allowed(kind: np.dtype[Any]) -> float:
    """The error that is right: 10⁻³, to which the competition's kernels were held, and two roundings to the type; none of integers."""
    if kind.kind in "iub":
        return 0.0
    return 1e-3 + float(ml_dtypes.finfo(kind).eps)  # type: ignore[no-untyped-call]


def _compared(given: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any], tolerance: float, number: int) -> Verdict:
    if given.shape != wanted.shape:
        return Verdict(False, None, f"output {number} has the shape {list(given.shape)} in place of {list(wanted.shape)}")
    if given.size == 0:
        return Verdict(True, 0.0)
    size = _root_mean_square(wanted)
    parts = [_errors(one, other, size) for one, other in _parts(given, wanted)]
    largest = max(float(part.max()) for part in parts)
    if largest <= tolerance:
        return Verdict(True, largest)
    error = np.concatenate(parts).reshape(given.shape)
    wrong = error > tolerance
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), error.shape))
    reason = (f"output {number}: {int(wrong.sum()):,} of {wrong.size:,} elements are beyond {tolerance:.3g}; the largest error is at "
              f"{list(index)}: {given[index]} in place of {wanted[index]}")
    return Verdict(False, largest if np.isfinite(largest) else None, reason)


#: Elements that are compared at a time: what is made of them stays in the CPU's cache, and no BLAS shares them among threads.
_PART = 1 << 13


def _parts(given: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Both in float64, a part at a time."""
    one, other = given.reshape(-1), wanted.reshape(-1)
    for first in range(0, one.size, _PART):
        yield one[first:first + _PART].astype(np.float64), other[first:first + _PART].astype(np.float64)


def _root_mean_square(array: np.ndarray[Any, Any]) -> float:
    """Of what is finite."""
    squares, count = 0.0, 0
    for _, part in _parts(array, array):
        total = float(np.dot(part, part))
        if not np.isfinite(total):
            part = part[np.isfinite(part)]
            total = float(np.dot(part, part))
        squares, count = squares + total, count + part.size
    return float(np.sqrt(squares / count)) if count else 0.0


def _errors(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], size: float) -> np.ndarray[Any, Any]:
    """Relative errors; infinite where one alone is a number, or both are infinite with different signs."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error: np.ndarray[Any, Any] = np.abs(one - other)
        error /= np.maximum(np.abs(other), size)
    bad = ~(error < np.inf)
    if bad.any():
        error[bad] = np.inf
        # Nothing for nothing, equal infinities, and no number for no number.
        error[(one == other) | (np.isnan(one) & np.isnan(other))] = 0
    return error
