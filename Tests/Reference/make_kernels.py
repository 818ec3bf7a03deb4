"""Writes Tests/KernelsTests/Data/kernels.json: small kernels computed by NumPy in float64.

Needs numpy and ml_dtypes. Run it from anywhere; the output is always the same. Each sample has the
kernel's settings, its inputs (numbers that the element type holds exactly) and the outputs. `fills`
are trial inputs of trnsim, computed here anew: the generator, its normal numbers, the rotary tables.
"""

import json
import math
import pathlib

import ml_dtypes
import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "KernelsTests" / "Data" / "kernels.json"
TYPES = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16}
random = np.random.default_rng(2026)
samples = []


def draw(dtype, *shape, scale=1.0, mean=0.0):
    values = mean + scale * random.standard_normal(shape)
    return values.astype(TYPES[dtype]).astype(np.float64)


def sample(kernel, dtype, settings, inputs, outputs):
    samples.append({
        "kernel": kernel,
        "settings": [f"dtype={dtype}"] + settings,
        "inputs": {name: value.ravel().tolist() for name, value in inputs.items()},
        "outputs": {name: value.ravel().tolist() for name, value in outputs.items()},
    })


def rms_norm(x, gamma, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * gamma


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def rotate(x, cos, sin):
    """The form of the model's own code: x cos + rotate_half(x) sin with doubled tables."""
    half = x.shape[-1] // 2
    turned = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    doubled = [np.concatenate([table, table], axis=-1)[:, None, :] for table in (cos, sin)]
    return x * doubled[0] + turned * doubled[1]


for dtype in TYPES:
    lhs, rhs = draw(dtype, 5, 7), draw(dtype, 5, 3)
    sample("matmul", dtype, ["m=7", "k=5", "n=3"], {"lhs": lhs, "rhs": rhs}, {"out": lhs.T @ rhs})
    sample("matmul", dtype, ["m=7", "k=5", "n=3", "lhs_layout=mk"],
           {"lhs": lhs.T, "rhs": rhs}, {"out": lhs.T @ rhs})
    if dtype in ("float32", "bfloat16"):
        x, w = draw(dtype, 128, 3), draw(dtype, 128, 5)
        y = draw(dtype, 3, 4)
        sample("core_sum", dtype, ["tokens=3", "hidden=4"], {"x": y}, {"y": y})
        sample("parallel_matmul", dtype, ["m=3", "k=128", "n=5"], {"x_t": x, "w": w}, {"y": x.T @ w})

    x, gamma = draw(dtype, 3, 10, scale=2), draw(dtype, 1, 10, scale=0.1, mean=1)
    sample("rmsnorm", dtype, ["tokens=3", "hidden=10", "eps=0.001"], {"x": x, "gamma": gamma},
           {"y": rms_norm(x, gamma, 1e-3)})
    residual = draw(dtype, 3, 10)
    added = x + residual
    for form in ("fused", "separate"):
        sample("add_rmsnorm", dtype,
               ["tokens=3", "hidden=10", f"form={form}", "residual_out=true"],
               {"x": x, "residual": residual, "gamma": gamma},
               {"y": rms_norm(added, gamma, 1e-6), "sum": added})

    x = draw(dtype, 3, 9, scale=4)
    for form in ("five", "one"):
        sample("silu", dtype, ["tokens=3", "width=9", f"form={form}"], {"x": x},
               {"y": x / (1 + np.exp(-x))})
    sample("softmax", dtype, ["tokens=3", "experts=9"], {"x": x}, {"y": softmax(x)})

    q, k = draw(dtype, 3, 4, 6), draw(dtype, 3, 2, 6)
    angles = np.arange(3)[:, None] * 1e6 ** -(np.arange(0, 6, 2) / 6)
    cos, sin = (f(angles).astype(TYPES[dtype]).astype(np.float64) for f in (np.cos, np.sin))
    sample("rope", dtype, ["tokens=3", "q_heads=4", "k_heads=2", "head_dim=6"],
           {"q": q, "k": k, "cos": cos, "sin": sin},
           {"q_out": rotate(q, cos, sin), "k_out": rotate(k, cos, sin)})

    x, w = draw(dtype, 3, 6), draw(dtype, 6, 12, scale=6 ** -0.5)
    probabilities = softmax(x @ w)
    indices = np.argsort(-probabilities, axis=-1, kind="stable")[:, :8]
    top = np.take_along_axis(probabilities, indices, axis=-1)
    sample("expert_router", dtype,
           ["tokens=3", "hidden=6", "experts=12", "probabilities=true"], {"x": x, "w": w},
           {"weights": top / top.sum(axis=-1, keepdims=True), "indices": indices.astype(float),
            "probabilities": probabilities})

for dtype in TYPES:
    a, b = draw(dtype, 3, 10), draw(dtype, 3, 10)
    sample("vector_add", dtype, ["elements=30", "partitions=3", "tile_free=4"], {"a": a, "b": b},
           {"out": a + b})
    x = draw(dtype, 5, 7)
    sample("transpose", dtype, ["rows=5", "columns=7", "tile=3"], {"in": x}, {"out": x.T})
    q, k, v = draw(dtype, 2, 128), draw(dtype, 2, 128), draw(dtype, 2, 128)
    form = "fused" if dtype == "float32" else "three_pass"
    sample("attention", dtype, ["sequence=128", "head_dim=2", f"form={form}"],
           {"q": q, "k": k, "v": v}, {"out": softmax(q.T @ k) @ v.T})

def attention(q, k, v):
    """Causal attention [tokens, heads, size]; k and v may have tokens before the queries' first."""
    out = np.zeros(q.shape)
    group = q.shape[1] // k.shape[1]
    offset = len(k) - len(q)
    for head in range(q.shape[1]):
        keys, values = k[:, head // group], v[:, head // group]
        scores = q[:, head] @ keys.T / math.sqrt(q.shape[2])
        hidden = np.arange(len(k))[None, :] > np.arange(len(q))[:, None] + offset
        out[:, head] = softmax(np.where(hidden, -np.inf, scores)) @ values
    return out


def experts(x, indices, weights, gate_up, down):
    out = np.zeros(x.shape)
    inner = down.shape[1]
    for token in range(len(x)):
        for expert, weight in zip(indices[token].astype(int), weights[token]):
            both = x[token] @ gate_up[expert]
            gate, up = both[:inner], both[inner:]
            out[token] += weight * (gate / (1 + np.exp(-gate)) * up @ down[expert])
    return out


def route(x, w):
    probabilities = softmax(x @ w)
    indices = np.argsort(-probabilities, axis=-1, kind="stable")[:, :8]
    top = np.take_along_axis(probabilities, indices, axis=-1)
    return indices, top / top.sum(axis=-1, keepdims=True)


def tables(dtype, positions, size):
    angles = np.asarray(positions)[:, None] * 1e6 ** -(np.arange(0, size, 2) / size)
    return [f(angles).astype(TYPES[dtype]).astype(np.float64) for f in (np.cos, np.sin)]


for dtype in TYPES:
    x, gamma = draw(dtype, 3, 6), draw(dtype, 1, 6, scale=0.1, mean=1)
    w, residual = draw(dtype, 6, 5, scale=6 ** -0.5), draw(dtype, 3, 5)
    sample("projection", dtype, ["tokens=3", "k=6", "n=5"], {"x": x, "w": w}, {"out": x @ w})
    sample("projection", dtype, ["tokens=3", "k=6", "n=5", "norm=fused", "residual=true"],
           {"x": x, "w": w, "gamma": gamma, "residual": residual},
           {"out": rms_norm(x, gamma, 1e-6) @ w + residual})

    q, k = draw(dtype, 3, 4, 6, scale=2), draw(dtype, 3, 2, 6)
    gains = {"gamma_q": draw(dtype, 1, 6, mean=1), "gamma_k": draw(dtype, 1, 6, mean=1)}
    cos, sin = tables(dtype, range(3), 6)
    normed = rms_norm(q, gains["gamma_q"], 1e-6), rms_norm(k, gains["gamma_k"], 1e-6)
    settings = ["tokens=3", "q_heads=4", "kv_heads=2", "head_dim=6"]
    sample("qk_norm", dtype, settings, {"q": q, "k": k, **gains},
           {"q_out": normed[0], "k_out": normed[1]})
    sample("qk_norm", dtype, settings + ["rope=fused"],
           {"q": q, "k": k, **gains, "cos": cos, "sin": sin},
           {"q_out": rotate(normed[0], cos, sin), "k_out": rotate(normed[1], cos, sin)})

    q, k, v = draw(dtype, 5, 4, 6), draw(dtype, 5, 2, 6), draw(dtype, 5, 2, 6)
    for form in ("flash", "three_pass"):
        sample("attention_prefill", dtype,
               ["tokens=5", "q_heads=4", "kv_heads=2", "head_dim=6", f"form={form}"],
               {"q": q, "k": k, "v": v}, {"out": attention(q, k, v)})
    for heads in ("together", "apart"):
        sample("attention_decode", dtype,
               ["context=4", "q_heads=4", "kv_heads=2", "head_dim=6", f"heads={heads}"],
               {"q": q[4], "k": k[4], "v": v[4], "k_cache": k[:4].transpose(1, 2, 0),
                "v_cache": v[:4]}, {"out": attention(q[4:], k, v)[0]})

    x = draw(dtype, 3, 6)
    gate_up, down = draw(dtype, 10, 6, 8, scale=6 ** -0.5), draw(dtype, 10, 4, 6, scale=0.5)
    indices = np.array([random.permutation(10)[:8] for _ in range(3)]).astype(np.float64)
    weights = draw("float32", 3, 8, scale=0.02, mean=0.125)
    for form in ("selected", "dense", "grouped"):
        sample("expert_mlp", dtype,
               ["tokens=3", "hidden=6", "experts=10", "inner=4", f"form={form}", "block_tokens=2"],
               {"x": x, "indices": indices, "weights": weights, "gate_up": gate_up, "down": down},
               {"out": experts(x, indices, weights, gate_up, down)})

    logits = draw(dtype, 1, 48)
    for lanes in (1, 6):
        sample("argmax", dtype, ["vocabulary=48", f"lanes={lanes}"], {"logits": logits},
               {"index": np.argmax(logits).astype(np.float64)})

    hidden, heads, kv, size, count, inner, context = 8, 4, 2, 6, 12, 6, 3
    for phase, tokens in (("decode", 1), ("prefill", 4)):
        first = context if phase == "decode" else 0
        cos, sin = tables(dtype, range(first, first + tokens), size)
        given = {
            "x": draw(dtype, tokens, hidden), "gamma_in": draw(dtype, 1, hidden, scale=0.1, mean=1),
            "gamma_q": draw(dtype, 1, size, scale=0.1, mean=1),
            "gamma_k": draw(dtype, 1, size, scale=0.1, mean=1),
            "gamma_post": draw(dtype, 1, hidden, scale=0.1, mean=1), "cos": cos, "sin": sin,
        }
        if phase == "decode":
            given["k_cache"] = draw(dtype, kv, size, context)
            given["v_cache"] = draw(dtype, context, kv, size)
        given["w_qkv"] = draw(dtype, hidden, (heads + 2 * kv) * size, scale=hidden ** -0.5)
        given["w_o"] = draw(dtype, heads * size, hidden, scale=(heads * size) ** -0.5)
        given["w_router"] = draw(dtype, hidden, count, scale=2 * hidden ** -0.5)
        given["gate_up"] = draw(dtype, count, hidden, 2 * inner, scale=hidden ** -0.5)
        given["down"] = draw(dtype, count, inner, hidden, scale=inner ** -0.5)
        qkv = (rms_norm(given["x"], given["gamma_in"], 1e-6) @ given["w_qkv"]).reshape(
            tokens, heads + 2 * kv, size)
        q = rotate(rms_norm(qkv[:, :heads], given["gamma_q"], 1e-6), cos, sin)
        k = rotate(rms_norm(qkv[:, heads:heads + kv], given["gamma_k"], 1e-6), cos, sin)
        v = qkv[:, heads + kv:]
        keys, values = k, v
        if phase == "decode":
            keys = np.concatenate([given["k_cache"].transpose(2, 0, 1), k])
            values = np.concatenate([given["v_cache"], v])
        h = given["x"] + attention(q, keys, values).reshape(tokens, -1) @ given["w_o"]
        post = rms_norm(h, given["gamma_post"], 1e-6)
        indices, weights = route(post, given["w_router"])
        out = h + experts(post, indices, weights, given["gate_up"], given["down"])
        sample("qwen3_layer", dtype,
               [f"phase={phase}", f"tokens={tokens}", f"context={context}", f"hidden={hidden}",
                f"q_heads={heads}", f"kv_heads={kv}", f"head_dim={size}", f"experts={count}",
                f"inner={inner}"], given,
               {"out": out, "k_new": k, "v_new": v, "expert_indices": indices.astype(np.float64),
                "expert_weights": weights})

for dtype in TYPES:
    x, gamma = draw(dtype, 3, 10, scale=2), draw(dtype, 1, 10, scale=0.1, mean=1)
    w = draw(dtype, 10, 12, scale=2 * 10 ** -0.5)
    y = rms_norm(x, gamma, 1e-6)
    indices, weights = route(y, w)
    sample("norm_router", dtype, ["tokens=3", "hidden=10", "experts=12"],
           {"x": x, "gamma": gamma, "w": w},
           {"y": y, "indices": indices.astype(np.float64), "weights": weights})

    k, v = draw(dtype, 3, 2, 6), draw(dtype, 3, 2, 6)
    caches = {"k_cache": draw(dtype, 2, 6, 9), "v_cache": draw(dtype, 9, 2, 6)}
    written = {"k_cache": caches["k_cache"].copy(), "v_cache": caches["v_cache"].copy()}
    written["k_cache"][:, :, 4:7] = k.transpose(1, 2, 0)
    written["v_cache"][4:7] = v
    for keys in ("pe", "dma"):
        sample("kv_write", dtype,
               ["tokens=3", "places=9", "position=4", "kv_heads=2", "head_dim=6", f"keys={keys}"],
               {"k": k, "v": v, "position": np.array([[4.0]]), **caches}, written)

MASK = 2**64 - 1


def normals(seed, name, count):
    """SplitMix64 (its state: seed xor FNV-1a of the name), then Box and Muller."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 & MASK
    state ^= seed
    words = []
    for _ in range(count):
        state = state + 0x9E3779B97F4A7C15 & MASK
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        words.append(z ^ z >> 31)
    values = []
    for first, second in zip(words[::2], words[1::2]):
        radius = math.sqrt(-2 * math.log(((first >> 11) + 1) * 2.0**-53))
        angle = 2 * math.pi * (second >> 11) * 2.0**-53
        values += [radius * math.cos(angle), radius * math.sin(angle)]
    return values


angles = np.arange(4)[:, None] * 1e6 ** -(np.arange(0, 8, 2) / 8)
fills = {
    "x": normals(7, "x", 16),
    "cos": np.cos(angles).ravel().tolist(),
    "sin": np.sin(angles).ravel().tolist(),
}

OUT.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(json.dumps(entry) for entry in samples)
OUT.write_text(f'{{"fills": {json.dumps(fills)},\n"samples": [\n{lines}\n]}}\n')
