"""Outputs that a kernel did not write in whole: where, and why as far as the launch knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import documented
from ..tensor.results import map_tensors
from ..tensor.view import NkiTensor
from .launch import Traced


def unwritten_notes(regions: Sequence[dict[str, Any]], traced: Traced) -> list[str]:
    """A note for each output of which the caller would see elements that nothing was stored to."""
    notes: list[str] = []
    for region in regions:
        first = int(region.get("rank", 0)) * traced.layout.cores
        views = _views(traced.cores[first].result, str(region["output"]))
        if not any(_sees(view, region) for view in views):
            continue
        rank = f"on rank {region['rank']} " if traced.layout.ranks > 1 else ""
        value = "4" if not views[0].dtype.is_float or views[0].dtype.packing > 1 else "NaN"
        rule = f" ({documented('tensor_output_not_written_to')})" if traced.beta else ""
        note = f"{rank}{region['note']}, {value} is there: {_reason(traced)}{rule}; TRNSIM_STRICT=1 makes this an error"
        if note not in notes:
            notes.append(note)
    return notes


def _views(result: Any, name: str) -> list[NkiTensor]:
    """What a kernel returned of a tensor."""
    found: list[NkiTensor] = []

    def collect(view: NkiTensor) -> NkiTensor:
        if view.storage.name == name:
            found.append(view)
        return view

    map_tensors(result, collect)
    return found


def _sees(view: NkiTensor, region: dict[str, Any]) -> bool:
    """Whether a view has an element of a region."""
    unwritten = np.zeros(region["shape"], np.bool_)
    for box in region["ranges"]:
        unwritten[tuple(slice(start, end, step) for start, end, step in box)] = True
    flat = unwritten.reshape(-1)
    if view.dtype.itemsize != view.storage.dtype.itemsize:
        return bool(flat.any())
    return bool(np.lib.stride_tricks.as_strided(flat[view.offset:], view.shape, view.strides).any())


def _reason(traced: Traced) -> str:
    """What the launch knows of why a store is missing."""
    if traced.asks_position and traced.programs == 1:
        if traced.beta:
            return "the kernel asks nl.program_id and was launched without a grid, so one program of it ran: kernel[grid](…)"
        return ("the kernel asks nl.program_id and was launched on one logical core: kernel[2](…) or NEURON_LOGICAL_NC_CONFIG=2 "
                "runs it on both")
    return "a store is missing or stops short"
