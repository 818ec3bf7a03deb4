"""Random kernels against NumPy and ml_dtypes: a few here, any number with kernel_fuzzer.py."""

from __future__ import annotations

import kernel_fuzzer
import numpy as np
import pytest
from first_generation_cases import FirstGenerationCase


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_kernels_have_numpys_values(first: int, monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "0")
    found = [kernel_fuzzer.check(1, number) for number in range(first, first + 20)]
    assert not any(found), "\n".join(text for text in found if text)


@pytest.mark.parametrize("number", [7, 8])
def test_a_case_is_the_same_each_time(number: int) -> None:
    with np.errstate(all="ignore"):
        one, other = kernel_fuzzer.made(3, number), kernel_fuzzer.made(3, number)
    assert one.text() == other.text() and one.text() != kernel_fuzzer.made(3, number + 4).text()
    for a, b in zip(one.inputs, other.inputs, strict=True):
        np.testing.assert_array_equal(a.view(np.uint8), b.view(np.uint8))


def test_other_values_are_found(monkeypatch) -> None:
    """One element that NumPy has otherwise is told with its place and the kernel's steps."""
    monkeypatch.setenv("TRNSIM_CACHE", "0")
    whole = kernel_fuzzer.Case.problem

    def spoilt(case: kernel_fuzzer.Case) -> str | None:
        values = case.tiles[0].values[0]
        values[0, 0] = 1 if values[0, 0] != 1 else 2
        return whole(case)

    monkeypatch.setattr(kernel_fuzzer.Case, "problem", spoilt)
    found = kernel_fuzzer.check(1, 0)
    assert found is not None and "t0[0, 0, 0] is" in found and "t0 = input 0" in found


def test_other_values_of_the_first_generation_are_found(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "0")
    whole = FirstGenerationCase.problem

    def spoilt(case: FirstGenerationCase) -> str | None:
        values = case.values[-1].rows
        values[-1, 0] = 1 if values[-1, 0] != 1 else 2
        return whole(case)

    monkeypatch.setattr(FirstGenerationCase, "problem", spoilt)
    found = kernel_fuzzer.check(1, 3)
    assert found is not None and "v1[" in found and "v1 = uint32 activation abs v0" in found


def test_every_step_is_drawn() -> None:
    """Of 400 kernels some have each operation, each type, all machines, two cores and several ranks."""
    with np.errstate(all="ignore"):
        text = "\n".join(kernel_fuzzer.made(1, number).text() for number in range(400))
    for word in ["memset", "tensor_copy", "tensor_tensor", "bitwise_xor", "tensor_scalar", "scalar_tensor_tensor",
                 "tensor_reduce", "tensor_tensor_scan", "activation", "nc_matmul ", "nc_matmul_mx", "nc_transpose", "iota",
                 "affine_select", "affine_range", "sequential_range", "sendrecv", "2 core(s)", "2 rank(s)", "4 rank(s)", "all_reduce",
                 "reduce_scatter", "all_gather", "all_to_all", "permute", "trn3", ":2]", "first generation", "nl.add", "where",
                 "transpose of transpose", "static_range",
                 *kernel_fuzzer.TYPES, *kernel_fuzzer.PACKED]:
        assert word in text, word
