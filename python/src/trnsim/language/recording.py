"""The recorder behind Python's operators on tensors and registers (`tensor/recording.py`)."""

from __future__ import annotations

from ..record import peek
from ..record.recorder import register_alu
from ..tensor import recording
from . import assign, functions


class Recorder:
    """What the operators of `nki.language` record, for `a + b`, `t[…] = v`, `print(t)` and registers."""

    binary = staticmethod(functions.binary)
    copy = staticmethod(functions.copy)
    update = staticmethod(assign.update)
    accumulate = staticmethod(assign.accumulate)
    assign = staticmethod(assign.assign)
    broadcast_to = staticmethod(functions.broadcast_to)
    values = staticmethod(peek.values)
    describe = staticmethod(peek.describe)
    register_alu = staticmethod(register_alu)


recording.recorder = Recorder()
