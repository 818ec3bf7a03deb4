"""The rules of the first generation's compiler for what single operations take."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NkiValidationError
from ..places import user_place
from ..tensor.grids import linear
from ..tensor.view import NkiTensor
from .breaches import breach, refusal
from .rules import first_generation, known


def require_hbm(view: Any, what: str, remedy: str) -> None:
    """Loads read HBM, stores write it."""
    current = first_generation()
    if current is not None and isinstance(view, NkiTensor) and view.on_chip:
        breach(current, "unsupported_memory", f"{what} is in {view.storage.region.value}", remedy)


def require_matrix(x: Any, op: str) -> None:
    """What is transposed has two dimensions, neither of them longer than there are partitions."""
    current = first_generation()
    if current is None or not isinstance(x, NkiTensor):
        return
    limit = current.machine.partitions
    free = x.size // x.shape[0] if x.shape else 1
    if free > limit:
        raise refusal("size_of_dimension_exceed_arch_limit", f"{op} of shape {list(x.shape)} has {free} elements in a "
                      f"partition, at most {limit} become partitions", f"transpose parts of {limit} columns")
    if x.ndim > 2:
        breach(current, "exceed_max_supported_dimension", f"{op} of shape {list(x.shape)} has {x.ndim} dimensions, not 2",
               "reshape it to two dimensions first")


def require_no_indices(src: Any, op: str) -> None:
    """A transposing load takes no rows that a tile chooses."""
    current = first_generation()
    if current is not None and isinstance(src, NkiTensor) and src.dynamic is not None and src.dynamic.kind == "vector":
        breach(current, "indirect_indices_are_not_supported_with_nki_api", f"{op} of rows that a tile of indices chooses",
               "gather them with nl.load, then transpose the tile")


def require_bias(op: str) -> None:
    """Kernels that place their tensors have no place for the compiler's own bias."""
    current = first_generation()
    if current is not None and known(current).is_allocated:
        breach(current, "bias_tensor_must_be_specified_in_allocation", f"{op} without a bias in a kernel that places its tensors",
               "call nisa.activation with bias=, a tile that nisa.memset made 0")


def require_other_engine(op: str, remedy: str) -> None:
    """Kernels that place their tensors have no place for the compiler's own identity."""
    current = first_generation()
    if current is not None and known(current).is_allocated:
        breach(current, "transpose_on_tensor_engine_not_allowed_in_allocated_kernel",
               f"{op} in a kernel that places its tensors", remedy)


def require_factors(bias: Any, scale: Any) -> None:
    """What an activation adds and multiplies by."""
    current = first_generation()
    if current is None:
        return
    if isinstance(bias, NkiTensor) and bias.dtype.name not in ("float32", "float16", "bfloat16"):
        message = f"nisa.activation bias is {bias.dtype}, must be float32, float16 or bfloat16"
        if not bias.dtype.is_float:
            raise refusal("activation_bias_invalid_type", message, "convert it with nl.copy(…, dtype=nl.float32)")
        breach(current, "activation_bias_invalid_type", message, "convert it with nl.copy(…, dtype=nl.float32)")
    if not isinstance(scale, NkiTensor):
        return
    if scale.dtype.name != "float32":
        raise refusal("activation_scale_invalid_type", f"nisa.activation scale is {scale.dtype}, must be float32",
                      "convert it with nl.copy(…, dtype=nl.float32)")
    if scale.size != scale.shape[0]:
        raise refusal("activation_scale_scalar_or_vector", f"nisa.activation scale has shape {list(scale.shape)}, must be a number "
                      "or have one element for each partition", "multiply by it with nisa.tensor_tensor")


def require_same_partitions(a: Any, b: Any, op: str) -> None:
    """Instructions do not repeat partitions; the simulator does with instructions of its own."""
    current = first_generation()
    if current is not None and isinstance(a, NkiTensor) and isinstance(b, NkiTensor) and a.shape[:1] != b.shape[:1]:
        breach(current, "num_partition_mismatch", f"{op} has operands of {a.shape[0]} and {b.shape[0]} partitions",
               "repeat the partitions with broadcast_to first")


def require_affine(mask: Any) -> None:
    """Masks compare a linear function of indices, and know no values of tensors."""
    current = first_generation()
    if current is None:
        return
    remedy = "compare a sum of indices, each times a number; nl.where and nisa.affine_select decide by more than that"
    if isinstance(mask, NkiTensor):
        breach(current, "unsupported_expression_in_mask", "a mask depends on the values of a tensor", remedy)
        return
    difference = getattr(mask, "difference", None)
    place = user_place()
    if difference is None or place in known(current).masks:
        return
    known(current).masks.add(place)
    try:
        linear(np.asarray(difference), difference.ndim)
    except NkiValidationError:
        breach(current, "unsupported_expression_in_mask", "a mask is no linear function of its indices", remedy)


__all__ = ["require_affine", "require_bias", "require_factors", "require_hbm", "require_matrix", "require_no_indices",
           "require_other_engine", "require_same_partitions"]
