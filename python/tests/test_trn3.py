"""NeuronCore-v4 (trn3): microscaling (MX) data and its other instructions, against NumPy and ml_dtypes."""

from __future__ import annotations

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from nki.isa import nc_version
from tiles import kernel_of

RNG = np.random.default_rng(11)
PARTS = {"float8_e5m2_x4": ml_dtypes.float8_e5m2, "float8_e4m3fn_x4": ml_dtypes.float8_e4m3fn,
         "float4_e2m1fn_x4": ml_dtypes.float4_e2m1fn}


def on_trn3(kernel, *arrays, hardware="trn3"):
    return trnsim.simulate(kernel, *arrays, hardware=hardware).values


def packed(parts, kind):
    """[P, N, 4] elements as [P, N] packed ones."""
    width = 4 if kind == "float4_e2m1fn_x4" else 8
    codes = parts.view(np.uint8).astype(np.uint32)
    return sum(codes[..., q] << (q * width) for q in range(4)).astype(np.uint16 if width == 4 else np.uint32)


def quantised(values, kind):
    """NKI documentation, quantize_mx: the elements as [P, N, 4], and the scales as [P / 8, N]."""
    rows, columns = values.shape
    groups = values.astype(np.float64).reshape(rows // 8, 8, columns // 4, 4)
    most = np.abs(groups).max(axis=(1, 3))
    largest = 15 if kind == "float8_e5m2_x4" else 8
    exponent = np.where(most == 0, -127, np.maximum(np.floor(np.log2(np.where(most == 0, 1, most))) - largest + 1, -127))
    parts = (groups / (2.0 ** exponent)[:, None, :, None]).astype(np.float32).astype(PARTS[kind])
    return parts.reshape(rows, columns // 4, 4), (exponent + 127).astype(np.uint8)


def spread(scales, rows):
    """The scales of each quadrant of 32 partitions in four partitions of it, with zeros between."""
    placed = np.zeros((rows, scales.shape[1]), np.uint8)
    for group, row in enumerate(scales):
        placed[32 * (group // 4) + group % 4] = row
    return placed


def dequantised(parts, scales):
    return parts.astype(np.float64) * np.repeat(2.0 ** (scales.astype(np.float64) - 127), 8, axis=0)[..., None]


@pytest.mark.parametrize(("kind", "source"), [("float8_e4m3fn_x4", "bfloat16"), ("float8_e5m2_x4", "float16")])
def test_quantize_mx_gives_elements_and_scales(kind, source) -> None:
    x = (RNG.standard_normal((128, 64)) * np.exp2(RNG.integers(-9, 9, (128, 64)))).astype(
        getattr(ml_dtypes, source, np.float16))
    x[8:16, 4:8] = 0

    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        data = nl.ndarray((128, 16), kind, buffer=nl.sbuf)
        scale = nl.ndarray((128, 16), nl.float8_e8m0fnu, buffer=nl.sbuf)
        nisa.memset(scale, 0)
        nisa.quantize_mx(data, tile, scale)
        out = nl.ndarray((128, 16), kind, buffer=nl.shared_hbm)
        scales = nl.ndarray((128, 16), nl.float8_e8m0fnu, buffer=nl.shared_hbm)
        nisa.dma_copy(out, data)
        nisa.dma_copy(scales, scale)
        return out, scales

    out, scales = on_trn3(kernel, x)
    parts, wanted = quantised(x, kind)
    assert nl.ndarray is not None and out.dtype.names == (kind,)
    np.testing.assert_array_equal(out.view(np.uint32), packed(parts, kind))
    assert scales.dtype == ml_dtypes.float8_e8m0fnu
    np.testing.assert_array_equal(scales.view(np.uint8), spread(wanted, 128))


@pytest.mark.parametrize(("left", "right", "rows", "output"), [
    ("float8_e5m2_x4", "float8_e4m3fn_x4", 128, nl.float32), ("float4_e2m1fn_x4", "float4_e2m1fn_x4", 32, nl.float32),
    ("float4_e2m1fn_x4", "float8_e5m2_x4", 64, nl.bfloat16),
])
def test_nc_matmul_mx_multiplies_elements_and_scales(left, right, rows, output) -> None:
    m, n = 32, 48

    def operand(kind, columns):
        parts = RNG.standard_normal((rows, columns, 4)).astype(np.float32).astype(PARTS[kind])
        return parts, RNG.integers(120, 130, (rows // 8, columns)).astype(np.uint8)

    w, ws = operand(left, m)
    x, xs = operand(right, n)

    @nki.jit
    def kernel(w, ws, x, xs):
        def load(bits, kind, columns):
            tile = nl.ndarray((rows, columns), kind, buffer=nl.sbuf)
            nisa.dma_copy(tile, bits.view(kind))
            return tile

        def scales(given):
            tile = nl.ndarray(given.shape, nl.uint8, buffer=nl.sbuf)
            nisa.dma_copy(tile, given)
            return tile

        total = nl.ndarray((m, n), output, buffer=nl.psum)
        for _ in range(2):
            nisa.nc_matmul_mx(total, load(w, left, m), load(x, right, n), scales(ws), scales(xs))
        out = nl.ndarray((m, n), nl.float32, buffer=nl.shared_hbm)
        nl.store(out, nl.copy(total, dtype=nl.float32))
        return out

    found = on_trn3(kernel, packed(w, left), spread(ws, rows), packed(x, right), spread(xs, rows))
    once = np.einsum("kmq,knq->mn", dequantised(w, ws), dequantised(x, xs))
    wide = np.einsum("kmq,knq->mn", np.abs(dequantised(w, ws)), np.abs(dequantised(x, xs)))
    # The second product adds to the first.
    error = np.abs(found - 2 * once) / wide
    assert error.max() < (2 ** -7 if output == nl.bfloat16 else 1e-5)


def test_scales_of_several_tensors_share_a_tile() -> None:
    a = RNG.standard_normal((128, 64)).astype(ml_dtypes.bfloat16)
    b = RNG.standard_normal((128, 96)).astype(ml_dtypes.bfloat16)
    kind = "float8_e5m2_x4"

    @nki.jit
    def kernel(a, b):
        both = nl.ndarray((128, 24), nl.uint8, buffer=nl.sbuf)
        left, right = both[0:, :16], both[4:, :]
        w, x = nl.ndarray((128, 16), kind, buffer=nl.sbuf), nl.ndarray((128, 24), kind, buffer=nl.sbuf)
        nisa.quantize_mx(dst=w, src=nl.load(a), dst_scale=left)
        nisa.quantize_mx(dst=x, src=nl.load(b), dst_scale=right)
        total = nl.ndarray((16, 24), nl.float32, buffer=nl.psum)
        nisa.nc_matmul_mx(total, w, x, left, right)
        out = nl.ndarray((16, 24), nl.float32, buffer=nl.shared_hbm)
        nl.store(out, nl.copy(total))
        return out

    wanted = np.einsum("kmq,knq->mn", dequantised(*quantised(a, kind)), dequantised(*quantised(b, kind)))
    np.testing.assert_allclose(on_trn3(kernel, a, b), wanted, rtol=2e-5, atol=1e-4)


def run(body, *arrays, shape=None, dtype=nl.float32):
    return on_trn3(kernel_of(body, shape, dtype), *arrays)


A = RNG.standard_normal((128, 96)).astype(np.float32)
COLUMN = RNG.standard_normal((128, 1)).astype(np.float32)


def test_exponential_subtracts_and_sums() -> None:
    def body(dst, a, c):
        e = nl.ndarray(a.shape, nl.bfloat16, buffer=nl.sbuf)
        nisa.exponential(e, a, c, reduce_res=dst, reduce_cmd=nisa.reduce_cmd.reset_reduce)

    np.testing.assert_allclose(run(body, A, COLUMN, shape=(128, 1)),
                               np.exp((A - COLUMN).astype(np.float64)).sum(1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(run(lambda dst, a: nisa.exponential(dst, a, 0.5), A), np.exp(A - np.float32(0.5)),
                               rtol=2e-6)


def test_exponential_continues_a_sum() -> None:
    def body(dst, a, c):
        e = nl.ndarray((128, 48), nl.float32, buffer=nl.sbuf)
        nisa.exponential(e, a[:, :48], reduce_cmd=nisa.reduce_cmd.load_reduce, reduce_init=c)
        nisa.exponential(e, a[:, 48:], reduce_res=dst, reduce_cmd=nisa.reduce_cmd.reduce)

    np.testing.assert_allclose(run(body, A, COLUMN, shape=(128, 1)),
                               COLUMN + np.exp(A.astype(np.float64)).sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize(("arguments", "wanted"), [
    ({"op": nl.exp, "op0": nl.multiply, "imm0": 0.5, "op1": nl.subtract, "imm1": 1.0},
     np.exp(A * np.float32(0.5) - np.float32(1))),
    ({"op": nl.copy, "op0": nl.subtract, "imm0": 1.5, "op1": nl.bypass, "imm1": 0.0, "reverse0": True},
     np.float32(1.5) - A),
    ({"op": nl.square, "op0": nl.bypass, "imm0": 0.0, "op1": nl.bypass, "imm1": 0.0}, A * A),
    ({"op": nl.prelu, "op0": nl.multiply, "imm0": 2.0, "op1": nl.add, "imm1": 0.25, "relu_param": 0.125},
     np.where(A * 2 + np.float32(0.25) < 0, (A * 2 + np.float32(0.25)) * np.float32(0.125), A * 2 + np.float32(0.25))),
])
def test_activate2(arguments, wanted) -> None:
    found = run(lambda dst, a: nisa.activate2(dst=dst, data=a, **arguments), A)
    np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(("op", "reference"), [
    (nl.add, lambda x: x.sum(1)), (nl.maximum, lambda x: x.max(1)), (nl.abs_max, lambda x: np.abs(x).max(1)),
    (nl.abs_min, lambda x: np.abs(x).min(1)),
])
def test_activate2_reduces(op, reference) -> None:
    def body(dst, a):
        copy = nl.ndarray(a.shape, nl.float32, buffer=nl.sbuf)
        nisa.activate2(copy, nl.copy, a, 2.0, 0.0, nl.multiply, nl.bypass, reduce_op=op, reduce_res=dst,
                       reduce_cmd=nisa.reduce_cmd.reset_reduce)

    np.testing.assert_allclose(run(body, A, shape=(128, 1))[:, 0], reference((A * 2).astype(np.float64)), rtol=1e-5,
                               atol=1e-4)


def test_first_operations_of_one_operand() -> None:
    np.testing.assert_array_equal(run(lambda dst, a: nisa.tensor_scalar(dst, a, nl.square, None), A), A * A)
    found = run(lambda dst, a: nisa.tensor_scalar(dst, a, nl.relu, 0.0, op1=nl.subtract, operand1=1.0), A)
    np.testing.assert_array_equal(found, np.maximum(A, 0) - np.float32(1))

    def body(dst, a):
        squares = nl.ndarray(a.shape, nl.float32, buffer=nl.sbuf)
        nisa.tensor_scalar_reduce(squares, a, nl.square, None, nl.add, dst)

    np.testing.assert_allclose(run(body, A, shape=(128, 1)), (A * A).sum(1, keepdims=True), rtol=1e-5)
    # The Scalar engine has all arithmetic.
    found = run(lambda dst, a: nisa.tensor_scalar(dst, a, nl.subtract, 2.0, True, engine=nisa.engine.scalar), A)
    np.testing.assert_array_equal(found, np.float32(2) - A)


def test_rand2_is_even_within_its_range() -> None:
    low = np.linspace(-4, 3, 128, dtype=np.float32)[:, None]
    found = run(lambda dst, a: nisa.rand2(dst, a, 5.0), low, shape=(128, 2048))
    assert (found >= low).all() and (found <= 5).all()
    share = (found - low) / (5 - low)
    # 2,048 draws have a deviation of 0.29 / 45 = 0.0064 in their mean.
    assert np.abs(share.mean(1) - 0.5).max() < 0.03 and abs(share.var() - 1 / 12) < 0.002
    whole = run(lambda dst, a: nisa.rand2(dst, 0, 1000), A, dtype=nl.int32)
    assert whole.min() >= 0 and whole.max() <= 1000 and len(np.unique(whole)) > 900


def test_products_may_be_bfloat16() -> None:
    a = RNG.standard_normal((128, 32)).astype(ml_dtypes.bfloat16)
    b = RNG.standard_normal((128, 1024)).astype(ml_dtypes.bfloat16)

    @nki.jit
    def kernel(a, b):
        total = nl.ndarray((32, 1024), nl.bfloat16, buffer=nl.psum)
        nisa.nc_matmul(total, nl.load(a), nl.load(b))
        out = nl.ndarray((32, 1024), nl.bfloat16, buffer=nl.shared_hbm)
        nl.store(out, nl.copy(total))
        return out

    wanted = a.astype(np.float32).T @ b.astype(np.float32)
    np.testing.assert_allclose(on_trn3(kernel, a, b).astype(np.float32), wanted, rtol=2 ** -7, atol=1e-2)


@nki.jit
def exponential(x):
    tile = nl.load(x)
    nisa.exponential(tile, tile)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nl.store(out, tile)
    return out


def test_activation_runs_on_scalar() -> None:
    found = run(lambda dst, a: nisa.activation(dst, nl.square, a, engine=nisa.engine.scalar), A)
    np.testing.assert_array_equal(found, A * A)
    with pytest.raises(trnsim.UnsupportedError, match="activation on gpsimd is not simulated"):
        run(lambda dst, a: nisa.activation(dst, nl.square, a, engine=nisa.engine.gpsimd), A)


def test_trn2_says_what_to_do() -> None:
    with pytest.raises(trnsim.UnsupportedError) as caught:
        trnsim.simulate(exponential, A, hardware="trn2")
    text = str(caught.value)
    assert "exponential needs NeuronCore-v4 (trn3), this is NeuronCore-v3 (trn2)" in text
    assert "test_trn3.py" in text and "hardware=\"trn3\"" in text and "use activation with op=exp" in text


def test_the_platform_may_be_chosen_by_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("NEURON_PLATFORM_TARGET_OVERRIDE", "trn3")
    versions = []

    @nki.jit
    def kernel(x):
        versions.append(nisa.get_nc_version())
        return exponential.func(x)

    np.testing.assert_allclose(kernel(A), np.exp(A), rtol=2e-6)
    assert versions == [nc_version.gen4] and nisa.get_nc_version() == nc_version.gen4


def test_arithmetic_refuses_packed_elements() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        bits = tile.view(nl.float8_e4m3fn_x4)
        nisa.tensor_tensor(bits, bits, bits, nl.add)
        return x

    with pytest.raises(trnsim.NkiValidationError, match="whose elements have no value of their own"):
        on_trn3(kernel, A)
