"""Instructions through the core against NumPy and ml_dtypes."""

from __future__ import annotations

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
from tiles import kernel_of

RNG = np.random.default_rng(7)
A = RNG.standard_normal((128, 96)).astype(np.float32)
B = RNG.standard_normal((128, 96)).astype(np.float32)
COLUMN = RNG.standard_normal((128, 1)).astype(np.float32)


def run(body, *arrays, shape=None, dtype=nl.float32):
    """`body(dst, *tiles)` on tiles in sbuf; dst is stored."""
    return kernel_of(body, shape, dtype)(*arrays)


@pytest.mark.parametrize(("op", "reference"), [
    (nl.add, np.add), (nl.subtract, np.subtract), (nl.multiply, np.multiply), (nl.maximum, np.maximum),
    (nl.minimum, np.minimum), (np.add, np.add), (nl.greater, lambda a, b: (a > b).astype(np.float32)),
])
def test_tensor_tensor(op, reference) -> None:
    found = run(lambda dst, a, b: nisa.tensor_tensor(dst, a, b, op), A, B)
    np.testing.assert_array_equal(found, reference(A, B))


def test_tensor_scalar_applies_both_operations_in_order() -> None:
    found = run(lambda dst, a, c: nisa.tensor_scalar(dst, a, nl.subtract, c, True, nl.multiply, 2.0), A, COLUMN)
    np.testing.assert_array_equal(found, (COLUMN - A) * np.float32(2))


def test_activation_scales_and_shifts() -> None:
    found = run(lambda dst, a, c: nisa.activation(dst, nl.exp, a, bias=c, scale=0.5), A, COLUMN)
    np.testing.assert_allclose(found, np.exp(A * np.float32(0.5) + COLUMN), rtol=2e-6)


@pytest.mark.parametrize(("axis", "wanted"), [
    (2, lambda x: x.sum(2)), (1, lambda x: x.sum(1)), ((1, 2), lambda x: x.sum((1, 2))[:, None]),
    (-1, lambda x: x.sum(2)),
])
def test_tensor_reduce_takes_any_free_axes(axis, wanted) -> None:
    x = RNG.integers(-8, 8, (128, 6, 16)).astype(np.float32)
    reference = wanted(x)
    found = run(lambda dst, a: nisa.tensor_reduce(dst, nl.add, a, axis=axis), x, shape=reference.shape)
    np.testing.assert_array_equal(found, reference)


def test_matmul_accumulates_after_the_first_product() -> None:
    # Integers up to 8 make all products and sums exact in bfloat16 and float32.
    a = RNG.integers(-8, 8, (256, 64)).astype(ml_dtypes.bfloat16)
    b = RNG.integers(-8, 8, (256, 80)).astype(ml_dtypes.bfloat16)

    @nki.jit
    def kernel(a, b):
        total = nl.ndarray((64, 80), nl.float32, buffer=nl.psum)
        for k in nl.affine_range(2):
            w, m = nl.load(a[k * 128:(k + 1) * 128]), nl.load(b[k * 128:(k + 1) * 128])
            nisa.nc_matmul(total, w, m)
        out = nl.ndarray((64, 80), nl.float32, buffer=nl.shared_hbm)
        nl.store(out, nl.copy(total))
        return out

    np.testing.assert_array_equal(kernel(a, b), a.astype(np.float32).T @ b.astype(np.float32))


def test_transpose_is_exact() -> None:
    def body(dst, a):
        turned = nl.ndarray((96, 128), nl.float32, buffer=nl.psum)
        nisa.nc_transpose(turned, a)
        nisa.tensor_copy(dst, turned)

    np.testing.assert_array_equal(run(body, A, shape=(96, 128)), A.T)


def test_operators_of_tiles() -> None:
    found = run(lambda dst, a, b: dst.__setitem__(..., (a * 2.0 + b) / (b * b + 1.0) - 3), A, B)
    np.testing.assert_allclose(found, (A * 2 + B) / (B * B + 1) - 3, rtol=1e-6, atol=1e-6)


def test_softmax_and_rms_norm() -> None:
    found = run(lambda dst, a: dst.__setitem__(..., nl.softmax(a)), A)
    power = np.exp(A.astype(np.float64) - A.max(1, keepdims=True))
    np.testing.assert_allclose(found, power / power.sum(1, keepdims=True), rtol=1e-5)
    w = RNG.standard_normal((1, 96)).astype(np.float32)
    found = run(lambda dst, a, w: dst.__setitem__(..., nl.rms_norm(a, w, 1, 96)), A, w)
    wide = A.astype(np.float64)
    np.testing.assert_allclose(found, wide / np.sqrt((wide ** 2).mean(1, keepdims=True) + 1e-6) * w, rtol=1e-5,
                               atol=1e-6)


def test_where_takes_either_side() -> None:
    found = run(lambda dst, a, b: dst.__setitem__(..., nl.where(nl.less(a, b), a, b)), A, B)
    np.testing.assert_array_equal(found, np.minimum(A, B))


def test_floor_ceil_trunc_mod() -> None:
    x = (RNG.standard_normal((128, 32)) * 9).astype(np.float32)
    for name in ("floor", "ceil", "trunc"):
        found = run(lambda dst, a: dst.__setitem__(..., getattr(nl, name)(a)), x)  # noqa: B023
        np.testing.assert_array_equal(found, getattr(np, name)(x))
    found = run(lambda dst, a: dst.__setitem__(..., nl.mod(a, 4.0)), x)
    np.testing.assert_allclose(found, np.mod(x, 4), atol=1e-5)


def test_gather_by_vector_offset() -> None:
    table = RNG.standard_normal((200, 24)).astype(np.float32)
    rows = RNG.integers(0, 200, (64, 1)).astype(np.int32)

    @nki.jit
    def kernel(table, rows):
        index = nl.load(rows)
        found = nl.ndarray((64, 24), nl.float32, buffer=nl.sbuf)
        nisa.dma_copy(found, table.ap([[24, 64], [1, 24]], vector_offset=index))
        out = nl.ndarray((64, 24), nl.float32, buffer=nl.shared_hbm)
        nl.store(out, found)
        return out

    np.testing.assert_array_equal(kernel(table, rows), table[rows[:, 0]])


def test_iota_and_affine_select_make_a_causal_mask() -> None:
    found = run(lambda dst, a: nisa.affine_select(dst, [[-1, 96]], 1, a, -9.0, nl.greater_equal), A)
    rows, columns = np.indices(A.shape)
    np.testing.assert_array_equal(found, np.where(rows >= columns, A, np.float32(-9)))
    found = run(lambda dst, a: nisa.iota(dst, [[2, 96]], 5, 100), A, dtype=nl.int32)
    np.testing.assert_array_equal(found, 5 + 100 * rows + 2 * columns)
