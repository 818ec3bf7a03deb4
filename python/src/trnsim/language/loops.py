"""Loops: static ones are unrolled and give scopes, dynamic ones are instructions."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from ..errors import KernelTypeError
from ..places import current_place, user_place
from ..record.context import trace, tracing
from ..record.encoding import register_value
from ..record.once import Passes
from ..record.operations import Layout
from ..record.recorder import emit, register_alloc, register_operand
from ..tensor.registers import LoopRegister, VirtualRegister

_FOR = re.compile(r"\bfor\s+\(?\s*([A-Za-z_]\w*)")
#: Names of loops by the code's id and the line, with the code, so that its id stays its own.
_names: dict[tuple[int, int], tuple[CodeType, str]] = {}
_LOOP, _WHILE, _END = Layout("loop", "var", "start", "stop", "step"), Layout("while_loop", "condition"), Layout("end_loop")


def _loop_name(kind: str) -> str:
    code, line = user_place(3)
    found = _names.get((id(code), line))
    if found is None:
        match = _FOR.search(linecache.getline(code.co_filename, line))
        found = _names[id(code), line] = (code, match[1] if match else kind)
    return found[1]


def _bounds(start: Any, stop: Any, step: Any, kind: str) -> range:
    for value in (start, stop, step):
        if isinstance(value, VirtualRegister):
            raise KernelTypeError(f"{kind} with a register as bound", place=current_place(),
                                  remedy="use nl.fori_loop or nl.dynamic_range")
    if stop is None:
        start, stop = 0, start
    return range(int(start.__index__()), int(stop.__index__()), int(step.__index__()))


def static(kind: str, traced_once: bool = False) -> Callable[..., Iterator[int]]:
    """A loop that is unrolled while tracing; each pass is a scope.

    `traced_once`: the first API generation's compiler traces its body once.
    """

    def loop(start: Any, stop: Any = None, step: Any = 1, **_hints: Any) -> Iterator[int]:
        found = _bounds(start, stop, step, kind)
        current = tracing()
        if current is None:
            return iter(found)
        once = current.passes if traced_once and current.beta else None
        return _passes(found, current.program, _loop_name(kind), once, kind == "affine_range")

    loop.__name__ = loop.__qualname__ = kind
    loop.__doc__ = f"`{kind}(n)` or `{kind}(start, stop, step)`: unrolled while tracing."
    return loop


def _passes(found: range, program: Any, name: str, once: Passes | None, affine: bool) -> Iterator[int]:
    if once is not None:
        once.enter(affine)
    try:
        for i in found:
            if once is not None:
                once.begin_pass(program)
            scope = program.open_scope(f"{name}={i}", "affine" if affine else "")
            try:
                yield i
            finally:
                program.close_scope(scope)
                if once is not None:
                    once.end_pass(program)
    finally:
        if once is not None:
            once.leave()


affine_range = static("affine_range", traced_once=True)
sequential_range = static("sequential_range", traced_once=True)
static_range = static("static_range")


def _begin(start: Any, stop: Any, step: Any) -> LoopRegister:
    program = trace().program
    variable = LoopRegister(program.registers, program, frozen=True)
    program.registers += 1
    program.begin_loop()
    emit(_LOOP, b"".join((register_value(variable.number), register_operand(start, "start", "loop"),
                          register_operand(stop, "stop", "loop"), register_operand(step, "step", "loop"))), [])
    return variable


def _end() -> None:
    emit(_END, b"", [])
    trace().program.end_loop()


def dynamic_range(start: Any, stop: Any = None, step: Any = 1) -> Iterator[VirtualRegister]:
    """A loop of the sequencer: its body is traced once."""
    if stop is None:
        start, stop = 0, start
    variable = _begin(start, stop, step)
    try:
        yield variable
    finally:
        _end()


def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], step: Any = 1) -> None:
    """`for i in lower…upper: body_fun(i)` as a loop of the sequencer; the body is traced once."""
    variable = _begin(lower, upper, step)
    body_fun(variable)
    _end()


def while_loop(init: Any, body_fun: Callable[..., Any]) -> None:
    """Repeats `body_fun(register)` while the register is not 0; the body is traced once."""
    register = init if isinstance(init, VirtualRegister) else register_alloc(init)
    program = trace().program
    program.begin_loop()
    emit(_WHILE, register_value(register.number), [])
    body_fun(register)
    _end()
