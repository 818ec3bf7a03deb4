"""Pieces of binary programs (docs/binary-format.md): numbers and values as bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from ..places import fail

#: Values of fields that need no more than their tag.
ABSENT: Final = b"\0"
NO: Final = b"\4"
YES: Final = b"\5"
_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")
#: How many different numbers have their bytes kept.
_KEPT: Final = 1 << 16


class _Varints(dict[int, bytes]):
    """Numbers that were asked for."""

    def __missing__(self, number: int) -> bytes:
        found = once(number)
        if number < _KEPT:
            self[number] = found
        return found


def once(number: int) -> bytes:
    """`varint` of a number that most likely comes once, and is not kept."""
    if number < 0x80:
        return bytes((number,))
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    if number < 0x200000:
        return bytes((number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


#: Seven bits a byte, lowest first; the number is not negative.
varint: Final = _Varints().__getitem__


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a position, and the position behind it."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def zigzag(number: int) -> bytes:
    """A number with a sign as a varint, which is not kept."""
    return once(number << 1 if number >= 0 else (-number << 1) - 1)


class _Signed(dict[int, bytes]):
    """Numbers with signs that were asked for."""

    def __missing__(self, number: int) -> bytes:
        number = int(number)
        if not -1 << 63 <= number < 1 << 63:
            raise fail(f"{number} does not fit into 64 bits")
        found = zigzag(number)
        if len(self) < _KEPT:
            self[number] = found
        return found


#: A number with a sign as a varint.
signed: Final = _Signed().__getitem__


class Prefixes(dict[int, bytes]):
    """How records of one kind begin: its tag, and the length of what they hold, by that."""

    def __init__(self, tag: int) -> None:
        self.tag = bytes((tag,))

    def __missing__(self, length: int) -> bytes:
        found = self.tag + varint(length)
        if length < _KEPT:
            self[length] = found
        return found


def record(tag: int, payload: bytes) -> bytes:
    return b"".join((bytes((tag,)), varint(len(payload)), payload))


def payload(data: bytes) -> bytes:
    """What a record holds."""
    return data[varint_at(data, 1)[1]:]


# Values of fields


class _Numbers(dict[float, bytes]):
    """Numbers that were asked for; 0 is two numbers, and a NaN is none that could be found again."""

    def __missing__(self, number: float) -> bytes:
        found = _number(number)
        if number and number == number and len(self) < _KEPT:
            self[number] = found
        return found


def _number(number: float) -> bytes:
    try:
        value = float(number)
    except OverflowError:
        value = math.copysign(math.inf, number)
    try:
        single = _FLOAT.pack(value)
    except OverflowError:
        return b"\x09" + _DOUBLE.pack(value)
    if value == _FLOAT.unpack(single)[0] or value != value:
        return b"\x02" + single
    return b"\x09" + _DOUBLE.pack(value)


#: A number: four bytes where float32 holds it, else eight.
number_value: Final = _Numbers().__getitem__


def integer_value(value: int) -> bytes:
    return b"\x03" + signed(value)


def flag_value(value: object) -> bytes:
    return YES if value else NO


def integers_value(values: Sequence[int]) -> bytes:
    return b"".join((b"\x07", varint(len(values)), *map(signed, values)))


def pairs_value(pairs: Iterable[tuple[int, int]]) -> bytes:
    found = [signed(step) + signed(count) for step, count in pairs]
    return b"".join((b"\x08", varint(len(found)), *found))


def register_value(number: int) -> bytes:
    return b"\x0a" + signed(number)
