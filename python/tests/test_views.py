"""Views against NumPy: every view of a tensor must read what NumPy's same expression reads."""

from __future__ import annotations

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
from trnsim.tensor.shapes import contiguous
from trnsim.tensor.spaces import MemoryRegion
from trnsim.tensor.storage import Storage
from trnsim.tensor.view import NkiTensor

BASE = np.arange(4 * 6 * 8, dtype=np.float32).reshape(4, 6, 8)


def hbm(array: np.ndarray) -> NkiTensor:
    storage = Storage("t", MemoryRegion.hbm, nl.float32, array.shape)
    return NkiTensor(storage, nl.float32, array.shape, contiguous(array.shape))


def read(view: NkiTensor, array: np.ndarray) -> np.ndarray:
    flat = array.reshape(-1)
    return np.lib.stride_tricks.as_strided(flat[view.offset:], view.shape, tuple(4 * s for s in view.strides))


@pytest.mark.parametrize("expression", [
    "t[1]", "t[1:3]", "t[:, 2]", "t[..., 3]", "t[0, :, 2:8:3]", "t[-1]", "t[:, None, 1:2]", "t[1, 2, 3:5]",
    "t[:, ::2, 1::3]", "t[...]", "t[2, ..., 1]", "t.reshape(24, 8)", "t.reshape((4, 2, 3, 8))",
    "t[:, 1:3].reshape(4, 2, 2, 4)", "t.reshape(2, -1)",
])
def test_indexing_agrees_with_numpy(expression: str) -> None:
    view = eval(expression, {"t": hbm(BASE)})
    wanted = eval(expression, {"t": BASE})
    assert view.shape == wanted.shape
    np.testing.assert_array_equal(read(view, BASE), wanted)


@pytest.mark.parametrize("expression", [
    "t[0:3, j]", "t[0:3, j, 2:6]", "t[i, 0:4]", "t[:, :, k]", "t[0:3, i[0:2], k]", "t[i, 1:5, k]", "t[..., j, k]", "t[1:3, 2:4, j]",
])
def test_grids_and_slices_agree_with_numpy(expression: str) -> None:
    names = {"i": np.arange(4)[:, None], "j": np.arange(5)[None, :], "k": np.arange(2, 7)[None, :]}
    view = eval(expression, {"t": hbm(BASE), **names})
    wanted = eval(expression, {"t": BASE, **names})
    assert view.shape == wanted.shape
    np.testing.assert_array_equal(read(view, BASE), wanted)


def test_any_key_agrees_with_numpy() -> None:
    chosen = np.random.default_rng(4)

    def bound() -> int | np.integer | None:
        return [None, int(chosen.integers(-7, 9)), np.int32(chosen.integers(0, 5))][chosen.integers(3)]

    def part() -> object:
        kind = chosen.integers(4)
        if kind == 0:
            return int(chosen.integers(-4, 4))
        if kind == 1:
            return np.int64(chosen.integers(-4, 4))
        return slice(bound(), bound(), [None, None, 1, 2, -1, -3][chosen.integers(6)])

    views = 0
    for _ in range(2000):
        key = [part() for _ in range(chosen.integers(4))]
        if chosen.integers(2):
            key.insert(chosen.integers(len(key) + 1), ...)
        if chosen.integers(2):
            key.insert(chosen.integers(len(key) + 1), None)
        wanted = BASE[tuple(key)]
        if wanted.size == 0:
            with pytest.raises(nki.NkiValidationError, match="is empty"):
                hbm(BASE)[tuple(key)]
            continue
        view = hbm(BASE)[tuple(key)]
        assert view.shape == wanted.shape, key
        np.testing.assert_array_equal(read(view, BASE), wanted)
        views += 1
    assert views > 500


def test_algebra_agrees_with_numpy() -> None:
    t = hbm(BASE)
    cases = [
        (t.permute((2, 0, 1)), BASE.transpose(2, 0, 1)),
        (t.slice(1, 1, 6, 2), BASE[:, 1:6:2]),
        (t.select(1, 4), BASE[:, 4]),
        (t.expand_dim(1).broadcast(1, 3), np.broadcast_to(BASE[:, None], (4, 3, 6, 8))),
        (t.reshape_dim(2, (2, 4)), BASE.reshape(4, 6, 2, 4)),
        (t.reshape_dim(2, (2, -1)).permute((0, 2, 1, 3)).flatten_dims(2, 3) if False else
         t.flatten_dims(0, 1), BASE.reshape(24, 8)),
        (t[1:2].squeeze_dim(0), BASE[1]),
        (t.rearrange(("a", ("b", "c"), "d"), ("c", "a", "b", "d"), {"b": 2}),
         BASE.reshape(4, 2, 3, 8).transpose(2, 0, 1, 3)),
        (t.ap([[48, 2], [1, 5]], offset=3), np.lib.stride_tricks.as_strided(BASE.reshape(-1)[3:], (2, 5), (192, 4))),
    ]
    for view, wanted in cases:
        assert view.shape == wanted.shape
        np.testing.assert_array_equal(read(view, BASE), wanted)


def test_reshape_that_needs_a_copy_is_refused() -> None:
    with pytest.raises(nki.NkiValidationError, match="needs a copy"):
        hbm(BASE).permute((1, 0, 2)).reshape(24, 8)


def test_broadcast_to_nothing_is_refused() -> None:
    with pytest.raises(nki.NkiValidationError, match="dimension 1 to 0 elements"):
        hbm(BASE).expand_dim(1).broadcast(1, 0)


@pytest.mark.parametrize(("index", "message"), [
    ("t[4]", r"index 4 exceeds dimension 0"), ("t[:, 6]", "index 6 exceeds dimension 1"),
    ("t[1, 2, 3, 4]", "4 indices"), ("t[3:3]", "is empty"), ("t.select(0, 9)", "exceeds dimension 0"),
    ("t[nl.ds(2, 3)]", "exceeds dimension 0"), ("t.reshape(5, 5)", "has 192 elements"),
])
def test_bad_indices_are_named(index: str, message: str) -> None:
    with pytest.raises(nki.NkiValidationError, match=message):
        eval(index, {"t": hbm(BASE), "nl": nl})


@pytest.mark.parametrize("cut", ["[:, 1:5]", "[0:32, ::3]", "[32:64, 8:2:-2]"])
def test_strided_tiles_reach_the_core(cut: str) -> None:
    x = np.random.default_rng(1).standard_normal((64, 24)).astype(np.float32)
    wanted = eval(f"x{cut}", {"x": x})

    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        part = eval(f"tile{cut}", {"tile": tile})
        copied = nl.ndarray(part.shape, x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(copied, part)
        out = nl.ndarray(part.shape, x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, copied)
        return out

    np.testing.assert_array_equal(kernel(x), wanted)


@pytest.mark.parametrize("number", [np.int64, np.int32, np.uint8])
def test_numbers_of_numpy_are_numbers(number: type) -> None:
    def views(n: type, t: NkiTensor) -> list[NkiTensor]:
        return [t.slice(n(1), n(0), n(6), n(2)), t.select(n(1), n(3)), t.reshape(n(24), n(8)), t.reshape((n(4), n(2), n(3), n(8))),
                t.reshape_dim(n(1), (n(2), n(3))), t.flatten_dims(n(0), n(1)), t.expand_dim(n(1)), t.expand_dim(n(1)).squeeze_dim(n(1)),
                t.permute((n(2), n(0), n(1))), t[n(1):n(2)].broadcast(n(0), n(3)), t[:, nl.ds(n(1), n(2))],
                t.rearrange(("a", ("b", "c"), "d"), ("b", "a", "c", "d"), {"b": n(2)}),
                t.ap([[n(8), n(2)], [n(1), n(4)]], n(5), indirect_dim=n(0))]

    plain, given = views(int, hbm(BASE)), views(number, hbm(BASE))
    for wanted, found in zip(plain, given, strict=True):
        assert (found.shape, found.strides, found.offset) == (wanted.shape, wanted.strides, wanted.offset)
        assert all(type(value) is int for value in (*found.shape, *found.strides, found.offset))
