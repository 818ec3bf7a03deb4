"""Calls that an API does not have: misspelled ones and those of the other generation say what they are, and what to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import neuronxcc.nki as nki1
import neuronxcc.nki.isa as nisa1
import neuronxcc.nki.language as nl1
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim

X = np.ones((128, 512), np.float32)
#: What notes call the generations.
FIRST = "a call of neuronxcc.nki, the first API generation, whose operations return a tile"
SECOND = "a call of nki, the second API generation, whose operations write the destination that comes first"


def failure(body: Callable[..., Any], decorator: Any = nki.jit, language: Any = nl) -> Any:
    """What a kernel raises whose body is a function of its parameter and a tile."""

    def kernel(x):
        return body(x, language.load(x))

    with pytest.raises(trnsim.NkiValidationError) as found:
        decorator(kernel)(X)
    return found.value


def masked_load(x, t):
    i, j = nl.arange(128)[:, None], nl.arange(512)[None, :]
    return nl.load(x[i, j], mask=(i < 100))


def return_style(x, t):
    y = nisa.activation(op=nl.exp, data=t, dtype=nl.bfloat16)
    return y


def by_position(x, t):
    y = nisa.tensor_reduce(nl.add, t, axis=1)
    return y


def product(x, t):
    return nisa.nc_matmul(t[:, 0:128], t)


def into_a_part(x, t):
    t[:, 0:256] = nisa.tensor_copy(t[:, 256:512])


def masked_function(x, t):
    return nl.multiply(t, 2.0, mask=nl.arange(128)[:, None] < 3)


def shifted_arguments(x, t):
    return nisa.tensor_scalar(t, np.multiply, 2.0, False, np.add, 1.0)


def shape_first(x, t):
    y = nisa.memset((128, 512), 0, nl.float32)
    return y


@pytest.mark.parametrize(("body", "form"), [
    (masked_load, "nl.load(src=x[i, j]), with views of what the mask leaves, such as x[0:n], for its tensors: nki has no masks"),
    (return_style, "nisa.activation(dst=y, op=nl.exp, data=t), with y = nl.ndarray(…, dtype=nl.bfloat16, buffer=nl.sbuf) in front of it"),
    (by_position, "nisa.tensor_reduce(dst=y, op=nl.add, data=t, axis=1), with y = nl.ndarray(…, dtype=…, buffer=nl.sbuf) in front of it"),
    (product, "nisa.nc_matmul(dst=dst, stationary=t[:, 0:128], moving=t), with dst = nl.ndarray(…, dtype=…, buffer=nl.psum) in front"),
    (into_a_part, "nisa.tensor_copy(dst=t[:, 0:256], src=t[:, 256:512])"),
    (masked_function, "nl.multiply(x=t, y=2.0), with views"),
    (shifted_arguments, "nisa.tensor_scalar(dst=dst, data=t, op0=np.multiply, operand0=2.0, reverse0=False, op1=np.add, operand1=1.0), with dst"),
    (shape_first, "nisa.memset(dst=y, value=0), with y = nl.ndarray(…, dtype=nl.float32, buffer=nl.sbuf)"),
])
def test_a_call_of_the_first_generation_is_shown_in_the_seconds_form(body, form) -> None:
    error = failure(body)
    assert isinstance(error, TypeError)
    assert form in error.remedy
    assert any(FIRST in note for note in error.notes)
    assert error.place.file == __file__ and error.place.function == body.__name__


def destination_first(x, t):
    nisa1.activation(dst=t, op=nl1.exp, data=t)


def destination_by_position(x, t):
    nisa1.tensor_tensor(t[0:64], t[0:64], t[0:64], op=nl1.add)


def shifted_destination(x, t):
    nisa1.tensor_scalar(t, t, nl1.add, 2.0)


@pytest.mark.parametrize(("body", "form"), [
    (destination_first, "t[...] = nisa1.activation(op=nl1.exp, data=t)"),
    (destination_by_position, "t[0:64] = nisa1.tensor_tensor(data1=t[0:64], data2=t[0:64], op=nl1.add)"),
    (shifted_destination, "t[...] = nisa1.tensor_scalar(data=t, op0=nl1.add, operand0=2.0)"),
])
def test_a_call_of_the_second_generation_is_shown_in_the_firsts_form(body, form) -> None:
    error = failure(body, nki1.jit, nl1)
    assert error.remedy == form
    assert any(SECOND in note for note in error.notes)


@pytest.mark.parametrize(("body", "message", "remedy"), [
    (lambda x, t: nisa.tensor_tenser(t, t, t, nl.add), "nki.isa has no 'tensor_tenser'", "did you mean tensor_tensor"),
    (lambda x, t: nisa.tensor_tensor(t, t, t, opp=nl.add), "nisa.tensor_tensor() got an unexpected keyword argument 'opp'", "opp= is op="),
    (lambda x, t: nl.ndarray(t.shape, t.dtype, bufer=nl.psum), "nl.ndarray() got an unexpected keyword argument 'bufer'", "bufer= is buffer="),
    (lambda x, t: nl.zeros(t.shape, t.dtype, where=1), "'where'", "nl.zeros(shape, dtype, buffer=None, name='')"),
    (lambda x, t: nisa.add(t, t), "nki.isa has no 'add'", "it is in nki.language"),
    (lambda x, t: t.reshpe((3,)), "a tensor has no .reshpe", "did you mean .reshape"),
    (lambda x, t: nl.loop_reduce(t, nl.add, 1), "nki.language has no 'loop_reduce'", "use the module of neuronxcc.nki"),
])
def test_misspelled_names_and_keywords(body, message, remedy) -> None:
    error = failure(body)
    assert message in error.message and error.remedy.startswith(remedy)


def test_names_of_the_second_generation_alone() -> None:
    error = failure(lambda x, t: nisa1.register_alloc(1), nki1.jit, nl1)
    assert error.message == "neuronxcc.nki.isa has no 'register_alloc'" and isinstance(error, AttributeError)
    assert "it is a name of nki, the second API generation" in error.notes[0]


@pytest.mark.parametrize("use", [lambda y: y[0:4], lambda y: y * 2.0, lambda y: y.shape, lambda y: nl.exp(y)])
def test_an_instruction_is_no_tile(use) -> None:
    error = failure(lambda x, t: use(nisa.tensor_copy(t, t)))
    assert "instruction" in str(error) or "nl.exp of" in str(error)


def test_other_errors_stay_what_they_are() -> None:
    def own(a):
        return a.missing

    for body, kind in ((lambda x, t: own(3), AttributeError), (lambda x, t: own(), TypeError), (lambda x, t: {}["q"], KeyError),
                       (lambda x, t: nisa.tensor_copy(*[t] * 9), TypeError)):
        with pytest.raises(kind) as found:
            nki.jit(lambda x, body=body: body(x, nl.load(x)))(X)
        assert not isinstance(found.value, trnsim.TrnsimError)


@pytest.mark.filterwarnings("ignore:activation with reduce_res")
def test_masks_of_the_first_generation_hold_in_functions_of_several_instructions() -> None:
    @nki1.jit
    def kernel(x):
        t = nl1.load(x)
        i, j = nl1.arange(128)[:, None], nl1.arange(512)[None, :]
        y = nl1.zeros((128, 512), dtype=x.dtype, buffer=nl1.sbuf, lazy_initialization=True)
        y[i, j] = nl1.softmax(t, axis=1, mask=(i < 100) & (j < 256))
        out = nl1.ndarray((128, 512), dtype=x.dtype, buffer=nl1.shared_hbm)
        nl1.store(out, y)
        return out

    found = kernel(X)
    assert np.allclose(found[:100, :256], 1 / 256)
