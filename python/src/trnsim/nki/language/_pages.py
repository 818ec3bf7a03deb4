"""What `nki.language` says of itself: pages of its functions, in the form of those of `nki.isa`.

What several functions take is said once, in `_PARAMETERS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Page(NamedTuple):
    """What a function does, with the parameters that no other has in this sense."""

    summary: str
    details: str = ""
    parameters: dict[str, str] = {}
    returns: str = ""
    raises: str = ""


_TILE = "tile [P, …] in sbuf or psum"
_HBM = "NkiValidationError where a tile is in HBM (nl.load it first)"
_AXES = f"{_HBM}, where axis has dimension 0, or one that x does not have"

#: Parameters that many functions have.
_PARAMETERS = {
    "x": _TILE,
    "dtype": "element type of the result: nl.bfloat16, \"bfloat16\" or NumPy's; by default that of x",
    "axis": "dimensions to reduce, a number or several, from 1 on or negative; None: all but the partitions",
    "keepdims": "whether reduced dimensions stay, with one element",
    "buffer": "memory of the tensor: nl.sbuf, nl.psum, nl.hbm (private_hbm, shared_hbm); by default nl.sbuf",
    "name": "name in reports and messages; by default that of the variable it is assigned to",
    "shape": "extents, on chip those of partitions (at most 128) first",
    "mask": "comparisons of nl.arange: what of the result is computed",
}

_RANGE = {
    "start": "first number; the end, if it is alone", "stop": "where it ends, exclusive",
    "step": "difference of neighbours, not 0",
}
_RAISES_RANGE = "KernelTypeError where a bound is a register, which is known on the device alone"

_PAGES: dict[str, Page] = {
    # Tensors
    "ndarray": Page("A new tensor, whose contents are undefined.",
                    "On chip it has a place when the compiler gives it one, or where buffer or address say it.",
                    {"dtype": "element type", "address": "(partition, byte) of a place on chip; None: the compiler's choice"},
                    "tensor of the shape", "NkiValidationError where an extent is less than 1 or no integer"),
    "zeros": Page("A new tensor of zeros.", parameters={"dtype": "element type"}, returns="tensor of the shape"),
    "ones": Page("A new tensor of ones.", parameters={"dtype": "element type"}, returns="tensor of the shape"),
    "full": Page("A new tensor of one value.",
                 "On chip by memset; in psum nothing is stored where a product overwrites it, in HBM it is written by DMAs.",
                 {"fill_value": "number, rounded to dtype", "dtype": "element type"}, "tensor of the shape"),
    # Tiles
    "tiles": Page("A tensor by coordinates of tiles: nothing is allocated, nothing is moved.",
                  "The last tile of a dimension may be smaller. A number chooses in its dimension, a slice keeps it; grid[i, j].data is the "
                  "tensor of a tile. Of a block it gives the tiles within.",
                  {"source": "tensor, or a grid of tiles or blocks", "tile_shape": "elements of a tile, for the last dimensions of a tensor; "
                   "dimensions in front are chosen one by one. None: those of the grid"}, "grid of tiles",
                  "KernelTypeError and KernelValueError where tile_shape is no tuple of two or more positive integers"),
    "blocks": Page("A tensor by coordinates of blocks of tiles: nothing is allocated, nothing is moved.",
                   "Index it as nl.tiles; nl.tiles(grid[i, j]) has the tiles of a block.",
                   {"source": "tensor, or a grid of tiles or blocks", "tile_shape": "elements of a tile; None: those of the grid",
                    "block_shape": "tiles of a block, along each dimension that is tiled"}, "grid of blocks",
                   "KernelTypeError and KernelValueError where shapes are no tuples of positive integers, or of different lengths"),
    "alloc_tiles": Page("A new tensor by coordinates of tiles, whose contents are undefined.",
                        "On chip its tiles lie side by side, each in as many partitions as tile_shape has rows (their order is assumed: "
                        "row-major).",
                        {"tile_shape": "elements of a tile", "element_shape": "elements of all tiles together", "buffer": "memory of the tensor",
                         "dtype": "element type", "address": "(partition, byte) of a place on chip; None: the compiler's choice"},
                        "grid of tiles", "KernelTypeError and KernelValueError as nl.tiles"),
    "alloc_blocks": Page("A new tensor by coordinates of blocks of tiles, whose contents are undefined.",
                         "Its tiles lie as those of nl.alloc_tiles.",
                         {"tile_shape": "elements of a tile", "block_shape": "tiles of a block, along each dimension that is tiled",
                          "element_shape": "elements of all tiles together", "buffer": "memory of the tensor", "dtype": "element type",
                          "address": "(partition, byte) of a place on chip; None: the compiler's choice"}, "grid of blocks",
                         "KernelTypeError and KernelValueError as nl.blocks"),
    "zeros_like": Page("A new tensor of zeros, of a tensor's shape.",
                       parameters={"x": "tensor in any memory", "buffer": "memory; by default that of x"},
                       returns="tensor of x's shape"),
    "empty_like": Page("A new tensor of a tensor's shape, whose contents are undefined.",
                       parameters={"x": "tensor in any memory", "buffer": "memory; by default that of x"},
                       returns="tensor of x's shape"),
    "ndarray_like": Page("A new tensor of a tensor's shape, whose contents are undefined.",
                         parameters={"x": "tensor in any memory", "kwargs": "dtype, buffer and name, as of nl.ndarray"},
                         returns="tensor of x's shape"),
    "shared_constant": Page("A constant as an HBM tensor, which is there before the kernel begins.",
                            parameters={"constant": "array, or the path of a .npy file", "dtype": "element type; by default the array's"},
                            returns="HBM tensor of the array's shape",
                            raises="NkiValidationError where the elements are of a type that no tensor has"),
    "shared_identity_matrix": Page("The identity matrix in sbuf, loaded from a constant in HBM.",
                                   "Kernels of the first API generation get the HBM tensor itself.",
                                   {"n": "rows and columns, at most 128", "dtype": "element type",
                                    "dst": "tile [n, n] to load it into; None: a new one"},
                                   "tile [n, n]"),
    "ds": Page("A slice of `size` elements from `start` on, for use within brackets.",
               parameters={"start": "number or register: it may be known only when the program runs", "size": "number of elements"},
               returns="slice"),
    "par_dim": Page("Marks the partition dimension of a shape, behind the dimensions of blocks.",
                    parameters={"size": "partitions, at most 128"}, returns="extent for nl.ndarray"),
    "arange": Page("Numbers as an index grid, as NumPy's arange gives them; brackets and masks take it.",
                   parameters={"args": "stop; start and stop; or start, stop and step"}, returns="array of integers"),
    "load": Page("A new tile in sbuf with the contents of an HBM tensor, by a DMA.",
                 parameters={"src": "HBM tensor, or a slice of one; one dimension becomes partitions",
                             "dtype": "element type of the tile, converted on the way; by default src's"},
                 returns="tile [P, …] in sbuf", raises="NkiValidationError where it has more than 128 partitions"),
    "store": Page("Writes a tile, or a number everywhere, to an HBM tensor by a DMA.",
                  "A tile in psum is copied to sbuf first, which DMAs reach.",
                  {"dst": "HBM tensor, or a slice of one", "value": "tile of as many elements, or a number"},
                  raises="NkiValidationError where the shapes do not fit"),
    "load_transpose2d": Page("A matrix of HBM, transposed, as a new tile.",
                             "Elements of 2 and 4 bytes by a transposing DMA, others by a load and a product.",
                             {"src": "HBM matrix [rows, columns]", "dtype": "element type of the tile; by default src's"},
                             "tile [columns, rows]"),
    "copy": Page("A tile with the same values, rounded to the result's type.", returns="tile of x's shape in sbuf",
                 parameters={"src": _TILE, "dtype": "element type of the result; by default the source's"}, raises=_HBM),
    "gather_flattened": Page("In each partition the elements at given positions of the flattened free dimensions.",
                             parameters={"data": "tile [P, …]", "indices": "tile [P, …] of positions, uint32",
                                         "axis": "for readers: positions count in all free dimensions",
                                         "dtype": "element type of the result; by default data's"},
                             returns="tile of indices' shape"),
    # Loops
    "affine_range": Page("The numbers of a loop whose passes depend on each other by sums alone; it is unrolled while tracing.",
                         "Each pass is a scope of the program. In the first API generation its body is traced once.", _RANGE,
                         "iterator of integers", _RAISES_RANGE),
    "sequential_range": Page("The numbers of a loop whose passes follow each other; it is unrolled while tracing.",
                             "Each pass is a scope of the program. In the first API generation its body is traced once.", _RANGE,
                             "iterator of integers", _RAISES_RANGE),
    "static_range": Page("The numbers of a loop that is unrolled while tracing; each pass is a scope of the program.",
                         parameters=_RANGE, returns="iterator of integers", raises=_RAISES_RANGE),
    "dynamic_range": Page("A loop of the sequencers: its body is traced once, and runs as often as the bounds say.",
                          parameters={"start": "first number, or a register; the end, if it is alone",
                                      "stop": "where it ends, exclusive, or a register", "step": "difference, or a register"},
                          returns="iterator that gives the loop's register once"),
    "fori_loop": Page("Calls a function with the register of a loop of the sequencers; the body is traced once.",
                      parameters={"lower": "first number, or a register", "upper": "where it ends, exclusive, or a register",
                                  "body_fun": "function of the loop's register", "step": "difference, or a register"}),
    "while_loop": Page("Repeats a function while a register is not 0; the body is traced once.",
                       parameters={"init": "register, or the number that a new one begins with",
                                   "body_fun": "function of the register, which it changes"}),
    "no_reorder": Page("A block whose instructions keep their order, also where the compiler orders them.",
                       returns="context manager"),
    # Launch
    "program_id": Page("Which program of the grid this is.", parameters={"axis": "dimension of the grid"},
                       returns="number from 0 on; 0 in a dimension that the grid does not have"),
    "num_programs": Page("How many programs the grid has.",
                         parameters={"axes": "dimension of the grid, several, or None for all"},
                         returns="number, or a tuple where several were asked for; 1 in a dimension that the grid does not have"),
    "program_ndim": Page("How many dimensions the grid has.", returns="number; 0 without a grid"),
    "device_print": Page("Prints a tensor while the program runs; it takes no time.",
                         parameters={"print_prefix": "text before it", "tensor": "tensor in any memory"}),
    # Memories
    "is_hbm": Page("Whether a memory is HBM.", parameters={"buffer": "memory, or its name"}, returns="bool"),
    "is_on_chip": Page("Whether a memory is sbuf or psum.", parameters={"buffer": "memory, or its name"}, returns="bool"),
    "is_psum": Page("Whether a memory is psum.", parameters={"buffer": "memory, or its name"}, returns="bool"),
    "is_sbuf": Page("Whether a memory is sbuf.", parameters={"buffer": "memory, or its name"}, returns="bool"),
    # Functions of tiles
    "var": Page("The variance over free dimensions: the mean squared distance from the mean, in float32.",
                returns="tile without the reduced dimensions", raises=_AXES),
    "all": Page("Whether all elements are different from 0: 1 or 0.", returns="tile without the reduced dimensions", raises=_AXES),
    "softmax": Page("exp(x - max) / sum of exp(x - max), in float32.",
                    "Over all free dimensions by tensor_reduce, activation_reduce on Scalar and a product with the sum's reciprocal.",
                    {"axis": "free dimensions that sum to 1, a number or several; by default the last"},
                    "tile of x's shape", _AXES),
    "rms_norm": Page("x / sqrt(sum of x² / n + epsilon) · w, in float32.",
                     "By activation_reduce on Scalar, and tensor_scalar and tensor_tensor on Vector.",
                     {"w": "weights, a tile that can be repeated to x's shape", "axis": "for readers: all free dimensions are reduced",
                      "n": "by what the sum is divided, elements", "epsilon": "what is added below the root",
                      "compute_dtype": "for readers: it is computed in float32"},
                     "tile of x's shape"),
    "where": Page("x where the condition is not 0, else y.", "By copies and tensor_copy_predicated on Vector.",
                  {"condition": "tile; of uint8, uint16 or uint32 it is used as it is", "x": "tile or number", "y": "tile or number",
                   "dtype": "element type of the result; by default the wider of x's and y's"},
                  "tile of the common shape"),
    "transpose": Page("A tile with partitions and free dimensions exchanged, by the PE array.",
                      parameters={"x": "tile [P, F], in psum copied first; F at most 128"}, returns="tile [F, P] in psum", raises=_HBM),
    "matmul": Page("The product x · y, by the PE array; sums are float32.",
                   "x is transposed first unless transpose_x says that it is already.",
                   {"x": "float tile [M, K]; [K, M] with transpose_x; M, K at most 128", "y": "float tile [K, N], N at most 512",
                    "transpose_x": "whether x comes with K in the partitions"},
                   "float32 tile [M, N] in psum", _HBM),
    "static_cast": Page("A tile with the values in another element type, rounded to nearest even.",
                        "Outside of kernels, of an array of NumPy.", {"x": "tile or array"}, "tile or array of x's shape"),
    "expand_dims": Page("A view with one more dimension of one element; no instruction.",
                        parameters={"x": "tensor in any memory", "axis": "where it is inserted, from 1 on or negative"},
                        returns="view"),
    "broadcast_to": Page("Dimensions of one element repeated to a shape.",
                         "Free dimensions by a view; one partition to many by a product with ones, which are instructions.",
                         {"x": "tensor in any memory", "shape": "extents, of which each is x's or x's is 1"},
                         "tile or view of the shape", "NkiValidationError where the shape does not fit"),
    "dropout": Page("x with elements replaced by 0 at random, by Vector's generator.",
                    parameters={"rate": "probability of 0 in [0, 1], a number or a tile [P, 1]"}, returns="tile of x's shape"),
    "rand": Page("Uniform random numbers of [0, 1), by Vector's generator: 24 random bits each.",
                 parameters={"dtype": "element type", "buffer": "for readers: the tile is in sbuf"}, returns="tile of the shape"),
    "random_seed": Page("Seeds Vector's generator of random numbers.",
                        parameters={"seed": "integer for all partitions, or a tile [P, 1]"}),
    # Of the first API generation
    "loop_reduce": Page("The reduction over the passes of loops; complete when the loops are.",
                        "`t[…] = nl.loop_reduce(…)` reduces into `t`, so that each of its tiles has a sum of its own. Where the "
                        "result is kept in a variable there is one sum for the line.",
                        {"op": "nl.add, nl.multiply, nl.maximum or nl.minimum", "loop_indices": "the loops' numbers, one or several"},
                        "tile of x's shape"),
    "all_reduce": Page("The reduction over programs of the grid, which is not simulated.",
                       parameters={"x": "tile of each program", "op": "the operation", "program_axes": "dimensions of the grid"}, returns="nothing",
                       raises="UnsupportedError: reduce in HBM after the programs"),
    "finfo": Page("The limits of a float type, as NumPy's finfo.", parameters={"dtype": "float type"}, returns="limits"),
}
_PAGES |= {"dslice": _PAGES["ds"], "range": _PAGES["static_range"], "tensor": _PAGES["ndarray"]}

# Operations: formula of each element.

_ARITHMETIC = {"add": "x + y", "subtract": "x - y", "multiply": "x · y", "divide": "x / y", "maximum": "the larger of x and y",
               "minimum": "the smaller of x and y", "abs_max": "the larger of |x| and |y|", "abs_min": "the smaller of |x| and |y|",
               "power": "x to the power y (on GpSimd)", "mod": "x - y · floor(x / y)", "fmod": "x - y · trunc(x / y)"}
_COMPARISONS = {"equal": "x = y", "not_equal": "x ≠ y", "less": "x < y", "less_equal": "x ≤ y", "greater": "x > y",
                "greater_equal": "x ≥ y", "logical_and": "x ≠ 0 and y ≠ 0", "logical_or": "x ≠ 0 or y ≠ 0",
                "logical_xor": "one of x and y is 0, the other is not"}
_BITWISE = {"bitwise_and": "bits that x and y have", "bitwise_or": "bits that x or y has", "bitwise_xor": "bits that one of x and y has",
            "left_shift": "x's bits moved up by y", "right_shift": "x's bits moved down by y, the sign with them where x has one"}
_ON_SCALAR = {"exp": "e to the power x", "log": "the natural logarithm of x", "sqrt": "the square root of x", "tanh": "tanh x",
              "sigmoid": "1 / (1 + exp(-x))", "gelu": "x · Φ(x), by the error function",
              "gelu_apprx_sigmoid": "x · sigmoid(1.702 x)", "gelu_apprx_tanh": "x · Φ(x), by tanh of a cubic",
              "gelu_dx": "the derivative of gelu at x", "gelu_apprx_sigmoid_dx": "the derivative of gelu_apprx_sigmoid at x",
              "silu": "x · sigmoid(x)", "silu_dx": "the derivative of silu at x", "softplus": "log(1 + exp(x))",
              "mish": "x · tanh(softplus(x))", "erf": "the error function of x", "erf_dx": "the derivative of erf at x",
              "sin": "sin x, for x in -π…π", "arctan": "the arctangent of x", "sign": "-1, 0 or 1 by the sign of x",
              "square": "x²", "rsqrt": "1 / sqrt(x)", "relu": "the larger of x and 0", "abs": "|x|"}
_COMPOSED = {"cos": "cos x", "tan": "sin x / cos x", "ceil": "the smallest integer not below x", "floor": "the largest integer not above x",
             "trunc": "x without its fraction"}
_ON_VECTOR = {"reciprocal": "1 / x", "copy": "x", "negative": "-x", "logical_not": "1 where x is 0, else 0"}
_REDUCTIONS = {"sum": "The sum", "max": "The largest element", "min": "The smallest element", "prod": "The product", "mean": "The mean"}
_NAMES = {"average": "The mean of a reduction", "bypass": "What leaves the other operand as it is",
          "prelu": "The larger of x and a multiple of it"}

_AS_OP = "As `op=` it names the operation of an instruction."
_TWO = {"x": f"{_TILE}, or a number", "y": "tile of x's shape, or one that can be repeated to it; or a number"}


def _operation(name: str) -> Page:
    """The page of an operation."""
    if name in _REDUCTIONS:
        return Page(f"{_REDUCTIONS[name]} over free dimensions, in float32, by tensor_reduce on Vector.", _AS_OP,
                    {"negate": "multiply the result by -1"}, "tile without the reduced dimensions; [P, 1] where none is left", _AXES)
    if name in _NAMES:
        return Page(f"{_NAMES[name]}: an operation of instructions, which is no function of tiles.", _AS_OP,
                    raises="UnsupportedError where it is called")
    if name == "invert":
        return Page("x with every bit inverted, element by element.", f"By tensor_scalar on Vector. {_AS_OP}",
                    {"x": "tile [P, …] of integers in sbuf or psum"}, "tile of x's shape in sbuf", _HBM)
    for formulas, how in ((_ON_SCALAR, "By activation on Scalar, or by tensor_scalar on Vector where it has the operation"),
                          (_COMPOSED, "By several instructions, as no engine has it"), (_ON_VECTOR, "On Vector")):
        if name in formulas:
            return Page(f"{formulas[name]}, element by element, in float32.", f"{how}. {_AS_OP}",
                        returns="tile of x's shape in sbuf", raises=_HBM)
    details = ("Two tiles give nki.isa.tensor_tensor, a number or a float32 tile [P, 1] nki.isa.tensor_scalar; of two numbers it is "
               f"Python's. {_AS_OP}")
    dtype = {"dtype": "element type of the result; by default the wider of x's and y's, floats before integers"}
    raises = f"{_HBM}, or shapes do not fit"
    if name in _ARITHMETIC:
        return Page(f"{_ARITHMETIC[name]}, element by element, in float32.", details, _TWO | dtype, "tile of the common shape in sbuf",
                    raises)
    if name in _COMPARISONS:
        return Page(f"1 where {_COMPARISONS[name]}, else 0, element by element.", details, _TWO | dtype,
                    "tile of the common shape in sbuf", raises)
    return Page(f"{_BITWISE[name]}, element by element.", details,
                {"x": "tile of integers, or an integer", "y": "tile of integers of x's size, or an integer"} | dtype,
                "tile of the common shape in sbuf", f"{raises}, or are not integers of one size")


def documented(name: str, function: Callable[..., Any], *, is_operation: bool = False, masked: bool = False) -> str:
    """The page of a public function; `masked` if it takes `mask=` although its signature does not say so."""
    page = _operation(name) if is_operation else _PAGES[name]
    lines = [page.summary[:1].upper() + page.summary[1:] if len(page.summary.split()[0]) > 1 else page.summary, ""]
    if page.details:
        lines += [*wrapped(page.details, ""), ""]
    # Faster than inspect.signature, which would be half of the module's loading.
    code = inspect.unwrap(function).__code__
    named = code.co_argcount + code.co_kwonlyargcount
    rest = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    names = [parameter for parameter in code.co_varnames[:named] if not parameter.startswith("_")]
    names += [parameter for parameter in code.co_varnames[named:named + rest] if parameter in page.parameters]
    if masked and names and "mask" not in names:
        names.append("mask")
    sections = [("Parameters", [line for parameter in names
                                for line in (parameter, *wrapped(page.parameters.get(parameter) or _PARAMETERS[parameter], "    "))]),
                ("Returns", wrapped(page.returns, "")), ("Raises", wrapped(page.raises, ""))]
    for title, content in sections:
        if content:
            lines += [title, "-" * len(title), *content, ""]
    return "\n".join(lines).rstrip() + "\n"


def wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most 100 columns; none of an empty text."""
    lines: list[str] = []
    line = indent
    for word in text.split():
        if len(line) + len(word) > 99 and line != indent:
            lines.append(line)
            line = indent
        line += word if line == indent else f" {word}"
    return [*lines, line] if line != indent else lines


__all__ = ["Page", "documented", "wrapped"]
