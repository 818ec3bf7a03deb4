"""What the table of public kernels is made of: where a kernel's source is, what it is given, and which records measure it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True)
class Array:
    """An argument that is an array of zeros: no kernel's time depends on its values."""

    dtype: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if any(extent < 1 for extent in self.shape):
            raise ValueError(f"an array of the shape {self.shape}")


def f32(*shape: int) -> Array:
    return Array("float32", shape)


def f16(*shape: int) -> Array:
    return Array("float16", shape)


def bf16(*shape: int) -> Array:
    return Array("bfloat16", shape)


def i32(*shape: int) -> Array:
    return Array("int32", shape)


@dataclass(frozen=True)
class Repository:
    """A public repository at one commit."""

    #: As GitHub spells it, owner and name: the clone's place below the directory with all checkouts.
    name: str
    commit: str
    #: Folders of it that its modules are imported from, beside the file's own.
    imports: tuple[str, ...] = ()
    #: Modules of the host's side that files import and kernels do not use: empty ones take their place.
    absent: tuple[str, ...] = ()
    #: Packages that must be installed for it.
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Launch:
    """One call of a kernel."""

    file: str
    function: str
    arguments: tuple[Array | int | float, ...]
    keywords: dict[str, int | float] = field(default_factory=dict)
    #: A text of the file and what the measured build had in its place, for kernels with a constant to be edited.
    replace: tuple[str, str] | None = None
    #: How many steps of the file's `TRACE` make the kernel, where the repository renders it from a graph.
    steps: int | None = None


class Group(Enum):
    """What is judged together."""

    #: trn2, the sets of both generations.
    MAIN = "trn2"
    #: AWS's builds of the second generation, by themselves.
    SECOND_GENERATION = "trn2, AWS's second generation"
    #: trn1's baselines.
    TRN1 = "trn1"


@dataclass(frozen=True)
class Kernel:
    """A kernel with the records that measured it; of several launches the times are added."""

    name: str
    records: tuple[str, ...]
    launches: tuple[Launch, ...]
    #: The kind of measurement (`records.KINDS`), where it is not the family's.
    kind: str | None = None
    #: Kernels are compared with each other within one problem of a family only.
    problem: str = ""
    #: Whether it belongs to the subset that takes two minutes.
    quick: bool = False
    #: The repository, where it is not the family's.
    repository: Repository | None = None


@dataclass(frozen=True)
class Family:
    """Kernels of one repository for one problem."""

    name: str
    repository: Repository
    #: The kind of measurement, a key of `records.KINDS`.
    kind: str
    kernels: tuple[Kernel, ...]
    group: Group = Group.MAIN
    #: 1 for `neuronxcc.nki`, 2 for `nki`.
    generation: int = 1
    #: Who made the DMA descriptors of first-generation kernels in the measured builds: "prepared" or "generated".
    descriptors: str = "prepared"
    hardware: str = "trn2"


@dataclass(frozen=True)
class LeftOut:
    """Records that are not run, and why; a name ends with * where all records that begin so are meant."""

    records: tuple[str, ...]
    reason: str

    def covers(self, record: str) -> bool:
        return any(record.startswith(name[:-1]) if name.endswith("*") else record == name for name in self.records)


__all__ = ["Array", "Family", "Group", "Kernel", "Launch", "LeftOut", "Repository", "bf16", "f16", "f32", "i32"]
