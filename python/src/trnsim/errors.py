"""What goes wrong in a kernel, said like a compiler says it: place, operand, rule, remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of the user's Python."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def excerpt(self) -> str | None:
        """The line's text, if the source can be found."""
        import linecache

        text = linecache.getline(self.file, self.line).rstrip()
        return text or None


class SimulationWarning(UserWarning):
    """What a simulation let pass, or does otherwise than the kernel says; `report.notes` has it too."""


class TrnsimError(Exception):
    """Base class of all errors of this package."""


class NkiValidationError(TrnsimError, AssertionError):
    """A kernel breaks a rule of NKI or of the hardware.

    Also an AssertionError, which is what the vendor's simulator raises for most rules.
    """

    #: Whether the core found it in what was recorded.
    of_core = False

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None,
                 notes: tuple[str, ...] = ()) -> None:
        self.message = message
        self.remedy = remedy
        self.place = place
        self.notes = notes
        super().__init__(message)

    def __str__(self) -> str:
        return render(self.message, self.place, self.remedy, self.notes)


class KernelTypeError(NkiValidationError, TypeError):
    """A value of the wrong kind, such as a register in Python's `if`."""


class UnsupportedError(TrnsimError, NotImplementedError):
    """Something of NKI that this simulator does not have."""

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None) -> None:
        self.message = message
        self.remedy = remedy
        self.place = place
        super().__init__(message)

    def __str__(self) -> str:
        return render(self.message, self.place, self.remedy, ())


class SimulationError(TrnsimError, RuntimeError):
    """The simulated machine faulted: a race, an index out of bounds, a read of what was never written."""

    def __init__(self, message: str, *, kind: str = "", remedy: str | None = None,
                 place: Place | None = None, notes: tuple[str, ...] = ()) -> None:
        self.message = message
        self.kind = kind
        self.remedy = remedy
        self.place = place
        self.notes = notes
        super().__init__(message)

    def __str__(self) -> str:
        return render(self.message, self.place, self.remedy, self.notes)


class OutOfBoundsError(SimulationError, IndexError):
    """An index that is known when the program runs leads out of its tensor."""


class PackageMissingError(TrnsimError, ImportError):
    """A package that trnsim does not need, but what was asked for does."""


class CoreMissingError(TrnsimError, RuntimeError):
    """The simulator's core was not found."""


def render(message: str, place: Place | None, remedy: str | None, notes: tuple[str, ...]) -> str:
    """Message, then where, the line of source, notes and the remedy."""
    lines = [message]
    if place is not None:
        lines.append(f"  at {place}" + (f" in {place.function}" if place.function else ""))
        text = place.excerpt()
        if text is not None:
            lines.append(f"    {text.strip()}")
    lines += [f"  note: {note}" for note in notes]
    if remedy:
        lines.append(f"  help: {remedy}")
    return "\n".join(lines)
