"""The core's operations as layouts of binary records: numbers, names and defaults come from the core itself."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ..core import open_core
from ..errors import CoreMissingError
from ..places import fail
from .encoding import ABSENT, flag_value, integer_value, integers_value, number_value, pairs_value, register_value, record, varint

ENGINE: Final = 1
LABEL: Final = 2
AFTER: Final = 4
_SCOPE: Final = 8
_LOCATION: Final = 16


class Isa:
    """What the core says of itself, read once per process."""

    def __init__(self, found: dict[str, Any]) -> None:
        if "parameters" not in found["operations"][0]:
            raise CoreMissingError("the library of the core is older than this package: it declares no functions of nki.isa\n"
                                   "  help: build both from one source")
        self.engines: dict[str, int] = found["engines"]
        self.dtypes: dict[str, int] = found["dtypes"]
        self.spaces: dict[str, int] = found["spaces"]
        self.roles: dict[str, int] = found["roles"]
        self.operations: dict[str, dict[str, Any]] = {operation["name"]: operation for operation in found["operations"]}
        names: dict[str, int] = {}
        for operation in found["operations"]:
            names.setdefault(operation["name"], len(names))
            for field in operation["fields"]:
                for name in (field["name"], *field.get("symbols", ())):
                    names.setdefault(name, len(names))
        #: Names of operations, fields and symbols: the first strings of every program.
        self.strings = names
        self.string_records = b"".join(record(1, name.encode()) for name in names)


@cache
def isa() -> Isa:
    return Isa(open_core().isa())


class Symbols(dict[str, bytes]):
    """The values of a field that takes one of a few words."""

    def __init__(self, operation: str, field: str) -> None:
        self._operation = operation
        self._field = field

    def __missing__(self, name: str) -> bytes:
        found = isa()
        field = next(field for field in found.operations[self._operation]["fields"] if field["name"] == self._field)
        if name not in field["symbols"]:
            raise fail(f"{self._operation} {self._field} cannot be '{name}'", f"one of {', '.join(field['symbols'])}")
        value = self[str(name)] = b"\x06" + varint(found.strings[name])
        return value


class _Heads(dict[Any, bytes]):
    """How an instruction's record begins, by the engine that the author chose."""

    def __init__(self, operation: str, attributes: int) -> None:
        self._operation = operation
        self._attributes = attributes

    def __missing__(self, engine: str | None) -> bytes:
        found = isa()
        opcode = found.operations[self._operation]["opcode"]
        value = bytes((opcode, self._attributes)) if engine is None else \
            bytes((opcode, self._attributes | ENGINE, found.engines[engine]))
        self[engine] = value
        return value


class Layout:
    """An operation with the fields that records of it carry, in their order."""

    __slots__ = ("_defaults", "_heads", "_rest", "fields", "in_scope", "name", "outside")

    def __init__(self, name: str, *fields: str) -> None:
        self.name = name
        self.fields = fields
        #: Heads of records with a location, within a scope and outside of all.
        self.in_scope = _Heads(name, _SCOPE | _LOCATION)
        self.outside = _Heads(name, _LOCATION)
        self._heads: dict[int, _Heads] = {}
        self._defaults: tuple[bytes, ...] = ()
        #: By where they begin: the defaults of all fields from there on.
        self._rest: dict[int, bytes] = {}

    def head(self, engine: str | None, is_scoped: bool, more: int) -> bytes:
        """The head of a record that has a label besides (`LABEL`)."""
        attributes = (_SCOPE if is_scoped else 0) | _LOCATION | more
        found = self._heads.get(attributes)
        if found is None:
            found = self._heads[attributes] = _Heads(self.name, attributes)
        return found[engine]

    def values(self, given: dict[str, bytes], begin: int = 0) -> bytes:
        """The values of the fields from `begin` on, with the core's defaults for what is not given."""
        defaults = self.defaults
        if not given:
            found = self._rest.get(begin)
            if found is None:
                found = self._rest[begin] = b"".join(defaults[begin:])
            return found
        fields = self.fields
        return b"".join([given.get(fields[i], defaults[i]) for i in range(begin, len(fields))])

    @property
    def defaults(self) -> tuple[bytes, ...]:
        """The core's defaults, one for each field."""
        return self._defaults or self._load()

    def _load(self) -> tuple[bytes, ...]:
        by_name = {field["name"]: field for field in isa().operations[self.name]["fields"]}
        self._defaults = tuple(_default(self.name, by_name[name]) for name in self.fields)
        return self._defaults

    def record(self) -> bytes:
        """What introduces the operation in a program."""
        found = isa()
        numbers = [varint(found.strings[name]) for name in (self.name, *self.fields)]
        return record(6, b"".join((bytes((found.operations[self.name]["opcode"],)), numbers[0], varint(len(self.fields)),
                                   *numbers[1:])))


def _default(operation: str, field: dict[str, Any]) -> bytes:
    value, kind = field["default"], field["kind"]
    if value is None:
        return ABSENT
    if kind == "symbol":
        return Symbols(operation, field["name"])[value]
    if kind in ("number", "scalarOrTile"):
        return number_value(value)
    if kind == "flag":
        return flag_value(value)
    if kind in ("integer", "registerOrInteger"):
        return integer_value(value)
    if kind == "integers":
        return integers_value(value)
    if kind == "pairs":
        return pairs_value(value)
    if kind == "register":
        return register_value(value)
    raise AssertionError(f"{operation} {field['name']} has a default of kind {kind}")


def declared(name: str) -> list[dict[str, Any]]:
    """The parameters of an operation's function, in NKI's order: `name field kind required default summary`."""
    found: list[dict[str, Any]] = isa().operations[name]["parameters"]
    return found


@cache
def layout(name: str) -> Layout:
    """All fields of an operation in the order of the core."""
    return Layout(name, *(field["name"] for field in isa().operations[name]["fields"]))
