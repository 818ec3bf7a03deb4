"""Registers of the engines' sequencers, as values of the kernel's Python."""

from __future__ import annotations

from typing import Any

from ..errors import KernelTypeError
from ..places import current_place
from . import recording


class VirtualRegister:
    """A 32-bit register, known when the program runs; Python cannot read it while tracing.

    `+`, `-` and `*` compute on the sequencer. A register serves as `scalar_offset`, as an index and as
    a loop's bound.
    """

    __slots__ = ("frozen", "number", "program")

    def __init__(self, number: int, program: Any = None, frozen: bool = False) -> None:
        self.number = number
        self.program = program
        self.frozen = frozen

    def __repr__(self) -> str:
        return f"<register r{self.number}>"

    def _refuse(self, what: str) -> Any:
        raise KernelTypeError(
            f"{what}: its value is known only when the program runs",
            remedy="use nl.while_loop or nl.fori_loop for control flow, and scalar_offset for addresses",
            place=current_place())

    def __bool__(self) -> bool:
        return self._refuse("a register in Python's if, while, and, or, not")  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._refuse("int() of a register")  # type: ignore[no-any-return]

    def __index__(self) -> int:
        return self._refuse("a register as a Python index")  # type: ignore[no-any-return]

    def __float__(self) -> float:
        return self._refuse("float() of a register")  # type: ignore[no-any-return]

    def _alu(self, op: str, other: Any, reverse: bool = False) -> VirtualRegister:
        return recording.recorder.register_alu(op, self, other, reverse)  # type: ignore[no-any-return]

    def __add__(self, other: Any) -> VirtualRegister:
        return self._alu("add", other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> VirtualRegister:
        return self._alu("subtract", other)

    def __rsub__(self, other: Any) -> VirtualRegister:
        return self._alu("subtract", other, reverse=True)

    def __mul__(self, other: Any) -> VirtualRegister:
        return self._alu("multiply", other)

    __rmul__ = __mul__


class LoopRegister(VirtualRegister):
    """The variable of a dynamic loop: read only."""

    __slots__ = ()


class NkiScalar(VirtualRegister):
    """An integer that is known when the program runs, loaded from a tile of one element (NKI 0.7).

    `+`, `-` and `*` compute on the sequencer, in 32 bits that wrap. Comparisons give what nothing can use, as NKI documents.
    """

    __slots__ = ("dtype",)
    __hash__ = object.__hash__

    def __init__(self, number: int, program: Any, dtype: Any) -> None:
        super().__init__(number, program, frozen=True)
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"<scalar {self.dtype} r{self.number}>"

    def _alu(self, op: str, other: Any, reverse: bool = False) -> NkiScalar:
        if isinstance(other, VirtualRegister) and getattr(other, "dtype", self.dtype) is not self.dtype:
            raise KernelTypeError(f"a scalar of {self.dtype} and one of {getattr(other, 'dtype', None)}",
                                  remedy="load both from tiles of one element type", place=current_place())
        found = recording.recorder.register_alu(op, self, other, reverse)
        return NkiScalar(found.number, found.program, self.dtype)

    def __neg__(self) -> NkiScalar:
        return self._alu("subtract", 0, reverse=True)

    def _compared(self, other: Any) -> ScalarComparison:
        return ScalarComparison()

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __eq__(self, other: object) -> ScalarComparison:  # type: ignore[override]
        return ScalarComparison()

    def __ne__(self, other: object) -> ScalarComparison:  # type: ignore[override]
        return ScalarComparison()


class ScalarComparison:
    """A comparison of scalars, which no operation takes."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise KernelTypeError("a comparison of scalars in Python's if, while, and, or, not: its value is known only when the program runs",
                              remedy="use nl.while_loop or nl.fori_loop for control flow", place=current_place())
