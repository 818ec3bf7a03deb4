"""What comparisons give: tables, frames, drawings, and the core's words for them."""

from __future__ import annotations

import abc
import html
import json
from typing import Any

from ..core.library import Session
from ..frames import bars, frame, html_table

#: Rows of a table in a notebook, and bars of a drawing.
_ROWS = 20


def forms(session: Session) -> tuple[dict[str, Any], str]:
    """The last comparison of a session: as JSON and for people."""
    return json.loads(session.text("trnsim_session_comparison", b"json")), session.text("trnsim_session_comparison", b"text")


class _Compared(abc.ABC):
    """A table with words for it."""

    def __init__(self, found: dict[str, Any], text: str) -> None:
        #: All of it, as the command with `--json` writes it.
        self.json = found
        #: For people, as the command prints it.
        self.text = text

    @property
    @abc.abstractmethod
    def table(self) -> list[dict[str, Any]]:
        """The rows, each by the names of its columns."""

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame.

        Raises:
            PackageMissingError: if pandas is not installed.
        """
        rows = self.table
        return frame({name: [row[name] for row in rows] for name in (rows[0] if rows else {})})

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self)[1:-1])}</p>{html_table(self.table, _ROWS)}<pre>{html.escape(self.text)}</pre>"


class Comparison(_Compared):
    """Variants, the fastest first; `print` shows why."""

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each variant, the fastest first, those that did not run last.

        rank (from 1), a column for each thing that was varied, microseconds, times_best, bound_by, bound_share (0…1), pareto,
        tied (not told apart from the best; None where that is not calibrated), sbuf_bytes and psum_bytes (of a partition), hbm_bytes,
        error.
        """
        variants, ranking = self.json["variants"], self.json["ranking"]
        best = variants[ranking[0]]["total_time_ps"] if ranking else 0
        pareto, rows = set(self.json["pareto"]), []
        for rank, index in enumerate(ranking, 1):
            found = variants[index]
            rows.append({"rank": rank, **self._values(found), "microseconds": found["total_time_ps"] / 1e6,
                         "times_best": found["total_time_ps"] / max(1, best), "bound_by": found["limit"],
                         "bound_share": found["limit_share"], "pareto": index in pareto, "tied": found.get("tied_with_best"),
                         "sbuf_bytes": found["sbuf_peak_bytes_per_partition"],
                         "psum_bytes": found["psum_peak_bytes_per_partition"],
                         "hbm_bytes": found["hbm_read_bytes"] + found["hbm_write_bytes"], "error": None})
        for found in variants:
            if found["status"] != "measured":
                empty = dict.fromkeys(("microseconds", "times_best", "bound_by", "bound_share", "pareto", "tied", "sbuf_bytes",
                                       "psum_bytes", "hbm_bytes"))
                rows.append({"rank": None, **self._values(found), **empty, "error": found.get("reason", found["status"])})
        return rows

    @property
    def best(self) -> dict[str, Any] | None:
        """The fastest row; None if nothing ran."""
        rows = self.table
        return rows[0] if rows and rows[0]["error"] is None else None

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The rows that did not run."""
        return [row for row in self.table if row["error"] is not None]

    def plot(self, ax: Any = None) -> Any:
        """Draws the fastest variants' times as bars on matplotlib's axes, new ones by default, which are returned.

        Raises:
            PackageMissingError: if matplotlib is not installed.
        """
        rows = [row for row in self.table if row["error"] is None][:_ROWS]
        return bars(ax, [self._label(row) for row in rows], [row["microseconds"] for row in rows], self.json["kernel"], "µs")

    @property
    def _names(self) -> list[tuple[str, list[str]]]:
        """The axes, with the names of those that vary together."""
        return [(axis["name"], [f"scale:{name.removesuffix(' ×')}" if name.endswith(" ×") else name
                                for name in axis["name"].split(",")]) for axis in self.json["axes"]]

    def _values(self, variant: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for axis, names in self._names:
            text = variant["values"][axis]
            parts = text.split(":") if len(names) > 1 else [text]
            found.update((name, _number(part)) for name, part in zip(names, parts))
        return found

    def _label(self, row: dict[str, Any]) -> str:
        return " ".join(f"{name}={row[name]}" for _, names in self._names for name in names)

    def __repr__(self) -> str:
        best = self.best
        ran = len(self.json["ranking"])
        found = f"best {self._label(best)}: {best['microseconds']:.3f} µs" if best else "none ran"
        return f"<trnsim.{type(self).__name__} of {len(self.json['variants'])} variants, {ran} ran, {found}>"


class Sweep(Comparison):
    """A comparison of many variants, or of a sample of them."""


class WhatIf(_Compared):
    """What faster parts of the machine would give."""

    @property
    def microseconds(self) -> float:
        """The time on the machine as it is."""
        return float(self.json["total_time_ps"] / 1e6)

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each changed machine: target, factor, microseconds, change (a share: -0.5 is half the time), bound_by, error.

        First each part twice as fast, then all of them, then what was asked for.
        """
        rows = [*self.json["twice_as_fast"], *[row for scale in self.json["scales"] for row in scale]]
        return [{"target": row["target"], "factor": row["factor"],
                 "microseconds": row["total_time_ps"] / 1e6 if "total_time_ps" in row else None, "change": row.get("change"),
                 "bound_by": row.get("limit"), "error": row.get("reason")} for row in rows]

    def plot(self, ax: Any = None) -> Any:
        """Draws the changes of the time as bars on matplotlib's axes, new ones by default, which are returned.

        Raises:
            PackageMissingError: if matplotlib is not installed.
        """
        rows = [row for row in self.table if row["error"] is None]
        return bars(ax, [f"{row['target']} × {row['factor']:g}" for row in rows], [100 * row["change"] for row in rows],
                    self.json["variant"], "change of the time, %")

    def __repr__(self) -> str:
        return f"<trnsim.WhatIf of {self.microseconds:.3f} µs: {self.json['bottleneck']}>"


class Difference(_Compared):
    """What differs between two runs, and why."""

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row for each quantity that one of them has: quantity (keys as in reports), before, after, change."""
        before, after = self.json["before"], self.json["after"]
        numbers = {name for name, value in {**before, **after}.items() if isinstance(value, int) and not isinstance(value, bool)}
        rows = [(name, before.get(name, 0), after.get(name, 0)) for name in
                sorted(numbers, key=lambda name: (name != "total_time_ps", name))]
        return [{"quantity": name, "before": old, "after": new, "change": new - old} for name, old, new in rows if old or new]

    @property
    def reasons(self) -> list[str]:
        """Why the second takes longer or less, what weighs most first."""
        return [reason["text"] for reason in self.json["reasons"]]

    def plot(self, ax: Any = None) -> Any:
        """Draws both times as bars on matplotlib's axes, new ones by default, which are returned.

        Raises:
            PackageMissingError: if matplotlib is not installed.
        """
        sides = [self.json["before"], self.json["after"]]
        return bars(ax, [side["name"] for side in sides], [side["total_time_ps"] / 1e6 for side in sides], "difference", "µs")

    def __repr__(self) -> str:
        change = self.json["time_change_ps"] / 1e6
        first = f": {self.reasons[0]}" if self.reasons else ""
        return f"<trnsim.Difference of {change:+.3f} µs{first}>"


def _number(text: str) -> Any:
    """A number where the text is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
