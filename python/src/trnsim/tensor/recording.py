"""What tensors and registers have recorded for them: they know their geometry, and no instruction.

`language/recording.py` is the recorder.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FrameType
from typing import Any, Protocol


class Recorder(Protocol):
    """Makes instructions of Python's operators on tensors and registers."""

    def binary(self, op: str, x: Any, y: Any) -> Any:
        """`x op y`, a new tile."""

    def copy(self, view: Any, dtype: Any) -> Any:
        """A new tile with the same values in another element type."""

    def update(self, view: Any, op: str, value: Any) -> Any:
        """`view op= value`."""

    def accumulate(self, view: Any, value: Any) -> Any:
        """`view += value`; into psum a product adds by itself."""

    def assign(self, view: Any, key: Any, value: Any) -> None:
        """`view[key] = value`."""

    def broadcast_to(self, view: Any, shape: Sequence[int]) -> Any:
        """Dimensions of one element repeated to `shape`; partitions by instructions."""

    def values(self, view: Any) -> Any:
        """What a view holds at this point of the kernel, as an array of NumPy."""

    def describe(self, view: Any) -> str:
        """What `print(view)` shows."""

    def register_alu(self, op: str, left: Any, right: Any, reverse: bool) -> Any:
        """`left op right`, a new register; with `reverse` the sides change places."""


#: Set when the room that records is imported.
recorder: Recorder


class Rules:
    """What an API generation demands of a kernel besides the machine's rules: nothing, but for the first one's compiler."""

    def indexed(self, view: Any, key: Any) -> None:
        """A tensor is indexed by grids."""

    def index_assigned(self) -> None:
        """An element of an index grid is assigned to."""

    def condition(self, frame: FrameType) -> bool:
        """Python asks for the truth of a comparison of grids, in a frame; whether that decides what it does."""
        return False

    def truth(self, view: Any) -> None:
        """Python asks for the truth of a tensor."""

    def created(self, tensor: Any, placed: bool) -> None:
        """The author made a tensor, at an address of his own if it is placed."""

    def filled(self, region: Any, placed: bool) -> None:
        """The author makes a tensor with a first value."""

    def assigned(self, view: Any, value: Any) -> None:
        """`view[…] = value`, or a store."""

    def nested(self, kernel: str) -> None:
        """A kernel on a grid is called in another one."""

    def finished(self, trace: Any, result: Any) -> None:
        """A program of a kernel ended and returned `result`."""


#: Set when the first API generation is imported.
rules = Rules()
