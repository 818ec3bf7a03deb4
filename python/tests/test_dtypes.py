"""Element types: equal whatever spells them, distinct where formats differ."""

from __future__ import annotations

import ml_dtypes
import nki.language as nl
import numpy as np
import pytest
from trnsim.tensor.dtypes import ALL, as_dtype


@pytest.mark.parametrize("spelling", ["bfloat16", nl.bfloat16, ml_dtypes.bfloat16, np.dtype(ml_dtypes.bfloat16)])
def test_spellings_are_equal(spelling) -> None:
    assert nl.bfloat16 == spelling
    assert as_dtype(spelling) is nl.bfloat16
    assert spelling == nl.bfloat16


def test_types_are_distinct() -> None:
    kinds = list(ALL.values())
    for i, a in enumerate(kinds):
        for b in kinds[i + 1:]:
            assert a != b
    assert nl.float8_e4m3 != ml_dtypes.float8_e4m3fn
    assert nl.float32 != "int32" and nl.float32 != 5


def test_sizes() -> None:
    assert [kind.itemsize for kind in (nl.float32, nl.bfloat16, nl.float8_e5m2, nl.float8_e4m3fn_x4)] == [4, 2, 1, 4]
    with pytest.raises(TypeError, match="is not an element type"):
        as_dtype("float128")
