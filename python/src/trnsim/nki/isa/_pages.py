"""What `nki.isa` says of itself: annotations and docstrings of its functions, from the core's declarations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, TypeVar

from ...tensor.dtypes import DType
from ...record.operations import isa
from ...record.recorder import NkiInstruction
from ...tensor.registers import VirtualRegister
from ...tensor.view import NkiTensor
from . import constants

F = TypeVar("F", bound=Callable[..., Any])

#: What parameters take, as stubs define it.
ALIASES = {
    "Tensor": "NkiTensor",
    "Scalar": "NkiTensor | float",
    "Op": "Callable[..., Any] | str",
    "Engine": "constants.engine | str",
    "ReduceCommand": "constants.reduce_cmd | str",
    "PerfMode": "constants.matmul_perf_mode | str",
    "DgeMode": "constants.dge_mode | str",
    "OobMode": "constants.oob_mode | str",
    "DmaEngine": "constants.dma_engine | str",
    "Pattern": "Sequence[Sequence[int]]",
    "ElementType": "DType | str | type",
    "Register": "VirtualRegister",
}

_OF_KIND = {
    "tile": "Tensor", "scalarOrTile": "Scalar", "number": "float", "integer": "int", "flag": "bool", "text": "str",
    "integers": "Sequence[int]", "pairs": "Pattern", "register": "Register", "registerOrInteger": "Register | int",
    "engine": "Engine", "axes": "int | Sequence[int]", "dtype": "ElementType", "tiles": "Sequence[Tensor]",
    "numbers": "Sequence[float]",
}
_OF_SET = {"ReduceCommand": "ReduceCommand", "PerformanceMode": "PerfMode", "DGEChoice": "DgeMode",
           "OutOfBoundsMode": "OobMode", "SendRecvEngine": "DmaEngine"}

#: Parameters of the first API generation that the core's operations do not have.
_FIRST = {
    "mask": ("Any", "comparisons of nl.arange: what of the result is computed"),
    "dtype": ("ElementType | None", "element type of the result; None: that of the data"),
    "name": ("str | None", "a label, which changes nothing"),
    "axis": ("int | Sequence[int]", "free dimensions to reduce"),
    "keepdims": ("bool", "whether reduced dimensions stay, with one element"),
    "expr": ("Any", "an affine expression of nl.arange"),
    "pred": ("Any", "a comparison of an affine expression of nl.arange"),
    "shape": ("Sequence[int]", "shape of the result"),
}


class Annotation:
    """A type by its short name, as `TypeAliasType` of Python 3.12 is one."""

    __slots__ = ("__name__",)

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @property
    def __value__(self) -> Any:
        """The type itself."""
        names: dict[str, Any] = {"Any": Any, "Callable": Callable, "DType": DType, "NkiInstruction": NkiInstruction,
                                 "NkiTensor": NkiTensor, "Sequence": Sequence, "VirtualRegister": VirtualRegister,
                                 "constants": constants}
        names |= {alias: eval(value, names) for alias, value in ALIASES.items()}
        return eval(self.__name__, names)

    def __repr__(self) -> str:
        return self.__name__


def annotation(parameter: dict[str, Any]) -> str:
    """What a declared parameter takes, as text."""
    kind = parameter["kind"]
    found = _OF_SET.get(parameter["set"], "Op") if kind == "symbol" else _OF_KIND[kind]
    return found if parameter["required"] or parameter["default"] is not None else f"{found} | None"


def documented(function: Callable[..., Any], operation: str | None = None) -> Callable[..., Any]:
    """A function that records an operation, with its annotations and its page."""
    if not isinstance(function, FunctionType):
        function = _in_front_of(function)
    name = operation or function.__name__
    found = isa().operations[name]
    parameters = {parameter["name"]: (annotation(parameter), _summary(parameter, found))
                  for parameter in found["parameters"]}
    function.__annotations__ = {
        **{name: Annotation(kind) for name, (kind, _) in parameters.items()}, "return": Annotation("NkiInstruction")}
    function.__doc__ = _page(found, parameters)
    return function


def _in_front_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Python that calls a compiled one, which can be given neither annotations nor a page."""
    name = function.__name__
    signature = inspect.signature(function)
    scope = {"_compiled": function}
    exec(compile(f"def {name}{signature}: return _compiled({', '.join(signature.parameters)})", f"<trnsim {name}>", "exec"), scope)
    made: Callable[..., Any] = scope[name]
    made.__module__ = function.__module__
    return made


def documented_first(function: F) -> F:
    """The same for a function of the first API generation, which has parameters of its own, and may give a tile."""
    found = isa().operations[function.__name__]
    declared = {parameter["name"]: (annotation(parameter), _summary(parameter, found))
                for parameter in found["parameters"]}
    parameters = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            kind, summary = _FIRST[name] if name in _FIRST else declared[name]
            if parameter.default is None and not kind.endswith("None") and kind != "Any":
                kind = f"{kind} | None"
            parameters[name] = (kind, summary)
    gives = function.__annotations__["return"]
    function.__annotations__ = {**{name: Annotation(kind) for name, (kind, _) in parameters.items()},
                                "return": None if gives == "None" else Annotation("Tensor")}
    function.__doc__ = _page(found, parameters)
    return function


def _summary(parameter: dict[str, Any], operation: dict[str, Any]) -> str:
    """A parameter's line: its meaning, its element types, its names."""
    text: str = parameter["summary"]
    field = next((field for field in operation["fields"] if field["name"] == parameter["field"]), None)
    if field is not None and field["type_rule"]:
        text += f"; {field['type_rule']}"
    if field is not None and field["role"] == "readWrite":
        text += " (read and written)"
    elif field is not None and field["role"] == "write":
        text += " (written)"
    if parameter["kind"] == "symbol":
        text += f": {', '.join(parameter['symbols'])}"
    return text


def _page(operation: dict[str, Any], parameters: dict[str, tuple[str, str]]) -> str:
    lines = [operation["summary"], "", *_wrapped(operation["details"], ""), "",
             f"Engines: {', '.join(operation['engines'])}. Machines: {', '.join(operation['machines'])}.", "",
             "Parameters", "----------"]
    for name, (kind, summary) in parameters.items():
        lines += [f"{name} : {kind}", *_wrapped(summary, "    ")]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most 100 columns."""
    lines, line = [], indent
    for word in text.split():
        if len(line) + len(word) > 99 and line != indent:
            lines.append(line)
            line = indent
        line += word if line == indent else f" {word}"
    return [*lines, line]


__all__ = ["ALIASES", "Annotation", "annotation", "documented", "documented_first"]
