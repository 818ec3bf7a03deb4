"""Where tiles get their memory: the place that has been free for longest, packed only where that leaves no room."""

from __future__ import annotations

import pytest
from trnsim.errors import NkiValidationError
from trnsim.tracing.addresses import Addresses
from trnsim.tracing.dtypes import as_dtype
from trnsim.tracing.program import Program
from trnsim.tracing.spaces import MemoryRegion
from trnsim.tracing.storage import Storage


def places(tiles: list[tuple[int, int, int]], capacity: int, policy: str = "rotate") -> list[int]:
    """First bytes of tiles of (64-byte units, first instruction, last instruction) in memory of `capacity` units."""
    program = Program("bench")
    for units, first, last in tiles:
        storage = program.add(Storage(program.unique_name("t"), MemoryRegion.sbuf, as_dtype("float32"), (128, 16 * units),
                                      place=(places.__code__, 1)))
        storage.first, storage.last = first, last
    found = Addresses(program, "trn2", policy, sbuf_bytes=64 * capacity)
    return [found.places[index][1] // 64 for index in range(len(tiles))]


def test_a_pointer_runs_around_the_memory():
    one_by_one = [(1, i, i) for i in range(6)]
    assert places(one_by_one, 4) == [0, 1, 2, 3, 0, 1]
    assert places(one_by_one, 4, "first-fit") == [0] * 6
    assert places(one_by_one, 4, "infinite") == [0, 1, 2, 3, 4, 5]


def test_what_has_been_free_for_longest_comes_before_packing():
    # A pointer would be at 2 when the fourth tile, which stays, comes, and would leave no room for three.
    tiles = [(1, 0, 1), (3, 1, 1), (2, 2, 2), (1, 3, 7), (3, 4, 4), (3, 5, 5), (1, 6, 6)]
    # It goes to 4, which nothing has used; the last one to 3, since 0 to 2 were in use until just before.
    assert places(tiles, 5) == [0, 1, 0, 4, 0, 0, 3]
    assert places(tiles, 5, "first-fit") == [0, 1, 0, 0, 1, 1, 1]


def test_packing_is_the_last_resort():
    # Spread out, the long tiles leave no gap of three.
    tiles = [(1, 0, 0), (1, 1, 9), (1, 2, 9), (3, 3, 9)]
    assert places(tiles, 5) == [0, 0, 1, 2]
    with pytest.raises(NkiValidationError, match="too little of it is free"):
        places([*tiles, (1, 4, 9)], 5)
