"""The figures that were recorded with all repositories and records at hand, and whether new ones are worse."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from typing import Any

from .figures import DISTANCES, OverFamilies, Row, Summary, families, over_families, summary
from .kernels import Group

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.json")
#: Percentage points by which an error may grow unnoticed: times are deterministic, what is rounded is not.
TOLERANCE = 0.1


def read(path: str = PATH) -> list[Row]:
    """The recorded rows."""
    with open(path, encoding="utf-8") as file:
        return [_row(one) for one in json.load(file)["kernels"]]


def _row(one: dict[str, Any]) -> Row:
    def pairs(key: str) -> dict[str, tuple[float, float]]:
        return {name: (float(values[0]), float(values[1])) for name, values in one.get(key, {}).items()}
    return Row(one["family"], Group(one["group"]), one["kernel"], one["problem"], one["measured_us"], one["predicted_us"],
               pairs("counters"), pairs("busy_us"), {name: float(share) for name, share in one.get("shares", {}).items()}, one.get("error"))


def _rounded(value: float) -> float:
    """Six digits: what is recorded is read by people too."""
    return float(f"{value:.6g}")


def json_of_row(row: Row) -> dict[str, Any]:
    """A row as it is recorded; counters and busy times are published and predicted values."""
    def pairs(values: dict[str, tuple[float, float]]) -> dict[str, list[float]]:
        return {name: [_rounded(one) for one in pair] for name, pair in values.items()}
    found: dict[str, Any] = {"family": row.family, "group": row.group.value, "kernel": row.kernel, "problem": row.problem,
                             "measured_us": _rounded(row.measured),
                             "predicted_us": None if row.predicted is None else _rounded(row.predicted)}
    if row.counters:
        found["counters"] = pairs(row.counters)
    if row.busy:
        found["busy_us"] = pairs(row.busy)
    if row.shares:
        found["shares"] = {name: round(share, 4) for name, share in row.shares.items()}
    if row.error_text is not None:
        found["error"] = row.error_text
    return found


def json_of_summary(one: Summary) -> dict[str, Any]:
    """Figures for machines."""
    return {"kernels": one.kernels, "failed": one.failed, "median_error_percent": one.median, "p90_error_percent": one.p90,
            "worst_error_percent": one.worst, "worst_kernel": one.worst_kernel, "within_10_percent": one.within_10,
            "within_20_percent": one.within_20, "pairs": one.order.pairs, "kendall_tau": one.order.tau,
            "pairs_ordered_right": {f"{100 * apart:.0f} percent apart": {"pairs": found.pairs, "share": found.share}
                                    for apart, found in zip(DISTANCES, one.by_distance)},
            "worst_regret": one.regret,
            "counters_within_2_percent": {name: {"published": all_, "near": near} for name, (all_, near) in one.counters.items()},
            "streams_within_2_percent": {"published": one.streams[0], "near": one.streams[1]}}


def json_of_group(one: OverFamilies) -> dict[str, Any]:
    return {"families": one.families, "median_of_families_percent": one.median, "worst_family_percent": one.worst,
            "worst_family": one.worst_family, "of_kernels": json_of_summary(one.kernels)}


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Everything: rows, families, groups."""
    return {"kernels": [json_of_row(row) for row in rows],
            "families": {name: json_of_summary(summary(of_family)) for name, of_family in families(rows).items()},
            "groups": {group.value: json_of_group(over_families(of_group)) for group, of_group in by_group(rows).items()}}


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each kernel."""
    names = [("counters", name) for name in dict.fromkeys(name for row in rows for name in row.counters)]
    names += [("busy", name) for name in dict.fromkeys(name for row in rows for name in row.busy)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["group", "family", "problem", "kernel", "measured_us", "predicted_us", "error_percent", "error"] +
                    [f"{name}{'_us' if kind == 'busy' else ''}_{which}" for kind, name in names
                     for which in ("published", "predicted")])
    for row in rows:
        cells: list[Any] = [row.group.value, row.family, row.problem, row.kernel, f"{row.measured:.3f}",
                            "" if row.predicted is None else f"{row.predicted:.3f}",
                            "" if row.error is None else f"{row.error:.3f}", row.error_text or ""]
        for kind, name in names:
            pair = (row.counters if kind == "counters" else row.busy).get(name)
            cells += ["", ""] if pair is None else [f"{one:.12g}" for one in pair]
        writer.writerow(cells)
    return text.getvalue()


def by_group(rows: Sequence[Row]) -> dict[Group, list[Row]]:
    """Rows of each group that has some."""
    found: dict[Group, list[Row]] = {group: [] for group in Group}
    for row in rows:
        found[row.group].append(row)
    return {group: of_group for group, of_group in found.items() if of_group}


def merged(before: Sequence[Row], now: Sequence[Row], order: Sequence[str]) -> list[Row]:
    """New rows in the place of those of their families; families in the table's order."""
    fresh = families(now)
    found = {**families(before), **fresh}
    return [row for name in order if name in found for row in found[name]]


def worse(before: Sequence[Row], now: Sequence[Row]) -> list[str]:
    """What is worse than recorded, a line each: a family's median or worst error, or a kernel that does not run any more.

    Families are compared over the kernels that ran both times, so that a part of them can be looked at.
    """
    known = {(row.family, row.kernel): row for row in before}
    found = []
    for name, rows in families(now).items():
        ran = [row for row in rows if row.predicted is not None]
        found += [f"{name}: '{row.kernel}' does not run any more: {row.error_text}" for row in rows
                  if row.predicted is None and (recorded := known.get((name, row.kernel))) and recorded.predicted is not None]
        both = [(known[name, row.kernel], row) for row in ran
                if (name, row.kernel) in known and known[name, row.kernel].predicted is not None]
        if not both:
            continue
        old, new = summary([one for one, _ in both]), summary([one for _, one in both])
        for what, past, present in (("median", old.median, new.median), ("worst", old.worst, new.worst)):
            assert past is not None and present is not None
            if abs(present) > abs(past) + TOLERANCE:
                found.append(f"{name}: the {what} error is {present:.1f} %, recorded {past:.1f} %")
    return found


__all__ = ["PATH", "TOLERANCE", "as_csv", "as_json", "by_group", "json_of_row", "merged", "read", "worse"]
