"""The errors that the first generation's compiler documents: with TRNSIM_STRICT=1 each is one here too, by its name and at its line."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import numpy as np
import pytest
import trnsim
from first_generation_errors import CASES, INDICES, X, Case, instructions, tensors
from trnsim.errors import NkiValidationError, TrnsimError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "first-generation-errors.md"
FOLDER = Path(instructions.__file__).parent


def table() -> dict[str, str]:
    """By name: what its page says that happens without TRNSIM_STRICT."""
    rows = re.findall(r"^\| `err_(\w+)` \|.*\| ([^|]+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return dict(rows)


def is_marked(file: str, line: int) -> bool:
    return (FOLDER / Path(file).name).read_text(encoding="utf-8").splitlines()[line - 1].endswith("# wrong")


def outcome(case: Case) -> str:
    """What a kernel with a mistake comes to without TRNSIM_STRICT: a note, a refusal, or nothing."""
    name = f"err_{case.name} of neuronxcc.nki's compiler"
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            case.wrong()
        except NkiValidationError as error:
            assert name in str(error) and error.remedy and error.place is not None and is_marked(error.place.file, error.place.line)
            assert re.search(r"\n +\^~*\n", str(error)), "a caret shows the expression"
            return "refused"
    notes = [str(warning.message) for warning in given if issubclass(warning.category, trnsim.SimulationWarning)]
    for note in notes:
        assert name in note and note.endswith("TRNSIM_STRICT=1 makes this an error")
        place = re.search(r"first_generation_errors/(\w+\.py):(\d+)", note)
        assert case.name == "tensor_output_not_written_to" or place is not None and is_marked(place[1], int(place[2]))
    return "note" if notes else "nothing"


def test_every_documented_error_has_a_kernel() -> None:
    assert len(table()) == 36
    assert set(table()) == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong.__name__)
def test_strict_runs_refuse_it(case, monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(TrnsimError) as caught:
        case.wrong()
    # Only blocks have another dimension than the first for partitions, and a strict run takes no blocks.
    name = case.name if case.name != "failed_to_infer_tile_from_local_tensor" else "leading_dimension_of_tensor_must_be_partition"
    assert f"err_{name} of neuronxcc.nki's compiler" in str(caught.value)
    if isinstance(caught.value, NkiValidationError):
        assert caught.value.rule == name and caught.value.remedy
        assert caught.value.place is not None and is_marked(caught.value.place.file, caught.value.place.line)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.wrong.__name__)
def test_other_runs_say_so(case, monkeypatch) -> None:
    monkeypatch.delenv("TRNSIM_STRICT", raising=False)
    assert outcome(case) in table()[case.name].split(" or ")


@pytest.mark.parametrize("strict", ["0", "1"])
@pytest.mark.parametrize("right", sorted({case.right for case in CASES if case.right is not None}, key=lambda right: right.__name__),
                         ids=lambda right: right.__name__)
def test_what_the_documentation_asks_for_is_left_alone(right, strict, monkeypatch) -> None:
    if right is tensors.blocks_one_by_one and strict == "1":
        pytest.skip("has blocks, which the compiler took before the last releases of its generation")
    monkeypatch.setenv("TRNSIM_STRICT", strict)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right()


def test_an_error_shows_the_expression(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(NkiValidationError) as caught:
        instructions.other_partitions()
    assert str(caught.value).splitlines()[1:] == [
        f"  at {instructions.__file__}:{caught.value.place.line} in kernel",
        "    nl.store(out, nisa.tensor_tensor(nl.load(x), row, op=nl.add))  # wrong",
        "                  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
        "  note: err_num_partition_mismatch of neuronxcc.nki's compiler",
        "  help: repeat the partitions with broadcast_to first",
        "  see: trnsim explain operands"]


def test_names_are_those_of_the_first_generation_alone() -> None:
    import nki as modern
    import nki.language as modern_language

    @modern.jit
    def kernel(x):
        return modern_language.exp(x)

    with pytest.raises(NkiValidationError) as caught:
        kernel(X)
    assert "err_" not in str(caught.value)


def test_a_line_is_noted_once() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(4):
            nl.store(out[i], nisa.tensor_tensor(nl.load(x), nl.load(x[0:1, :]), op=nl.add))
        return out

    report = trnsim.simulate(kernel, X).report
    assert len([note for note in report.notes if "err_" in note]) == 1


def test_a_kept_trace_is_of_its_strictness(monkeypatch) -> None:
    monkeypatch.setenv("TRNSIM_CACHE", "1")

    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nisa.tensor_tensor(nl.load(x), nl.load(x[0:1, :]), op=nl.add))
        return out

    for _ in range(2):
        with pytest.warns(trnsim.SimulationWarning, match="num_partition_mismatch"):
            np.testing.assert_array_equal(kernel(X), X + X[0:1])
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(NkiValidationError, match="num_partition_mismatch"):
        kernel(X)


def test_masks_bring_indices_in() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(48)[None, :]
        nl.store(out[i, j], nl.load(x[i, j]))
        moved = nl.ndarray((128, 48), x.dtype, buffer=nl.sbuf)
        moved[...] = nl.load(x[i, 48 + j], mask=48 + j < 64)
        nl.store(out[i, 48 + j], moved, mask=48 + j < 64)
        return out

    np.testing.assert_array_equal(kernel(X), X)


@pytest.mark.parametrize("first, message", [(40, "indices 40 to 103 lead out of dimension 1"), (-1, "indices -1 to 62 lead out")])
def test_indices_that_lead_out_of_a_row_are_refused(first, message) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((64, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(64)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], nl.load(x[32 + i, first + j]))
        return out

    with pytest.raises(NkiValidationError, match=message):
        kernel(X)


def test_loops_that_reduce_may_write_one_place() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        total = nl.ndarray((128, 64), nl.float32, buffer=nl.sbuf)
        for i in nl.affine_range(3):
            total[...] = nl.loop_reduce(nl.load(x), op=np.add, loop_indices=[i])
        nl.store(out, total)
        return out

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(kernel(X), 3 * X, rtol=1e-6)


def test_joined_masks_are_no_condition() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], value=0.0)
        nl.store(out[i, j], nl.load(x), mask=(i < 64) and (j < 32))
        return out

    want = X.copy()
    want[64:] = want[:, 32:] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(kernel(X), want)


def test_rows_that_a_tile_chooses_are_transposed_by_a_dma() -> None:
    @nki.jit
    def kernel(x, indices):
        out = nl.ndarray((64, 8), x.dtype, buffer=nl.shared_hbm)
        rows = nl.load(indices)
        i_p, i_f = nl.arange(8)[:, None], nl.arange(64)[None, :]
        nl.store(out, nl.load_transpose2d(x[rows[i_p, 0], i_f]))
        return out

    with pytest.warns(trnsim.SimulationWarning, match="indirect_indices_are_not_supported_with_nki_api"):
        np.testing.assert_array_equal(kernel(X, INDICES), X[INDICES[:, 0]].T)


def test_a_condition_leaves_no_mask_behind() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        i, j = nl.arange(128)[:, None], nl.arange(64)[None, :]
        nl.store(out[i, j], value=0.0)
        if j > 100:
            nl.store(out[i, j], value=1.0)
        nl.store(out[i, j], nl.load(x), mask=j < 32)
        return out

    with pytest.warns(trnsim.SimulationWarning, match="control_flow_condition_depending_on_arange"):
        values = kernel(X)
    np.testing.assert_array_equal(values[:, :32], X[:, :32])
    assert (values[:, 32:] == 1).all()
