"""Choices by position and by predicate."""

import numpy as np

from .arithmetic import *
from .base import *


def select_samples():
    def affine(rows, columns, types, pattern, offset, multiplier, op, value,
               styles=("plain", "plain"), special=False):
        d = tile("d", rows, columns, types[0], style=styles[0], blank=True)
        a = tile("a", rows, columns, types[1], style=styles[1], special=special)

        def compute():
            index = np.zeros(1, np.int64)
            for step, count in pattern:
                index = (index[:, None] + step * np.arange(count)[None, :]).reshape(-1)
            position = offset + multiplier * np.arange(rows)[:, None] + index[None, :]
            d.store(np.where(OPS[op](position, 0), a.values(), F32(value)))

        sample("affine_select", "gpsimd", {
            "dst": d, "pattern": pattern, "offset": offset, "channel_multiplier": multiplier,
            "on_true_tile": a, "on_false_value": value, "cmp_op": op}, compute)

    for op in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
        affine(8, 8, ("float32", "float32"), [[-1, 8]], 0, 1, op, -1e9)
    affine(128, 6, ("bfloat16", "bfloat16"), [[-1, 6]], -60, 1, "greater_equal", -3e38)
    affine(1, 24, ("float16", "float32"), [[-8, 4], [1, 6]], 3, 0, "less", 0.0,
           ("strided", "reversed"))
    affine(32, 8, ("float32", "int16"), [[2, 8]], -7, -1, "greater", 5.5, ("low", "low"))
    affine(5, 8, ("float32", "float32"), [[1, 8]], -4, 0, "less", 1.0, special=True)

    def ranged(rows, columns, types, ops, start, spaces=("sbuf", "sbuf"), reduce=None,
               styles=("plain", "plain"), special=False):
        d = tile("d", rows, columns, types[0], spaces[0], styles[0], blank=True)
        a = tile("a", rows, columns, types[1], spaces[1], styles[1], special=special)
        low = tile("l", rows, 1, data=random.integers(start, start + columns, (rows, 1)).astype(F32))
        high = tile("h", rows, 1, data=random.integers(start, start + columns, (rows, 1)).astype(F32))
        r = tile("r", rows, 1, reduce, blank=True) if reduce else None
        lowest = -np.finfo(F32).max

        def compute():
            index = (np.arange(columns) + start).astype(F32)[None, :]
            inside = OPS[ops[0]](index, low.values()) & OPS[ops[1]](index, high.values())
            result = np.where(inside, a.values(), lowest).astype(F32)
            d.store(result)
            if r:
                r.store(reduce_rows(result, "maximum"))

        fields = {"dst": d, "on_true_tile": a, "comp_op0": ops[0], "comp_op1": ops[1],
                  "bound0": low, "bound1": high, "range_start": start}
        if r:
            fields["reduce_res"] = r
        sample("range_select", "vector", fields, compute)

    both = ("greater_equal", "less")
    ranged(128, 8, ("float32", "float32"), both, 0, reduce="float32")
    ranged(32, 8, ("bfloat16", "bfloat16"), both, 100, reduce="float32", styles=("low", "low"))
    ranged(1, 24, ("float16", "float32"), ("less_equal", "not_equal"), 0, ("sbuf", "psum"))
    ranged(6, 8, ("float32", "float16"), ("greater", "equal"), 3, ("psum", "psum"), "bfloat16")
    ranged(6, 8, ("float32", "float32"), both, 0, reduce="float32", styles=("gaps", "reversed"),
           special=True)

    def predicated(rows, columns, dtype, kind, spaces=("sbuf",) * 3, styles=("plain",) * 3,
                   reverse=False, whole=False, special=False):
        d = tile("d", rows, columns, dtype, spaces[0], styles[0], blank=whole)
        a = tile("a", rows, columns, dtype, spaces[1], styles[1], special=special)
        chosen = np.ones((rows, columns)) if whole else random.integers(0, 2, (rows, columns))
        chosen = chosen * random.integers(1, 200, (rows, columns))
        p = tile("p", rows, columns, kind, spaces[2], styles[2], data=chosen.astype(TYPES[kind]))

        def compute():
            take = (p.raw() != 0) != reverse
            d.store_bits(np.where(take, a.bits(), d.bits()))

        sample("tensor_copy_predicated", "vector", {
            "dst": d, "src": a, "predicate": p, "reverse_pred": reverse}, compute)

    predicated(128, 5, "float32", "uint8")
    predicated(1, 20, "bfloat16", "uint16", ("psum", "psum", "sbuf"), reverse=True, special=True)
    predicated(32, 8, "int32", "uint32", ("sbuf", "sbuf", "psum"), ("strided", "reversed", "gaps"))
    predicated(32, 8, "float8_e4m3", "uint8", styles=("low",) * 3)
    predicated(6, 8, "float16", "uint8", whole=True)
