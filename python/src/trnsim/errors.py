"""What goes wrong in a kernel, said like a compiler says it: place, operand, rule, remedy."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """A line of the user's Python."""

    file: str
    line: int
    function: str = ""
    #: From and to which byte of the line's UTF-8 the expression goes, where that is known.
    columns: tuple[int, int] | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def excerpt(self) -> str | None:
        """The line's text, if the source can be found."""
        import linecache

        text = linecache.getline(self.file, self.line).rstrip()
        return text or None

    def caret(self) -> str | None:
        """What stands below the line's text, without its indentation, to show the expression."""
        text = self.excerpt()
        if text is None or self.columns is None:
            return None
        line = text.encode()
        begin, end = (len(line[:column].decode(errors="replace")) for column in self.columns)
        indentation = len(text) - len(text.lstrip())
        return " " * (begin - indentation) + "^" + "~" * (end - begin - 1) if indentation <= begin < end else None


@dataclass(frozen=True)
class FailureReport:
    """What the core knows of a run that failed, as `trnsim run` reports it."""

    #: What `trnsim run --json` writes: an object with the key `failure`.
    json: dict[str, Any] = field(default_factory=dict)
    #: All of it for people.
    text: str = ""
    #: What the exception's message does not say: who has the memory, who waits for whom; may be empty.
    details: str = ""
    markdown: str = ""
    #: A page for browsers, with a picture.
    html: str = ""

    @property
    def kind(self) -> str:
        """`memory`, `input`, or the fault of the machine, such as `deadlock`."""
        return str(self.json.get("failure", {}).get("kind", ""))

    @property
    def memory(self) -> list[dict[str, Any]]:
        """Memories that have no room, of several cores one each: who has them, until when, and what would make room."""
        return list(self.json.get("failure", {}).get("memory", []))

    @property
    def waits(self) -> dict[str, Any] | None:
        """Of a deadlock: `members`, `waits` and the `cycle` of those who wait for each other."""
        found: dict[str, Any] | None = self.json.get("failure", {}).get("waits")
        return found

    def __str__(self) -> str:
        return self.text


class SimulationWarning(UserWarning):
    """What a simulation let pass, or does otherwise than the kernel says; `report.notes` has it too."""


class TrnsimError(Exception):
    """Base class of all errors of this package.

    `topic` is the section of docs/errors.md that the message names (`trnsim explain TOPIC` prints it); `report` is what is known of
    the run that failed.
    """

    #: What it is about, for `trnsim explain`; empty where only the text says so.
    topic: str = ""
    #: What the core knows of the run; None for what is found before one.
    report: FailureReport | None = None


class NkiValidationError(TrnsimError, AssertionError):
    """A kernel breaks a rule of NKI or of the hardware.

    Also an AssertionError, which is what the vendor's simulator raises for most rules.
    """

    topic: str = "operands"
    #: Whether the core found it in what was recorded.
    of_core = False

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None,
                 notes: tuple[str, ...] = (), rule: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        self.place = place
        self.notes = notes
        #: What the first API generation's compiler calls it ("NKI API Errors"), without its `err_`.
        self.rule = rule
        super().__init__(message)

    def __str__(self) -> str:
        notes = self.notes if self.rule is None else (*self.notes, documented(self.rule))
        return render(self.message, self.place, self.remedy, notes, self.report, self.topic)


class KernelTypeError(NkiValidationError, TypeError):
    """A value of the wrong kind, such as a register in Python's `if`."""


class KernelValueError(NkiValidationError, ValueError):
    """A value that an operation does not take."""


class KernelNameError(NkiValidationError, AttributeError):
    """A name that the API does not have."""


class UnsupportedError(TrnsimError, NotImplementedError):
    """Something of NKI that this simulator does not have."""

    topic: str = "unsupported"

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None) -> None:
        self.message = message
        self.remedy = remedy
        self.place = place
        super().__init__(message)

    def __str__(self) -> str:
        return render(self.message, self.place, self.remedy, (), topic=self.topic)


class SimulationError(TrnsimError, RuntimeError):
    """The simulated machine faulted: a race, an index out of bounds, a read of what was never written."""

    def __init__(self, message: str, *, kind: str = "", remedy: str | None = None,
                 place: Place | None = None, notes: tuple[str, ...] = ()) -> None:
        self.message = message
        self.kind = kind
        self.topic = kind.replace(" ", "-")
        self.remedy = remedy
        self.place = place
        self.notes = notes
        super().__init__(message)

    def __str__(self) -> str:
        return render(self.message, self.place, self.remedy, self.notes, self.report, self.topic)


class OutOfBoundsError(SimulationError, IndexError):
    """An index that is known when the program runs leads out of its tensor."""


class PackageMissingError(TrnsimError, ImportError):
    """A package that trnsim does not need, but what was asked for does."""

    topic: str = "installation"


class CoreMissingError(TrnsimError, RuntimeError):
    """The simulator's core was not found."""

    topic: str = "installation"


def documented(rule: str) -> str:
    """The name of a rule of the first API generation, as its documentation has it."""
    return f"err_{rule} of neuronxcc.nki's compiler"


def render(message: str, place: Place | None, remedy: str | None, notes: tuple[str, ...],
           report: FailureReport | None = None, topic: str = "") -> str:
    """Message, then where, the line of source, notes, the remedy and where more is written, and what the report has besides."""
    lines = [message]
    if place is not None:
        lines.append(f"  at {place}" + (f" in {place.function}" if place.function else ""))
        text = place.excerpt()
        if text is not None:
            lines.append(f"    {text.strip()}")
            caret = place.caret()
            if caret is not None:
                lines.append(f"    {caret}")
    lines += [f"  note: {note}" for note in notes]
    if remedy:
        lines.append(f"  help: {remedy}")
    if topic:
        lines.append(f"  see: trnsim explain {topic}")
    if report is not None and report.details:
        lines += ["", report.details.rstrip("\n")]
    return "\n".join(lines)


def printable(text: str) -> str:
    """A text for a terminal, in which what that would act on, in names that somebody chose, is replaced."""
    return "".join("\ufffd" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    """Whether a terminal acts on the character instead of showing it."""
    if character in _BIDIRECTIONAL:
        return True
    return character != "\n" and unicodedata.category(character) in ("Cc", "Zl", "Zp")


#: Marks that change the order of what is around them.
_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
