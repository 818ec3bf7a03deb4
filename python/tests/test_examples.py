"""The examples' values, for one token, a partial tile and two tiles; and that time is near the own kernels'."""

from __future__ import annotations

import compare
import pytest
import trnsim

#: Kernels whose instructions differ from the own kernel's, with the reason; the others take its time.
DIFFERENT = {
    "rmsnorm": "the weights come by one DMA with a row for each partition, not by a product with ones",
    "add_rmsnorm": "as rmsnorm", "rope": "heads are split 21 : 15 between the engines, not 22 : 14",
    "expert_router": "transposed tiles are evicted one by one, not eight at a time",
}


@pytest.mark.parametrize("tokens", [1, 5, 130])
def test_values_are_within_a_thousandth(tokens: int) -> None:
    for name, kernel, inputs, references in compare.cases(tokens):
        values = trnsim.simulate(kernel, *inputs, mode="values").values
        values = values if isinstance(values, tuple) else (values,)
        assert compare.largest_error(values, references) < 1e-3, name


def test_time_is_that_of_the_own_kernels() -> None:
    for name, kernel, inputs, _ in compare.cases(128):
        own = compare.own_time(name, 128)
        if own is None:
            pytest.skip("trnsim is not in PATH")
        # The own kernels run in their own order.
        found = trnsim.simulate(kernel, *inputs, mode="timing", schedule="program").report.microseconds
        assert found == pytest.approx(own, rel=0.15 if name in DIFFERENT else 1e-9), name
