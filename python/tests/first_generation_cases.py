"""Random kernels of `neuronxcc.nki` for trn1: tiles of 128 rows in a loop, masked at its end, and what NumPy makes of the same rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import numpy as np
import trnsim
from kernel_numbers import ARITHMETIC, FLOATS, FUNCTIONS, INTEGERS, TYPES, applied, stored, wide

TILE = 128
#: Element types that trn1 has.
KINDS = [kind for kind in TYPES if kind != "float8_e4m3"]


@dataclass
class Value:
    """A tile of each pass; all rows of it here."""

    name: str
    kind: str
    rows: np.ndarray


@dataclass
class FirstGenerationCase:
    """A kernel as steps: what each records in a pass, and what it does to all rows in NumPy."""

    seed: int
    number: int
    steps: list[tuple[str, Callable[[dict], None]]] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    inputs: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng([self.seed, self.number])
        self.rows = self.pick([TILE, 2 * TILE, *(int(rows) for rows in self.random.integers(1, 300, 4))])
        self.over = self.pick(["affine_range", "sequential_range", "static_range"])
        self.load()
        moves = [self.load, self.tensor_tensor, self.operator, self.tensor_scalar, self.activation, self.reduce, self.copy,
                 self.columns, self.product, self.where, self.transposed_twice]
        for _ in range(int(self.random.integers(1, 9))):
            self.pick(moves)()

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def some(self, width: int | None = None, kinds=TYPES) -> Value | None:
        found = [value for value in self.values if value.kind in kinds and width in (None, value.rows.shape[1])]
        return self.pick(found) if found else None

    def add(self, text: str, kind: str, rows: np.ndarray, made: Callable[[dict], object]) -> Value:
        """A step whose result has a name."""
        value = Value(f"v{len(self.values)}", kind, stored(rows, kind) if rows.dtype != TYPES[kind] else rows)

        def record(env: dict) -> None:
            env[value.name] = made(env)
        self.steps.append((f"{value.name} = {kind} {text}", record))
        self.values.append(value)
        return value

    # What is done

    def load(self) -> None:
        kind, width = self.pick(KINDS), self.pick([1, 2, 8, 31, 64])
        if kind in INTEGERS:
            info = np.iinfo(TYPES[kind])
            rows = self.random.integers(info.min // 4, info.max // 4 + 1, (self.rows, width)).astype(TYPES[kind])
        else:
            rows = stored(self.random.standard_normal((self.rows, width)).astype(np.float32), kind)
        place = len(self.inputs)
        self.inputs.append(rows)
        self.add(f"load input {place}", kind, rows, lambda env: nl.load(
            env["inputs"][place][env["row"], nl.arange(width)[None, :]], mask=env["mask"]))

    def tensor_tensor(self) -> None:
        a = self.some()
        b = self.some(a.rows.shape[1])
        op, kind = self.pick(list(ARITHMETIC)), self.pick(KINDS)
        self.add(f"tensor_tensor {op} {a.name} {b.name}", kind, ARITHMETIC[op](wide(a.rows), wide(b.rows)).astype(np.float32),
                 lambda env: nisa.tensor_tensor(env[a.name], env[b.name], op=getattr(np, op), dtype=getattr(nl, kind),
                                                engine=nisa.vector_engine, mask=env["mask"]))

    def operator(self) -> None:
        """A function of the language, or a row or column that is repeated by it."""
        a = self.some(kinds=FLOATS)
        b = a and self.some(self.pick([1, a.rows.shape[1]]), FLOATS)
        if a is None or b is None:
            return
        op, kind = self.pick(["add", "subtract", "multiply", "maximum", "minimum"]), self.pick(["float32", "bfloat16"])
        self.add(f"nl.{op} {a.name} {b.name}", kind, ARITHMETIC[op](wide(a.rows), wide(b.rows)),
                 lambda env: getattr(nl, op)(env[a.name], env[b.name], dtype=getattr(nl, kind), mask=env["mask"]))

    def operand(self) -> tuple[str, Callable[[dict], object], np.ndarray]:
        column = self.some(1, ["float32"]) if self.random.integers(2) else None
        if column is not None:
            return column.name, lambda env: env[column.name], column.rows
        value = float(self.pick([0, 1, -1, 0.5, 2, -3, 7.25]))
        return str(value), lambda env: value, np.float32(value)

    def tensor_scalar(self) -> None:
        data = self.some()
        op0, op1 = self.pick(list(ARITHMETIC)), self.pick([None, *ARITHMETIC])
        (text0, get0, value0), (text1, get1, value1) = self.operand(), self.operand()
        reverse0, reverse1 = bool(self.random.integers(2)), bool(self.random.integers(2))
        kind = self.pick(KINDS)
        rows = applied(op0, wide(data.rows), value0, reverse0)
        if op1 is not None:
            rows = applied(op1, rows, value1, reverse1)

        def made(env: dict) -> object:
            more = {} if op1 is None else {"op1": getattr(np, op1), "operand1": get1(env), "reverse1": reverse1}
            return nisa.tensor_scalar(env[data.name], op0=getattr(np, op0), operand0=get0(env), reverse0=reverse0,
                                      dtype=getattr(nl, kind), engine=nisa.vector_engine, mask=env["mask"], **more)
        self.add(f"tensor_scalar {data.name} {op0} {text0} {reverse0} {op1} {text1} {reverse1}", kind, rows, made)

    def activation(self) -> None:
        data, op, kind = self.some(), self.pick(list(FUNCTIONS)), self.pick(KINDS)
        scale = float(self.pick([1, 0.5, -2, 3]))
        column = self.some(1, ["float32"]) if self.random.integers(2) else None
        rows = wide(data.rows) * np.float32(scale)
        if column is not None:
            rows = rows + column.rows

        def made(env: dict) -> object:
            more = {} if column is None else {"bias": env[column.name]}
            return nisa.activation(op=getattr(nl, op), data=env[data.name], scale=scale, dtype=getattr(nl, kind),
                                   mask=env["mask"], **more)
        self.add(f"activation {op} {data.name} scale={scale} bias={column and column.name}", kind, FUNCTIONS[op](rows), made)

    def reduce(self) -> None:
        data = self.some()
        op, kind = self.pick(["add", "maximum", "minimum", "multiply"]), self.pick(["float32", "bfloat16"])
        self.add(f"tensor_reduce {op} {data.name}", kind,
                 ARITHMETIC[op].accumulate(wide(data.rows), axis=1, dtype=np.float32)[:, -1:],
                 lambda env: nisa.tensor_reduce(getattr(np, op), env[data.name], axis=(1,), dtype=getattr(nl, kind),
                                                mask=env["mask"]))

    def copy(self) -> None:
        data, kind = self.some(), self.pick(KINDS)
        self.add(f"tensor_copy {data.name}", kind, data.rows if kind == data.kind else wide(data.rows),
                 lambda env: nisa.tensor_copy(env[data.name], dtype=getattr(nl, kind), engine=nisa.vector_engine, mask=env["mask"]))

    def columns(self) -> None:
        """Every k-th column, by a grid that is scaled and moved."""
        data = self.some()
        width = data.rows.shape[1]
        first, step = int(self.random.integers(0, width)), self.pick([1, 2, 3])
        count = len(range(first, width, step))
        self.add(f"copy {data.name}[:, {first}::{step}]", data.kind, data.rows[:, first::step].copy(),
                 lambda env: nl.copy(env[data.name][nl.arange(TILE)[:, None], first + step * nl.arange(count)[None, :]],
                                     dtype=getattr(nl, data.kind), mask=env["mask"]))

    def product(self) -> None:
        """Columns weighed by a small matrix: integers, so that all sums are exact; made once in front of the loop."""
        inner, width = self.pick([1, 16, 128]), self.pick([1, 8, 64])
        left = self.random.integers(-4, 5, (inner, TILE)).astype(np.float32)
        right = self.random.integers(-4, 5, (inner, width)).astype(np.float32)
        place = len(self.inputs)
        self.inputs += [left, right]
        rows = np.tile(left.T @ right, (-(-self.rows // TILE), 1))[:self.rows]

        def made(env: dict) -> object:
            a, b = nl.load(env["inputs"][place]), nl.load(env["inputs"][place + 1])
            return nl.copy(nisa.nc_matmul(a, b), dtype=nl.float32)
        self.add(f"nc_matmul inputs {place}, {place + 1}", "float32", rows, made)

    def where(self) -> None:
        a = self.some(kinds=["float32"])
        b = a and self.some(a.rows.shape[1], ["float32"])
        if a is None or b is None:
            return
        self.add(f"where {a.name} > {b.name}", "float32", np.where(a.rows > b.rows, a.rows, b.rows),
                 lambda env: nl.where(nl.greater(env[a.name], env[b.name], mask=env["mask"]), env[a.name], env[b.name],
                                      dtype=nl.float32, mask=env["mask"]))

    def transposed_twice(self) -> None:
        """Through the PE array and back: what rows of no input have is nobody's, and goes where it was."""
        data = self.some(kinds=["float32"])
        if data is None or self.rows % TILE:
            return
        self.add(f"transpose of transpose {data.name}", "float32", data.rows,
                 lambda env: nl.copy(nisa.nc_transpose(nl.copy(nisa.nc_transpose(env[data.name]))), dtype=nl.float32))

    # The run

    def kernel(self):
        case = self

        @nki.jit
        def fuzzed(*inputs):
            outputs = []
            for value in case.values:
                outputs.append(nl.ndarray(value.rows.shape, getattr(nl, value.kind), buffer=nl.shared_hbm))
            for tile in getattr(nl, case.over)(-(-case.rows // TILE)):
                row = tile * TILE + nl.arange(TILE)[:, None]
                env = {"inputs": inputs, "row": row, "mask": row < case.rows}
                for _, record in case.steps:
                    record(env)
                for value, out in zip(case.values, outputs, strict=True):
                    nl.store(out[row, nl.arange(value.rows.shape[1])[None, :]], env[value.name], mask=env["mask"])
            return tuple(outputs)

        return fuzzed

    def problem(self) -> str | None:
        """What is wrong with the kernel's values or its report; None if nothing is."""
        with warnings.catch_warnings():
            # As many outputs as there are values are made in a loop.
            warnings.simplefilter("ignore", trnsim.SimulationWarning)
            result = trnsim.simulate(self.kernel(), *self.inputs, hardware="trn1")
        found = result.values if isinstance(result.values, tuple) else (result.values,)
        for value, rows in zip(self.values, found, strict=True):
            if rows.shape != value.rows.shape or rows.dtype != value.rows.dtype:
                return f"{value.name} is {rows.dtype}{list(rows.shape)}, not {value.rows.dtype}{list(value.rows.shape)}"
            a, b = wide(rows), wide(value.rows)
            if value.kind in INTEGERS:
                a, b = rows, value.rows
            differs = ~((a == b) | ((a != a) & (b != b)))
            if differs.any():
                at = tuple(int(i) for i in np.argwhere(differs)[0])
                return f"{value.name}{list(at)} is {rows[at]}, not {value.rows[at]} ({int(differs.sum())} differ)"
        if not 0 < result.report.seconds < 1:
            return f"takes {result.report.seconds} s"
        return None

    def text(self) -> str:
        lines = [f"first generation, {self.rows} rows, {self.over}"]
        lines += [f"input {i}: {x.dtype}{list(x.shape)}" for i, x in enumerate(self.inputs)]
        return "\n".join("    " + line for line in lines + [text for text, _ in self.steps])
