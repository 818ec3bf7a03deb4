"""NKI_PRECISE_FP=0: values as if bfloat16 and 8-bit floats kept all bits of float32, which tells a kernel's logic from its
rounding (NKI documentation, "NKI simulator", "Precise Floating-Point Mode").

The program is run once more for its values, with those tensors declared as float32. Access patterns count elements, so the
instructions stay as they are; tensors get addresses anew, in an SBUF that is large enough. The time is the precise
program's, and so are values that the kernel's own Python looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import Outcome, RankArrays, Request
from ..record.program import Program
from ..tensor import dtypes
from ..tensor.dtypes import DType
from ..tensor.storage import Storage

#: Types that are kept as float32.
WIDENED = frozenset((dtypes.bfloat16, dtypes.float8_e4m3, dtypes.float8_e5m2, dtypes.float8_e4m3fn))
#: Bytes of a partition of SBUF, for programs whose tensors are up to four times as large.
_SBUF_BYTES = 1 << 20


class NotWidenedError(Exception):
    """Why a program needs its types as they are."""


def kept_as(dtype: DType) -> DType:
    """What a type is kept as."""
    return dtypes.float32 if dtype in WIDENED else dtype


def wide_arrays(arrays: RankArrays) -> RankArrays:
    """Copies of a rank's arrays, float32 where the type is widened."""

    def of(found: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
        return {name: array.astype(kept_as(dtypes.as_dtype(array.dtype)).numpy) for name, array in found.items()}

    return RankArrays(of(arrays.inputs), of(arrays.outputs))


def run_wide(programs: Sequence[Program], request: Request, arrays: list[RankArrays], run: Callable[[Request], Outcome]) -> None:
    """Runs the programs with widened tensors; their values are in `arrays` (`wide_arrays`) afterwards.

    Raises:
        NotWidenedError: if the program needs the types that it names.
    """
    outcome = run(replace(
        request, programs=[_widened(program) for program in programs], arrays=arrays, mode="values", trace=None,
        on_print=None, settings={**request.settings, "schedule": "program"},
        overrides=(*request.overrides, f"sbuf.bytes_per_partition={_SBUF_BYTES}",
                   f"sbuf.usable_bytes_per_partition={_SBUF_BYTES}")))
    if outcome.errors:
        raise NotWidenedError(str(outcome.errors[0]["message"]))


def _widened(program: Program) -> bytes:
    """The program with its tensors widened and without the author's addresses."""
    _refuse_shared_memory([s for s in program.storages if s.address is not None and s.first >= 0])
    for storage in program.storages:
        kinds = [storage.dtype, *storage.aliases]
        if len(kinds) > 1 and WIDENED.intersection(kinds):
            raise NotWidenedError(f"'{storage.name}' is seen as {kinds[0]} and as {kinds[1]}")
    return program.stream(kept_as, keeps_addresses=False)


def _refuse_shared_memory(placed: list[Storage]) -> None:
    """Tensors that the author placed on one another at the same time may hand values on that way."""
    live: list[Storage] = []
    for storage in sorted(placed, key=lambda one: one.first):
        live = [one for one in live if one.last >= storage.first]
        for other in live:
            if other.region is storage.region and _overlap(other, storage):
                raise NotWidenedError(f"'{other.name}' and '{storage.name}' share memory")
        live.append(storage)


def _overlap(a: Storage, b: Storage) -> bool:
    assert a.address is not None and b.address is not None
    (a_row, a_byte), (b_row, b_byte) = a.address, b.address
    return a_row < b_row + b.partitions and b_row < a_row + a.partitions \
        and a_byte < b_byte + b.free_bytes and b_byte < a_byte + a.free_bytes
