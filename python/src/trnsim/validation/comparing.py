"""Kernels of the table beside the records that measured them: what is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .figures import Row
from .kernels import Family, Kernel
from .records import KINDS, Published, joined, published
from .running import Outcome, Settings, run
from .table import FAMILIES


def measured(records: dict[str, Any], families: Sequence[Family] = FAMILIES) -> tuple[dict[tuple[str, str], Published], dict[tuple[str, str], list[str]]]:
    """What devices took by family and kernel, and by family and reason which kernels have no record that counts."""
    found: dict[tuple[str, str], Published] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for one in families:
        for kernel in one.kernels:
            kind = KINDS[kernel.kind or one.kind]
            given = [records[name] for name in kernel.records if name in records]
            each = [value for record in given if (value := published(record, kind, len(kernel.launches))) is not None]
            if each:
                found[one.name, kernel.name] = joined(each)
            elif given:
                notes.setdefault((one.name, f"below {kind.least_us:.0f} µs for a launch"), []).append(kernel.name)
    return found, notes


def row(one: Family, kernel: Kernel, known: Published, outcome: Outcome) -> Row:
    if outcome.microseconds is None:
        return Row(one.name, one.group, kernel.name, kernel.problem, known.microseconds, None, error_text=outcome.error)
    return Row(one.name, one.group, kernel.name, kernel.problem, known.microseconds, outcome.microseconds,
               {name: (value, outcome.counters[name]) for name, value in known.counters.items()},
               {name: (value, outcome.busy[name]) for name, value in known.busy.items() if name in outcome.busy},
               outcome.shares)


def compared(chosen: Sequence[tuple[Family, Kernel]], known: dict[tuple[str, str], Published], checkouts: str, settings: Settings,
             done: Callable[[Family, Kernel, Outcome], None] = lambda *_: None) -> tuple[list[Row], list[str]]:
    """Runs kernels; a row for each whose source is there, and what is not."""
    outcomes = run(chosen, checkouts, settings, done)
    rows = [row(one, kernel, known[one.name, kernel.name], found) for one, kernel in chosen
            if not (found := outcomes[one.name, kernel.name]).absent]
    return rows, list(dict.fromkeys(str(found.error) for found in outcomes.values() if found.absent))


__all__ = ["compared", "measured", "row"]
