"""`python -m trnsim.validation`: what `trnsim accuracy --source` runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..core import open_core
from ..entry import run
from ..errors import CoreMissingError
from . import doubt, pages, recorded, report, streams
from .comparing import compared, measured
from .figures import Row, families
from .kernels import Family, Kernel
from .records import RecordError, read_records
from .running import Outcome, Settings
from .table import FAMILIES, family, kernels_by_record, reason_left_out

#: The repository's own page of the recorded figures, where this package is used from its sources.
PAGE = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", "..", "docs", "source-accuracy.md"))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: nothing is worse than recorded; 1: something is, or the arguments are at fault."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (RecordError, CoreMissingError, OSError, KeyError) as error:
        print(f"error: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trnsim accuracy --source", description=(
        "Runs public kernels from their unchanged source and compares them with what devices took. Without --checkouts the "
        "recorded figures are shown."))
    parser.add_argument("--checkouts", metavar="DIR", help="clones of the repositories, at DIR/OWNER/NAME")
    parser.add_argument("--records", metavar="FILE", nargs="+", default=[], help="measured records, JSON")
    parser.add_argument("--family", metavar="NAME", action="append", default=[], help="only this family; may be repeated")
    parser.add_argument("--kernel", metavar="TEXT", help="only kernels with this text in their name")
    parser.add_argument("--quick", action="store_true", help="only the subset that takes two minutes")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="kernels at a time (2)")
    parser.add_argument("--timeout", type=float, default=900, metavar="S", help="seconds that a kernel may take (900)")
    parser.add_argument("--schedule", choices=("program", "compiler"), help="who orders instructions")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="overrides", help="a hardware value")
    parser.add_argument("--json", metavar="FILE|-", help="write JSON to a file, or print it instead of the report")
    parser.add_argument("--csv", metavar="FILE", help="write the kernels as CSV")
    parser.add_argument("--streams", metavar="DIR", nargs="*",
                        help="compare instructions and their order with decoded captures in these directories, instead of times")
    parser.add_argument("--record", action="store_true", help="rewrite the recorded figures, the pages that show them and the table of doubts, in a checkout of this project")
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.streams is not None:
        return _streams(options)
    if options.checkouts is None:
        if options.records or options.record:
            raise RecordError("--records and --record need --checkouts")
        rows = [row for row in recorded.read() if not options.family or row.family in [family(one).name for one in options.family]]
        _write(options, rows)
        if options.json != "-":
            print("Recorded figures: --checkouts DIR --records FILE… runs the kernels (docs/validation.md).")
        return 0
    if not options.records:
        raise RecordError("--checkouts needs --records FILE…: what the kernels are compared with")
    if not os.path.isdir(options.checkouts):
        raise RecordError(f"there is no directory '{options.checkouts}'")
    open_core()
    part = options.quick or options.kernel is not None
    if options.record and (part or options.schedule or options.overrides):
        raise RecordError("--record is of whole families as they are: without --quick, --kernel, --schedule and --set")
    records = read_records(options.records)
    _note_unknown(records)
    known, notes = measured(records, FAMILIES)
    chosen = [(one, kernel) for one, kernel in _chosen(options) if (one.name, kernel.name) in known]
    for (name, reason), kernels in notes.items():
        if name in {one.name for one, _ in _chosen(options)}:
            print(f"note: left out: {name}: {reason}: {', '.join(kernels)}", file=sys.stderr)
    settings = Settings(options.workers, options.timeout, options.schedule, tuple(options.overrides))
    rows, absent = compared(chosen, known, options.checkouts, settings, _Progress(len(chosen)))
    for reason in absent:
        print(f"note: left out: no source: {reason}", file=sys.stderr)
    before = recorded.read() if os.path.exists(recorded.PATH) else []
    _write(options, rows, before)
    if options.record:
        return _record(rows, before)
    found = [] if options.overrides or options.schedule else recorded.worse(before, rows)
    for line in found:
        print(f"worse than recorded: {line}", file=sys.stderr)
    return 1 if found else 0


def _streams(options: argparse.Namespace) -> int:
    if options.records or options.quick or options.family or options.kernel or options.json or options.csv:
        raise RecordError("--streams compares instructions alone: with --checkouts, --workers, --timeout and --record")
    if options.checkouts is None and (options.streams or options.record):
        raise RecordError("captures are compared with kernels from --checkouts DIR")
    if options.checkouts is not None and not options.streams:
        raise RecordError("name a directory with decoded captures")
    settings = Settings(options.workers, options.timeout, options.schedule, tuple(options.overrides), listing=True)
    return streams.run(options.streams, options.checkouts, settings, options.record)


def _chosen(options: argparse.Namespace) -> list[tuple[Family, Kernel]]:
    wanted = [family(name) for name in options.family] or list(FAMILIES)
    return [(one, kernel) for one in wanted for kernel in one.kernels
            if (not options.quick or kernel.quick) and (options.kernel is None or options.kernel in kernel.name)]


def _note_unknown(records: dict[str, Any]) -> None:
    """Records that the table does not know: somebody has to say which kernel they are of."""
    known = kernels_by_record()
    unknown = [name for name in records if name not in known and reason_left_out(name) is None]
    if unknown:
        print(f"note: {len(unknown)} records are not in the table: {', '.join(unknown[:8])}{' …' if len(unknown) > 8 else ''}",
              file=sys.stderr)


class _Progress:
    """Says on a terminal how far it is."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.done = 0

    def __call__(self, one: Family, kernel: Kernel, outcome: Outcome) -> None:
        self.done += 1
        if sys.stderr.isatty():
            print(f"\r\x1b[K{self.done} of {self.count} kernels: {one.name}: {kernel.name}", end="", file=sys.stderr, flush=True)
            if self.done == self.count:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _write(options: argparse.Namespace, rows: list[Row], before: Sequence[Row] = ()) -> None:
    if options.csv:
        with open(options.csv, "w", encoding="utf-8", newline="") as file:
            file.write(recorded.as_csv(rows))
    if options.json == "-":
        print(json.dumps(recorded.as_json(rows), indent=1))
        return
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(recorded.as_json(rows), file, indent=1)
    print(report.text(rows, before), end="")


def _record(rows: list[Row], before: Sequence[Row]) -> int:
    if not os.path.isdir(os.path.dirname(PAGE)):
        raise RecordError("--record is for a checkout of the project's sources: there is no docs folder")
    everything = recorded.merged(before, rows, [one.name for one in FAMILIES])
    with open(recorded.PATH, "w", encoding="utf-8") as file:
        lines = ",\n".join("  " + json.dumps(recorded.json_of_row(row), ensure_ascii=False) for row in everything)
        file.write(f'{{"kernels": [\n{lines}\n]}}\n')
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(report.markdown(recorded.read()))
    pages.write(recorded.read())
    print(f"recorded: {len(rows)} kernels of {len(families(rows))} families; docs/source-accuracy.md, docs/accuracy.md, README.md and ACCURACY.md have them")
    # Doubts stand on the figures: a table of the core, which has to be built again.
    try:
        doubt.write()
        print("written: docs/doubt.md and the core's table of doubts: build again")
    except doubt.DoubtError as error:
        print(f"note: doubts are as they were: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    run(main)
