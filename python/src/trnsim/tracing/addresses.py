"""Addresses of the tensors on chip, given after the trace from their lifetimes.

The compiler rotates: a new tensor takes the place that has been free for longest, so that loops get several
buffers by themselves. `rotate` does that: with a pointer that runs around the memory, where gaps allow, else by when
places became free, else packed as tightly as possible, which is what `first-fit` always does; `infinite` ignores
capacity, for a bound on what allocation costs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from ..errors import NkiValidationError
from .places import place_of
from .program import Program
from .spaces import MemoryRegion
from .storage import Storage

#: Bytes of a partition that kernels can use: `sbuf.usable_bytes_per_partition` of the configurations.
SBUF_BYTES = {"trn1": 180_224, "trn2": 212_728, "trn3": 245_496}
PSUM_BYTES = 16 * 1024
BANK_BYTES = 2048
#: Alignment of automatic addresses: what the vendor's open compiler passes use; assumed for the closed one.
ALIGNMENT = 64

POLICIES = ("rotate", "first-fit", "infinite")


class Addresses:
    """Where each storage lies, and how much memory that takes."""

    def __init__(self, program: Program, target: str, policy: str = "rotate",
                 sbuf_bytes: int | None = None) -> None:
        if policy not in POLICIES:
            raise ValueError(f"there is no allocation policy '{policy}'\n  help: one of {', '.join(POLICIES)}")
        self.policy = policy
        self.program = program
        self.places: dict[int, tuple[int, int]] = {}
        self.sbuf_bytes = sbuf_bytes or SBUF_BYTES.get(target, SBUF_BYTES["trn2"])
        self.peak = {MemoryRegion.sbuf: 0, MemoryRegion.psum: 0}
        used = [s for s in program.storages if s.region.is_on_chip and s.first >= 0]
        for region, capacity, alignment in ((MemoryRegion.sbuf, self.sbuf_bytes, ALIGNMENT),
                                            (MemoryRegion.psum, PSUM_BYTES, BANK_BYTES)):
            self._allocate([s for s in used if s.region is region], capacity, alignment)

    def text(self, storage: Storage) -> str:
        """Where a tensor is, as the program's text says it."""
        if storage.is_hbm:
            return ""
        partition, byte = self.places[storage.index]
        if storage.region is MemoryRegion.psum:
            bank, rest = divmod(byte, BANK_BYTES)
            return f" at partition {partition} bank {bank}" + (f" byte {rest}" if rest else "")
        return f" at partition {partition} byte {byte}"

    def _allocate(self, storages: list[Storage], capacity: int, alignment: int) -> None:
        if not storages:
            return
        region = storages[0].region
        fixed = [s for s in storages if s.address is not None]
        for storage in fixed:
            assert storage.address is not None
            self._check_fixed(storage, capacity)
            self.places[storage.index] = storage.address
        automatic = sorted((s for s in storages if s.address is None), key=lambda s: s.first)
        if self.policy == "infinite":
            self._infinite(automatic, alignment)
        else:
            # Rotation leaves gaps. The compiler would pack when it must, so do the same.
            ways = ("rotate", "oldest", "first-fit") if region is MemoryRegion.sbuf else ("rotate", "first-fit")
            for way in ways if self.policy == "rotate" else ("first-fit",):
                try:
                    self._place(automatic, fixed, capacity, alignment, way)
                    break
                except _Full:
                    continue
        top = max(self.places[s.index][1] + s.free_bytes for s in storages)
        self.peak[region] = max(self.peak[region], top)

    def _check_fixed(self, storage: Storage, capacity: int) -> None:
        assert storage.address is not None
        partition, byte = storage.address
        if partition < 0 or partition + storage.partitions > 128:
            raise _error(storage, f"'{storage.name}' uses partitions {partition}..<"
                         f"{partition + storage.partitions}, {storage.region.value} has 128",
                         "choose another address")
        if byte < 0 or byte + storage.free_bytes > capacity:
            raise _error(storage, f"'{storage.name}' needs bytes {byte}..<{byte + storage.free_bytes} of each "
                         f"partition, {storage.region.value} has {capacity}", "choose another address")

    def _infinite(self, storages: list[Storage], alignment: int) -> None:
        at = 0
        for storage in storages:
            self.places[storage.index] = (0, at)
            at += _round(storage.free_bytes, alignment)

    def _place(self, storages: list[Storage], fixed: list[Storage], capacity: int, alignment: int, way: str) -> None:
        live: list[tuple[int, int, Storage]] = []  # begin, end, whose; sorted
        ending: list[tuple[int, int, int]] = []  # last instruction, begin, index
        pointer = 0
        freed = _Freed()
        small_banks = alignment == BANK_BYTES
        for storage in storages:
            if ending and ending[0][0] < storage.first:
                gone = set()
                while ending and ending[0][0] < storage.first:
                    gone.add(ending.pop(0)[2])
                if way == "oldest":
                    freed.add([(b, e) for b, e, s in live if s.index in gone])
                live = [entry for entry in live if entry[2].index not in gone]
            size = _round(storage.free_bytes, ALIGNMENT if small_banks else alignment)
            blocked = [(self.places[f.index][1], self.places[f.index][1] + f.free_bytes) for f in fixed
                       if f.first <= storage.last and storage.first <= f.last]
            taken = _merge([(b, e) for b, e, _ in live] + blocked) if blocked else [(b, e) for b, e, _ in live]
            begin = None
            if way == "rotate":
                begin = _gap(taken, size, pointer, capacity, alignment, storage)
            elif way == "oldest":
                begin = freed.find(taken, size, capacity)
            if begin is None:
                begin = _gap(taken, size, 0, capacity, alignment, storage)
            if begin is None and small_banks and size < BANK_BYTES:
                # Every bank holds something: share one.
                begin = _gap(taken, size, 0, capacity, ALIGNMENT, storage)
            if begin is None:
                if way != "first-fit":
                    raise _Full
                raise self._full(storage, [entry[2] for entry in live], capacity)
            self.places[storage.index] = (0, begin)
            # The pointer moves by whole banks in PSUM, so that neighbours in time use different banks.
            pointer = _round(begin + size, alignment)
            if pointer >= capacity:
                pointer = 0
            if way == "oldest":
                freed.take(begin, begin + size)
            insort(live, (begin, begin + size, storage), key=lambda entry: entry[0])
            insort(ending, (storage.last, begin, storage.index))

    def _full(self, storage: Storage, live: Iterable[Storage], capacity: int) -> NkiValidationError:
        largest = sorted(live, key=lambda s: -s.free_bytes)[:8]
        notes = tuple(f"'{s.name}' of {place_of(s.place)} holds {s.free_bytes} bytes" for s in largest)
        return _error(
            storage, f"'{storage.name}' needs {storage.free_bytes} bytes of each partition, "
            f"{storage.region.value} has {capacity} and too little of it is free", "use smaller tiles, or let "
            "tiles end earlier: allocate them in the loop that uses them", notes)


class _Full(Exception):
    """There is no gap of that size."""


class _Freed:
    """Free memory by when it became free."""

    def __init__(self) -> None:
        #: Places that have been used, the oldest first.
        self.places: list[tuple[int, int]] = []
        #: Where memory begins that nothing has used yet.
        self.top = 0

    def add(self, places: list[tuple[int, int]]) -> None:
        self.places += places

    def take(self, begin: int, end: int) -> None:
        """What is used again is no longer free."""
        self.top = max(self.top, end)
        rest: list[tuple[int, int]] = []
        for b, e in self.places:
            if e <= begin or end <= b:
                rest.append((b, e))
                continue
            if b < begin:
                rest.append((b, begin))
            if end < e:
                rest.append((end, e))
        self.places = rest

    def find(self, taken: list[tuple[int, int]], size: int, capacity: int) -> int | None:
        """Memory that nothing has used, else the place that has been free for longest and has room behind its begin."""
        for begin in [self.top, *(place[0] for place in self.places)]:
            if begin + size > capacity:
                continue
            after = bisect_left(taken, (begin, 0))
            if (after == len(taken) or taken[after][0] >= begin + size) and (after == 0 or taken[after - 1][1] <= begin):
                return begin
        return None


def _error(storage: Storage, message: str, remedy: str, notes: tuple[str, ...] = ()) -> NkiValidationError:
    return NkiValidationError(message, remedy=remedy, place=place_of(storage.place) if storage.place else None,
                              notes=notes)


def _round(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


def _merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(ranges)


def _gap(taken: list[tuple[int, int]], size: int, start: int, capacity: int, alignment: int,
         storage: Storage) -> int | None:
    """The first gap from `start` on that holds `size` bytes."""
    at = _round(start, alignment)
    bank = storage.region is MemoryRegion.psum and size <= BANK_BYTES
    for begin, end in taken:
        if bank and at // BANK_BYTES != (at + size - 1) // BANK_BYTES:
            at = _round(at, BANK_BYTES)
        if end <= at:
            continue
        if begin >= at + size:
            break
        at = max(at, _round(end, alignment))
    if bank and at // BANK_BYTES != (at + size - 1) // BANK_BYTES:
        at = _round(at, BANK_BYTES)
        for begin, end in taken:
            if begin < at + size and end > at:
                return None
    return at if at + size <= capacity else None
