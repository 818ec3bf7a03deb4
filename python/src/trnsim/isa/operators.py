"""`nl.add`, `nl.exp` and the like: objects that are passed as `op=` and can be called on tiles."""

from __future__ import annotations

from typing import Any, Final

from ..errors import KernelTypeError
from ..places import current_place

#: Operations of the Vector and GpSimd engines (NKI documentation, "Supported Math Operators").
ALU: Final = frozenset({
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "abs_max", "abs_min", "abs", "power",
    "rsqrt", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_or", "logical_xor", "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor", "invert",
    "left_shift", "right_shift", "mod", "fmod", "average", "bypass", "square", "relu",
})
#: Operations whose operands are bit patterns.
BITWISE: Final = frozenset({"bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"})
#: Operations of one operand.
UNARY: Final = frozenset({"abs", "rsqrt", "logical_not", "invert"})
#: Those that trn3 has besides, as the first operation of tensor_scalar and tensor_scalar_reduce.
UNARY_TRN3: Final = frozenset({"square", "relu"})
#: Functions of the Scalar engine (NKI documentation, "Supported Activation Functions").
ACTIVATIONS: Final = frozenset({
    "copy", "exp", "log", "sqrt", "rsqrt", "reciprocal", "square", "relu", "sigmoid", "silu", "tanh", "gelu",
    "gelu_apprx_tanh", "gelu_apprx_sigmoid", "softplus", "mish", "erf", "sign", "abs", "sin", "arctan",
    "gelu_dx", "gelu_apprx_sigmoid_dx", "silu_dx", "erf_dx", "prelu", "abs_reciprocal_sqrt",
})
#: Operations that change nothing when the sides are swapped.
COMMUTATIVE: Final = frozenset({"add", "multiply", "maximum", "minimum", "abs_max", "abs_min", "equal", "not_equal",
                         "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or",
                         "bitwise_xor"})

_NUMPY: Final = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide",
    "true_divide": "divide", "maximum": "maximum", "minimum": "minimum", "power": "power",
    "absolute": "abs", "equal": "equal", "not_equal": "not_equal", "greater": "greater",
    "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal",
    "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
    "logical_not": "logical_not", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor", "invert": "invert", "left_shift": "left_shift",
    "right_shift": "right_shift", "exp": "exp", "log": "log", "sqrt": "sqrt", "square": "square",
    "tanh": "tanh", "sin": "sin", "arctan": "arctan", "sign": "sign", "reciprocal": "reciprocal",
    "remainder": "mod", "mod": "mod", "fmod": "fmod", "max": "maximum", "amax": "maximum",
    "min": "minimum", "amin": "minimum", "sum": "add", "negative": "negative", "prod": "multiply",
    "abs": "abs", "copy": "copy",
}
_SAME: Final = {"max": "maximum", "min": "minimum", "sum": "add", "mean": "average", "mult": "multiply",
         "sub": "subtract", "logical_shift_left": "left_shift", "logical_shift_right": "right_shift",
         "bitwise_not": "invert", "prod": "multiply", "identity": "copy", "none": "bypass", "pow": "power"}


def op_name(op: Any) -> str:
    """The name of an operation given as `nl.add`, `np.add` or "add"."""
    name = getattr(op, "trnsim_op", None)
    if name is not None:
        return name  # type: ignore[no-any-return]
    if isinstance(op, str):
        return _SAME.get(op, op)
    name = getattr(op, "__name__", None)
    module = type(op).__module__
    if name is not None and (module.startswith("numpy") or
                             str(getattr(op, "__module__", "")).startswith("numpy")):
        found = _NUMPY.get(name)
        if found is not None:
            return found
    raise KernelTypeError(f"{op!r} is no operation", remedy="pass one of nki.language, such as nl.add",
                          place=current_place())


def alu(op: Any, what: str) -> str:
    """The name of an ALU operation."""
    name = getattr(op, "trnsim_op", None) or op_name(op)
    if name not in ALU:
        raise KernelTypeError(f"'{what}' cannot be {name}", place=current_place(),
                              remedy="an ALU operation, such as nl.add, nl.multiply or nl.maximum")
    return name


def activation_name(op: Any) -> str:
    """The name of a function of the Scalar engine."""
    name = getattr(op, "trnsim_op", None) or op_name(op)
    if name not in ACTIVATIONS:
        raise KernelTypeError(f"'op' cannot be {name}", place=current_place(),
                              remedy="a function of the Scalar engine, such as nl.exp or nl.copy")
    return name
