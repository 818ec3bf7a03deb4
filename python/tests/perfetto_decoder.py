"""Reads Perfetto traces without anything of the package or the core: what tests and benchmarks compare their numbers with.

Fields: Perfetto, protos/perfetto/trace; protobuf.dev, "Encoding".
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Track:
    """A row's track, or a group."""

    name: str = ""
    parent: int = 0
    rank: int = 0
    is_counter: bool = False


def has_zstd() -> bool:
    """Whether there is a program that decompresses."""
    return shutil.which("zstd") is not None


def decompressed(path: str) -> bytes:
    """What is in a zstd file, by zstd's own program."""
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Fields: number, and value with 0, or where its bytes begin and end."""
    while at < end:
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield tag >> 3, value, 0
        elif kind == 1:
            yield tag >> 3, struct.unpack_from("<Q", data, at)[0], 0
            at += 8
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > end:
                raise ValueError(f"a field ends beyond its message, at byte {at}")
            yield tag >> 3, at, at + size
            at += size
        else:
            raise ValueError(f"wire type {kind} at byte {at}")


class Trace:
    """Slices, samples and arrows of a trace."""

    def __init__(self, data: bytes) -> None:
        self.tracks: dict[int, Track] = {}
        #: Track, name, begin and end in ns.
        self.slices: list[tuple[int, str, int, int]] = []
        self.samples = 0
        #: By counter: values in their order.
        self.counters: dict[str, list[float]] = {}
        self.flow_begins: set[int] = set()
        self.flow_ends: set[int] = set()
        self.sequences: set[int] = set()
        self._names: dict[int, str] = {}
        self._open: dict[int, list[tuple[str, int]]] = {}
        for field, start, end in _fields(data, 0, len(data)):
            if field != 1:
                raise ValueError(f"field {field} of a trace")
            self._packet(data, start, end)
        if any(self._open.values()):
            raise ValueError("slices without an end")
        if self.flow_begins != self.flow_ends:
            raise ValueError("arrows with one end")

    def rows(self) -> list[str]:
        """Names of the rows with slices, in their order."""
        found = {self.tracks[track].name: self.tracks[track].rank for track, *_ in self.slices}
        return sorted(found, key=lambda name: found[name])

    def _packet(self, data: bytes, start: int, end: int) -> None:
        time = flags = 0
        event = described = interned = None
        for field, first, last in _fields(data, start, end):
            if field == 8:
                time = first
            elif field == 10:
                self.sequences.add(first)
            elif field == 13:
                flags = first
            elif field == 11:
                event = (first, last)
            elif field == 12:
                interned = (first, last)
            elif field == 60:
                described = (first, last)
        if flags & 1:
            self._names = {}
        if interned:
            for field, first, last in _fields(data, *interned):
                if field == 2:
                    parts = {part: (value, stop) for part, value, stop in _fields(data, first, last)}
                    self._names[parts[1][0]] = data[slice(*parts[2])].decode()
        if described:
            self._track(data, *described)
        if event:
            self._event(data, time, *event)

    def _track(self, data: bytes, start: int, end: int) -> None:
        track = Track()
        number = 0
        for field, first, last in _fields(data, start, end):
            if field == 1:
                number = first
            elif field == 2:
                track.name = data[first:last].decode()
            elif field == 5:
                track.parent = first
            elif field == 8:
                track.is_counter = True
            elif field == 12:
                track.rank = first
        self.tracks[number] = track

    def _event(self, data: bytes, time: int, start: int, end: int) -> None:
        kind = track = 0
        name = ""
        value = 0.0
        for field, first, _ in _fields(data, start, end):
            if field == 9:
                kind = first
            elif field == 10:
                name = self._names[first]
            elif field == 11:
                track = first
            elif field == 30:
                value = float(first)
            elif field == 44:
                value = struct.unpack("<d", struct.pack("<Q", first))[0]
            elif field == 47:
                self.flow_begins.add(first)
            elif field == 48:
                if first not in self.flow_begins:
                    raise ValueError("an arrow from nowhere")
                self.flow_ends.add(first)
        if track not in self.tracks:
            raise ValueError(f"an event on track {track}, which nothing describes")
        if kind == 1:
            self._open.setdefault(track, []).append((name, time))
        elif kind == 2:
            begun, begin = self._open[track].pop()
            self.slices.append((track, begun, begin, time))
        elif kind == 4:
            self.samples += 1
            self.counters.setdefault(self.tracks[track].name, []).append(value)
        else:
            raise ValueError(f"an event of type {kind}")
