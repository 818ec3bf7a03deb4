"""`Scripts/fit`: everything that is fitted, from captures and from recorded figures."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from ..entry import run
from ..errors import CoreMissingError
from . import doubt, fitting, recorded
from .records import RecordError
from .running import Settings

_ROOT = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", ".."))
#: Captures that are taken where none are named.
CAPTURES = os.path.join(os.path.dirname(_ROOT), "shared", "validation")
SIZES = os.path.join(_ROOT, "Sources", "Reports", "MeasuredSizes+Table.swift")


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where the arguments or the data are at fault."""
    options = _parser().parse_args(arguments)
    try:
        return doubt.write(options.check) if options.doubt else _constants(options)
    except (doubt.DoubtError, RecordError, CoreMissingError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="Scripts/fit", description=(
        "Fits constants of the hardware to rows of captured runs, and how far times may be off to the recorded figures."))
    parser.add_argument("--captures", metavar="DIR", nargs="+", default=[CAPTURES],
                        help="directories with NAME.instr.csv.zst and NAME.dma.csv.zst, and all below them (../shared/validation)")
    parser.add_argument("--without", metavar="FAMILY", help="fit constants without the rows of a family")
    parser.add_argument("--overrides", action="store_true", help="print what --set takes instead of the table")
    parser.add_argument("--leave-out-each", action="store_true",
                        help="run each family's kernels with constants that its rows did not set; needs --checkouts and --records")
    parser.add_argument("--checkouts", metavar="DIR", help="clones of the repositories, at DIR/OWNER/NAME")
    parser.add_argument("--records", metavar="FILE", nargs="+", default=[], help="measured records, JSON")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="kernels at a time (2)")
    parser.add_argument("--sizes", action="store_true", help="rewrite the core's table of the sizes at which prices were measured")
    parser.add_argument("--doubt", action="store_true",
                        help="rewrite the core's table of doubts and docs/doubt.md from the recorded figures; then build again")
    parser.add_argument("--check", action="store_true", help="with --doubt: write nothing, print the page")
    return parser


def _rows(directories: Sequence[str]) -> fitting.Rows:
    absent = [path for path in directories if not os.path.isdir(path)]
    if absent:
        raise RecordError(f"there are no captures: no directory '{absent[0]}'; --captures DIR… names those with "
                          "NAME.instr.csv.zst and NAME.dma.csv.zst (docs/validation.md)")
    paths = fitting.captures(directories)
    if not paths:
        raise RecordError(f"there are no captures NAME.instr.csv.zst in {', '.join(directories)}")
    return fitting.read_rows(paths)


def _constants(options: argparse.Namespace) -> int:
    if options.leave_out_each and (not options.checkouts or not options.records):
        raise RecordError("--leave-out-each needs --checkouts and --records")
    rows = _rows(options.captures)
    if options.sizes:
        with open(SIZES, "w", encoding="utf-8") as file:
            file.write(fitting.swift_of_sizes(fitting.sizes(rows.instructions)))
        return 0
    fits = fitting.fitted(rows, without=options.without)
    if options.overrides:
        print(*(f"--set {value}" for value in fitting.overrides(fits)))
        return 0
    print(fitting.table_of(fits, fitting.configured(list(fits))))
    if options.leave_out_each:
        print("\nMechanisms, and which rule a constant has, are not chosen again. Errors in percent:\n")
        print(f"{'family':28}{'kernels':>8}{'median':>8}{'without its rows':>18}{'worst':>9}{'without':>9}  constants that move")
        for one in fitting.left_out(rows, options.checkouts, options.records, Settings(options.workers)):
            alone = f"; seen here alone, kept: {', '.join(one.alone)}" if one.alone else ""
            print(f"{one.family:28}{one.kernels:8}{one.with_rows:8.1f}{one.without:18.1f}{one.worst_with:+9.1f}"
                  f"{one.worst_without:+9.1f}  {', '.join(one.moved) or 'none'}{alone}", flush=True)
    return 0


if __name__ == "__main__":
    run(main)
