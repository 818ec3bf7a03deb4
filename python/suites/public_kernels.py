"""Public kernels with inputs and references of ours, found in clones that the user has, at FOLDER/OWNER/NAME. Nothing of theirs is here."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cases import Case, close, load

#: What a kernel computes, in float64, from the arrays that it gets.
Reference = Callable[..., Any]


def public_kernels(folder: str) -> Iterator[Case]:
    """The cases of all repositories of which there is a clone."""
    for name, cases in REPOSITORIES.items():
        clone = Path(folder).absolute() / name
        if clone.is_dir():
            for case in cases(clone):
                yield Case(f"{name}::{case.name}", case.run)
        else:
            print(f"no clone of {name}: its kernels are left out", file=sys.stderr)


def _random(*shape: int, scale: float = 1.0, seed: int = 0) -> Any:
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * scale).astype(np.float32)


def _half(array: Any) -> Any:
    import ml_dtypes

    return array.astype(ml_dtypes.bfloat16)


def _wide(array: Any) -> Any:
    return np.asarray(array, np.float64)


def _softmax(scores: Any) -> Any:
    power = np.exp(scores - scores.max(-1, keepdims=True))
    return power / power.sum(-1, keepdims=True)


def _all_close(found: Any, wanted: tuple[Any, ...], tolerance: float) -> None:
    assert len(found) == len(wanted), f"{len(found)} outputs of {len(wanted)}"
    for a, b in zip(found, wanted):
        close(a, b, tolerance)


# --- aws-neuron/neuronx-distributed-inference -----------------------------------------------------------------------------------------


class _DeltaNet:
    """The gated delta rule of one head, 128 wide: S ← e^g S; S += k (β (v − Sᵀ k))ᵀ; o = Sᵀ q."""

    def __init__(self, tokens: int, seed: int = 0) -> None:
        rng = np.random.default_rng([seed, tokens])
        self.q, self.k, self.v = (rng.standard_normal((tokens, 128)).astype(np.float32) for _ in range(3))
        self.g = rng.uniform(-0.2, -0.01, (tokens, 1)).astype(np.float32)
        self.beta = rng.uniform(0.1, 0.9, (tokens, 1)).astype(np.float32)
        self.state = (rng.standard_normal((128, 128)) * 0.1).astype(np.float32)

    @property
    def normed(self) -> tuple[Any, Any]:
        """Queries and keys of unit length, queries divided by √128, as the fused kernels make them."""
        q, k = (x / np.sqrt((_wide(x) ** 2).sum(1, keepdims=True) + 1e-12) for x in (self.q, self.k))
        return (q * 128 ** -0.5).astype(np.float32), k.astype(np.float32)

    def run(self, q: Any, k: Any, state: Any) -> tuple[Any, Any]:
        outputs, state = [], _wide(state)
        for t in range(len(q)):
            state = state * np.exp(_wide(self.g[t]))
            delta = (self.v[t] - state.T @ k[t]) * self.beta[t]
            state = state + np.outer(k[t], delta)
            outputs.append(state.T @ q[t])
        return np.stack(outputs), state

    def affine(self, q: Any, k: Any, chunk: int) -> tuple[Any, ...]:
        """Of each chunk: outputs and state as base + matrix · state before it."""
        pieces: list[tuple[Any, ...]] = []
        for begin in range(0, len(q), chunk):
            matrix, bias = np.eye(128), np.zeros((128, 128))
            base, factor = [], []
            for t in range(begin, begin + chunk):
                key, decay = _wide(k[t]), np.exp(_wide(self.g[t]))
                matrix = decay * matrix
                matrix = matrix - self.beta[t] * np.outer(key, key @ matrix)
                bias = decay * bias
                bias = bias + np.outer(key, self.beta[t] * (self.v[t] - bias.T @ key))
                base.append(q[t] @ bias)
                factor.append(q[t] @ matrix)
            pieces.append((np.stack(base), np.stack(factor), matrix, bias))
        return tuple(np.stack(parts) for parts in zip(*pieces))


_LOWER = np.tril(np.ones((128, 128), np.float32), -1)
_EYE = np.eye(128, dtype=np.float32)
_DIAGONAL = np.tril(np.ones((128, 128), np.float32))


def _inference(clone: Path) -> Iterator[Case]:
    models = clone / "contrib" / "models"
    kernels = models / "Qwen3.5-2B" / "src" / "nki_kernels"

    def module(name: str) -> Any:
        return load(str(kernels / f"{name}.py"), f"inference_{name}")

    def wide(values: Any) -> Any:
        return np.ascontiguousarray(np.broadcast_to(values, (len(values), 128)))

    def recurrent(name: str, tokens: int, state: bool) -> None:
        one = _DeltaNet(tokens)
        q, k = one.normed
        found = getattr(module("nki_deltanet"), name)(q, k, one.v, wide(one.g), wide(one.beta), *([one.state] if state else []))
        outputs, last = one.run(q, k, one.state if state else np.zeros((128, 128)))
        _all_close(found if isinstance(found, tuple) else (found,), (outputs, last) if isinstance(found, tuple) else (outputs,), 1e-5)

    yield Case("deltanet_recurrent_fwd", lambda: recurrent("deltanet_recurrent_fwd", 24, False))
    yield Case("deltanet_recurrent_fwd_state", lambda: recurrent("deltanet_recurrent_fwd_state", 24, False))
    yield Case("deltanet_recurrent_step", lambda: recurrent("deltanet_recurrent_step", 1, True))

    def batched() -> None:
        heads = [_DeltaNet(1, seed) for seed in range(4)]
        q, k = (np.concatenate([head.normed[part] for head in heads]) for part in (0, 1))
        found = module("nki_deltanet").deltanet_recurrent_step_batched(
            q, k, *(np.concatenate([getattr(head, name) for head in heads]) for name in ("v", "g", "beta", "state")))
        wanted = [head.run(*head.normed, head.state) for head in heads]
        _all_close(found, tuple(np.concatenate(parts) for parts in zip(*wanted)), 1e-5)

    yield Case("deltanet_recurrent_step_batched", batched)

    def step() -> None:
        one = _DeltaNet(128)
        q, k = one.normed
        total = np.cumsum(one.g, dtype=np.float64).astype(np.float32)[:, None]
        found = module("nki_deltanet_chunked").deltanet_chunk_step(
            q, k, one.v, wide(one.beta), wide(total), np.full((128, 128), total[-1, 0], np.float32), one.state, _LOWER, _EYE, _DIAGONAL)
        _all_close(found, one.run(q, k, one.state), 1e-4)

    yield Case("deltanet_chunk_step", step)

    def fused(name: str, raw: bool) -> None:
        one = _DeltaNet(256)
        q, k = one.normed
        found = module(name).deltanet_fused_chunked_fwd(*((one.q, one.k) if raw else (q, k)), one.v, one.g, one.beta, one.state,
                                                        _LOWER, _EYE, _DIAGONAL)
        _all_close(found, one.run(q, k, one.state), 1e-4)

    yield Case("deltanet_fused_chunked_fwd (legacy)", lambda: fused("nki_deltanet_fused_legacy", False))
    yield Case("deltanet_fused_chunked_fwd", lambda: fused("nki_deltanet_fused", True))

    def multihead() -> None:
        heads = [_DeltaNet(256, seed) for seed in range(2)]
        found = module("nki_deltanet_fused").deltanet_fused_chunked_fwd_multihead[2](
            *(np.stack([getattr(head, name) for head in heads]) for name in ("q", "k", "v", "g", "beta", "state")), _LOWER, _EYE, _DIAGONAL)
        wanted = [head.run(*head.normed, head.state) for head in heads]
        _all_close(found, tuple(np.stack(parts) for parts in zip(*wanted)), 1e-4)

    yield Case("deltanet_fused_chunked_fwd_multihead on two cores", multihead)

    def affine() -> None:
        one = _DeltaNet(256)
        found = module("nki_deltanet_fused").deltanet_autocp_affine_sequence(one.q, one.k, one.v, one.g, one.beta, _LOWER, _EYE, _DIAGONAL)
        _all_close(found, one.affine(*one.normed, 128), 1e-4)

    yield Case("deltanet_autocp_affine_sequence", affine)

    def prefix() -> None:
        matrices, biases, state = _random(3, 128, 128, scale=0.05), _random(3, 128, 128, seed=1), _random(128, 128)
        states = [_wide(state)]
        for matrix, bias in zip(matrices, biases):
            states.append(matrix @ states[-1] + bias)
        found = module("nki_deltanet_fused").deltanet_autocp_state_prefix(matrices, biases, state)
        _all_close(found, (np.stack(states[:-1]), states[-1]), 1e-5)

    yield Case("deltanet_autocp_state_prefix", prefix)

    def rope() -> None:
        q, k = _random(1, 160, 512), _random(1, 160, 256)
        gammas = [1 + 0.1 * _random(256, seed=seed) for seed in (0, 1)]
        angle = np.arange(160)[:, None] / 1e4 ** (np.arange(32) / 32)
        cos, sin = (np.concatenate([f(angle)] * 2, 1)[None].astype(np.float32) for f in (np.cos, np.sin))

        def wanted(x: Any, gamma: Any) -> Any:
            x = _wide(x).reshape(1, 160, -1, 256).transpose(0, 2, 1, 3)
            x = x / np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-6) * gamma
            low, high = x[..., :32], x[..., 32:64]
            turned = x[..., :64] * cos + np.concatenate([-high, low], -1) * sin
            return np.concatenate([turned, x[..., 64:]], -1)

        found = module("qwen_qk_norm_rope").qwen_qk_norm_partial_rope_kernel(q, k, *gammas, cos, sin, 1e-6)
        _all_close(found, (wanted(q, gammas[0]), wanted(k, gammas[1])), 1e-5)

    yield Case("qwen_qk_norm_partial_rope_kernel", rope)

    def latent() -> None:
        q_pe, q_nope = _half(_random(2, 64, scale=0.5)), _half(_random(2, 512, scale=0.5))
        cache, absorb = _half(_random(1, 512, 576, scale=0.5)), _half(_random(2, 256, 512, scale=0.1))
        mask = np.ones((2, 512), np.uint8)
        mask[:, 400:] = 0
        file = models / "GLM-5.2" / "src" / "mla_attention_nki_kernel.py"
        found = load(str(file), "inference_mla").mla_attention_tkg(q_pe, q_nope, cache, absorb, mask, 0.0625, 2, 64, 512, 256, 512)
        keys = _wide(cache[0])
        scores = (_wide(q_pe) @ keys[:, :64].T + _wide(q_nope) @ keys[:, 64:].T) * 0.0625
        mixed = _softmax(np.where(mask > 0, scores, -1e30)) @ keys[:, 64:]
        close(found, np.einsum("hvc,hc->hv", _wide(absorb), mixed), 2e-2)

    yield Case("mla_attention_tkg", latent)

    def cross() -> None:
        q, k, v = (_half(_random(2, count, 128, scale=scale, seed=seed)) for seed, (count, scale) in enumerate(((256, 0.09), (1024, 1), (1024, 1))))
        mask = np.where(np.arange(1024) < 700, 0, -1e4).astype(np.float32)[None].repeat(2, 0)
        file = models / "ltx2-video-audio" / "src" / "nki_cross_attention_kernel.py"
        found = load(str(file), "inference_cross").cross_attn_kernel(q, k, v, _half(mask))
        close(found, _softmax(_wide(q) @ _wide(k).transpose(0, 2, 1) + mask[:, None]) @ _wide(v), 2e-2)

    yield Case("cross_attn_kernel", cross)


# --- ucb-bar/autocomp -----------------------------------------------------------------------------------------------------------------


def _torch_xla() -> None:
    """Its devices are the CPU here, as `trnsim doors` has it."""
    source = importlib.import_module("trnsim.aliases.torch_xla")
    for name in ("torch_xla", "torch_xla.core", "torch_xla.core.xla_model"):
        module = ModuleType(name)
        module.__path__ = []
        for key in source.__all__:
            setattr(module, key, getattr(source, key))
        sys.modules[name] = module
    sys.modules["torch_xla"].core = sys.modules["torch_xla.core"]  # type: ignore[attr-defined]
    sys.modules["torch_xla.core"].xla_model = sys.modules["torch_xla.core.xla_model"]  # type: ignore[attr-defined]


def _as_given(reference: Reference) -> Reference:
    """The reference for the harness: it gets tensors or arrays, and gives what it got."""
    def run(*arguments: Any, **options: Any) -> Any:
        tensors = [hasattr(one, "detach") for one in arguments]
        given = [_wide(one.detach().float().numpy() if tensor else one) if tensor or isinstance(one, np.ndarray) else one
                 for one, tensor in zip(arguments, tensors)]
        found = np.asarray(reference(*given, **options), np.float32)
        return importlib.import_module("torch").from_numpy(found) if any(tensors) else found

    return run


def _rms(x: Any, gain: Any) -> Any:
    return x / np.sqrt((x ** 2).mean(1, keepdims=True)) * gain


def _layer(x: Any, epsilon: float, gamma: Any, beta: Any) -> Any:
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + epsilon) * gamma + beta


def _scan(delta: Any, u: Any, a: Any, b: Any, c: Any) -> Any:
    """A selective scan; B and C come with 128 rows for each state."""
    b, c = b[:, ::128], c[:, ::128]
    state = np.zeros((*delta.shape[:2], a.shape[1]))
    wanted = np.zeros(delta.shape)
    for t in range(delta.shape[2]):
        state = np.exp(delta[:, :, t, None] * a) * state + (delta * u)[:, :, t, None] * b[:, None, :, t]
        wanted[:, :, t] = (state * c[:, None, :, t]).sum(-1)
    return wanted


def _triangle(q: Any, k: Any, v: Any, bias: Any, scale: float) -> Any:
    rows, columns, width = q.shape
    heads = bias.shape[2]
    q, k, v = (x.reshape(rows, columns, heads, -1).transpose(0, 2, 1, 3) for x in (q, k, v))
    weights = _softmax(q @ k.transpose(0, 1, 3, 2) * scale + bias.transpose(2, 0, 1))
    return (weights @ v).transpose(0, 2, 1, 3).reshape(rows, columns, width)


def _sliding_maximum(x: Any, size: int) -> Any:
    rows = np.lib.stride_tricks.sliding_window_view(x, size, 0).max(-1)
    return np.lib.stride_tricks.sliding_window_view(rows, size, 1).max(-1)


def _turned(x: Any, cos: Any, sin: Any) -> Any:
    upper, lower = np.split(x, 2)
    return np.concatenate([upper * cos - lower * sin, lower * cos + upper * sin])


def _depthwise(image: Any, taps: Any, padding: Any) -> Any:
    padded = np.pad(image, ((0, 0), (0, 0), *padding))
    return sum(padded[..., t:t + image.shape[3]] * taps[None, :, 0, :, t, None] for t in range(taps.shape[3]))


#: Its harnesses: the kernel, and what it computes; none where the harness compares with a reference of its own.
HARNESSES: dict[str, tuple[str, Reference | None]] = {
    "trn-internal/3_triattn": ("ref", _triangle),
    "trn-internal/4_trimul": ("ref", lambda a, b: np.einsum("ikd,jkd->ijd", a, b, optimize=True)),
    "trn-internal/5_fft256": ("ref", None),
    "trn-internal/6_mamba_scan": ("ref", None),
    "trn-internal/7_trotter": ("ref", None),
    "trn-internal/8_deltanet_recurrent": ("ref", None),
    "trn-internal/10_openfold3_trimul": ("ref", lambda a, b: a.T @ b),
    "trn-internal/12_flashvsr_fp32attn": ("ref", lambda q, k, v, scale: _softmax(q @ k * scale) @ v),
    "trn-internal/15_gemm": ("ref", lambda a, b: a.T @ b),
    "trn-tutorial-nki2/0_rmsnorm": ("ref", _rms),
    "trn-tutorial-nki2/1_layernorm": ("nki_layernorm_kernel_v2", _layer),
    "trn-tutorial-nki2/2_gemm": ("ref", lambda a, b: a.T @ b),
    "trn-tutorial-nki2/3_mamba": ("mamba_v3", _scan),
    "trn-tutorial-nki2/4_attention": ("ref", lambda q, k, v: _softmax(q.T @ k) @ v.T),
    "trn-tutorial-nki2/5_sdattention": ("ref", lambda q, k, v: _softmax(q @ k.T * q.shape[1] ** -0.5) @ v),
    "trn-advanced-nki2/0_cumsum": ("ref", lambda x: np.cumsum(x, -1)),
    "trn-advanced-nki2/1_transpose": ("ref", lambda x, axis: np.swapaxes(x, axis, axis + 1)),
    "trn-advanced-nki2/2_maxpool": ("ref", _sliding_maximum),
    "trn-advanced-nki2/3_rope": ("ref", _turned),
    "trn-advanced-nki2/4_conv1d": ("ref", _depthwise),
    "trn-tutorial-nki1/0_rmsnorm": ("ref", _rms),
}


def _autocomp(clone: Path) -> Iterator[Case]:
    """Inputs and bounds of its harnesses, references of ours."""
    def run(path: Path, kernel: str, reference: Reference | None) -> None:
        _torch_xla()
        harness = load(str(path), f"autocomp_{path.stem}")
        np.random.seed(0)
        tested = getattr(harness, kernel)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            right = harness.test_nki(_as_given(reference) if reference else tested, tested)
        assert right, f"its harness says that the values differ: {said.getvalue().strip()[-200:]}"

    for name, (kernel, reference) in HARNESSES.items():
        path = clone / "harnesses" / f"{name}_test.py"
        if path.exists():
            yield Case(name, lambda path=path, kernel=kernel, reference=reference: run(path, kernel, reference))


# --- others ---------------------------------------------------------------------------------------------------------------------------


def _optimum(clone: Path) -> Iterator[Case]:
    """Attention of heads wider than 128, with its tests' tolerance."""
    file = clone / "optimum/neuron/models/inference/backend/modules/attention/flash_attention_nki.py"

    def run(width: int, window: int) -> None:
        rows = 2048
        q, k, v = (_half(_random(1, *shape, scale=scale, seed=seed)) for seed, (shape, scale) in enumerate(
            (((width, rows), width ** -0.5), ((width, rows), 1.0), ((rows, width), 1.0))))
        output = np.zeros_like(q)
        load(str(file), "optimum_attention").flash_fwd_large_d(q, k, v, 1.0, output, use_causal_mask=True, sliding_window=window)
        distance = np.arange(rows)[:, None] - np.arange(rows)
        seen = (distance >= 0) & ((distance < window) if window else True)
        scores = np.where(seen, _wide(q[0]).T @ _wide(k[0]), -1e30)
        wanted = (_softmax(scores) @ _wide(v[0])).T
        np.testing.assert_allclose(np.asarray(output[0], np.float64), wanted, atol=5e-2, rtol=1e-1)

    for width, window in ((256, 0), (512, 0), (256, 1024)):
        yield Case(f"flash_fwd_large_d {width} wide" + (f", window {window}" if window else ""),
                   lambda width=width, window=window: run(width, window))


def _linear_attention(clone: Path) -> Iterator[Case]:
    heads, rows, width = 2, 256, 128
    q, k, v = (_random(heads, rows, width, scale=scale, seed=seed) for seed, scale in enumerate((width ** -0.5, 1.0, 1.0)))
    below = np.tril(np.ones((rows, rows)))
    scores = _wide(q) @ _wide(k).transpose(0, 2, 1)

    def module(name: str) -> Any:
        return load(str(clone / "kernels" / f"{name}.py"), f"linear_{name}")

    def polynomial() -> None:
        kernel, padded, _ = module("nki_attention").get_based_attn_kernel(rows, width, heads)
        assert padded == rows
        weights = (1 + scores + scores ** 2 / 2) * below
        _all_close(kernel(q, k, v), (weights @ v, weights.sum(-1, keepdims=True)), 1e-4)

    yield Case("get_based_attn_kernel", polynomial)

    def chunked() -> None:
        kernel, *_ = module("nki_attention_chunked").get_chunked_attn_kernel(rows, width, width, heads)
        close(kernel(q, k, v), (scores * below) @ v, 1e-4)

    yield Case("get_chunked_attn_kernel", chunked)

    def sliding() -> None:
        window = 64
        kernel, _, _, padded, mask = module("nki_attention_sliding").get_sliding_window_kernel(rows, width, heads, window)
        front = ((0, 0), (padded - rows, 0), (0, 0))
        seen = (below > 0) & (np.arange(rows)[:, None] - np.arange(rows) < window)
        close(kernel(q, np.pad(k, front), np.pad(v, front), mask), _softmax(np.where(seen, scores, -1e30)) @ v, 1e-4)

    yield Case("get_sliding_window_kernel", sliding)


def _autotune(clone: Path) -> Iterator[Case]:
    library = clone / "kernel_library"

    def run(load_module: Callable[[], Any], name: str, left_is_transposed: bool, normed: bool = False) -> None:
        a, b = _half(_random(2048, 2048)), _half(_random(2048, 2048, seed=1))
        found = getattr(load_module(), name)(a, b)
        left = np.asarray(a, np.float32).T if left_is_transposed else np.asarray(a, np.float32)
        if normed:
            left = left / np.sqrt((left ** 2).mean(1, keepdims=True) + 1e-6)
        close(found, left @ np.asarray(b, np.float32), 1e-2)

    for file, name, transposed in (("matmul/lhsT_rhs/kernel_hand_90.92mfu.py", "matmul_lhsT_rhs_nkigym", True),
                                   ("matmul/lhs_rhs/kernel_handtuned_89.26mfu.py", "matmul_lhs_rhs_nkigym", False),
                                   ("rmsnorm_matmul/kernel_hand_online.py", "rmsnorm_matmul_online", False)):
        yield Case(name, lambda file=file, name=name, transposed=transposed: run(
            lambda: load(str(library / file), f"autotune_{name}"), name, transposed, "rmsnorm" in name))

    def ladder() -> Any:
        for name in ("nkigym", "nkigym.synthesis"):  # its own simulator, imported there
            sys.modules[name] = ModuleType(name)
        sys.modules["nkigym.synthesis"].simulate_fp32 = None  # type: ignore[attr-defined]
        return load(str(clone / "kernel_transforms.py"), "autotune_ladder")

    # The earlier ones hold 128 KiB of a partition in PSUM, which has 16.
    for rung in range(12, 16):
        yield Case(f"kernel_transforms kernel_{rung}", lambda rung=rung: run(ladder, f"kernel_{rung}", True))


def _fusion(clone: Path) -> Iterator[Case]:
    def module(name: str) -> Any:
        return load(str(clone / "kernels" / f"{name}.py"), f"fusion_{name.replace('/', '_')}")

    def attention(name: str, kernel: str) -> None:
        q, k, v = (_random(128, 1024, scale=0.5, seed=seed) for seed in range(3))
        close(getattr(module(name), kernel)(q, k, v), _softmax(_wide(q).T @ k) @ v.T, 1e-4)

    yield Case("baseline_attention", lambda: attention("baseline/attention", "baseline_attention"))
    yield Case("fused_attention", lambda: attention("fused/attention", "fused_attention"))

    def softmax() -> None:
        x = _random(256, 1024)
        close(module("baseline/softmax").softmax_kernel(x), _softmax(_wide(x)), 1e-5)

    yield Case("softmax_kernel", softmax)

    def perceptron(name: str, run: Callable[[Any], Callable[..., Any]]) -> None:
        x, w, bias = _random(256, 256), _random(256, 1024, scale=0.1), _random(1024)
        y = _wide(x) @ w + bias
        half = np.vectorize(importlib.import_module("math").erf)(y / np.sqrt(2))
        close(run(module(name))(x, w, bias), 0.5 * y * (1 + half), 2e-3)

    yield Case("mlp_baseline", lambda: perceptron("baseline/mlp_gemm", lambda m: m.mlp_baseline))
    for mode in ("pwl", "taylor"):
        yield Case(f"mlp_fused {mode}", lambda mode=mode: perceptron("fused/mlp", lambda m: lambda *a: m.mlp_fused(*a, mode=mode)))


def _graphs(clone: Path) -> Iterator[Case]:
    """Scripts that compare with torch and print the largest difference."""
    def script(path: Path) -> None:
        _torch_xla()
        sys.path[:0] = [str(path.parent), str(path.parent.parent)]
        os.chdir(path.parent)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            try:
                runpy.run_path(str(path), run_name="__main__")
            except SystemExit as end:
                assert not end.code, f"it ends with {end.code}"
        found = re.search(r"max abs diff vs (?:torch )?ref: (\S+)", said.getvalue())
        assert found, "it does not say how large the difference is"
        assert float(found[1]) < 1e-4, f"the largest difference is {found[1]}"

    def addition() -> None:
        _torch_xla()
        a, b = _random(256, 1024), _random(256, 1024, seed=1)
        close(load(str(clone / "experiments/example/run_nki.py"), "graphs_example").nki_tensor_add(a, b), a + b, 1e-6)

    for path in sorted((clone / "experiments").glob("*/run_nki.py")):
        name = path.parent.name
        yield Case(name, addition if name == "example" else lambda path=path: script(path))


REPOSITORIES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "aws-neuron/neuronx-distributed-inference": _inference, "ucb-bar/autocomp": _autocomp, "huggingface/optimum-neuron": _optimum,
    "joshdelg/cs217-final-proj": _graphs, "Willy-Chan/trainium-linear-attention": _linear_attention,
    "awslabs/nki-autotune": _autotune, "allenkchau/trainium-kernel-fusion": _fusion,
}
