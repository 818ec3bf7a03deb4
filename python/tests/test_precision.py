"""NKI_PRECISE_FP=0: the values of a kernel whose bfloat16 and 8-bit floats keep all bits of float32."""

from __future__ import annotations

import ml_dtypes
import neuronxcc.nki as nki1
import neuronxcc.nki.language as nl1
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

RANDOM = np.random.default_rng(11)
X = RANDOM.standard_normal((128, 256)).astype(ml_dtypes.bfloat16)
W = RANDOM.standard_normal((128, 64)).astype(ml_dtypes.bfloat16)


@nki.jit
def chain(x, w):
    """A product, scaled and added in bfloat16, through float8."""
    left = nl.ndarray((128, 64), dtype=w.dtype, buffer=nl.sbuf)
    right = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(left, w)
    nisa.dma_copy(right, x)
    product = nl.ndarray((64, 256), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(product, left, right)
    tile = nl.ndarray((64, 256), dtype=nl.bfloat16, buffer=nl.sbuf)
    small = nl.ndarray((64, 256), dtype=nl.float8_e4m3, buffer=nl.sbuf)
    nisa.tensor_scalar(tile, product, op0=nl.multiply, operand0=0.1)
    nisa.tensor_scalar(small, tile, op0=nl.add, operand0=1.0)
    nisa.tensor_tensor(tile, tile, small, nl.add)
    out = nl.ndarray((64, 256), dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out


def expected() -> np.ndarray:
    product = W.astype(np.float64).T @ X.astype(np.float64) * np.float32(0.1)
    return 2 * product + 1


def test_rounding_is_gone(monkeypatch) -> None:
    precise = trnsim.simulate(chain, X, W)
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    found = trnsim.simulate(chain, X, W)
    assert found.values.dtype == np.float32 and precise.values.dtype == ml_dtypes.bfloat16
    np.testing.assert_allclose(found.values, expected(), rtol=2e-6, atol=2e-5)
    # float8 has steps of an eighth and more.
    assert np.abs(precise.values.astype(np.float64) - expected()).max() > 0.05
    assert found.report.microseconds == precise.report.microseconds
    assert not found.report.notes


def test_changed_inputs_have_their_own_type(monkeypatch) -> None:
    @nki.jit
    def doubled(x):
        tile = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=1.001)
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=1.001)
        nisa.dma_copy(x, tile)
        return x

    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    x = X.copy()
    assert doubled(x) is x
    scaled = X.astype(np.float32) * np.float32(1.001) * np.float32(1.001)
    np.testing.assert_array_equal(x, scaled.astype(ml_dtypes.bfloat16))


def test_two_cores_and_the_first_generation(monkeypatch) -> None:
    @nki.jit
    def swapped(x):
        core = nl.program_id(0)
        tile = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
        other = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, nl.ds(core * 128, 128)])
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=1.0001)
        nisa.sendrecv(src=tile, dst=other, send_to_rank=1 - core, recv_from_rank=1 - core, pipe_id=0)
        out = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out[:, nl.ds(core * 128, 128)], other)
        return out

    @nki1.jit
    def scaled(x):
        out = nl1.ndarray((128, 256), dtype=x.dtype, buffer=nl1.shared_hbm)
        nl1.store(out, nl1.load(x) * 1.0001)
        return out

    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    product = X.astype(np.float32) * np.float32(1.0001)
    np.testing.assert_array_equal(swapped[2](X), np.roll(product, 128, axis=1))
    np.testing.assert_array_equal(scaled(X), product)


def test_memory_may_be_four_times_as_full(monkeypatch) -> None:
    @nki.jit
    def full(x):
        tiles = [nl.ndarray((128, 100_000), dtype=nl.float8_e5m2, buffer=nl.sbuf) for _ in range(2)]
        for tile in tiles:
            nisa.memset(tile[:, 0:256], 0.3)
        result = nl.ndarray((128, 256), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_tensor(result, tiles[0][:, 0:256], tiles[1][:, 0:256], nl.add)
        out = nl.ndarray((128, 256), dtype=nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, result)
        return out

    assert full(X)[0, 0] == 0.625
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    assert full(X)[0, 0] == np.float32(0.3) * 2


def bits(tile, x):
    """Looks at bfloat16 as integers."""
    nisa.tensor_scalar(tile.view(nl.uint16), tile.view(nl.uint16), op0=nl.bitwise_and, operand0=0x7FFF)


def reinterpreted(tile, x):
    """Another tensor at the same address reads what the first one wrote, as another type."""
    first = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf, address=(0, 65536))
    nisa.dma_copy(first, x)
    second = nl.ndarray((128, 256), dtype=nl.int16, buffer=nl.sbuf, address=(0, 65536))
    nisa.tensor_copy(second[:, 0:128], second[:, 128:256])
    nisa.dma_copy(tile, x)


def moved(tile, x):
    """Another tensor that begins within the first one reads what that one wrote."""
    first = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf, address=(0, 65536))
    nisa.dma_copy(first, x)
    second = nl.ndarray((128, 128), dtype=x.dtype, buffer=nl.sbuf, address=(0, 65536 + 256))
    nisa.tensor_copy(tile[:, 128:256], second)


@pytest.mark.parametrize(("part", "why"), [
    (bits, "'tile' is seen as bfloat16 and as uint16"),
    (reinterpreted, "'first' and 'second' share memory"),
    (moved, "'first' and 'second' share memory"),
])
def test_kernels_that_need_their_types_say_so(monkeypatch, part, why) -> None:
    @nki.jit
    def kernel(x):
        tile = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        part(tile, x)
        out = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    with pytest.warns(trnsim.SimulationWarning, match=f"NKI_PRECISE_FP=0 has no effect: {why}"):
        values = kernel(X)
    assert values.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(values, np.abs(X) if part is bits else X)


def test_values_are_handed_on_at_one_address(monkeypatch) -> None:
    @nki.jit
    def kernel(x):
        first = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf, address=(0, 65536))
        nisa.dma_copy(first, x)
        nisa.tensor_scalar(first, first, op0=nl.multiply, operand0=1.001)
        second = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf, address=(0, 65536))
        out = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, second)
        # The place is another type's afterwards.
        third = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.sbuf, address=(0, 65536))
        nisa.memset(third, 1.0)
        nisa.tensor_copy(third, third)
        return out

    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    result = trnsim.simulate(kernel, X)
    # That one tile is read through another is told, and nothing else.
    (note,) = result.report.notes
    assert note.startswith("read of 'second' sees what ")
    np.testing.assert_array_equal(result.values, X.astype(np.float32) * np.float32(1.001))


def test_programs_with_registers_run_once(monkeypatch, capsys) -> None:
    """What is executed, and how long it takes, are those of the types as they are."""
    @nki.jit
    def looped(x, count):
        register = nisa.register_alloc(0)
        nisa.register_load(register, count)
        tile = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        for _ in nl.dynamic_range(register):
            nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=1.001)
        nl.device_print("tile", tile[0:1, 0:1])
        out = nl.ndarray((128, 256), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    count = np.array([[3]], np.int32)
    precise = trnsim.simulate(looped, X, count).report
    capsys.readouterr()
    monkeypatch.setenv("NKI_PRECISE_FP", "0")
    result = trnsim.simulate(looped, X, count)
    factor = np.float32(1.001)
    np.testing.assert_array_equal(result.values, X.astype(np.float32) * factor * factor * factor)
    assert result.report.microseconds == precise.microseconds
    assert capsys.readouterr().out.count("tile") == 1
