"""What is known of the first generation's compiler and cannot be simulated is said."""

from __future__ import annotations

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import numpy as np
import trnsim


def kernel(summed: bool):
    @nki.jit
    def exponentials(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        sums = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
        tile = nl.load(x)
        if summed:
            result = nisa.activation_reduce(nl.exp, tile, reduce_op=np.add, reduce_res=sums)
        else:
            result = nisa.activation(nl.exp, tile)
        nl.store(out, result)
        return out

    return exponentials


def notes(summed: bool) -> list[str]:
    report = trnsim.simulate(kernel(summed), np.zeros((128, 64), np.float32), mode="timing").report
    return [note for note in report.notes if "reduce_res" in note]


def test_a_sum_inside_an_activation_is_a_note():
    note, = notes(True)
    assert "48 % longer" in note


def test_an_activation_alone_is_not():
    assert notes(False) == []
