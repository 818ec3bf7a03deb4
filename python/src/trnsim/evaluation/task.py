"""What is asked: a candidate, its reference, what both get, and what is wanted of the answer."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..recordings import CallError
from ..tensor.dtypes import as_dtype


@dataclass(frozen=True)
class Function:
    """A function of a file, written `FILE.py:NAME`; without a name the file's only kernel, or what it calls `kernel`."""

    path: str
    name: str | None = None

    @staticmethod
    def parse(text: str) -> Function:
        head, colon, name = text.rpartition(":")
        if colon and name.isidentifier():
            return Function(head, name)
        return Function(text)

    def __str__(self) -> str:
        return f"{self.path}:{self.name}" if self.name else self.path


@dataclass(frozen=True)
class Task:
    """An evaluation."""

    #: Where the candidate is; of a text the path is the name that places have.
    kernel: Function
    #: The candidate's text, where it is in no file.
    source: str | None = None
    reference: Function | None = None
    #: Inputs as a function of a file gives them.
    inputs_of: Function | None = None
    #: Inputs by name: `bfloat16[128, 512]` or a `.npy` file.
    inputs: Mapping[str, str] = field(default_factory=dict)
    #: What else the candidate gets, by name: Python literals.
    arguments: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    hardware: str = "trn2"
    #: The largest relative error that is right; None: what the output's type allows.
    tolerance: float | None = None
    rules: bool = False
    #: Seconds.
    time_limit: float = 120.0

    def asked(self, request: Mapping[str, Any]) -> Task:
        """This task with what a request says otherwise.

        Raises:
            CallError: for a key that there is not, or a value of the wrong kind.
        """
        changes: dict[str, Any] = {}
        for key, value in request.items():
            if key == "id":
                continue
            if key not in _KEYS:
                raise CallError(f"a request has no key '{key}'", f"its keys are id, {', '.join(_KEYS)}")
            name, kinds, make = _KEYS[key]
            if not isinstance(value, kinds) or isinstance(value, bool) and bool not in kinds:
                raise CallError(f"'{key}' is {value!r}", f"it is {' or '.join(_WORDS[kind] for kind in kinds)}")
            changes[name] = make(value)
        if "inputs" in changes and "inputs_of" not in changes:
            changes["inputs_of"] = None
        if "source" in changes and "kernel" not in changes:
            changes["kernel"] = Function("candidate.py", self.kernel.name)
        elif "kernel" in changes and "source" not in changes:
            changes["source"] = None
        return replace(self, **changes)

    def shapes(self) -> list[dict[str, Any]]:
        """Inputs as `recordings.array_of` takes them.

        Raises:
            CallError: for what is no type with a shape.
        """
        return [_shape(name, text) for name, text in self.inputs.items()]


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): item if isinstance(item, str) else repr(item) for key, item in value.items()}


#: By key of a request: the field, what JSON may have there, and how it gets there.
_KEYS: dict[str, tuple[str, tuple[type, ...], Any]] = {
    "kernel": ("kernel", (str,), Function.parse),
    "source": ("source", (str,), str),
    "reference": ("reference", (str,), Function.parse),
    "inputs_from": ("inputs_of", (str,), Function.parse),
    "inputs": ("inputs", (dict,), _texts),
    "arguments": ("arguments", (dict,), _texts),
    "seed": ("seed", (int,), int),
    "hardware": ("hardware", (str,), str),
    "tolerance": ("tolerance", (int, float), float),
    "rules": ("rules", (bool,), bool),
    "time_limit": ("time_limit", (int, float), float),
}

_WORDS = {str: "a text", dict: "an object", int: "a whole number", float: "a number", bool: "true or false"}

_SHAPE = re.compile(r"\s*(\w+)\s*\[\s*(\d+(?:\s*,\s*\d+)*)?\s*\]\s*")


def _shape(name: str, text: str) -> dict[str, Any]:
    found = _SHAPE.fullmatch(text)
    if found is not None:
        try:
            as_dtype(found[1])
        except TypeError as error:
            raise CallError(f"there is no element type '{found[1]}'", "one of nki.language, such as bfloat16 or float32") from error
        extents = [int(extent) for extent in (found[2] or "").split(",") if extent.strip()]
        if 0 not in extents:
            return {"name": name, "dtype": found[1], "shape": extents}
    if text.endswith(".npy") and os.path.exists(text):
        return {"name": name, "file": text}
    raise CallError(f"'{text}' is no type with a shape, and no .npy file that there is",
                    f"write --input '{name}=bfloat16[128, 512]' or {name}=FILE.npy")
