"""The cases of the public suites, found in a checkout that the user has. Nothing of theirs is kept here."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mx_cases import tutorial


@dataclass
class Case:
    """One test: its name, and what runs it; an exception is a failure."""

    name: str
    run: Callable[[], None]


def load(path: str, name: str | None = None) -> Any:
    """A module from its file."""
    directory = os.path.dirname(os.path.abspath(path))
    if directory not in sys.path:
        sys.path.insert(0, directory)
    name = name or os.path.splitext(os.path.basename(path))[0].replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def sdk_tests(checkout: str) -> Iterator[Case]:
    """The instruction tests of the SDK's documentation (aws-neuron-sdk, nki/test)."""
    folder = os.path.join(checkout, "nki", "test")
    for file in sorted(os.listdir(folder)):
        if not file.startswith("test_") or not file.endswith(".py"):
            continue
        path = os.path.join(folder, file)
        for name in _test_names(path):
            yield Case(f"{file[:-3]}::{name}", lambda path=path, name=name: _run_named(path, name))


def _test_names(path: str) -> list[str]:
    """Test functions and methods, from the source: many of these files run their tests when imported."""
    import ast

    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args:
            names.append(node.name)
        elif isinstance(node, ast.ClassDef):
            names += [f"{node.name}.{item.name}" for item in node.body
                      if isinstance(item, ast.FunctionDef) and item.name.startswith("test")]
    return names


def _run_named(path: str, name: str) -> None:
    import ast

    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    # Calls of tests at module level would run all of them for each.
    tree.body = [node for node in tree.body
                 if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))]
    scope: dict[str, Any] = {"__name__": "suite_case", "__file__": path}
    sys.path.insert(0, os.path.dirname(path))
    exec(compile(tree, path, "exec"), scope)
    owner, _, method = name.partition(".")
    function = getattr(scope[owner](), method) if method else scope[owner]
    result = function()
    if inspect.isgenerator(result):
        list(result)


def close(found: Any, wanted: Any, tolerance: float) -> None:
    np.testing.assert_allclose(np.asarray(found, np.float64), np.asarray(wanted, np.float64), rtol=tolerance,
                               atol=tolerance * max(1.0, float(np.abs(np.asarray(wanted, np.float64)).max())))


def sdk_examples(checkout: str) -> Iterator[Case]:
    """The kernels of the documentation's tutorials, on NumPy references of ours."""
    base = os.path.join(checkout, "nki", "examples")
    rng = np.random.default_rng(0)

    def array(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float32)

    def matmul(name: str, k: int, m: int, n: int) -> Case:
        def run() -> None:
            module = load(f"{base}/matrix_multiplication/matrix_multiplication_nki_kernels.py")
            a, b = array(k, m), array(k, n)
            close(getattr(module, name)(a, b), a.T @ b, 1e-4)

        return Case(f"matrix_multiplication::{name}", run)

    yield matmul("nki_matmul_basic_", 128, 64, 512)
    for name in ("nki_matmul_tiled_", "nki_matmul_hoist_load_", "nki_matmul_block_free_dimension_"):
        yield matmul(name, 512, 512, 1024)
    yield matmul("nki_matmul_fully_optimized_", 1024, 2048, 1024)

    def addition() -> None:
        module = load(f"{base}/tensor_addition/tensor_addition_nki_kernels.py")
        a, b = array(256, 1024), array(256, 1024)
        close(module.nki_tensor_add(a, b), a + b, 1e-6)

    yield Case("tensor_addition::nki_tensor_add", addition)

    def transpose() -> None:
        module = load(f"{base}/transpose2d/transpose2d_nki_kernels.py")
        a = array(128, 5 * 40)
        found = module.tensor_transpose2D_kernel_(a, shape2D=(5, 40))
        close(found, a.reshape(128, 5, 40).transpose(0, 2, 1).reshape(128, 200), 0)

    yield Case("transpose2d::tensor_transpose2D_kernel_", transpose)

    def pool() -> None:
        module = load(f"{base}/average_pool2d/average_pool2d_nki_kernels.py")
        a = array(64, 12, 12)
        close(module.tensor_avgpool_kernel(a, 3), a.reshape(64, 4, 3, 4, 3).mean((2, 4)), 1e-6)

    yield Case("average_pool2d::tensor_avgpool_kernel", pool)

    def mamba(name: str) -> Case:
        def run() -> None:
            module = load(f"{base}/fused_mamba/mamba_nki_kernels.py")
            batch, seq, channels, states = 1, 512, 256, 4
            delta, u = np.abs(array(batch, channels, seq)) * 0.1, array(batch, channels, seq)
            a, b, c = -np.abs(array(channels, states)), array(batch, states, seq), array(batch, states, seq)
            state = np.zeros((batch, channels, states))
            wanted = np.zeros((batch, channels, seq))
            for t in range(seq):
                step = delta[:, :, t, None] * a[None]
                state = np.exp(step) * state + (delta * u)[:, :, t, None] * b[:, None, :, t]
                wanted[:, :, t] = (state * c[:, None, :, t]).sum(-1)
            close(getattr(module, name)(delta, u, a, b, c), wanted, 1e-4)

        return Case(f"fused_mamba::{name}", run)

    for name in ("mamba_v1", "mamba_v2", "mamba_v3"):
        yield mamba(name)
    for name, test in tutorial(os.path.join(checkout, "nki", "deep-dives", "src", "mxfp-matmul"), "mxfp-matmul", load):
        yield Case(name, test)
    yield Case("simulate::nki_simulate_example", lambda: load(f"{base}/simulate/nki_simulate_example.py") and None)


def nki_samples(checkout: str) -> Iterator[Case]:
    """The kernels of nki-samples' tutorials and contributions, on references of NumPy that say what they compute."""
    tutorials = os.path.join(checkout, "src", "nki_samples", "tutorials")
    contributed = os.path.join(checkout, "contributed")
    rng = np.random.default_rng(0)

    def array(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float32)

    def case(folder: str, file: str, name: str, run: Callable[[Any], tuple[Any, Any]], tolerance: float = 1e-4) -> Case:
        def check() -> None:
            module = load(os.path.join(folder, file), f"samples_{os.path.basename(file)[:-3]}")
            found, wanted = run(module)
            close(found, wanted, tolerance)

        return Case(f"{os.path.basename(file)[:-3]}::{name}", check)

    def product(name: str, k: int, m: int, n: int) -> Callable[[Any], tuple[Any, Any]]:
        a, b = array(k, m), array(k, n)
        return lambda module: (getattr(module, name)(a, b), a.T.astype(np.float64) @ b)

    matmuls = "matrix_multiplication/matrix_multiplication_nki_kernels.py"
    yield case(tutorials, matmuls, "nki_matmul_basic_", product("nki_matmul_basic_", 128, 64, 512))
    for name in ("nki_matmul_tiled_", "nki_matmul_hoist_load_", "nki_matmul_block_free_dimension_"):
        yield case(tutorials, matmuls, name, product(name, 256, 512, 2048))
    yield case(tutorials, matmuls, "nki_matmul_fully_optimized_", product("nki_matmul_fully_optimized_", 1024, 2048, 1024))
    yield case(contributed, "matmul.py", "matmul", lambda module: (lambda a, b: (
        _jitted(module.matmul)(a, b), a.T.astype(np.float64) @ b))(array(1024, 512), array(1024, 2048)))

    def half(rows: int, columns: int) -> Any:
        return rng.random((rows, columns)).astype(np.float16)

    for file, name, rows, columns in (("tensor_addition", "nki_tensor_add", 256, 1024),
                                      ("spmd_tensor_addition", "nki_tensor_add", 256, 1024),
                                      ("spmd_multiple_nc_tensor_addition", "nki_tensor_add_nc2", 512, 2048)):
        a, b = half(rows, columns), half(rows, columns)
        yield case(tutorials, f"tensor_addition/{file}_nki_kernels.py", name,
                   lambda module, a=a, b=b, name=name: (getattr(module, name)(a, b), a + b))
    x = array(5, 12)
    yield case(tutorials, "transpose2d/transpose2d_nki_kernels.py", "tensor_transpose2D_kernel_", lambda module: (
        module.tensor_transpose2D_kernel_(x, (3, 4)), x.reshape(5, 3, 4).transpose(0, 2, 1).reshape(5, 12)))
    image = array(2, 6, 6)
    yield case(tutorials, "average_pool2d/average_pool2d_nki_kernels.py", "tensor_avgpool_kernel", lambda module: (
        module.tensor_avgpool_kernel(image, 2), image.reshape(2, 3, 2, 3, 2).mean((2, 4))))
    for name in ("mamba_v1", "mamba_v2", "mamba_v3"):
        yield case(tutorials, "fused_mamba/mamba_nki_kernels.py", name, _mamba(name, array))

    for version in ("1", "2", "3", "4", "5", "6", "7", "8", "8a", "9", "10", "11"):
        length = 128 if version in ("1", "2") else 512 if version in ("3",) else 4096
        yield Case(f"attention_kernels::attn_fwd_v{version}",
                   lambda version=version, length=length: _attention(tutorials, version, length))
    plane = array(448, 448)
    yield case(contributed, "maxpooling.py", "max_pooling_2d_stride_1", lambda module: (
        module.max_pooling_2d_stride_1(plane, 3),
        np.lib.stride_tricks.sliding_window_view(plane, (3, 3)).max((2, 3))))
    maps, volumes = array(1, 128, 30, 20), array(1, 64, 10, 8, 8)
    yield case(contributed, "interpolate_bilinear_fwd.py", "interpolate_bilinear_2x_fwd", lambda module: (
        module.interpolate_bilinear_2x_fwd(maps), _twice(maps, (2, 3))))
    _absent("torch_xla", "torch_xla.core", "torch_xla.core.xla_model")  # imported there, not used
    yield case(contributed, "interpolate_trilinear_fwd.py", "interpolate_trilinear_2x_fwd", lambda module: (
        module.interpolate_trilinear_2x_fwd(volumes), _twice(volumes, (2, 3, 4))))
    for name, test in tutorial(os.path.join(tutorials, "mxfp-matmul"), "mxfp-matmul", load):
        yield Case(name, test)
    yield Case("pipelined_attention::flash_fwd", lambda: _pipelined(contributed))


def _absent(*names: str) -> None:
    """Empty modules in the place of some that are not installed."""
    from types import ModuleType

    for name in names:
        if name not in sys.modules:
            sys.modules[name] = module = ModuleType(name)
            module.__path__ = []
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)


def _jitted(function: Any) -> Any:
    import neuronxcc.nki as nki

    return nki.jit(function)


def _mamba(name: str, array: Callable[..., Any]) -> Callable[[Any], tuple[Any, Any]]:
    """A selective scan: state[t] = exp(Δ A) state[t - 1] + Δ u B, y[t] = Σ C state[t]."""
    def run(module: Any) -> tuple[Any, Any]:
        batch, channels, states, seq = 1, 256, 4, 512
        delta, u = np.abs(array(batch, channels, seq)), array(batch, channels, seq)
        a, b, c = -np.abs(array(channels, states)), array(batch, states, seq), array(batch, states, seq)
        state = np.zeros((batch, channels, states))
        wanted = np.zeros((batch, channels, seq))
        for t in range(seq):
            state = np.exp(delta[:, :, t, None] * a[None]) * state + (delta * u)[:, :, t, None] * b[:, None, :, t]
            wanted[:, :, t] = (state * c[:, None, :, t]).sum(-1)
        return getattr(module, name)(delta, u, a, b, c), wanted

    return run


def _attention(tutorials: str, version: str, length: int) -> None:
    """softmax(qᵀ k) vᵀ, inputs and bound (1e-2) of the tutorial's own test; its kernels are generic in the length."""
    module = load(os.path.join(tutorials, "attention_fwd_performance", "attention_kernels.py"))
    rng = np.random.default_rng(0)
    q, k, v = (((rng.random((128, length)) - 0.5) * 2).astype(np.float32) for _ in range(3))
    scores = q.T.astype(np.float64) @ k
    power = np.exp(scores - scores.max(1, keepdims=True))
    wanted = power / power.sum(1, keepdims=True) @ v.T
    np.testing.assert_allclose(np.asarray(getattr(module, f"attn_fwd_v{version}")(q, k, v), np.float64), wanted,
                               atol=1e-2, rtol=1e-5)


def _twice(x: Any, axes: tuple[int, ...]) -> Any:
    """Linear interpolation to twice the size, align_corners=False: ¾ of the nearer neighbour, ¼ of the other."""
    x = x.astype(np.float64)
    for axis in axes:
        moved = np.moveaxis(x, axis, -1)
        before = np.concatenate([moved[..., :1], moved[..., :-1]], -1)
        after = np.concatenate([moved[..., 1:], moved[..., -1:]], -1)
        both = np.stack([0.75 * moved + 0.25 * before, 0.75 * moved + 0.25 * after], -1)
        x = np.moveaxis(both.reshape(*moved.shape[:-1], -1), -1, axis)
    return x


def _pipelined(contributed: str) -> None:
    """16,384 tokens; the file itself compares with NumPy when it is imported."""
    load(os.path.join(contributed, "pipelined_attention.py"))


def nki_moe(checkout: str) -> Iterator[Case]:
    """The contest's RMSNorm (nki-moe)."""
    def run(rows: int, hidden: int) -> None:
        module = load(os.path.join(checkout, "nki_custom_rmsnorm.py"))
        rng = np.random.default_rng(0)
        x = rng.standard_normal((1, rows, hidden)).astype(np.float32)
        w = rng.standard_normal((hidden,)).astype(np.float32)
        found = module.nki_rmsnorm_kernel(x[0], w, 1e-6)
        wide = x.astype(np.float64)
        wanted = wide / np.sqrt((wide ** 2).mean(-1, keepdims=True) + 1e-6) * w
        close(np.asarray(found).reshape(rows, hidden), wanted[0], 1e-4)

    for rows, hidden in ((128, 2048), (256, 2048), (1, 2048)):
        yield Case(f"nki_custom_rmsnorm[{rows}x{hidden}]", lambda rows=rows, hidden=hidden: run(rows, hidden))


def megakernel(checkout: str) -> Iterator[Case]:
    """The Qwen3-30B-A3B decode megakernel (nki-moe-megakernel): each rank of its tensor parallelism on two cores.

    It needs nki-library beside it, or at NKI_LIBRARY. Weights are random; a layer alone is compared with NumPy.
    """
    library = os.environ.get("NKI_LIBRARY") or os.path.join(os.path.dirname(os.path.abspath(checkout)), "nki-library")

    def run(layers: int, ranks: int, values: bool) -> None:
        import trnsim

        sys.path[:0] = [checkout, os.path.join(library, "src", "nkilib_src"), os.path.join(library, "src")]
        from megakernels.qwen3_moe.transformer_qwen import get_multilayer_kernel_jit

        layer = _QwenLayer(ranks, position=500, context=640)
        kernel = get_multilayer_kernel_jit(layers)[2]
        arguments = [layer.x[None, None]]
        for shards in layer.shards():
            arguments += [trnsim.PerRank(shards)] * layers
        # Each layer has caches of its own, which the kernel writes.
        for caches in (layer.keys, layer.values):
            arguments += [trnsim.PerRank(cache[None, None].copy() if values else cache[None, None] for cache in caches)
                          for _ in range(layers)]
        arguments += [layer.cos[None], layer.sin[None], np.array([[layer.position]], np.int32)]
        groups = {"replica_groups": [list(range(ranks))]} if ranks > 1 else {}
        result = trnsim.simulate(kernel, *arguments, mode="both" if values else "timing", **groups)
        report = result.report
        print(f"{layers} layers, {ranks} ranks: {report.microseconds:.1f} µs, {report.instructions} instructions, "
              f"traced in {report.tracing_seconds:.1f} s")
        if values:
            wanted = layer.reference()
            for found in result.values:
                found = np.asarray(found[0], np.float64).reshape(-1)
                difference = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
                assert difference < 1e-2, f"relative L2 difference {difference:.2e}, allowed 1e-2 (bfloat16)"

    yield Case("megakernel, 1 layer of 1 rank with values", lambda: run(1, 1, True))
    yield Case("megakernel, 1 layer of 4 ranks with values", lambda: run(1, 4, True))
    yield Case("megakernel, 48 layers of 1 rank, time", lambda: run(48, 1, False))
    yield Case("megakernel, 48 layers of 4 ranks, time", lambda: run(48, 4, False))


class _QwenLayer:
    """A decoder layer with random weights: 8 query heads, a head of keys and 192 columns of each expert on every rank."""

    HIDDEN, HEADS, WIDTH, EXPERTS, INNER = 2048, 8, 128, 128, 192

    def __init__(self, ranks: int, position: int, context: int) -> None:
        import ml_dtypes

        rng = np.random.default_rng(0)
        hidden, heads, width, experts, inner = self.HIDDEN, self.HEADS, self.WIDTH, self.EXPERTS, self.INNER

        def array(*shape: int, scale: float = 1.0) -> Any:
            return (rng.standard_normal(shape, np.float32) * scale).astype(ml_dtypes.bfloat16)

        self.position = position
        self.x = array(hidden)
        self.projections = [{name: array(count * width, hidden, scale=hidden ** -0.5)
                             for name, count in (("q", heads), ("k", 1), ("v", 1))} for _ in range(ranks)]
        self.out = [array(heads * width, hidden, scale=(heads * width * ranks) ** -0.5) for _ in range(ranks)]
        self.norms = [(1 + 0.1 * array(*shape).astype(np.float32)).astype(ml_dtypes.bfloat16)
                      for shape in ((width,), (width,), (hidden,), (1, hidden))]
        self.router = array(hidden, experts, scale=hidden ** -0.5)
        self.gate_up = [array(experts, hidden, 2 * inner, scale=hidden ** -0.5) for _ in range(ranks)]
        self.down = [array(experts, inner, hidden, scale=(inner * ranks) ** -0.5) for _ in range(ranks)]
        angle = position / 1e6 ** (np.arange(width // 2) / (width // 2))
        self.cos, self.sin = (np.concatenate([f(angle)] * 2).astype(ml_dtypes.bfloat16) for f in (np.cos, np.sin))
        self.keys, self.values = ([array(context, width) for _ in range(ranks)] for _ in range(2))

    def shards(self) -> Iterator[list[Any]]:
        """The weights in the order of the kernel's parameters, each by rank."""
        width, hidden = self.WIDTH, self.HIDDEN
        for name in ("q", "k", "v"):
            # "Weights … must be stored in tile-transposed layout" (attn_fused_qwen).
            yield [np.ascontiguousarray(each[name].reshape(-1, width, hidden // width, width).transpose(0, 3, 2, 1)
                                        .reshape(-1, hidden)) for each in self.projections]
        yield self.out
        for shared in (*self.norms, self.router):
            yield [shared] * len(self.out)
        yield self.gate_up
        yield self.down

    def reference(self) -> Any:
        """The layer's output for one token, float64: what the ranks compute, added up."""
        query_norm, key_norm, before, after = self.norms
        x = _wide(self.x)
        hidden = _normed(x, before)
        parts = []
        for weights, out, keys, values in zip(self.projections, self.out, self.keys, self.values):
            q = self._turned(_normed((_wide(weights["q"]) @ hidden).reshape(-1, self.WIDTH), query_norm))
            k = self._turned(_normed(_wide(weights["k"]) @ hidden, key_norm))
            v = _wide(weights["v"]) @ hidden
            all_keys = np.concatenate([_wide(keys[:self.position]), k[None]])
            all_values = np.concatenate([_wide(values[:self.position]), v[None]])
            power = _softmax(q @ all_keys.T / np.sqrt(self.WIDTH))
            parts.append((power @ all_values).reshape(-1) @ _wide(out))
        x = x + sum(parts)
        hidden = _normed(x, after)
        logits = hidden @ _wide(self.router)
        chosen = np.argsort(-logits)[:8]
        share = _softmax(logits[chosen])
        total = np.zeros_like(x)
        for gate_up, down in zip(self.gate_up, self.down):
            for expert, part in zip(chosen, share):
                gate, up = np.split(hidden @ _wide(gate_up[expert]), 2)
                total += part * ((gate / (1 + np.exp(-gate)) * up) @ _wide(down[expert]))
        return x + total

    def _turned(self, a: Any) -> Any:
        """Rotary position embedding."""
        half = a.shape[-1] // 2
        return a * _wide(self.cos) + np.concatenate([-a[..., half:], a[..., :half]], -1) * _wide(self.sin)


def _wide(a: Any) -> Any:
    return np.asarray(a, np.float64)


def _normed(a: Any, gamma: Any) -> Any:
    return a / np.sqrt((a ** 2).mean(-1, keepdims=True) + 1e-6) * _wide(gamma).reshape(-1)


def _softmax(scores: Any) -> Any:
    power = np.exp(scores - scores.max(-1, keepdims=True))
    return power / power.sum(-1, keepdims=True)


def nkibench(checkout: str) -> Iterator[Case]:
    """NKIBench's kernels against its NumPy references (AccelOpt), one seed; its bound is 2e-5 relative L2."""
    root = os.path.join(checkout, "NKIBench")
    with open(os.path.join(root, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    for name in sorted(summary):
        for case in summary[name]["cases"].values():
            for impl in case["impls"]:
                yield Case(name, lambda name=name, impl=impl: _nkibench(root, name, impl))


def _nkibench(root: str, name: str, impl: dict[str, str]) -> None:
    task = load(os.path.join(root, impl["task"]), f"task_{name}")
    kernel = load(os.path.join(root, impl["kernel"]), f"kernel_{name}")
    np.random.seed(0)
    inputs = task.get_inputs()
    wanted = task.forward(*inputs)
    found = task.transform_nki_outputs(kernel.kernel(*task.transform_to_nki_inputs(inputs)), wanted)
    for a, b in zip(found, wanted if isinstance(wanted, tuple) else (wanted,)):
        difference = np.linalg.norm(np.asarray(a, np.float64) - b) / np.linalg.norm(b)
        bound = 3e-5 if name == "mamba" else 2e-5
        assert difference < bound, f"relative L2 difference {difference:.2e}, allowed {bound:.0e}"


SUITES: dict[str, Callable[[str], Iterator[Case]]] = {
    "sdk-tests": sdk_tests, "sdk-examples": sdk_examples, "nki-moe": nki_moe,
    "nki-samples": nki_samples, "megakernel": megakernel, "nkibench": nkibench,
}
