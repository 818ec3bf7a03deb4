"""`nki.isa` is what the core declares: signatures, pages, stubs."""

from __future__ import annotations

import importlib.util
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from types import BuiltinFunctionType

import neuronxcc.nki.isa as first
import neuronxcc.nki.language as first_language
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from trnsim.core import open_core
from trnsim.nki.isa._pages import Annotation
from trnsim.nki.language import _pages as language_pages
from trnsim.stubs import stubs

SOURCES = Path(__file__).resolve().parent.parent / "src"
DECLARED = {operation["name"]: operation for operation in open_core().isa()["operations"]}
FUNCTIONS = sorted(name for name, operation in DECLARED.items() if operation["parameters"] is not None)


def test_every_declared_function_is_there() -> None:
    assert set(FUNCTIONS) <= set(nisa.__all__)
    assert len(FUNCTIONS) > 40


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature_is_the_declared_one(name) -> None:
    signature = inspect.signature(getattr(nisa, name))
    declared = DECLARED[name]["parameters"]
    assert list(signature.parameters) == [parameter["name"] for parameter in declared]
    for parameter in declared:
        found = signature.parameters[parameter["name"]]
        default = parameter["default"]
        if parameter["required"]:
            assert found.default is inspect.Parameter.empty
        else:
            assert found.default == (tuple(default) if isinstance(default, list) else default)
            assert type(found.default) is not bool or default in (True, False)
        assert isinstance(found.annotation, Annotation)
        assert found.annotation.__value__ is not None
    assert signature.return_annotation.__value__ is nisa.NkiInstruction


@pytest.mark.parametrize("name", FUNCTIONS)
def test_page_says_what_the_core_says(name) -> None:
    operation = DECLARED[name]
    page = getattr(nisa, name).__doc__
    words = " ".join(page.split())
    assert page.startswith(operation["summary"] + "\n")
    assert " ".join(operation["details"].split()) in words
    assert f"Engines: {', '.join(operation['engines'])}. Machines: {', '.join(operation['machines'])}." in page
    for parameter in operation["parameters"]:
        assert f"\n{parameter['name']} : " in page
        assert " ".join(parameter["summary"].split()) in words
    for field in operation["fields"]:
        if any(parameter["field"] == field["name"] for parameter in operation["parameters"]):
            assert field["type_rule"] in words
    assert all(len(line) <= 100 for line in page.splitlines())


@pytest.mark.parametrize("name", sorted(set(DECLARED) & set(first.__all__)))
def test_first_generation_has_pages(name) -> None:
    function = getattr(first, name)
    page = function.__doc__
    assert page.startswith(DECLARED[name]["summary"] + "\n")
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert f"\n{parameter.name} : " in page
            assert isinstance(parameter.annotation, Annotation)
    assert "name" in inspect.signature(function).parameters


def test_help_reads_like_a_page() -> None:
    text = pydoc.plain(pydoc.render_doc(nisa.nc_matmul))
    assert "nc_matmul(dst: Tensor, stationary: Tensor, moving: Tensor, is_stationary_onezero: bool = False" in text
    assert "moving : Tensor\n        [K, N] in sbuf; streams through" in text
    assert "Engines: tensor. Machines: trn1, trn2, trn3." in text
    assert "indices : Tensor\n        positions within the partition; must be uint32" in pydoc.plain(
        pydoc.render_doc(nisa.nc_n_gather))


def kernel_with(body):
    @nki.jit
    def kernel(a):
        x = nl.load(a)
        body(nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf), x)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, x)
        return out

    return kernel


@pytest.mark.parametrize(("body", "message"), [
    (lambda d, x: nisa.tensor_copy(d), r"tensor_copy\(\) missing 1 required positional argument: 'src'"),
    (lambda d, x: nisa.tensor_copy(d, x, egnine=None), r"tensor_copy\(\) got an unexpected keyword argument 'egnine'"),
    (lambda d, x: nisa.max8(d), r"max8\(\) missing 1 required positional argument: 'src'"),
    (lambda d, x: nisa.max8(d, sorce=x), r"max8\(\) got an unexpected keyword argument 'sorce'"),
    (lambda d, x: first.activation(nl.exp, x, bais=0.0), r"activation\(\) got an unexpected keyword argument 'bais'"),
    (lambda d, x: first.tensor_copy(), r"tensor_copy\(\) missing 1 required positional argument: 'src'"),
    (lambda d, x: nisa.max8(d, None), r"max8 src must be a tensor, is missing"),
])
def test_wrong_arguments_are_type_errors_of_the_callers_line(body, message) -> None:
    with pytest.raises(TypeError, match=message) as found:
        kernel_with(body)(np.zeros((128, 8), np.float32))
    here = [entry for entry in found.traceback if Path(str(entry.path)) == Path(__file__)]
    assert here[-1].frame.code.raw is body.__code__


def test_a_generation_that_lacks_an_operation_refuses_it_as_the_core_says() -> None:
    with pytest.raises(trnsim.UnsupportedError, match=r"range_select needs NeuronCore-v3 \(trn2\)") as found:
        trnsim.simulate(kernel_with(lambda d, x: nisa.range_select(d, x, nl.greater, nl.less, x, x)),
                        np.zeros((128, 8), np.float32), hardware="trn1")
    assert DECLARED["range_select"]["instead"] in str(found.value)


@pytest.mark.parametrize("module", [nisa, nl, first, first_language])
def test_public_functions_are_of_python(module) -> None:
    """Compiled ones have no page and no frame: what records looks for the user's line behind one of Python."""
    found = [name for name in module.__all__ if isinstance(getattr(module, name), BuiltinFunctionType)]
    assert not found


@pytest.mark.sources
def test_stubs_are_what_the_command_makes() -> None:
    for path, text in stubs().items():
        assert (SOURCES / path).read_text(encoding="utf-8") == text, f"{path}: run python -m trnsim.stubs, commit it"
    made = {str(path.relative_to(SOURCES)) for root in ("nki-stubs", "neuronxcc-stubs")
            for path in (SOURCES / root).rglob("*") if path.is_file()}
    assert made == set(stubs())


USER = '''
import nki
import nki.isa as nisa
import nki.language as nl
import neuronxcc.nki.isa as first
import neuronxcc.nki.language as first_language

def part(a: nl.ndarray) -> nl.ndarray:
    return nl.load(a[0:64])

def kernel(a: nl.ndarray) -> None:
    x = nl.load(part(a).reshape((64, 8)))
    y = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_scalar(y, x, nl.multiply, 2.0, engine=nisa.engine.vector).depends_on()
    nisa.tensor_tensor(dst=y, data1=x, data2=nl.add(x, 1.0), op="add")
    first.activation(nl.exp, x, bias=y).shape
    nisa.tensor_copy(y)  # error
    nisa.max8(y, src=3)  # error
'''


@pytest.mark.sources
@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_stubs_are_valid_and_find_mistakes(tmp_path) -> None:
    site = tmp_path / "site"
    for path, text in stubs().items():
        file = site / path.replace("-stubs", "", 1)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary",
         str(tmp_path / "user.py"), *map(str, sorted(site.rglob("*.pyi")))],
        env={"MYPYPATH": f"{site}:{SOURCES}", "PATH": ""}, cwd=tmp_path, capture_output=True, text=True, check=False)
    wrong = [number for number, line in enumerate(USER.splitlines(), 1) if line.endswith("# error")]
    lines = [line for line in found.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[:2] for line in lines] == [["user.py", str(number)] for number in wrong], found.stdout


LANGUAGE = [(module, name) for module in (nl, first_language) for name in sorted(set(module.__all__))
            if hasattr(getattr(module, name), "trnsim_op") or inspect.isfunction(getattr(module, name))]


@pytest.mark.parametrize(("module", "name"), LANGUAGE, ids=[f"{m.__name__.split('.')[0]}-{n}" for m, n in LANGUAGE])
def test_functions_of_the_language_have_pages(module, name) -> None:
    function = getattr(module, name)
    page = function.__doc__
    lines = page.splitlines()
    assert len(lines[0].split()) >= 3 or "," in lines[0], "what it does, in a sentence"
    assert lines[0].endswith(".") and lines[0][0] not in "`\"", lines[0]
    assert all(len(line) <= 100 for line in lines)
    # Operations of the first generation take what those of the second do, and a mask.
    is_operation = isinstance(function, nl.Operator)
    call = getattr(nl, name)._call if is_operation else function
    signature = inspect.signature(call)
    for parameter in signature.parameters.values():
        if parameter.name.startswith("_") or parameter.kind is parameter.VAR_KEYWORD:
            continue
        at = lines.index(parameter.name)
        assert lines[at + 1].startswith("    ") and len(lines[at + 1].split()) >= 2, f"{name} {parameter.name}"
    if signature.return_annotation not in ("None", None) and "UnsupportedError" not in page:
        assert "Returns\n-------\n" in page, name


def test_the_languages_pages_are_of_functions_that_it_has() -> None:
    known = {name for _, name in LANGUAGE} | {"ndarray", "tensor"}
    assert set(language_pages._PAGES) <= known
    assert len(LANGUAGE) > 150


def test_help_of_the_language_says_shapes_types_and_errors() -> None:
    text = nl.matmul.__doc__
    assert "float tile [M, K]; [K, M] with transpose_x; M, K at most 128" in text
    assert "float32 tile [M, N] in psum" in text
    assert "NkiValidationError where a tile is in HBM" in text
    assert "the wider of x's and y's" in nl.add.__doc__
    assert "nki.isa.tensor_tensor" in nl.add.__doc__
    assert "comparisons of nl.arange" in first_language.load.__doc__
