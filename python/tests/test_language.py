"""Every documented function of nki.language against NumPy."""

from __future__ import annotations

import math
import os

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

RNG = np.random.default_rng(11)
X = RNG.uniform(-3, 3, (16, 24)).astype(np.float32)
Y = RNG.uniform(-3, 3, (16, 24)).astype(np.float32)
POSITIVE = RNG.uniform(0.1, 4, (16, 24)).astype(np.float32)
WHOLE = RNG.integers(0, 200, (16, 24)).astype(np.int32)
BITS = RNG.integers(0, 7, (16, 24)).astype(np.int32)
ERF = np.vectorize(math.erf)


def on_tiles(body, *arrays, dtype=None, shape=None):
    """`body(*tiles)` gives a tile, which is stored."""

    @nki.jit
    def kernel(*inputs):
        result = body(*(nl.load(x) for x in inputs))
        out = nl.ndarray(shape or result.shape, dtype or result.dtype, buffer=nl.shared_hbm)
        nl.store(out, result)
        return out

    return kernel(*arrays)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normal(x):
    """The density of the standard normal distribution."""
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def tanh_gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


UNARY = {
    "abs": np.abs, "arctan": np.arctan, "ceil": np.ceil, "cos": np.cos, "erf": ERF,
    "erf_dx": lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x), "exp": np.exp, "floor": np.floor,
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "gelu_apprx_sigmoid": lambda x: x * sigmoid(1.702 * x), "gelu_apprx_tanh": tanh_gelu,
    "gelu_dx": lambda x: (1 + ERF(x / math.sqrt(2))) / 2 + x * normal(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))), "negative": np.negative, "reciprocal": np.reciprocal,
    "relu": lambda x: np.maximum(x, 0), "sigmoid": sigmoid, "sign": np.sign, "silu": lambda x: x * sigmoid(x),
    "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))), "sin": np.sin,
    "softplus": lambda x: np.log1p(np.exp(x)), "square": np.square, "tanh": np.tanh, "trunc": np.trunc,
    "copy": lambda x: x,
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tile(name) -> None:
    found = on_tiles(getattr(nl, name), X)
    # float32 functions: a few units in the last place of values up to 20.
    np.testing.assert_allclose(found, UNARY[name](X.astype(np.float64)), rtol=4e-6, atol=2e-6)


@pytest.mark.parametrize(("name", "reference"), [("log", np.log), ("sqrt", np.sqrt), ("rsqrt", lambda x: x ** -0.5)])
def test_functions_of_positive_tiles(name, reference) -> None:
    np.testing.assert_allclose(on_tiles(getattr(nl, name), POSITIVE), reference(POSITIVE.astype(np.float64)), rtol=2e-6,
                               atol=1e-6)


def test_tan() -> None:
    x = RNG.uniform(-1.3, 1.3, (16, 24)).astype(np.float32)
    np.testing.assert_allclose(on_tiles(nl.tan, x), np.tan(x.astype(np.float64)), rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "reference"), [
    ("add", np.add), ("subtract", np.subtract), ("multiply", np.multiply), ("maximum", np.maximum),
    ("minimum", np.minimum), ("equal", np.equal), ("not_equal", np.not_equal), ("less", np.less),
    ("less_equal", np.less_equal), ("greater", np.greater), ("greater_equal", np.greater_equal),
    ("abs_max", lambda a, b: np.maximum(np.abs(a), np.abs(b))), ("abs_min", lambda a, b: np.minimum(np.abs(a), np.abs(b))),
])
@pytest.mark.parametrize("form", ["tiles", "number", "number first", "column"])
def test_functions_of_two(name, reference, form) -> None:
    function = getattr(nl, name)
    if form == "tiles":
        found, wanted = on_tiles(function, X, Y), reference(X, Y)
    elif form == "number":
        found, wanted = on_tiles(lambda x: function(x, 0.5), X), reference(X, np.float32(0.5))
    elif form == "number first":
        found, wanted = on_tiles(lambda x: function(0.5, x), X), reference(np.float32(0.5), X)
    else:
        found, wanted = on_tiles(function, X, Y[:, :1]), reference(X, Y[:, :1])
    np.testing.assert_array_equal(found, wanted.astype(np.float32))


def test_divide_and_power() -> None:
    np.testing.assert_allclose(on_tiles(nl.divide, X, POSITIVE), X / POSITIVE, rtol=2e-7)
    np.testing.assert_allclose(on_tiles(nl.power, POSITIVE, X), POSITIVE.astype(np.float64) ** X, rtol=4e-6)
    np.testing.assert_allclose(on_tiles(lambda x: nl.power(x, 3.0), POSITIVE), POSITIVE.astype(np.float64) ** 3, rtol=1e-6)


@pytest.mark.parametrize(("name", "reference"), [("mod", np.mod), ("fmod", np.fmod)])
@pytest.mark.parametrize("other", [Y, np.float32(0.75)])
def test_remainders(name, reference, other) -> None:
    function = getattr(nl, name)
    found = on_tiles(function, X, Y) if isinstance(other, np.ndarray) else on_tiles(lambda x: function(x, 0.75), X)
    wanted = reference(X, other)
    # Quotients up to 3000 are rounded to 24 bits, so the remainder is as exact as quotient × divisor: 3 × 2**-22.
    close = np.abs(found - wanted) <= 1e-6 * (1 + np.abs(X))
    apart = np.abs(np.abs(found - wanted) - np.abs(other)) <= 1e-6 * (1 + np.abs(X))  # one step at a whole quotient
    assert (close | apart).all()
    assert close.mean() > 0.99


@pytest.mark.parametrize(("name", "reference"), [
    ("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or), ("bitwise_xor", np.bitwise_xor),
    ("left_shift", np.left_shift), ("right_shift", np.right_shift), ("add", np.add), ("multiply", np.multiply),
])
def test_whole_numbers(name, reference) -> None:
    np.testing.assert_array_equal(on_tiles(getattr(nl, name), WHOLE, BITS), reference(WHOLE, BITS))


def test_invert() -> None:
    np.testing.assert_array_equal(on_tiles(nl.invert, WHOLE), ~WHOLE)


@pytest.mark.parametrize(("name", "reference"), [("logical_and", np.logical_and), ("logical_or", np.logical_or),
                                                 ("logical_xor", np.logical_xor)])
def test_logic(name, reference) -> None:
    a, b = (BITS & 1).astype(np.float32), (BITS >> 1 & 1).astype(np.float32)
    np.testing.assert_array_equal(on_tiles(getattr(nl, name), a, b), reference(a, b))
    np.testing.assert_array_equal(on_tiles(nl.logical_not, a), np.logical_not(a))


@pytest.mark.parametrize(("name", "reference"), [
    ("sum", np.sum), ("prod", np.prod), ("max", np.max), ("min", np.min), ("mean", np.mean), ("var", np.var)])
@pytest.mark.parametrize("axis", [1, 2, (1, 2)])
def test_reductions(name, reference, axis) -> None:
    x = RNG.uniform(0.5, 1.5, (16, 3, 8)).astype(np.float32)
    found = on_tiles(lambda t: getattr(nl, name)(t, axis), x)
    wanted = reference(x.astype(np.float64), axis=axis)
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, rtol=4e-6)


def test_all() -> None:
    x = np.ones((16, 8), np.float32)
    x[3, 2] = 0
    np.testing.assert_array_equal(on_tiles(lambda t: nl.all(t, 1), x)[:, 0], x.all(1))


def test_softmax_and_rms_norm() -> None:
    wide = X.astype(np.float64)
    power = np.exp(wide - wide.max(1, keepdims=True))
    np.testing.assert_allclose(on_tiles(lambda x: nl.softmax(x, -1), X), power / power.sum(1, keepdims=True), rtol=4e-6)
    wanted = wide / np.sqrt((wide ** 2).mean(1, keepdims=True) + 1e-6) * Y[:1]
    found = on_tiles(lambda x, w: nl.rms_norm(x, w.broadcast_to((16, 24)), 1, 24, 1e-6), X, Y[:1])
    np.testing.assert_allclose(found, wanted, rtol=4e-6, atol=1e-6)


def test_where_takes_tiles_and_numbers() -> None:
    np.testing.assert_array_equal(on_tiles(lambda x, y: nl.where(nl.greater(x, y), x, y), X, Y), np.maximum(X, Y))
    np.testing.assert_array_equal(on_tiles(lambda x: nl.where(nl.less(x, 0.0), 7.0, x), X), np.where(X < 0, 7, X))


def test_movement() -> None:
    np.testing.assert_array_equal(on_tiles(nl.transpose, X), X.T)
    np.testing.assert_array_equal(on_tiles(lambda x: nl.broadcast_to(x, (16, 24)), X[:, :1]), np.repeat(X[:, :1], 24, 1))
    np.testing.assert_array_equal(on_tiles(lambda x: nl.expand_dims(x, 1), X), X[:, None])
    indices = RNG.integers(0, 24, (16, 10)).astype(np.uint32)
    np.testing.assert_array_equal(on_tiles(nl.gather_flattened, X, indices), np.take_along_axis(X, indices, 1))

    @nki.jit
    def transposed(x):
        tile = nl.load_transpose2d(x)
        out = nl.ndarray(tile.shape, tile.dtype, buffer=nl.shared_hbm)
        nl.store(out, tile)
        return out

    np.testing.assert_array_equal(transposed(X), X.T)
    # float32 goes through the PE array, 128 rows at a time; other types of four bytes do not.
    long = RNG.integers(-99, 99, (300, 20))
    np.testing.assert_array_equal(transposed(long.astype(np.float32)), long.T)
    np.testing.assert_array_equal(transposed(long.astype(np.int32)), long.T)


def test_matmul_with_and_without_transposing() -> None:
    a, b = (RNG.integers(-4, 5, shape).astype(np.float32) for shape in ((32, 16), (16, 24)))
    np.testing.assert_array_equal(on_tiles(nl.matmul, a, b), a @ b)
    np.testing.assert_array_equal(on_tiles(lambda x, y: nl.matmul(x, y, transpose_x=True), a.T.copy(), b), a @ b)


def test_new_tensors() -> None:
    def body(x):
        total = nl.zeros(x.shape, nl.float32) + nl.ones(x.shape, nl.float32) + nl.full(x.shape, 2.5, nl.float32)
        other = nl.empty_like(x)
        nisa.memset(other, 1.0)
        return total + nl.zeros_like(x) + other

    np.testing.assert_array_equal(on_tiles(body, X), np.full_like(X, 4.5))


def test_casts_inside_and_outside_of_kernels() -> None:
    half = X.astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(on_tiles(lambda x: nl.static_cast(x, nl.bfloat16), X), half)
    np.testing.assert_array_equal(nl.static_cast(X, nl.bfloat16), half)


def test_random_numbers() -> None:
    ones = np.ones((128, 512), np.float32)
    kept = on_tiles(lambda x: nl.dropout(x, 0.25), ones)
    # 65,536 draws: the share dropped is 0.25 with a standard deviation of 0.0017.
    assert abs((kept == 0).mean() - 0.25) < 0.01
    drawn = on_tiles(lambda x: nl.rand((128, 512), nl.float32), ones)
    assert 0 <= drawn.min() and drawn.max() < 1 and abs(drawn.mean() - 0.5) < 0.01


# Loops of the sequencer, values while tracing


def loop_kernel(kind):
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)

        def body(i):
            tile = nl.ndarray((16, 24), x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(tile, x[nl.ds(i * 16, 16)] if kind == "static" else x.ap([[24, 16], [1, 24]], scalar_offset=i * 16))
            nisa.tensor_scalar(tile, tile, nl.multiply, 3.0)
            nisa.dma_copy(out.ap([[24, 16], [1, 24]], scalar_offset=i * 16), tile)

        if kind == "fori":
            nl.fori_loop(0, 4, body)
        elif kind == "dynamic":
            for i in nl.dynamic_range(4):
                body(i)
        else:
            count = nisa.register_alloc(4)

            def step(remaining):
                nisa.register_move(remaining, remaining - 1)
                body(remaining)

            nl.while_loop(count, step)
        return out

    return kernel


@pytest.mark.parametrize("kind", ["fori", "dynamic", "while"])
def test_loops_of_the_sequencer(kind) -> None:
    x = RNG.standard_normal((64, 24)).astype(np.float32)
    np.testing.assert_array_equal(loop_kernel(kind)(x), x * np.float32(3))


library = pytest.mark.skipif(os.environ.get("TRNSIM_BACKEND") == "cli", reason="values come from the library in process")


@library
def test_device_print_prints_each_pass(capfd) -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)

        def body(_):
            nisa.tensor_scalar(tile, tile, nl.add, 1.0)
            nl.device_print("now", tile)

        nl.fori_loop(0, 3, body)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, tile)
        return out

    trnsim.simulate(kernel, np.zeros((1, 2), np.float32), mode="values")
    printed = capfd.readouterr().out
    assert printed.count("now") == 3
    assert [f"{value}." in printed for value in (1, 2, 3)] == [True] * 3


@library
def test_values_while_tracing(capsys) -> None:
    """What a debugger shows at a breakpoint: tiles print their values up to that line."""
    seen = []

    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
        print(tile)
        seen.append(np.asarray(tile[:, 3:5]))
        nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
        seen.append(np.asarray(tile))
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, tile)
        return out

    found = kernel(X)
    np.testing.assert_array_equal(seen[0], X[:, 3:5] * 2)
    np.testing.assert_array_equal(seen[1], X * 4)
    np.testing.assert_array_equal(found, X * 4)
    assert "sbuf float32 [16, 24]" in capsys.readouterr().out
