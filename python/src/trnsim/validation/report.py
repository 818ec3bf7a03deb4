"""The report of `trnsim accuracy --source`, for people: as text and as docs/source-accuracy.md."""

from __future__ import annotations

from collections.abc import Sequence

from .figures import DISTANCES, Order, Row, Summary, families, over_families, summary
from .kernels import Group
from .recorded import by_group
from .records import KINDS
from .table import FAMILIES, LEFT_OUT

#: Percentage points by which an error is another one than it was.
MOVED = 0.1
_COLUMNS = ("kernels", "median", "worst", "<=10 %", "<=20 %", "tau", "pairs", "5 %", "10 %", "20 %", "regret", "streams")


def _percent(value: float | None, signed: bool = False) -> str:
    return "-" if value is None else f"{value:{'+' if signed else ''}.1f}"


def _share(order: Order) -> str:
    return "-" if order.share is None else f"{100 * order.share:.0f}"


def _cells(one: Summary) -> list[str]:
    tau = one.order.tau
    kernels = str(one.kernels) + (f" ({one.failed} failed)" if one.failed else "")
    return [kernels, _percent(one.median), _percent(one.worst, signed=True), str(one.within_10), str(one.within_20),
            "-" if tau is None else f"{tau:+.2f}", str(one.order.pairs), *map(_share, one.by_distance),
            "-" if one.regret is None else f"{one.regret:.2f}", f"{one.streams[1]} of {one.streams[0]}" if one.streams[0] else "-"]


def _sentence(group: Group, rows: Sequence[Row]) -> str:
    """A group's figures in words."""
    one = over_families(rows)
    kernels = one.kernels
    text = (f"{group.value}: {kernels.kernels} kernels in {one.families} families. Over families: median {_percent(one.median)} %, "
            f"worst {_percent(one.worst)} % ({one.worst_family}). Over kernels: median {_percent(kernels.median)} %, "
            f"p90 {_percent(kernels.p90)} %, within 10 % {kernels.within_10} ({100 * kernels.within_10 / kernels.kernels:.0f} %), "
            f"within 20 % {kernels.within_20} ({100 * kernels.within_20 / kernels.kernels:.0f} %).")
    if kernels.order.pairs:
        shares = ", ".join(f"{100 * apart:.0f} % apart {_share(found)} % of {found.pairs}"
                           for apart, found in zip(DISTANCES, kernels.by_distance))
        text += (f" Kendall's tau {kernels.order.tau:+.2f} over {kernels.order.pairs} pairs more than 2 % apart; ordered right: "
                 f"{shares}; worst regret {kernels.regret:.2f}.")
    if kernels.streams[0]:
        counters = ", ".join(f"{name.replace('_', ' ')} {near} of {all_}" for name, (all_, near) in kernels.counters.items())
        text += (f" Counters within 2 %: {counters}; MATMULs, bytes read and DMA count together "
                 f"{kernels.streams[1]} of {kernels.streams[0]}.")
    if kernels.failed:
        text += f" {kernels.failed} did not run."
    return text


def text(rows: Sequence[Row], known: Sequence[Row] = ()) -> str:
    """Families, kernels and groups in columns; beside errors that are not the known rows' is what they were."""
    before = {(row.family, row.kernel): row for row in known}
    lines = []
    for group, of_group in by_group(rows).items():
        lines += [_line(group.value, list(_COLUMNS))]
        lines += [_line(name, _cells(summary(of_family))) for name, of_family in families(of_group).items()]
        lines += ["", _sentence(group, of_group), ""]
    lines += [f"{'kernel':68}{'measured us':>12}{'predicted':>11}{'error %':>9}{'was':>9}  counters predicted/published"]
    lines += [_kernel_line(row, before.get((row.family, row.kernel))) for row in rows]
    return "\n".join(lines) + "\n"


def _line(name: str, cells: list[str]) -> str:
    widths = (14, 8, 9, 8, 8, 7, 7, 6, 6, 6, 8, 11)
    return f"{name:34}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths))


def _kernel_line(row: Row, before: Row | None) -> str:
    name = f"{row.family}: {row.kernel}"
    if row.predicted is None:
        return f"{name:68}{row.measured:12.1f}  {row.error_text or 'it did not run'}"
    was = ""
    if before is not None and before.error is None:
        was = "failed"
    elif before is not None and row.error is not None and before.error is not None and abs(row.error - before.error) >= MOVED:
        was = f"{before.error:+.1f}"
    return f"{name:68}{row.measured:12.1f}{row.predicted:11.1f}{row.error:+9.1f}{was:>9}  {_ratios(row)}"


def _ratios(row: Row) -> str:
    """Counters and busy times that are published: what is predicted over it."""
    found = [f"{name.replace('_', ' ')} {_ratio(*pair)}" for name, pair in row.counters.items()]
    found += [f"{engine} busy {_ratio(*pair)}" for engine, pair in row.busy.items()]
    return ", ".join(found)


def _ratio(published: float, predicted: float) -> str:
    if published == 0:
        return "0/0" if predicted == 0 else f"{predicted:.6g}/0"
    return f"{predicted / published:.2f}"


def markdown(rows: Sequence[Row]) -> str:
    """docs/source-accuracy.md."""
    lines = ["# Public kernels from their source", "",
             "Written by `trnsim accuracy --source --record`; how it is run, and how a record is added, says",
             "[validation.md](validation.md). Errors are signed percent of the measured time, negative where trnsim is faster; medians",
             "are of their sizes. `tau` is Kendall's over pairs of one problem whose measured times are more than 2 % apart (equal",
             "predictions are half of each), with the share of pairs more than 5, 10 and 20 % apart that are ordered right in percent;",
             "`regret` is how many times the best kernel's time the one takes that is predicted to be best; `streams` are kernels",
             "whose MATMULs, bytes read and DMA count are all within 2 % of the published ones, of those that publish any.", ""]
    for group, of_group in by_group(rows).items():
        lines += [f"## {group.value}", "", *_wrapped(_sentence(group, of_group)), "",
                  "| family | " + " | ".join(_COLUMNS) + " |", "|---|" + "---:|" * len(_COLUMNS)]
        ranked = sorted(families(of_group).items(), key=lambda item: -(summary(item[1]).median or 0))
        lines += [f"| {name} | " + " | ".join(_cells(summary(of_family))) + " |" for name, of_family in ranked] + [""]
    lines += ["## Kernels", "", "Counters and busy times are what is predicted over what is published.", ""]
    for name, of_family in families(rows).items():
        lines += [f"### {name}", "", *_origin(name), "", "| kernel | measured, µs | predicted, µs | error, % | counters and busy times |",
                  "|---|---:|---:|---:|---|"]
        lines += [f"| {row.kernel} | {row.measured:.1f} | " +
                  (f"- | - | {_escaped(row.error_text or '')} |" if row.predicted is None else
                   f"{row.predicted:.1f} | {row.error:+.1f} | {_ratios(row)} |") for row in of_family] + [""]
    lines += ["## Records that are left out", "", "| records | reason |", "|---|---|"]
    lines += [f"| {', '.join(one.records)} | {one.reason} |" for one in LEFT_OUT]
    return "\n".join(lines) + "\n"


def _origin(name: str) -> list[str]:
    """Where a family's kernels are from, and how they were measured."""
    one = next((found for found in FAMILIES if found.name == name), None)
    if one is None:
        return []
    repositories = dict.fromkeys(kernel.repository or one.repository for kernel in one.kernels)
    kinds = dict.fromkeys(kernel.kind or one.kind for kernel in one.kernels)
    return _wrapped(", ".join(f"{repository.name} at {repository.commit[:7]}" for repository in repositories) + ". " +
                    " ".join(f"{kind.capitalize()}: {KINDS[kind].meaning}." for kind in kinds))


def _escaped(words: str) -> str:
    return words.replace("|", "\\|")


def _wrapped(words: str, width: int = 120) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


__all__ = ["markdown", "text"]
