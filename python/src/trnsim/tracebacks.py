"""Tracebacks that show the user's frames alone, in scripts, IPython and pytest; TRNSIM_TRACEBACK=all shows the simulator's too."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

from .errors import TrnsimError
from .places import is_own_file

F = TypeVar("F", bound=Callable[..., Any])

#: What runs a script for `python -m trnsim`.
_RUNNERS = ("<frozen runpy>", os.path.join(os.path.dirname(os.__file__), "runpy.py"))
#: Whether this thread is inside of an edge.
_inside = threading.local()
_NOTE = "TRNSIM_TRACEBACK=all shows the simulator's own frames too"


def shows_all() -> bool:
    """Whether the simulator's own frames stay in tracebacks."""
    return os.environ.get("TRNSIM_TRACEBACK") == "all"


def of_user(trace: TracebackType | None, *, in_runner: bool = False) -> TracebackType | None:
    """A traceback without the simulator's frames; `in_runner`: nor those of what runs scripts."""
    kept: list[TracebackType] = []
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not is_own_file[name] and not (in_runner and name in _RUNNERS):
            kept.append(trace)
        trace = trace.tb_next
    found: TracebackType | None = None
    for entry in reversed(kept):
        found = TracebackType(found, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return found


def shorten(error: BaseException, *, in_runner: bool = False) -> None:
    """Leaves the user's frames alone in the traceback of an error, and of those that it came from."""
    if shows_all():
        return
    seen: set[int] = set()
    rest: list[BaseException | None] = [error]
    while rest:
        one = rest.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if not isinstance(one, TrnsimError) and _ends_in_own(one.__traceback__):
            _tell(one)
        one.__traceback__ = of_user(one.__traceback__, in_runner=in_runner)
        rest += [one.__cause__, one.__context__]


def _ends_in_own(trace: TracebackType | None) -> bool:
    """Whether the last frame is the simulator's: its author wants to see it."""
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and is_own_file[last.tb_frame.f_code.co_filename]


def _tell(error: BaseException) -> None:
    # Python 3.10 has no notes.
    if hasattr(error, "add_note") and _NOTE not in getattr(error, "__notes__", ()):
        error.add_note(_NOTE)


def edge(function: F) -> F:
    """Where users call the simulator: what rises in it leaves with the user's frames alone.

    The frame that is left, this one, pytest and IPython do not show, and a script's traceback is printed without it.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = not shows_all()
        if getattr(_inside, "edge", False):
            return function(*args, **kwargs)  # a kernel of a kernel: the outermost edge sees all frames
        _inside.edge = True
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if shows_all():
                raise
            shorten(error)
            _print_without_own_frames()
            # A bare `raise` brings back the traceback that the error came with, in Python 3.10.
            raise error.with_traceback(error.__traceback__)
        finally:
            _inside.edge = False

    return cast("F", call)


def _print_without_own_frames() -> None:
    """From the first error on: Python's own way to print one that nobody catches leaves out the simulator's frames."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = print_short


def print_short(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error as Python prints it, with the user's frames alone."""
    shorten(error)
    sys.__excepthook__(kind, error, error.__traceback__ if not shows_all() else trace)


__all__ = ["edge", "of_user", "print_short", "shorten", "shows_all"]
