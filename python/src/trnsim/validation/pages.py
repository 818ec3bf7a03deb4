"""What the README, docs/accuracy.md and ACCURACY.md say of kernels from source: sections between marks, written from the recorded figures."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence

from . import recorded
from .figures import Row, Summary, families, over_families, summary
from .kernels import Group
from .recorded import by_group

_ROOT = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", ".."))
BEGIN = "<!-- from here: written by trnsim accuracy --source --record -->"
END = "<!-- to here -->"
#: A family whose median error is above this, in percent, has its reason beside it.
FAR = 10.0
#: What is known of why a family is far off, with the deviations of ACCURACY.md.
REASONS = {
    "kda bmm": "products of 64 rows: what keeps the PE clock warm through them is not known (75)",
    "kda gqa_full": "how strictly engines go through groups of passes (85)",
    "kda mamba": "inputs that the device loads again where SBUF is short (83)",
    "kda matmul_add_rmsnorm": "loads that the device spares, and its order of them (56)",
    "kernel-fusion attention": "how strictly engines go through groups of passes (85); back-pressure of hardware DGE (15)",
    "xaviergonzalez transpose": "DMAs that software starts, 0.6 µs each (79)",
    "xaviergonzalez vector add": "DMAs that software starts, 0.6 µs each (79)",
    "nki-autotune matmul 2048": "the compiler's order of loads (67)",
    "kernel-fusion gemm and gelu": "whole microseconds with the launch inside; the compiler's order (55)",
    "aws matmul_bt": "how far loads go ahead (67), what SBUF still holds (68)",
    "aws gelu": "reading and writing together are faster than reads alone on the device (31)",
    "aws conv2d_scaling_min": "loads that the device waits for one by one, not known why (64)",
    "aws matmul_subtract_multiply_relu": "loads that the device does not spare (68)",
}
#: A kernel whose error is larger, in percent, is named.
OUTLIER = 25.0
#: What is known of single kernels that are so far off, with the deviations of ACCURACY.md; others have their family's reason.
KERNEL_REASONS = {
    ("kda matmul", "matmul_v2_b16"): "its sums need twice the PSUM that there is (49)",
    ("kda bmm", "bmm_d1_twophase"): "how densely transposes keep the PE clock warm (75)",
    ("kda bmm", "bmm_d1_twophase_m16"): "how densely transposes keep the PE clock warm (75)",
    ("kda mamba", "mamba_v1"): "the device loads inputs again where SBUF is short (83)",
    ("kda mamba", "NKIBench's"): "which tiles are spilled (60)",
    ("kda gqa_full", "NKIBench's"): "which tiles are spilled (60)",
    ("kda gqa_full", "gqa_full_v7b_fused_rowsum"): "an activation with reduce_res, which a note tells of",
    ("cs217 scatter and gather", "gather_mean"): "gathers by index: no capture",
    ("aws matmul_subtract_multiply_relu", "base"): "loads that the device does not spare (68)",
    ("aws conv2d_scaling_min", "base"): "loads that the device waits for one by one, not known why (64)",
    ("kernel-fusion gemm and gelu", "two kernels, fp32, 1024 x 2048 x 4096"): "DMAs that software starts, 0.6 µs each (79)",
    ("kernel-fusion gemm and gelu", "pwl, fp32, 1024 x 2048 x 4096"): "DMAs that software starts, 0.6 µs each (79)",
}
_NAMES = {Group.MAIN: "trn2, first-generation kernels and a megakernel", Group.SECOND_GENERATION: "trn2, AWS's second-generation kernels",
          Group.TRN1: "trn1 (documents and published rates: no capture)"}


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.0f} %"


def _pairs(one: Summary) -> str:
    order = one.by_distance[1]
    return "" if order.share is None else f"{100 * order.share:.0f} % of {order.pairs}"


def readme(rows: Sequence[Row]) -> str:
    """The README's sentences on kernels from source: how many are near, which is furthest off."""
    measured = _measured(rows)
    one = over_families(measured).kernels
    text = (f"Of {one.kernels} public kernels on trn2, from their source, half are within {one.median or 0:.1f} % of the device's time, "
            f"{_share(one.within_10, one.kernels)} within 10 % and {_share(one.within_20, one.kernels)} within 20 %.")
    if measured:
        worst = max(measured, key=lambda row: abs(row.error or 0))
        text += f" The worst is {worst.error or 0:+.0f} % off ({worst.family}: {worst.kernel})."
    return "\n".join(textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False))


def page(rows: Sequence[Row]) -> str:
    """The figures of kernels from source in docs/accuracy.md, by group."""
    lines = ["| public kernels from source | kernels | median error | within 10 % | within 20 % | pairs more than 10 % apart ordered right |",
             "|---|---:|---:|---:|---:|---:|"]
    for group, of_group in by_group(rows).items():
        one = summary(of_group)
        lines.append(f"| {_NAMES[group]}, {len(families(of_group))} families | {one.kernels} | {one.median or 0:.1f} % | "
                     f"{_share(one.within_10, one.kernels)} | {_share(one.within_20, one.kernels)} | {_pairs(one)} |")
    far = [(name, one) for name, one in _ranked(_measured(rows)) if (one.median or 0) > 2 * FAR]
    text = "On trn2 no family is more than 20 % off in the median."
    if far:
        text = "Furthest off on trn2, by the median of a family: " + "; ".join(
            f"{name}, {one.median:.0f} %{f': {REASONS[name]}' if name in REASONS else ''}" for name, one in far) + "."
    return "\n".join([*lines, "", *textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)])


def accuracy(rows: Sequence[Row]) -> str:
    """ACCURACY.md's figures of kernels from source, worst first."""
    measured = _measured(rows)
    one = over_families(measured).kernels
    order = one.by_distance[1]
    text = (f"Of {one.kernels} public kernels on trn2, {one.within_10} ({_share(one.within_10, one.kernels)}) are within 10 % of the device's time and "
            f"{one.within_20} ({_share(one.within_20, one.kernels)}) within 20 %; half are within {one.median or 0:.1f} %, nine in ten within "
            f"{one.p90 or 0:.0f} %.")
    if order.share is not None and one.regret is not None:
        text += (f" Of two variants of one problem that are more than 10 % apart on the device the faster one is told in {100 * order.share:.0f} % of "
                 f"{order.pairs} pairs; the variant that looks best takes at most {one.regret:.2f} times the best one's time.")
    lines = [*textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False), "",
             "| family, worst first | kernels | median error | largest error | pairs more than 10 % apart ordered right | why, where the median is above 10 % |",
             "|---|---:|---:|---:|---:|---|"]
    for name, found in _ranked(measured):
        why = REASONS.get(name, "not known") if (found.median or 0) > FAR else ""
        failed = f" ({found.failed} did not run)" if found.failed else ""
        lines.append(f"| {name} | {found.kernels}{failed} | {found.median or 0:.1f} % | {found.worst or 0:+.1f} % | {_pairs(found)} | {why} |")
    trn1 = [row for row in rows if row.group is Group.TRN1]
    if trn1:
        other = summary(trn1)
        lines.append(f"| trn1, {len(families(trn1))} families (28) | {other.kernels} | {other.median or 0:.1f} % | {other.worst or 0:+.1f} % | | "
                     "documents and published rates: no capture |")
    return "\n".join([*lines, *_outliers(measured)])


def _outliers(rows: Sequence[Row]) -> list[str]:
    """Kernels that are far off, by family and reason, the worst first."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.error is not None and abs(row.error) > OUTLIER:
            reason = KERNEL_REASONS.get((row.family, row.kernel), REASONS.get(row.family, "not known"))
            found.setdefault((row.family, reason), []).append(row)
    if not found:
        return ["", f"No kernel on trn2 is more than {OUTLIER:.0f} % off."]
    count = sum(map(len, found.values()))
    lines = ["", f"{count} kernels on trn2 {'is' if count == 1 else 'are'} more than {OUTLIER:.0f} % off, the worst first:", ""]
    for (name, reason), of in sorted(found.items(), key=lambda one: -max(abs(row.error or 0) for row in one[1])):
        errors = sorted(row.error or 0 for row in of)
        span = f"{errors[0]:+.0f} %" if len(of) == 1 else f"{errors[0]:+.0f} to {errors[-1]:+.0f} %"
        who = "; ".join(row.kernel for row in of) if len(of) <= 3 else f"{len(of)} kernels"
        lines += textwrap.wrap(f"* {name}: {who}, {span}: {reason}", 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return lines


def _measured(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.group is not Group.TRN1]


def _ranked(rows: Sequence[Row]) -> list[tuple[str, Summary]]:
    """Families, the largest median first."""
    found = [(name, summary(of_family)) for name, of_family in families(rows).items()]
    return sorted(found, key=lambda pair: -(pair[1].median or 0))


#: Files with a marked section, and what is in it.
SECTIONS = {os.path.join(_ROOT, "README.md"): readme, os.path.join(_ROOT, "docs", "accuracy.md"): page,
            os.path.join(_ROOT, "ACCURACY.md"): accuracy}


def replaced(text: str, section: str, name: str) -> str:
    """A file's text with a section in the place of what is between the marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"'{name}' has no section between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{section}\n{END}{after}"


def write(rows: Sequence[Row]) -> None:
    """Rewrites the marked sections."""
    for path, section in SECTIONS.items():
        with open(path, encoding="utf-8") as file:
            text = replaced(file.read(), section(rows), path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


__all__ = ["BEGIN", "END", "KERNEL_REASONS", "OUTLIER", "REASONS", "SECTIONS", "accuracy", "readme", "replaced", "write"]
