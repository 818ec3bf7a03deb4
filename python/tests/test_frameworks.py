"""Kernels as operators of frameworks: torch_neuronx, jax_neuronx, and neuronxcc.nki.nccl; torch's part with a stand-in."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType, SimpleNamespace

import neuronxcc.nki as nki1
import neuronxcc.nki.language as nl1
import neuronxcc.nki.nccl as nccl
import neuronxcc.nki.typing as nt
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim


@nki.jit
def doubled(x):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    first = nl.ndarray((1, x.shape[1]), nl.bfloat16, buffer=nl.shared_hbm)
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
    nl.store(out, tile)
    nl.store(first, tile[0:1])
    return out, first


@nki1.jit
def added(x, y, total: nt.mutable_tensor):
    nl1.store(total, nl1.load(x) + nl1.load(y))
    return total


# The operators, where torch is


@pytest.fixture
def torch():
    found = pytest.importorskip("torch", reason="torch is not installed: pip install torch")
    if not hasattr(found.library, "custom_op"):
        pytest.skip("torch is older than 2.4, which has torch.library.custom_op first")
    return found


def test_operators_of_torch(torch) -> None:
    from torch_neuronx import nki_op, wrap_nki

    @nki_op("trnsim_tests::doubled", mutates_args={})
    def operator(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return wrap_nki(doubled)(x)

    @nki_op("trnsim_tests::added", mutates_args={"total"})
    def in_place(x: torch.Tensor, y: torch.Tensor, total: torch.Tensor) -> None:
        wrap_nki(added)(x, y, total)

    x = torch.arange(128 * 64, dtype=torch.float32).reshape(128, 64)
    out, first = operator(x)
    assert torch.equal(out, 2 * x) and first.dtype == torch.bfloat16
    assert torch.equal(torch.ops.trnsim_tests.doubled(x)[0], 2 * x)
    total = torch.zeros_like(x)
    in_place(x, x, total)
    assert torch.equal(total, 2 * x)
    torch.library.opcheck(operator, (x,), test_utils=("test_schema", "test_faketensor"))
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        out, first = operator(torch.empty(128, 64))
        assert tuple(out.shape) == (128, 64) and tuple(first.shape) == (1, 64) and first.dtype == torch.bfloat16

    @operator.register_autograd
    def backward(ctx, grad, _):
        return grad * 2

    leaf = x.clone().requires_grad_()
    operator(leaf)[0].sum().backward()
    assert torch.equal(leaf.grad, torch.full_like(x, 2.0))


# The same with as much of torch as the alias asks for


class Tensor:
    """A tensor without values, or with some."""

    def __init__(self, shape=(), dtype="torch.float32", device="cpu", array=None) -> None:
        self.shape, self.dtype, self.device, self.array = tuple(shape), dtype, SimpleNamespace(type=device), array

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.fixture
def stand_in(monkeypatch):
    """A module `torch` that registers operators."""
    made = {}

    class Operator:
        def __init__(self, name, function, mutates_args, schema) -> None:
            self.name, self.function, self.mutates_args, self.schema, self.fake = name, function, mutates_args, schema, None
            made[name] = self

        def register_fake(self, function):
            self.fake = function

        def __call__(self, *args):
            return self.function(*args)

    module = ModuleType("torch")
    module.Tensor = Tensor
    module.library = SimpleNamespace(custom_op=lambda name, fn, *, mutates_args, schema=None: Operator(name, fn, mutates_args, schema))
    module.empty = lambda shape, dtype, device: Tensor(shape, dtype, device.type)
    module.float32, module.bfloat16 = "torch.float32", "torch.bfloat16"
    monkeypatch.setitem(sys.modules, "torch", module)
    return made


def test_operators_are_registered_with_a_fake_implementation(stand_in) -> None:
    from torch_neuronx import nki_op, wrap_nki
    from torch_neuronx.nki_hop import nki_op as same

    assert same is nki_op

    @nki_op("library::doubled", mutates_args={"x"})
    def operator(x):
        return wrap_nki(doubled)(x)

    made = stand_in["library::doubled"]
    assert made is operator and made.mutates_args == ("x",) and made.fake is made.function
    out, first = made.fake(Tensor((128, 64), device="meta"))
    assert (out.shape, out.dtype, out.device.type) == ((128, 64), "torch.float32", "meta")
    assert (first.shape, first.dtype) == ((1, 64), "torch.bfloat16")


def test_fake_results_that_are_arguments_are_the_arguments(stand_in) -> None:
    from torch_neuronx import wrap_nki

    x, y, total = (Tensor((128, 64), device="meta") for _ in range(3))
    assert wrap_nki(added)(x, y, total) is total
    assert wrap_nki(wrap_nki(added)) is not None


def test_wrapped_kernels_run_on_arrays_and_on_cores() -> None:
    from torch_neuronx import wrap_nki
    from torch_neuronx.utils import get_logical_neuron_cores

    @wrap_nki
    @nki.jit
    def numbered(x):
        out = nl.ndarray((2, 128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        nisa.tensor_scalar(tile, tile, nl.add, float(nl.program_id(0)))
        nl.store(out[nl.program_id(0)], tile)
        return out

    found = numbered[(2,)](np.zeros((128, 64), np.float32))
    assert (found[0] == 0).all() and (found[1] == 1).all()
    assert get_logical_neuron_cores() == "1"
    with pytest.raises(TypeError, match="wrap_nki of int"):
        wrap_nki(3)


def test_without_torch_the_message_says_what_to_install(monkeypatch) -> None:
    from torch_neuronx import nki_op

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(trnsim.PackageMissingError, match="pip install torch"):
        nki_op("library::name", lambda x: x)
    old = ModuleType("torch")
    old.library = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "torch", old)
    with pytest.raises(trnsim.PackageMissingError, match="2.4 or newer"):
        nki_op("library::name", lambda x: x)


def test_what_else_torch_neuronx_has_is_refused_by_name() -> None:
    module = importlib.import_module("torch_neuronx")
    with pytest.raises(AttributeError, match="torch_neuronx.trace is not simulated"):
        _ = module.trace


# Kernels whose outputs are their last parameters


def plain(x, y, total):
    nl1.store(total, nl1.load(x) + nl1.load(y))


def test_nki_jit() -> None:
    from torch_neuronx import nki_jit
    from torch_neuronx.xla_impl.ops import nki_jit as same

    assert same is nki_jit
    x, total = np.ones((128, 64), np.float32), np.zeros((128, 64), np.float32)
    nki_jit()(plain)(x, x, total)
    assert (total == 2).all()
    assert nki_jit(added) is added


def test_nki_call() -> None:
    from jax_neuronx import nki_call

    x = np.ones((128, 64), np.float32)
    shape = SimpleNamespace(shape=(128, 64), dtype=np.float32)
    assert (nki_call(plain, x, x, out_shape=shape) == 2).all()

    def several(scale, x, first, second):
        nl1.store(first, nl1.load(x) * scale)
        nl1.store(second, nl1.load(x) * 2 * scale)

    first, second = nki_call(functools.partial(several, 3.0), x, out_shape=[shape, shape], grid=(1,))
    assert (first == 3).all() and (second == 6).all()
    assert (nki_call(added, x, x, out_shape=shape) == 2).all()
    with pytest.raises(TypeError, match="out_shape has int"):
        nki_call(plain, x, x, out_shape=3)


# Exchange of the first API generation


def test_nccl_between_ranks() -> None:
    @nki1.jit
    def kernel(x):
        rows = x.shape[0]
        gathered = nl1.ndarray((2 * rows, 8), x.dtype, buffer=nl1.shared_hbm)
        nccl.all_gather(op=np.add, srcs=[x], dsts=[gathered], replica_groups=[[0, 1]], all_gather_dim=0)
        total = nl1.ndarray((rows, 8), x.dtype, buffer=nl1.shared_hbm)
        nccl.all_reduce(np.add, [x], [total], [0, 1])
        part = nl1.ndarray((rows // 2, 8), x.dtype, buffer=nl1.shared_hbm)
        nccl.reduce_scatter(np.add, srcs=[x], dsts=[part], replica_groups=[[0, 1]], reduce_scatter_dim=0)
        swapped = nl1.ndarray((rows, 8), x.dtype, buffer=nl1.shared_hbm)
        nccl.all_to_all(np.add, [x], [swapped], [[0, 1]], 0, 0)
        other = nl1.ndarray((rows, 8), x.dtype, buffer=nl1.shared_hbm)
        nccl.collective_permute(dst=other, src=x, source_target_pairs=[(0, 1), (1, 0)])
        return gathered, total, part, swapped, other

    a, b = np.arange(32, dtype=np.float32).reshape(4, 8), 100 + np.arange(32, dtype=np.float32).reshape(4, 8)
    found = trnsim.simulate(kernel, trnsim.PerRank([a, b]), ranks=2).values
    for rank, (own, others) in enumerate(((a, b), (b, a))):
        gathered, total, part, swapped, other = found[rank]
        assert (gathered == np.concatenate([a, b])).all() and (total == a + b).all()
        assert (part == (a + b)[2 * rank:2 * rank + 2]).all() and (other == others).all()
        assert (swapped == np.concatenate([a[2 * rank:2 * rank + 2], b[2 * rank:2 * rank + 2]])).all()
