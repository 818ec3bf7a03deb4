"""Random kernels against NumPy and ml_dtypes: a few here, any number with kernel_fuzzer.py."""

from __future__ import annotations

import kernel_fuzzer
import numpy as np
import pytest


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_kernels_have_numpys_values(first: int, monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "0")
    found = [kernel_fuzzer.check(1, number) for number in range(first, first + 20)]
    assert not any(found), "\n".join(text for text in found if text)


def test_a_case_is_the_same_each_time() -> None:
    with np.errstate(all="ignore"):
        one, other = kernel_fuzzer.Case(3, 7), kernel_fuzzer.Case(3, 7)
    assert one.text() == other.text() and one.text() != kernel_fuzzer.Case(3, 8).text()
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


def test_every_step_is_drawn() -> None:
    """Of 300 kernels some have each operation, each type, both machines and two cores."""
    with np.errstate(all="ignore"):
        text = "\n".join(kernel_fuzzer.Case(1, number).text() for number in range(300))
    for word in ["memset", "tensor_copy", "tensor_tensor", "bitwise_xor", "tensor_scalar", "scalar_tensor_tensor",
                 "tensor_reduce", "tensor_tensor_scan", "activation", "nc_matmul ", "nc_matmul_mx", "nc_transpose", "iota",
                 "affine_select", "affine_range", "sequential_range", "sendrecv", "2 core(s)", "trn3", ":2]",
                 *kernel_fuzzer.TYPES, *kernel_fuzzer.PACKED]:
        assert word in text, word
