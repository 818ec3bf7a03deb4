"""Random NKI kernels whose values NumPy and ml_dtypes compute as well, and which must be the same.

    python python/tests/kernel_fuzzer.py --cases 2000 --seed 1
    python python/tests/kernel_fuzzer.py --minutes 10
    python python/tests/kernel_fuzzer.py --seed 1 --case 1234        one case, with its steps

A case depends on the seed and its number alone. What the simulator computes in a documented order of roundings is compared
element by element; where the order is nobody's, the numbers are such that every order gives the same.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

if __name__ == "__main__" and os.environ.get("TRNSIM_INSTALLED") != "1":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

import ml_dtypes
import numpy as np
import trnsim

trnsim.install(shadow=True)

import nki
import nki.collectives as nccl
import nki.isa as nisa
import nki.language as nl
from first_generation_cases import FirstGenerationCase
from kernel_numbers import ARITHMETIC, FLOATS, FUNCTIONS, INTEGERS, TYPES, applied, stored, wide

#: Packed types: their elements, and the bits of each.
PACKED = {"float8_e5m2_x4": (ml_dtypes.float8_e5m2, 8), "float8_e4m3fn_x4": (ml_dtypes.float8_e4m3fn, 8),
          "float4_e2m1fn_x4": (ml_dtypes.float4_e2m1fn, 4)}
BITWISE = {"bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor}


@dataclass
class Tile:
    """A tile of the kernel, and what it holds on each core."""

    name: str
    kind: str
    values: list[np.ndarray]
    #: Whether all elements are integers so small that sums of products are exact in float32.
    is_exact: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values[0].shape


@dataclass
class Part:
    """Rows and columns of a tile."""

    tile: Tile
    rows: slice
    columns: slice

    def read(self, core: int) -> np.ndarray:
        return self.tile.values[core][self.rows, self.columns]

    def write(self, core: int, values: np.ndarray) -> None:
        self.tile.values[core][self.rows, self.columns] = values

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.tile.shape
        return (len(range(*self.rows.indices(rows))), len(range(*self.columns.indices(columns))))

    def __str__(self) -> str:
        def text(part: slice) -> str:
            return f"{part.start}:{part.stop}" + (f":{part.step}" if part.step not in (None, 1) else "")
        return f"{self.tile.name}[{text(self.rows)}, {text(self.columns)}]"


@dataclass
class Case:
    """A kernel as steps: what each records, and what it does in NumPy."""

    seed: int
    number: int
    #: Cores of one rank, or ranks of one core.
    cores: int = 1
    ranks: int = 1
    steps: list[tuple[str, Callable[[dict], None]]] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    inputs: list[np.ndarray] = field(default_factory=list)
    hardware: str = "trn2"
    #: Inputs that are no packed elements or scales, by their place: their type.
    kinds: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng([self.seed, self.number])
        layout = self.random.random()
        self.cores = 2 if layout < 0.2 else 1
        if layout > 0.85:
            self.cores = self.ranks = self.pick([2, 4])
        self.hardware = "trn3" if self.random.random() < 0.3 else "trn2"
        for _ in range(2):
            self.load()
        moves = [self.load, self.memset, self.copy, self.tensor_tensor, self.tensor_tensor, self.bitwise, self.tensor_scalar,
                 self.tensor_scalar, self.scalar_tensor_tensor, self.reduce, self.scan, self.activation, self.matmul,
                 self.transpose, self.iota, self.select, self.loop, self.strided_load]
        if self.ranks > 1:
            moves += [self.collective] * 4
        elif self.cores == 2:
            moves += [self.exchange] * 3
        if self.hardware == "trn3":
            moves += [self.mx] * 3
        for _ in range(int(self.random.integers(1, 10))):
            self.pick(moves)()

    # What is drawn

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def once(self, count: int) -> bool:
        return bool(self.random.integers(count) == 0)

    def numbers(self, shape: tuple[int, ...], kind: str, exact: bool = False) -> np.ndarray:
        if exact:
            return stored(self.random.integers(-4, 5, shape).astype(np.float32), kind)
        if kind in INTEGERS:
            return self.random.integers(np.iinfo(TYPES[kind]).min // 4, np.iinfo(TYPES[kind]).max // 4 + 1, shape).astype(
                TYPES[kind])
        scale = np.exp2(self.random.integers(-6, 3, shape))
        return stored((self.random.standard_normal(shape) * scale).astype(np.float32), kind)

    def add(self, text: str, record: Callable[[dict], None]) -> None:
        self.steps.append((text, record))

    def tile(self, kind: str, shape: tuple[int, int], exact: bool = False) -> Tile:
        """A new tile in sbuf, which whoever asks for it fills."""
        new = Tile(f"t{len(self.tiles)}", kind, [np.zeros(shape, TYPES[kind]) for _ in range(self.cores)], exact)
        self.tiles.append(new)

        def record(env: dict) -> None:
            env[new.name] = nl.ndarray(shape, getattr(nl, kind), buffer=nl.sbuf)
        self.add(f"{new.name} = {kind}{list(shape)}", record)
        return new

    def part(self, tile: Tile) -> Part:
        """A part that an operand may be: rows from where engines begin, columns with any step."""
        rows, columns = tile.shape
        start = self.pick([0, 0, 0] + [s for s in (32, 64, 96) if s < rows])
        most = min(rows - start, {0: 128, 32: 32, 64: 64, 96: 32}[start])
        count = most if self.once(2) else int(self.random.integers(1, most + 1))
        step = self.pick([1, 1, 1, 2, 3])
        first = int(self.random.integers(0, columns)) if self.once(2) else 0
        last = columns if self.once(2) else int(self.random.integers(first + 1, columns + 1))
        return Part(tile, slice(start, start + count), slice(first, last, step))

    def some(self, kinds=None, shape: tuple[int, int] | None = None) -> Part | None:
        """A part of a tile that there is."""
        found = [t for t in self.tiles if kinds is None or t.kind in kinds]
        if shape is not None:
            found = [t for t in found if t.shape[0] >= shape[0] and t.shape[1] >= shape[1]]
        if not found:
            return None
        tile = self.pick(found)
        if shape is None:
            return self.part(tile)
        starts = [s for s in (0, 32, 64, 96)
                  if s + shape[0] <= tile.shape[0] and shape[0] <= {0: 128, 32: 32, 64: 64, 96: 32}[s]]
        start = self.pick(starts)
        steps = [s for s in (1, 1, 2, 3) if (shape[1] - 1) * s < tile.shape[1]]
        step = self.pick(steps)
        reach = (shape[1] - 1) * step + 1
        first = int(self.random.integers(0, tile.shape[1] - reach + 1))
        return Part(tile, slice(start, start + shape[0]), slice(first, first + reach, step))

    def target(self, shape: tuple[int, int], kinds=TYPES, exact: bool = False) -> Part:
        """Where a result goes: a new tile, or a part of one that there is."""
        if self.once(4):
            known = self.some(kinds, shape)
            if known is not None:
                known.tile.is_exact = False
                return known
        tile = self.tile(self.pick(list(kinds)), shape, exact)
        return Part(tile, slice(0, shape[0]), slice(0, shape[1], 1))

    def each(self, dst: Part, text: str, record: Callable[[dict], None], value: Callable[[int], np.ndarray]) -> None:
        """A step that computes float32 values and stores them."""
        self.add(f"{dst} = {text}", record)
        # All are read before any is written.
        for core, values in enumerate([value(core) for core in range(self.cores)]):
            with np.errstate(all="ignore"):
                dst.write(core, stored(values, dst.tile.kind))

    # What is done

    def load(self) -> None:
        kind = self.pick(list(TYPES))
        exact = self.once(3)
        shape = (self.pick([1, 2, 32, 33, 64, 128]), self.pick([1, 2, 8, 16, 31, 64]))
        values = self.numbers((self.cores, *shape), kind, exact)
        place = len(self.inputs)
        self.inputs.append(values)
        self.kinds[place] = kind
        tile = self.tile(kind, shape, exact)
        for core in range(self.cores):
            tile.values[core] = values[core].copy()

        def record(env: dict) -> None:
            nisa.dma_copy(env[tile.name], env["inputs"][place][env["core"]])
        self.add(f"{tile.name} = input {place}", record)

    def strided_load(self) -> None:
        """Every k-th column of some rows of an input."""
        place, kind = self.pick(list(self.kinds.items()))
        rows, columns = self.inputs[place].shape[1:]
        start, step = int(self.random.integers(0, rows)), self.pick([1, 2, 3])
        count = int(self.random.integers(1, rows - start + 1))
        first = int(self.random.integers(0, columns))
        width = len(range(first, columns, step))
        tile = self.tile(kind, (count, width))
        for core in range(self.cores):
            tile.values[core] = self.inputs[place][core, start:start + count, first:columns:step].copy()

        def record(env: dict) -> None:
            nisa.dma_copy(env[tile.name], env["inputs"][place][env["core"], start:start + count, first:columns:step])
        self.add(f"{tile.name} = input {place}[{start}:{start + count}, {first}::{step}]", record)

    def memset(self) -> None:
        value = float(self.pick([0, 1, -1, 2, 3.5, -0.25, 100]))
        dst = self.target((self.pick([1, 32, 128]), self.pick([1, 4, 16])))
        if dst.tile.kind.startswith("uint"):
            value = abs(value)
        if dst.tile.kind in INTEGERS:
            value = float(int(value))
        self.each(dst, f"memset {value}", lambda env: nisa.memset(on(env, dst), value),
                  lambda core: np.full(dst.shape, value, np.float32))

    def copy(self) -> None:
        src = self.some()
        dst = self.target(src.shape)
        self.add(f"{dst} = tensor_copy {src}", lambda env: nisa.tensor_copy(on(env, dst), on(env, src)))
        for core in range(self.cores):
            values = src.read(core).copy()
            dst.write(core, values if src.tile.kind == dst.tile.kind else stored(wide(values), dst.tile.kind))

    def tensor_tensor(self) -> None:
        a = self.some()
        b = self.some(None, a.shape) or a
        op = self.pick(list(ARITHMETIC))
        dst = self.target(a.shape)
        self.each(dst, f"tensor_tensor {op} {a} {b}",
                  lambda env: nisa.tensor_tensor(on(env, dst), on(env, a), on(env, b), getattr(nl, op), engine=nisa.vector_engine),
                  lambda core: ARITHMETIC[op](wide(a.read(core)), wide(b.read(core))))

    def bitwise(self) -> None:
        kind = self.pick(list(INTEGERS))
        a = self.some([kind])
        if a is None:
            return
        b = self.some([kind], a.shape) or a
        op = self.pick(list(BITWISE))
        dst = self.target(a.shape, [kind])
        self.add(f"{dst} = tensor_tensor {op} {a} {b}",
                 lambda env: nisa.tensor_tensor(on(env, dst), on(env, a), on(env, b), getattr(nl, op), engine=nisa.vector_engine))
        for core in range(self.cores):
            dst.write(core, BITWISE[op](a.read(core), b.read(core)))

    def operand(self, rows: int) -> tuple[str, Callable[[dict], object], Callable[[int], np.ndarray]]:
        """A number, or a column of float32."""
        column = self.some(["float32"], (rows, 1)) if self.once(2) else None
        if column is not None:
            return str(column), lambda env: on(env, column), lambda core: column.read(core).copy()
        value = float(self.pick([0, 1, -1, 0.5, 2, -3, 7.25]))
        return str(value), lambda env: value, lambda core: np.float32(value)

    def tensor_scalar(self) -> None:
        data = self.some()
        op0, op1 = self.pick(list(ARITHMETIC)), self.pick([None, *ARITHMETIC])
        (text0, get0, value0), (text1, get1, value1) = self.operand(data.shape[0]), self.operand(data.shape[0])
        reverse0, reverse1 = self.once(2), self.once(2)
        dst = self.target(data.shape)

        def record(env: dict) -> None:
            more = {} if op1 is None else {"op1": getattr(nl, op1), "operand1": get1(env), "reverse1": reverse1}
            nisa.tensor_scalar(on(env, dst), on(env, data), op0=getattr(nl, op0), operand0=get0(env), reverse0=reverse0,
                               engine=nisa.vector_engine, **more)

        def value(core: int) -> np.ndarray:
            found = applied(op0, wide(data.read(core)), value0(core), reverse0)
            return found if op1 is None else applied(op1, found, value1(core), reverse1)
        self.each(dst, f"tensor_scalar {data} {op0} {text0} {reverse0} {op1} {text1} {reverse1}", record, value)

    def scalar_tensor_tensor(self) -> None:
        data = self.some()
        other = self.some(None, data.shape) or data
        op0, op1 = self.pick(list(ARITHMETIC)), self.pick(list(ARITHMETIC))
        text, get, value = self.operand(data.shape[0])
        reverse0, reverse1 = self.once(2), self.once(2)
        dst = self.target(data.shape)
        self.each(dst, f"scalar_tensor_tensor {data} {op0} {text} {reverse0} {op1} {other} {reverse1}",
                  lambda env: nisa.scalar_tensor_tensor(
                      on(env, dst), on(env, data), getattr(nl, op0), get(env), getattr(nl, op1), on(env, other),
                      reverse0=reverse0, reverse1=reverse1),
                  lambda core: applied(op1, applied(op0, wide(data.read(core)), value(core), reverse0), wide(other.read(core)),
                                       reverse1))

    def reduce(self) -> None:
        data = self.some()
        op, negate = self.pick(["add", "maximum", "minimum", "multiply"]), self.once(3)
        dst = self.target((data.shape[0], 1))

        def value(core: int) -> np.ndarray:
            # From the first element to the last, each step rounded to float32.
            found = ARITHMETIC[op].accumulate(wide(data.read(core)), axis=1, dtype=np.float32)[:, -1:]
            return found * np.float32(-1) if negate else found
        self.each(dst, f"tensor_reduce {op} {data} negate={negate}",
                  lambda env: nisa.tensor_reduce(on(env, dst), getattr(nl, op), on(env, data), axis=1, negate=negate), value)

    def scan(self) -> None:
        a = self.some()
        b = self.some(None, a.shape) or a
        op0, op1 = self.pick(["multiply", "add", "maximum"]), self.pick(["add", "minimum", "maximum"])
        initial = float(self.pick([0, 1, -0.5]))
        dst = self.target(a.shape)

        def value(core: int) -> np.ndarray:
            left, right = wide(a.read(core)), wide(b.read(core))
            result = np.empty_like(left)
            last = np.full(left.shape[0], initial, np.float32)
            for column in range(left.shape[1]):
                last = ARITHMETIC[op1](ARITHMETIC[op0](left[:, column], last), right[:, column]).astype(np.float32)
                result[:, column] = last
            return result
        self.each(dst, f"tensor_tensor_scan {a} {b} {initial} {op0} {op1}",
                  lambda env: nisa.tensor_tensor_scan(on(env, dst), on(env, a), on(env, b), initial, getattr(nl, op0),
                                                      getattr(nl, op1)), value)

    def activation(self) -> None:
        data = self.some()
        op = self.pick(list(FUNCTIONS))
        scale = float(self.pick([1, 0.5, -2, 3]))
        column = self.some(["float32"], (data.shape[0], 1)) if self.once(2) else None
        dst = self.target(data.shape)

        def record(env: dict) -> None:
            more = {} if column is None else {"bias": on(env, column)}
            nisa.activation(on(env, dst), getattr(nl, op), on(env, data), scale=scale, **more)

        def value(core: int) -> np.ndarray:
            found = wide(data.read(core)) * np.float32(scale)
            return FUNCTIONS[op](found if column is None else found + column.read(core))
        self.each(dst, f"activation {op} {data} scale={scale} bias={column}", record, value)

    def matmul(self) -> None:
        """Small integers, so that all sums are exact."""
        found = [t for t in self.tiles if t.is_exact and t.kind in FLOATS]
        pairs = [(a, b) for a in found for b in found
                 if a.shape[0] == b.shape[0] and a.shape[1] <= 128 and (a.kind == "float32") == (b.kind == "float32")]
        if not pairs:
            return
        a, b = self.pick(pairs)
        shape = (a.shape[1], b.shape[1])
        times = int(self.random.integers(1, 3))
        dst = self.target(shape, list(FLOATS))

        def record(env: dict) -> None:
            total = nl.ndarray(shape, nl.float32, buffer=nl.psum)
            for _ in range(times):
                nisa.nc_matmul(total, env[a.name], env[b.name])
            nisa.tensor_copy(on(env, dst), total)
        self.each(dst, f"{times} × nc_matmul {a.name} {b.name}", record,
                  lambda core: np.float32(times) * (wide(a.values[core]).T @ wide(b.values[core])))

    def transpose(self) -> None:
        found = [t for t in self.tiles if t.kind == "float32" and t.shape[1] <= 128]
        if not found:
            return
        a = self.pick(found)
        dst = self.target((a.shape[1], a.shape[0]), list(FLOATS))

        def record(env: dict) -> None:
            turned = nl.ndarray((a.shape[1], a.shape[0]), nl.float32, buffer=nl.psum)
            nisa.nc_transpose(turned, env[a.name])
            nisa.tensor_copy(on(env, dst), turned)
        self.each(dst, f"nc_transpose {a.name}", record, lambda core: a.values[core].T.copy())

    def iota(self) -> None:
        rows, columns = self.pick([1, 32, 128]), self.pick([1, 4, 16])
        step, offset, multiplier = (int(v) for v in self.random.integers(-5, 6, 3))
        dst = self.target((rows, columns), ["int32"])
        self.each(dst, f"iota {step} {offset} {multiplier}",
                  lambda env: nisa.iota(on(env, dst), [[step, columns]], offset, multiplier),
                  lambda core: offset + multiplier * np.arange(rows)[:, None] + step * np.arange(columns)[None])

    def select(self) -> None:
        """A mask by position."""
        data = self.some(["float32", "bfloat16"])
        if data is None:
            return
        rows, columns = data.shape
        step, offset, multiplier = (int(v) for v in self.random.integers(-5, 6, 3))
        op = self.pick(["greater", "less_equal", "equal", "not_equal"])
        dst = self.target(data.shape, ["float32", "bfloat16"])
        place = offset + multiplier * np.arange(rows)[:, None] + step * np.arange(columns)[None]
        self.each(dst, f"affine_select {data} {step} {offset} {multiplier} {op}",
                  lambda env: nisa.affine_select(on(env, dst), [[step, columns]], multiplier, on(env, data), -9.5,
                                                 cmp_op=getattr(nl, op), offset=offset),
                  lambda core: np.where(ARITHMETIC[op](place, 0), wide(data.read(core)), np.float32(-9.5)))

    def loop(self) -> None:
        """Columns of an input, some at a time."""
        found = [(place, kind) for place, kind in self.kinds.items() if self.inputs[place].shape[2] % 4 == 0]
        if not found:
            return
        place, kind = self.pick(found)
        _, rows, columns = self.inputs[place].shape
        passes = self.pick([2, 4])
        width = columns // passes
        factor = float(self.pick([0.5, 2, -1]))
        dst = self.tile("float32", (rows, columns))
        over = self.pick(["affine_range", "sequential_range", "static_range"])

        def record(env: dict) -> None:
            source = env["inputs"][place][env["core"]]
            for i in getattr(nl, over)(passes):
                part = nl.ndarray((rows, width), getattr(nl, kind), buffer=nl.sbuf)
                nisa.dma_copy(part, source[:, i * width:(i + 1) * width])
                nisa.tensor_scalar(env[dst.name][:, i * width:(i + 1) * width], part, op0=nl.multiply, operand0=factor)
        self.each(Part(dst, slice(0, rows), slice(0, columns, 1)), f"{over} {passes} of input {place} × {factor}", record,
                  lambda core: wide(self.inputs[place][core]) * np.float32(factor))

    def exchange(self) -> None:
        """Each core's tile goes to the other."""
        src = self.pick(self.tiles)
        dst = self.tile(src.kind, src.shape, src.is_exact)

        def record(env: dict) -> None:
            other = 1 - env["core"]
            nisa.sendrecv(src=env[src.name], dst=env[dst.name], send_to_rank=other, recv_from_rank=other, pipe_id=0)
        self.add(f"{dst.name} = sendrecv {src.name}", record)
        for core in range(2):
            dst.values[core] = src.values[1 - core].copy()

    def collective(self) -> None:
        """Ranks meet, in HBM or in sbuf: sums and extremes are made in float32, in the group's order, and rounded once."""
        src = self.pick(self.tiles)
        rows, columns = src.shape
        kinds = ["all_gather", "all_to_all", "permute"] + (["all_reduce", "reduce_scatter"] if src.kind in FLOATS else [])
        parts = [kind for kind in kinds if kind not in ("all_to_all", "reduce_scatter") or rows % self.ranks == 0]
        kind, op = self.pick(parts), self.pick(["add", "maximum", "minimum"])
        if kind == "all_gather" and rows * self.ranks > 128:
            kind = "permute"
        order = [int(rank) for rank in self.random.permutation(self.ranks)]
        space = self.pick(["shared_hbm", "sbuf"])
        shape = (rows * self.ranks if kind == "all_gather" else rows // self.ranks if kind == "reduce_scatter" else rows, columns)
        dst = self.tile(src.kind, shape)

        def record(env: dict) -> None:
            source, target = env[src.name], env[dst.name]
            if space != "sbuf":
                source = nl.ndarray(src.shape, getattr(nl, src.kind), buffer=nl.shared_hbm)
                target = nl.ndarray(shape, getattr(nl, src.kind), buffer=nl.shared_hbm)
                nisa.dma_copy(source, env[src.name])
            given = {"srcs": [source], "dsts": [target]}
            if kind == "permute":
                nccl.collective_permute(**given, source_target_pairs=list(enumerate(order)))
            else:
                more = {"op": getattr(nl, op)} if kind in ("all_reduce", "reduce_scatter") else {}
                more |= {} if kind == "all_reduce" else {"collective_dim": 0}
                getattr(nccl, kind)(**given, replica_group=nccl.ReplicaGroup([order]), **more)
            if space != "sbuf":
                nisa.dma_copy(env[dst.name], target)
        self.add(f"{dst.name} = {kind} {op} {src.name} {order} {space}", record)
        ranked = [src.values[rank] for rank in order]
        total = wide(ranked[0])
        for values in ranked[1:]:
            total = ARITHMETIC[op](total, wide(values)).astype(np.float32)
        for place, rank in enumerate(order):
            part = slice(place * rows // self.ranks, (place + 1) * rows // self.ranks)
            if kind == "all_reduce":
                dst.values[rank] = stored(total, src.kind)
            elif kind == "reduce_scatter":
                dst.values[rank] = stored(total[part], src.kind)
            elif kind == "all_gather":
                dst.values[rank] = np.concatenate(ranked)
            elif kind == "all_to_all":
                dst.values[rank] = np.concatenate([values[part] for values in ranked])
            else:
                dst.values[rank] = src.values[order.index(rank)].copy()

    def mx(self) -> None:
        """A product of microscaled elements, small enough that every order of sums is exact."""
        left, right = self.pick(list(PACKED)), self.pick(list(PACKED))
        rows = self.pick([32, 64, 128])
        m, n = self.pick([2, 16, 32]), self.pick([1, 8, 48])

        def given(kind: str, columns: int) -> tuple[int, int, np.ndarray]:
            parts, bits = PACKED[kind]
            values = self.random.integers(-3, 4, (self.cores, rows, columns, 4)).astype(np.float32).astype(parts)
            codes = values.view(np.uint8).astype(np.uint32)
            packed = sum(codes[..., q] << (q * bits) for q in range(4)).astype(np.uint16 if bits == 4 else np.uint32)
            scales = self.random.integers(124, 131, (self.cores, rows // 8, columns)).astype(np.uint8)
            placed = np.zeros((self.cores, rows, columns), np.uint8)
            for group in range(rows // 8):
                placed[:, 32 * (group // 4) + group % 4] = scales[:, group]
            self.inputs += [packed, placed]
            whole = values.astype(np.float64) * np.repeat(2.0 ** (scales.astype(np.float64) - 127), 8, axis=1)[..., None]
            return len(self.inputs) - 2, len(self.inputs) - 1, whole
        (w, ws, weights), (x, xs, moving) = given(left, m), given(right, n)
        dst = self.target((m, n), list(FLOATS))

        def record(env: dict) -> None:
            def load(place: int, kind: str | None, columns: int):
                source = env["inputs"][place][env["core"]]
                tile = nl.ndarray((rows, columns), kind or nl.uint8, buffer=nl.sbuf)
                nisa.dma_copy(tile, source.view(kind) if kind else source)
                return tile
            total = nl.ndarray((m, n), nl.float32, buffer=nl.psum)
            nisa.nc_matmul_mx(total, load(w, left, m), load(x, right, n), load(ws, None, m), load(xs, None, n))
            nisa.tensor_copy(on(env, dst), total)
        self.each(dst, f"nc_matmul_mx {left} {right} {rows}", record,
                  lambda core: np.einsum("kmq,knq->mn", weights[core], moving[core]).astype(np.float32))

    # The run

    def kernel(self):
        case = self

        @nki.jit
        def fuzzed(*inputs):
            env = {"inputs": inputs, "core": nl.program_id(0) if case.cores > case.ranks else 0}
            for _, record in case.steps:
                record(env)
            found = []
            for tile in case.tiles:
                out = nl.ndarray((case.cores // case.ranks, *tile.shape), getattr(nl, tile.kind), buffer=nl.shared_hbm)
                nisa.dma_copy(out[env["core"]], env[tile.name])
                found.append(out)
            return tuple(found)

        return fuzzed[2] if self.cores > self.ranks else fuzzed

    def problem(self) -> str | None:
        """What is wrong with the kernel's values or its report; None if nothing is."""
        inputs = self.inputs
        if self.ranks > 1:
            inputs = [trnsim.PerRank([values[rank:rank + 1] for rank in range(self.ranks)]) for values in inputs]
        result = trnsim.simulate(self.kernel(), *inputs, hardware=self.hardware)
        outputs = [values if isinstance(values, tuple) else (values,)
                   for values in (result.values if self.ranks > 1 else [result.values])]
        for tile, *parts in zip(self.tiles, *outputs, strict=True):
            found, wanted = np.concatenate(parts), np.stack(tile.values)
            if found.shape != wanted.shape or found.dtype != wanted.dtype:
                return f"{tile.name} is {found.dtype}{list(found.shape)}, not {wanted.dtype}{list(wanted.shape)}"
            a, b = found, wanted
            if tile.kind in FLOATS:
                a, b = found.astype(np.float32), wanted.astype(np.float32)
            differs = ~((a == b) | ((a != a) & (b != b)))
            if differs.any():
                at = tuple(int(i) for i in np.argwhere(differs)[0])
                return f"{tile.name}{list(at)} is {found[at]}, not {wanted[at]} ({int(differs.sum())} differ)"
        if not 0 < result.report.seconds < 1:
            return f"takes {result.report.seconds} s"
        return None

    def text(self) -> str:
        lines = [f"{self.ranks} rank(s), {self.cores // self.ranks} core(s) of each, {self.hardware}"]
        lines += [f"input {i}: {x.dtype}{list(x.shape)}" for i, x in enumerate(self.inputs)]
        return "\n".join("    " + line for line in lines + [text for text, _ in self.steps])


def on(env: dict, part: Part):
    """A part as the kernel's operand."""
    return env[part.tile.name][part.rows, part.columns]


def made(seed: int, number: int) -> Case | FirstGenerationCase:
    """The case of a number: every fourth is a kernel of the first generation."""
    return (FirstGenerationCase if number % 4 == 3 else Case)(seed, number)


def check(seed: int, number: int) -> str | None:
    """What a case finds; None if nothing."""
    with np.errstate(all="ignore"):
        case = made(seed, number)
        try:
            problem = case.problem()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
    return problem and f"kernels case {number}: {problem}\n{case.text()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--case", type=int)
    given = parser.parse_args()
    # Kernels are closures over their steps: no two are the same.
    os.environ["TRNSIM_CACHE"] = "0"
    if given.case is not None:
        with np.errstate(all="ignore"):
            print(made(given.seed, given.case).text())
    begin = time.monotonic()
    cases = 1 if given.case is not None else given.cases or (None if given.minutes else 200)
    number = first = given.first if given.case is None else given.case
    failures = 0
    while (cases is None or number - first < cases) and failures < 20 and (
            given.minutes is None or time.monotonic() - begin < 60 * given.minutes):
        found = check(given.seed, number)
        if found:
            failures += 1
            print(found, file=sys.stderr)
            print(f"  again: python {sys.argv[0]} --seed {given.seed} --case {number}", file=sys.stderr, flush=True)
        number += 1
    seconds = time.monotonic() - begin
    print(f"kernels: {number - first} cases, {(number - first) / seconds:.0f} a second; {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
