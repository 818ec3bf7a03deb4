"""Arrays of the caller have one door: equal values or an error, as an argument and as a file on the command line."""

from __future__ import annotations

import itertools
import os
import subprocess
import warnings
from typing import Any

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.core.tool import find_tool

SHAPE = (4, 6)


@nki.jit
def ident(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, x)
    return out


@nki.jit
def double_in_place(x):
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    nl.store(x, tile)
    return x


def numbers(dtype: Any) -> np.ndarray:
    kind = np.dtype(dtype)
    values = np.arange(24).reshape(SHAPE)
    if kind == np.bool_:
        return values % 3 == 0
    if kind.kind in "fV":
        return ((values - 11) / 4).astype(kind)
    return (values - (11 if kind.kind == "i" else 0)).astype(kind)


TYPES = ["float32", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "float64",
         ml_dtypes.bfloat16, ml_dtypes.float8_e4m3, ml_dtypes.float8_e5m2, ml_dtypes.float8_e4m3fn]
#: What NKI has instead.
NARROW = {"int64": np.int32, "uint64": np.uint32, "float64": np.float32}


def strided(array: np.ndarray) -> np.ndarray:
    wide = np.zeros((8, 18), array.dtype)
    wide[::2, 1::3] = array
    return wide[::2, 1::3]


def reversed_(array: np.ndarray) -> np.ndarray:
    return array[::-1, ::-1].copy()[::-1, ::-1]


def unaligned(array: np.ndarray) -> np.ndarray:
    room = np.zeros(array.nbytes + 1, np.uint8)
    found = room[1:].view(array.dtype).reshape(array.shape)
    found[...] = array
    return found


ORDERS = {"C": np.ascontiguousarray, "Fortran": np.asfortranarray, "strided": strided, "reversed": reversed_,
          "unaligned": unaligned, "broadcast": lambda array: np.broadcast_to(array[:1], SHAPE)}


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.view()
    array.flags.writeable = False
    return array


FLAGS = {"writable": lambda array: array, "read-only": read_only,
         "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">"), order="K")}


class WithArray:
    """What jax.Array is to NumPy."""

    def __init__(self, array: np.ndarray) -> None:
        self.inner = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.inner if dtype is None else self.inner.astype(dtype)


class OnlyArray:
    def __init__(self, array: np.ndarray) -> None:
        self.inner = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.inner


class OnlyDLPack:
    def __init__(self, array: np.ndarray) -> None:
        self.inner = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.inner.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.inner.__dlpack_device__()


CONTAINERS = {"ndarray": lambda array: array, "masked": np.ma.MaskedArray, "matrix": lambda array: array.view(np.matrix),
              "__array__": WithArray, "__array__ alone": OnlyArray}
TABLE = [(t, order, flag, container) for t, order, flag, container in itertools.product(TYPES, ORDERS, FLAGS, CONTAINERS)
         if container == "ndarray" or (order in ("C", "Fortran", "strided") and t in ("float32", "int64", ml_dtypes.bfloat16))]


def test_every_type_order_flag_and_container_keeps_its_values() -> None:
    # One test for the table; a launch is a process where the core is the command-line tool.
    for kind, order, flag, container in TABLE[::5 if os.environ.get("TRNSIM_BACKEND") == "cli" else 1]:
        given = FLAGS[flag](ORDERS[order](numbers(kind)))
        want = np.array(given).astype(NARROW.get(str(np.dtype(kind)), np.dtype(kind).newbyteorder("=")))
        with warnings.catch_warnings():
            warnings.simplefilter("error" if kind != "float64" else "ignore")
            found = ident(CONTAINERS[container](given))
        assert found.dtype == want.dtype, (kind, order, flag, container)
        np.testing.assert_array_equal(found, want, err_msg=f"{kind} {order} {flag} {container}")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Runs a copying program of a type on the command line."""
    if find_tool() is None:
        pytest.skip("no trnsim beside the sources or in PATH")
    folder = tmp_path_factory.mktemp("files")
    programs: dict[Any, Any] = {}

    def run(kind: Any, array: np.ndarray) -> tuple[np.ndarray | None, str]:
        kind = np.dtype(kind)
        if kind not in programs:
            program = folder / f"{len(programs)}.trn"
            name = trnsim.tensor.dtypes.as_dtype(kind)
            program.write_text(f"trnsim program 1\nkernel ident\ntensor x: hbm input {name} [4, 6]\n"
                               f"tensor y: hbm output {name} [4, 6]\n\ndma_copy dst=y src=x\n")
            programs[kind] = program
        np.save(folder / "x.npy", array, allow_pickle=True)
        done = subprocess.run([find_tool(), "run", programs[kind], "--values-only", "--input", f"x={folder / 'x.npy'}",
                               "--output-dir", folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return None, done.stderr
        return np.load(folder / "y.npy").view(kind), done.stderr

    return run


@pytest.mark.parametrize("kind", TYPES)
def test_files_keep_their_values(kind, files) -> None:
    kind = np.dtype(kind)
    target = np.dtype(NARROW.get(str(kind), kind))
    for order, flag in itertools.product(("C", "Fortran"), ("writable", "big-endian")):
        given = FLAGS[flag](ORDERS[order](numbers(kind)))
        found, errors = files(target, given)
        assert found is not None, errors
        np.testing.assert_array_equal(found, np.array(given).astype(target), err_msg=f"{kind} {order} {flag}")
        assert errors.count("note:") == (1 if kind == np.float64 else 0)


WIDE = np.array([[1, 2**31 - 1], [2**31, 2**40]])
BAD = [
    ("int64 beyond", numbers(np.int64) + np.where(np.arange(24).reshape(SHAPE) > 8, 2**40, 0), np.int32,
     "'x' has 1099511627774 at [1, 3], beyond int32 (-2147483648 to 2147483647)"),
    ("int64 below", np.asfortranarray(-(2**31) - 1 + numbers(np.int64)), np.int32,
     "'x' has -2147483660 at [0, 0], beyond int32 (-2147483648 to 2147483647)"),
    ("uint64 beyond", (numbers(np.uint64) + np.uint64(2**32 - 3)).astype(">u8"), np.uint32,
     "'x' has 4294967296 at [0, 3], beyond uint32 (0 to 4294967295)"),
    ("float64 beyond", numbers(np.float64) * 1e38, np.float32, None),
    ("complex", numbers(np.complex64), np.float32, "'x' is complex64: NKI has no complex numbers"),
    ("objects", numbers(np.float32).astype(object), np.float32, "'x' is object: its elements are Python objects"),
    ("text", numbers(np.int8).astype("U3"), np.float32, "'x' is str96: NKI has no text"),
    ("bytes", numbers(np.int8).astype("S3"), np.float32, "'x' is bytes24: NKI has no text"),
    ("dates", numbers(np.int64).astype("M8[s]"), np.float32, "'x' is datetime64[s]: NKI has no dates and times"),
    ("times", numbers(np.int64).astype("m8[s]"), np.float32, "'x' is timedelta64[s]: NKI has no dates and times"),
    ("records", np.zeros(SHAPE, [("a", "f4"), ("b", "i4", 2)]), np.float32, "'x' is a record: its elements are records"),
    ("long double", numbers(np.longdouble), np.float32, f"'x' is {np.dtype(np.longdouble).name}: NKI has no such type"),
    ("raw bytes", np.zeros(SHAPE, "V3"), np.float32, "'x' is void24: what its bytes mean is not known"),
]


@pytest.mark.parametrize("array, kind, message", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_values_that_no_type_has_are_errors_with_a_remedy_both_ways(array, kind, message, files) -> None:
    if message is None:
        array = array.copy()
        array[2, 1] = 1e300
        message = "'x' has 1e+300 at [2, 1], beyond float32 (up to 3.4028235e+38)"
    with pytest.raises(trnsim.NkiValidationError) as error:
        ident(array)
    found, errors = files(kind, array)
    assert found is None
    for text in (str(error.value), errors):
        assert message in text and "help:" in text
    # Both say the same, the command line behind the file's name.
    assert error.value.remedy in errors


def test_64_bit_integers_that_fit_are_narrowed_without_a_note() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for limit, kind in ((2**31 - 1, np.int64), (-(2**31), np.int64), (2**32 - 1, np.uint64)):
            array = np.full((1, 2), limit, kind)
            np.testing.assert_array_equal(ident(array), array)


def test_float64_is_rounded_with_one_note_of_all_arguments() -> None:
    @nki.jit
    def kernel(x, y):
        a, b = nl.load(x), nl.load(y)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.add(a, b))
        return out

    x = np.random.default_rng(1).standard_normal(SHAPE)
    result = trnsim.simulate(kernel, x, x + 1)
    note, = result.report.notes
    assert "'x', 'y' are float64, rounded to float32" in note
    np.testing.assert_array_equal(result.values, x.astype(np.float32) + (x + 1).astype(np.float32))
    with pytest.warns(trnsim.SimulationWarning, match="float64, rounded") as given:
        for _ in range(3):
            kernel(x, x)
    assert len(given) <= 3
    np.testing.assert_array_equal(ident(np.array([[np.inf, -np.inf]])), [[np.inf, -np.inf]])


def test_masked_elements_are_an_error() -> None:
    masked = np.ma.MaskedArray(numbers(np.float32), mask=numbers(np.float32) == 0.5)
    with pytest.raises(trnsim.NkiValidationError, match=r"'x' has 1 masked elements, the first at \[2, 1\]") as error:
        ident(masked)
    assert "filled" in str(error.value)
    np.testing.assert_array_equal(ident(masked.filled(9)), masked.filled(9))


def test_empty_arrays_are_an_error_and_numbers_without_dimensions_are_not(files) -> None:
    with pytest.raises(trnsim.NkiValidationError, match=r"'x' of shape \[0, 4\] has no elements"):
        ident(np.zeros((0, 4), np.float32))
    found, errors = files(np.float32, np.zeros((0, 6), np.float32))
    assert found is None and "[0, 6]" in errors

    @nki.jit
    def kernel(x, scale):
        tile, factor = nl.load(x), nl.ndarray((1, 1), scale.dtype, buffer=nl.sbuf)
        nisa.dma_copy(factor, scale.reshape((1, 1)))
        out = nl.ndarray((1, 3), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.multiply(tile, factor))
        return out

    np.testing.assert_array_equal(kernel(np.ones((1, 3), np.float32), np.array(2.5, ">f4")), np.full((1, 3), 2.5))


def test_memory_maps(tmp_path) -> None:
    np.save(tmp_path / "x.npy", numbers(">f4"))
    for mode in ("r", "c", "r+"):
        mapped = np.load(tmp_path / "x.npy", mmap_mode=mode)
        np.testing.assert_array_equal(ident(mapped), numbers(np.float32))
        np.testing.assert_array_equal(double_in_place(mapped), 2 * numbers(np.float32))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), 2 * numbers(np.float32))


def test_dlpack_alone() -> None:
    np.testing.assert_array_equal(ident(OnlyDLPack(numbers(np.float32))), numbers(np.float32))
    np.testing.assert_array_equal(double_in_place(OnlyDLPack(numbers(np.float32))), 2 * numbers(np.float32))

    class Broken:
        def __dlpack__(self, **_: Any) -> Any:
            raise BufferError("bfloat16 has no form in DLPack")

        def __dlpack_device__(self) -> Any:
            return (1, 0)

    with pytest.raises(trnsim.NkiValidationError, match="'x' .*Broken.* gives no array: bfloat16 has no form"):
        ident(Broken())


@pytest.mark.parametrize("wrap", [read_only, WithArray, OnlyArray, lambda array: WithArray(read_only(array)),
                                  lambda array: np.broadcast_to(array[:1], SHAPE)],
                         ids=["read-only", "__array__", "__array__ alone", "jax", "broadcast"])
def test_results_of_a_kernel_that_writes_its_input_are_the_memory_s(wrap) -> None:
    original = numbers(np.float32)
    given = wrap(original)
    want = 2 * np.array(given)
    np.testing.assert_array_equal(double_in_place(given), want)
    np.testing.assert_array_equal(original, numbers(np.float32))


def test_writable_arrays_get_what_a_kernel_writes() -> None:
    for kind, order, flag in itertools.product(("float32", "float64", "int64", ml_dtypes.bfloat16), ("C", "Fortran", "strided"),
                                               ("writable", "big-endian")):
        given = FLAGS[flag](ORDERS[order](numbers(kind)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = double_in_place(given)
        assert found is given
        np.testing.assert_array_equal(given, 2 * numbers(kind))


def test_another_view_of_a_written_input_is_not_the_input() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        nl.store(x, nl.add(tile, 1.0))
        return x.permute((1, 0))

    x = np.arange(9, dtype=np.float32).reshape(3, 3)
    np.testing.assert_array_equal(kernel(x), (np.arange(9).reshape(3, 3) + 1).T)


def test_arrays_that_share_memory_do_not_overwrite_each_other() -> None:
    @nki.jit
    def kernel(x, y):
        nl.store(x, nl.add(nl.load(x), 1.0))
        nl.store(y, nl.add(nl.load(y), 2.0))
        return x, y

    base = np.zeros((4, 4), np.float32)
    x, y = kernel(base, base[::2])
    np.testing.assert_array_equal(x, np.full((4, 4), 1))
    np.testing.assert_array_equal(y, np.full((2, 4), 2))


def test_what_a_kernel_writes_to_an_array_that_cannot_take_it_is_not_lost_without_a_note() -> None:
    @nki.jit
    def kernel(x):
        nl.store(x, nl.add(nl.load(x), 1.0))

    with pytest.warns(trnsim.SimulationWarning, match="the kernel writes to 'x', whose array cannot take it"):
        kernel(read_only(np.zeros((2, 2), np.float32)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = np.zeros((2, 2), np.float32)
        kernel(x)
    np.testing.assert_array_equal(x, 1)


def test_a_class_is_a_type() -> None:
    @nki.jit
    def kernel(x, kind, other):
        tile = nl.ndarray(x.shape, kind, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        out = nl.ndarray(x.shape, other, buffer=nl.shared_hbm)
        narrow = nl.ndarray(x.shape, other, buffer=nl.sbuf)
        nisa.tensor_copy(narrow, tile)
        nisa.dma_copy(out, narrow)
        return out

    for kind in (np.float32, np.dtype(np.float32), nl.float32, "float32"):
        for other in (np.float16, np.dtype("float16"), nl.float16):
            found = kernel(numbers(np.float32), kind, other)
            assert found.dtype == np.float16
            np.testing.assert_array_equal(found, numbers(np.float32))


def test_lists_stay_lists_and_are_no_tensors() -> None:
    @nki.jit
    def scaled(x, factors):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        for factor in factors:
            nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=factor)
        nl.store(out, tile)
        return out

    @nki.jit
    def added(x, y):
        out = nl.ndarray(y.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.add(nl.load(x), nl.load(y)))
        return out

    @nki.jit
    def plus(x, y):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.add(nl.load(x), y))
        return out

    x = numbers(np.float32)
    np.testing.assert_array_equal(scaled(x, [2, 1.5]), 3 * x)
    with pytest.raises(trnsim.NkiValidationError, match="argument 'y' is a str, and the kernel takes it for a") as error:
        added(x, "float32[128, 512]")
    assert "--input 'NAME=float32[m, 512]'" in str(error.value)
    for numbers_ in (x.tolist(), tuple(map(tuple, x.tolist()))):
        with pytest.raises(trnsim.NkiValidationError, match="argument 'y' is a (list|tuple), and the kernel takes it for a"):
            added(x, numbers_)
        with pytest.raises(trnsim.NkiValidationError, match="must be a number or a tensor, is (list|tuple)") as error:
            plus(x, numbers_)
        assert "numpy.array" in str(error.value)
    np.testing.assert_array_equal(added(x, np.array(x.tolist(), np.float32)), 2 * x)


def test_constants_come_through_the_same_door() -> None:
    @nki.jit
    def kernel(constant, dtype):
        source = nl.shared_constant(np.array(constant), dtype)
        out = nl.ndarray(source.shape, source.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, source)
        return out

    np.testing.assert_array_equal(kernel([[1, 2]], None), [[1, 2]])
    np.testing.assert_array_equal(kernel([[1.5, 2]], nl.bfloat16), [[1.5, 2]])
    with pytest.raises(trnsim.NkiValidationError, match=r"'constant' has 300 at \[0, 1\], beyond uint8"):
        kernel([[1, 300]], nl.uint8)
    with pytest.raises(trnsim.NkiValidationError, match="beyond int32"):
        kernel([[1, 2**40]], None)


def test_packed_types_keep_their_bits(files) -> None:
    bits = np.arange(24, dtype=np.uint32).reshape(SHAPE) * 0x01020304
    packed = bits.view(nl.float8_e4m3fn_x4.numpy)
    np.testing.assert_array_equal(ident(packed).view(np.uint32), bits)
    found, errors = files(nl.float8_e4m3fn_x4.numpy, packed)
    assert found is not None, errors
    np.testing.assert_array_equal(found.view(np.uint32), bits)


class TestTorch:
    """Tensors of torch, where it is installed."""

    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch", reason="torch is not installed: pip install torch")

    def test_types_and_layouts(self, torch) -> None:
        for name in ("float32", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool", "float8_e5m2",
                     "float8_e4m3fn"):
            kind = getattr(torch, name)
            base = torch.arange(24).reshape(SHAPE).to(torch.float32).to(kind)
            wide = torch.zeros((6, 4), dtype=kind)
            wide.copy_(base.T)
            for given in (base, wide.T):
                found = ident(given)
                assert isinstance(found, torch.Tensor)
                assert torch.equal(found.to(torch.float32), given.to(torch.float32)), name

    def test_autograd_negative_and_conjugate_bits(self, torch) -> None:
        x = torch.arange(24.0).reshape(SHAPE).requires_grad_()
        assert torch.equal(ident(x), x.detach())
        assert torch.equal(ident(torch.nn.Parameter(torch.ones(SHAPE))), torch.ones(SHAPE))
        negative = torch.complex(torch.zeros(SHAPE), torch.arange(24.0).reshape(SHAPE)).conj().imag
        assert negative.is_neg()
        assert torch.equal(ident(negative), -torch.arange(24.0).reshape(SHAPE))
        doubled = double_in_place(negative)
        assert torch.equal(doubled, -2 * torch.arange(24.0).reshape(SHAPE))

    def test_written_inputs(self, torch) -> None:
        x = torch.arange(24.0).reshape(SHAPE)
        want = 2 * x
        found = double_in_place(x)
        assert found is x and torch.equal(x, want)
        leaf = torch.ones(SHAPE, requires_grad=True)
        assert torch.equal(double_in_place(leaf).detach(), 2 * torch.ones(SHAPE))
        expanded = torch.ones((1, 6)).expand(SHAPE)
        assert torch.equal(double_in_place(expanded), 2 * torch.ones(SHAPE))
        assert torch.equal(expanded, torch.ones(SHAPE))

    def test_what_cannot_come_in(self, torch) -> None:
        for tensor, message in (
                (torch.ones(SHAPE, dtype=torch.complex64), "complex64: NKI has no complex numbers"),
                (torch.ones(SHAPE).to_sparse(), "a sparse tensor"),
                (torch.ones(SHAPE, device="meta"), "on the meta device"),
                (torch.full(SHAPE, 2**40), r"has 1099511627776 at \[0, 0\], beyond int32"),
        ):
            with pytest.raises(trnsim.NkiValidationError, match=message) as error:
                ident(tensor)
            assert "help:" in str(error.value)

    def test_a_torch_type_is_a_type(self, torch) -> None:
        @nki.jit
        def kernel(x, kind):
            out = nl.ndarray(x.shape, kind, buffer=nl.shared_hbm)
            nisa.dma_copy(out, x)
            return out

        assert torch.equal(kernel(torch.ones(SHAPE), torch.float32), torch.ones(SHAPE))
