"""Calls that the API of a kernel does not have: misspelled ones, and those of the other API generation, with what they are in this one.

`neuronxcc.nki` is the first generation, whose operations return tiles and take masks; `nki` is the second, whose operations write
a destination. Both have most names, with other parameters.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import linecache
import re
from collections.abc import Iterable
from functools import lru_cache
from types import CodeType, ModuleType, TracebackType
from typing import Any, NamedTuple

from .errors import KernelNameError, KernelTypeError, NkiValidationError, Place
from .neuronxcc.nki import isa as first_isa
from .neuronxcc.nki import language as first_language
from .nki import collectives, isa, language
from .places import place_at
from .record.recorder import NkiInstruction
from .tensor.view import NkiTensor

FIRST, SECOND = "neuronxcc.nki, the first API generation", "nki, the second API generation"
#: What the generations do with results.
_STYLE = {FIRST: "whose operations return a tile", SECOND: "whose operations write the destination that comes first"}


class Api(NamedTuple):
    """A module that kernels call."""

    name: str
    module: ModuleType
    generation: str
    #: The module of the same name in the other generation.
    other: ModuleType | None


_APIS = (Api("nki.isa", isa, SECOND, first_isa), Api("nki.language", language, SECOND, first_language),
         Api("nki.collectives", collectives, SECOND, None), Api("neuronxcc.nki.isa", first_isa, FIRST, isa),
         Api("neuronxcc.nki.language", first_language, FIRST, language))

#: How Python says that arguments do not fit a function.
_MISFIT = re.compile(r"\(\) (got an unexpected|got multiple values|got some positional|missing|takes) .*", re.DOTALL)
#: Parameters that are tensors in every operation that has them.
_TENSORS = frozenset({"dst", "data", "data0", "data1", "data2", "src", "stationary", "moving", "on_true_tile"})
#: Operations whose result is in psum.
_IN_PSUM = frozenset({"nc_matmul", "matmul", "nc_matmul_mx", "nc_transpose"})


def explained(error: AttributeError | TypeError, last: TracebackType) -> NkiValidationError | None:
    """What is wrong with the call that an error came from, `last` in the kernel's own Python; None if that is something else."""
    place = place_at(last.tb_frame.f_code, last.tb_lasti, last.tb_lineno)
    if isinstance(error, AttributeError):
        return _wrong_name(error, place)
    if "'NkiInstruction'" in str(error):
        return KernelTypeError(str(error).replace("'NkiInstruction' object", "an instruction").replace("'NkiInstruction'", "an instruction"),
                               place=place, notes=(_note(FIRST, SECOND),), remedy=_USE_DST)
    found = _call(last)
    if found is None:
        return None
    call, target = found
    function = _value(call.func, last)
    api, name = _api_of(function, call.func)
    if api is None:
        return None
    own, other = _signature(function, api), _other_signature(api, name)
    arguments = _Arguments.of(call)
    if arguments is None:
        return None
    fits = _bound(own, arguments) is not None
    if isinstance(error, KernelTypeError):
        if fits and other is not None and _is_of_other(own, last) and _bound(other, arguments) is not None:
            error.notes = (*error.notes, _note(*_generations(api)))
            error.remedy = _new_form(api, name, own, other, arguments, call, target)
        return None
    misfit = _MISFIT.search(str(error))
    if fits or misfit is None:
        return None
    message = f"{ast.unparse(call.func)}{misfit[0]}"
    if other is not None and (_bound(other, arguments) is not None or _names_of(other) & arguments.keywords - _names_of(own)):
        return KernelTypeError(message, place=place, notes=(_note(*_generations(api)),),
                               remedy=_new_form(api, name, own, other, arguments, call, target))
    unknown = sorted(arguments.keywords - _names_of(own))
    near = [f"{keyword}= is {close[0]}=" for keyword in unknown if (close := difflib.get_close_matches(keyword, _names_of(own), 1))]
    return KernelTypeError(message, place=place, remedy=", ".join(near) if near else f"{ast.unparse(call.func)}{_shown(own)}")


_USE_DST = "operations of nki.isa return no tile: give dst=, a tensor of nl.ndarray, and go on with that"


def _generations(api: Api) -> tuple[str, str]:
    """Whose call it is where it does not fit an API, and whose API that is."""
    return (FIRST, SECOND) if api.generation == SECOND else (SECOND, FIRST)


def _note(called: str, has: str) -> str:
    return f"this is a call of {called}, {_STYLE[called]}; here it is of {has}, {_STYLE[has]}"


# Names


def _wrong_name(error: AttributeError, place: Place) -> NkiValidationError | None:
    """An attribute that an API's module, a tensor or an instruction does not have."""
    thing, name = error.obj, str(error.name)
    if isinstance(thing, NkiInstruction):
        return KernelNameError(f"an instruction has no .{name}", place=place, notes=(_note(FIRST, SECOND),), remedy=_USE_DST)
    if isinstance(thing, NkiTensor):
        near = difflib.get_close_matches(name, [found for found in dir(thing) if not found.startswith("_")], 3)
        return KernelNameError(f"a tensor has no .{name}", place=place,
                               remedy=f"did you mean {' or '.join('.' + found for found in near)}?" if near else None)
    api = next((api for api in _APIS if api.module is thing), None)
    if api is None:
        return None
    message = f"{api.name} has no '{name}'"
    if api.other is not None and name in _public(api.other):
        whose, has = _generations(api)
        return KernelNameError(message, place=place, notes=(f"it is a name of {whose}; the module is of {has}",),
                               remedy=f"use the module of {whose.partition(',')[0]} for the whole kernel, or write it in this one's terms "
                               "(docs/nki.md, \"Calls of the other generation\")")
    near = difflib.get_close_matches(name, _public(api.module), 3)
    elsewhere = [other.name for other in _APIS if other.generation == api.generation and name in _public(other.module)]
    if elsewhere:
        return KernelNameError(message, place=place, remedy=f"it is in {elsewhere[0]}")
    return KernelNameError(message, place=place, remedy=f"did you mean {' or '.join(near)}?" if near else None)


def _public(module: ModuleType) -> list[str]:
    return list(getattr(module, "__all__", ())) or [name for name in dir(module) if not name.startswith("_")]


# The call and its arguments


class _Arguments(NamedTuple):
    """A call's arguments as expressions."""

    positional: tuple[ast.expr, ...]
    named: dict[str, ast.expr]

    @staticmethod
    def of(call: ast.Call) -> _Arguments | None:
        """None where the source does not say what they are (`*args`)."""
        if any(isinstance(value, ast.Starred) for value in call.args) or any(keyword.arg is None for keyword in call.keywords):
            return None
        return _Arguments(tuple(call.args), {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None})

    @property
    def keywords(self) -> set[str]:
        return set(self.named)


@lru_cache(maxsize=16)
def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _call(last: TracebackType) -> tuple[ast.Call, ast.expr | None] | None:
    """The call that a traceback's entry is at, and what its value is assigned to."""
    code, line = last.tb_frame.f_code, last.tb_lineno
    tree = _tree("".join(linecache.getlines(code.co_filename, last.tb_frame.f_globals)))
    if tree is None:
        return None
    where = _position(code, last.tb_lasti)
    call: ast.Call | None = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            exact = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == where
            # Python 3.10 knows the line alone: the outermost call of it.
            if exact or where is None and call is None and node.lineno == line:
                call = node
    if call is None:
        return None
    assigned = (node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign) and node.value is call and len(node.targets) == 1)
    return call, next(assigned, None)


def _position(code: CodeType, instruction: int) -> tuple[int | None, int | None, int | None, int | None] | None:
    """Lines and columns of an instruction's expression; None where Python does not know them."""
    if not hasattr(code, "co_positions"):
        return None
    for number, position in enumerate(code.co_positions()):
        if number == instruction // 2:
            return position
    return None


def _value(node: ast.expr, last: TracebackType) -> Any:
    """What a name with attributes is in the kernel's frame; None for other expressions, which would have to be run again."""
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, last), node.attr, None)
    if isinstance(node, ast.Name):
        frame = last.tb_frame
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    return None


def _api_of(function: Any, node: ast.expr) -> tuple[Api | None, str]:
    """The API that a function is of, and its name there."""
    written = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for name in (written, getattr(function, "__name__", "")):
        for api in _APIS:
            if function is not None and name and getattr(api.module, name, None) is function:
                return api, name
    return None, ""


def _signature(function: Any, api: Api) -> inspect.Signature:
    """What a function of an API takes."""
    if not isinstance(function, language.Operator):
        return inspect.signature(function)
    if api.generation == SECOND:
        return inspect.signature(function._call)
    # The first generation's take what the second's do, and a mask.
    plain = inspect.signature(getattr(function, "unmasked"))
    mask = inspect.Parameter("mask", inspect.Parameter.KEYWORD_ONLY, default=None)
    return plain.replace(parameters=[*plain.parameters.values(), mask])


def _other_signature(api: Api, name: str) -> inspect.Signature | None:
    """What the function of the same name takes in the other generation."""
    function = getattr(api.other, name, None) if api.other is not None else None
    if function is None or not callable(function):
        return None
    other = next(found for found in _APIS if found.module is api.other)
    return _signature(function, other)


def _names_of(signature: inspect.Signature) -> set[str]:
    return {name for name, parameter in signature.parameters.items() if parameter.kind is not inspect.Parameter.VAR_KEYWORD}


def _bound(signature: inspect.Signature, arguments: _Arguments) -> dict[str, ast.expr] | None:
    """The arguments by parameter; None where they do not fit."""
    try:
        found = signature.bind(*arguments.positional, **arguments.named)
    except TypeError:
        return None
    if not arguments.keywords <= _names_of(signature):
        return None
    return dict(found.arguments)


def _is_of_other(own: inspect.Signature, last: TracebackType) -> bool:
    """Whether an argument is of the kind that the other generation takes in this place."""
    values = last.tb_next.tb_frame.f_locals if last.tb_next is not None else {}
    if "dst" in own.parameters:
        return any(not isinstance(values[name], NkiTensor) for name in _TENSORS if name in own.parameters and name in values)
    return any(isinstance(values.get(name), NkiTensor) for name in ("op", "op0", "op1", "reduce_op"))


# The call in the other generation's form


def _shown(signature: inspect.Signature) -> str:
    """A signature without annotations."""
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()
                  if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    return str(inspect.Signature(parameters))


def _new_form(api: Api, name: str, own: inspect.Signature, other: inspect.Signature, arguments: _Arguments, call: ast.Call,
              target: ast.expr | None) -> str:
    """A call of the other generation as this one writes it."""
    known = _bound(other, arguments)
    if known is None:
        # Of neither generation as a whole: the parameters that both know by name.
        known = {**dict(zip(list(other.parameters), arguments.positional)), **arguments.named}
    written = {parameter: ast.unparse(value) for parameter, value in known.items() if parameter in own.parameters}
    function = ast.unparse(call.func)
    if api.generation == SECOND:
        return _second_form(name, own, known, written, function, target)
    if "dst" in own.parameters or "dst" not in known:
        return f"{function}({_listed(own, written)})"
    to = ast.unparse(known["dst"])
    return f"{to if to.endswith(']') else to + '[...]'} = {function}({_listed(own, written)})"


def _second_form(name: str, own: inspect.Signature, known: dict[str, ast.expr], written: dict[str, str], function: str,
                 target: ast.expr | None) -> str:
    more: list[str] = []
    form = ""
    if "dst" in own.parameters and "dst" not in known:
        to = ast.unparse(target) if target is not None else "dst"
        written = {"dst": to, **written}
        if target is None or isinstance(target, ast.Name):
            dtype = ast.unparse(known["dtype"]) if "dtype" in known else "…"
            more.append(f"with {to} = nl.ndarray(…, dtype={dtype}, buffer=nl.{'psum' if name in _IN_PSUM else 'sbuf'}) in front of it")
    elif target is not None:
        form = f"{ast.unparse(target)} = "
    if "mask" in known:
        more.append("with views of what the mask leaves, such as x[0:n], for its tensors: nki has no masks")
    return f"{form}{function}({_listed(own, written)}){', ' if more else ''}{', and '.join(more)}"


def _listed(own: inspect.Signature, written: dict[str, str]) -> str:
    """Arguments by name in the order of the parameters; … for those that must be there and are not."""
    return ", ".join(_named(parameter, written) for parameter in _needed(own.parameters.values(), written))


def _needed(parameters: Iterable[inspect.Parameter], written: dict[str, str]) -> list[inspect.Parameter]:
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [parameter for parameter in parameters if parameter.name in written
            or parameter.default is inspect.Parameter.empty and parameter.kind not in variable]


def _named(parameter: inspect.Parameter, written: dict[str, str]) -> str:
    return f"{parameter.name}={written.get(parameter.name, '…')}"


__all__ = ["explained"]
