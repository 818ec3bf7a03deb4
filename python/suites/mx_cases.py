"""The microscaling (MX) tutorial of the documentation and of nki-samples, with NumPy references of ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np

#: Element types by the name of the packed type.
PARTS: dict[str, Any] = {"float8_e5m2_x4": ml_dtypes.float8_e5m2, "float8_e4m3fn_x4": ml_dtypes.float8_e4m3fn,
                         "float4_e2m1fn_x4": ml_dtypes.float4_e2m1fn}


def containers(parts: Any) -> Any:
    """[P, N, 4] elements as the tutorial hands them over: uint32 of 8-bit elements, bytes of two 4-bit elements."""
    codes = np.ascontiguousarray(parts).view(np.uint8).reshape(parts.shape[0], -1)
    if parts.dtype == ml_dtypes.float4_e2m1fn:
        return codes[:, ::2] | codes[:, 1::2] << 4
    return codes.view(np.uint32)


def quantised(values: Any, kind: str) -> tuple[Any, Any]:
    """[P, 4 N] numbers as [P, N, 4] elements and [P / 8, N] codes of scales (NKI documentation, quantize_mx)."""
    rows, columns = values.shape
    groups = values.astype(np.float64).reshape(rows // 8, 8, columns // 4, 4)
    most = np.abs(groups).max(axis=(1, 3))
    largest = {"float8_e5m2_x4": 15, "float8_e4m3fn_x4": 8}[kind]
    exponent = np.maximum(np.floor(np.log2(np.maximum(most, 1e-300))) - (largest - 1), -127)
    parts = (groups / (2.0 ** exponent)[:, None, :, None]).astype(np.float32).astype(PARTS[kind])
    return parts.reshape(rows, columns // 4, 4), (exponent + 127).astype(np.uint8)


def dequantised(parts: Any, codes: Any) -> Any:
    return parts.astype(np.float64) * np.repeat(2.0 ** (codes.astype(np.float64) - 127), 8, axis=0)[..., None]


def product(left: tuple[Any, Any], right: tuple[Any, Any]) -> Any:
    return np.einsum("kmq,knq->mn", dequantised(*left), dequantised(*right))


def tutorial(folder: str, prefix: str, load: Callable[[str], Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """Name and test of each case; `load` makes a module of a file."""
    rng = np.random.default_rng(0)

    def operand(kind: str, columns: int) -> tuple[Any, Any]:
        parts = (rng.standard_normal((128, columns, 4)) * 2).astype(np.float32).astype(PARTS[kind])
        return parts, rng.integers(110, 122, (16, columns)).astype(np.uint8)

    def kernels() -> Any:
        os.environ["NEURON_PLATFORM_TARGET_OVERRIDE"] = "trn3"
        return load(os.path.join(folder, "mx_kernels.py"))

    def nl_type(kind: str) -> Any:
        import nki.language as nl

        return getattr(nl, kind)

    def check(found: Any, wanted: Any) -> None:
        # The result is bfloat16: half a unit in the last of 8 bits, and the sum's own rounding.
        np.testing.assert_allclose(np.asarray(found, np.float64), wanted, rtol=2.0 ** -8,
                                   atol=1e-5 * float(np.abs(wanted).max()))

    def offline(kind: str) -> None:
        left, right = operand(kind, 128), operand(kind, 512)
        found = kernels().kernel_offline_quantized_mx_matmul(
            containers(left[0]), left[1], containers(right[0]), right[1], nl_type(kind))
        check(found, product(left, right))

    def on_device(kind: str, moving: str) -> None:
        left = operand(kind, 128)
        values = rng.standard_normal((128, 2048)).astype(ml_dtypes.bfloat16)
        found = kernels().kernel_on_device_quantize_matmul_mx(
            containers(left[0]), left[1], values, nl_type(kind), nl_type(moving))
        check(found, product(left, quantised(values, moving)))

    def strided(kind: str, name: str, by_engine: bool) -> None:
        left, right = (rng.standard_normal((512, columns)).astype(ml_dtypes.bfloat16) for columns in (128, 512))
        found = getattr(kernels(), name)(left, right, nl_type(kind), by_engine)

        def interleaved(values: Any) -> Any:
            return values.reshape(4, 128, -1).transpose(1, 2, 0).reshape(128, -1)

        check(found, product(quantised(interleaved(left), kind), quantised(interleaved(right), kind)))

    for kind in PARTS:
        yield f"{prefix}::offline[{kind}]", lambda kind=kind: offline(kind)
    for kind, moving in (("float4_e2m1fn_x4", "float8_e5m2_x4"), ("float8_e5m2_x4", "float8_e5m2_x4"),
                         ("float8_e4m3fn_x4", "float8_e4m3fn_x4")):
        yield f"{prefix}::on_device[{kind}-{moving}]", lambda kind=kind, moving=moving: on_device(kind, moving)
    names = ["kernel_copy_strided_quantize_matmul_mx"]
    with open(os.path.join(folder, "mx_kernels.py"), encoding="utf-8") as file:
        packed = f"{names[0]}_packed_scale"
        names += [packed] if f"def {packed}(" in file.read() else []
    for name in names:
        for kind in ("float8_e5m2_x4", "float8_e4m3fn_x4"):
            for by_engine in (True, False):
                way = "tensor_copy" if by_engine else "dma"
                yield (f"{prefix}::{name.removeprefix('kernel_')}[{kind}-{way}]",
                       lambda name=name, kind=kind, by_engine=by_engine: strided(kind, name, by_engine))
