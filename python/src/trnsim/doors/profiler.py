"""`neuron-profile` and `neuron-explorer`: `capture` and `view`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from ..core import open_core
from ..errors import TrnsimError
from ..run.artifacts import Neff, Ntff, load_neff, load_ntff, save_ntff
from ..run.faults import exception_of
from ..run.kernel import executed
from .server import PORT, Profiles, server
from .summary import name_of, summary
from .tables import event_json, write_parquet

FORMATS = ("summary-json", "summary-text", "json", "perfetto", "parquet")


def main(name: str, arguments: Sequence[str]) -> int:
    """Runs a command line; options that change nothing here are taken and ignored."""
    parser = _parser(name)
    options, ignored = parser.parse_known_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    for word in ignored:
        if not word.startswith("-"):
            continue
        print(f"note: {word} changes nothing of a simulation", file=sys.stderr)
    return _capture(options) if options.command == "capture" else _view(options, name)


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name, description="trnsim in the place of the vendor's profiler: times are simulated.")
    parser.add_argument("--version", action="version", version=f"{name} of trnsim (simulated)")
    commands = parser.add_subparsers(dest="command")
    capture = commands.add_parser("capture", help="simulate what a NEFF of trnsim's holds, and write an NTFF")
    capture.add_argument("-n", "--neff", required=True, metavar="FILE")
    capture.add_argument("-s", "--session-file", default="profile.ntff", metavar="FILE")
    capture.add_argument("--num-exec", type=int, default=1, metavar="N", help="executions; all take the same time")
    capture.add_argument("--profile-nth-exec", type=int, metavar="N", help="also FILE_exec_N.ntff, and each further Nth")
    capture.add_argument("--enable-dge-notifs", action="store_true", help="taken: DMAs are always recorded")
    view = commands.add_parser("view", help="show what an NTFF holds")
    view.add_argument("-n", "--neff", metavar="FILE")
    view.add_argument("-s", "--session-file", metavar="FILE")
    view.add_argument("--output-format", choices=FORMATS, default="parquet" if name == "neuron-explorer" else "summary-text")
    view.add_argument("--output-file", metavar="FILE", help="where json, perfetto and parquet are written")
    view.add_argument("--data-path", metavar="DIR", help="parquet goes to DIR/profiles/global/NAME@latest")
    view.add_argument("--display-name", metavar="NAME")
    view.add_argument("--ingest-only", action="store_true", help="write the tables, and end")
    view.add_argument("--disable-ui", action="store_true", help="write the tables, and answer queries on this machine until it is ended")
    view.add_argument("--api-port", type=int, default=PORT, metavar="N", help=f"of queries ({PORT})")
    view.add_argument("--force", action="store_true", help=argparse.SUPPRESS)
    return parser


def _capture(options: argparse.Namespace) -> int:
    neff = load_neff(options.neff)
    outcome = open_core().run(neff.request())
    if outcome.errors:
        raise exception_of(outcome.errors, None, outcome.failure)
    assert outcome.report is not None
    paths = [options.session_file]
    if options.profile_nth_exec:
        nth = options.profile_nth_exec
        # The vendor's tool runs one more than the Nth where --num-exec says nothing of it.
        paths += [executed(options.session_file, number) for number in range(nth, max(options.num_exec, nth) + 1, nth)]
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save_ntff(outcome.report, path, neff.digest)
    print(f"simulated {neff.manifest['kernel']}: {float(outcome.report['total_time']) * 1e6:.3f} us; {', '.join(paths)}", file=sys.stderr)
    return 0


def _view(options: argparse.Namespace, name: str) -> int:
    if options.neff is None or options.session_file is None:
        raise TrnsimError(f"{name} view needs both files\n  help: {name} view -n FILE.neff -s FILE.ntff --output-format summary-json")
    neff, ntff = load_neff(options.neff), load_ntff(options.session_file)
    if ntff.manifest["neff"] != neff.digest:
        raise TrnsimError(f"'{options.session_file}' was captured from another file than '{options.neff}'\n  help: capture it again: "
                          f"{name} capture -n {options.neff} -s {options.session_file}")
    found = summary(ntff.report)
    if options.output_format == "summary-json":
        # On one line: tools look for the line that begins with a brace.
        print(json.dumps({name_of(neff.digest): found}))
    elif options.output_format == "summary-text":
        print(_table(found))
    elif options.output_format == "perfetto":
        _perfetto(neff, options.output_file or "ntff.pftrace")
    elif options.output_format == "json":
        text = json.dumps(event_json(neff, ntff))
        path = options.output_file or "ntff.json"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        print(f"{path} was written", file=sys.stderr)
    else:
        folder = _folder(options, neff)
        write_parquet(neff, ntff, folder, options.display_name or str(neff.manifest["kernel"]))
        print(f"Processing for {options.display_name or neff.manifest['kernel']} is complete: {folder}", file=sys.stderr)
        if options.disable_ui and not options.ingest_only:
            _serve(options)
        elif not (options.ingest_only or options.output_file):
            print("note: there is no view for browsers here: --disable-ui answers queries, trnsim open shows traces", file=sys.stderr)
    return 0


def _table(found: dict[str, Any]) -> str:
    """Keys and values as the vendor's tool aligns them; what has no value is left out."""
    shown = {key: value for key, value in found.items() if value is not None}
    width = max(map(len, shown)) + 2
    return "\n".join(f"{key:<{width}}{value:g}" if isinstance(value, float) else f"{key:<{width}}{value}" for key, value in sorted(shown.items()))


def _perfetto(neff: Neff, path: str) -> None:
    outcome = open_core().run(neff.request(trace=path))
    if outcome.errors:
        raise exception_of(outcome.errors, None, outcome.failure)
    print(f"{path} was written: open it at https://ui.perfetto.dev, or with trnsim open", file=sys.stderr)


def _folder(options: argparse.Namespace, neff: Neff) -> str:
    if options.output_file:
        return str(options.output_file)
    return os.path.join(_data_path(options), "profiles", "global", f"{options.display_name or neff.manifest['kernel']}@latest")


def _data_path(options: argparse.Namespace) -> str:
    return os.path.expanduser(options.data_path or os.path.join("~", ".local", "share", "neuron-profile"))


def _serve(options: argparse.Namespace) -> None:
    """Answers queries until it is ended."""
    with server(Profiles(_data_path(options)), options.api_port) as found:
        print(f"queries are answered at http://localhost:{found.server_address[1]}/api/v1/db/NAME/_search", file=sys.stderr, flush=True)
        found.serve_forever()


__all__ = ["FORMATS", "Ntff", "main"]
