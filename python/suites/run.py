"""Runs a public suite, unchanged, from a checkout that the user has, and prints what passes and why the rest does not.

    python python/suites/run.py sdk-tests ~/aws-neuron-sdk
    python python/suites/run.py nkibench ~/AccelOpt --filter rope --timeout 600
    python python/suites/run.py public-kernels ~/clones --timeout 600    # clones at FOLDER/OWNER/NAME
    python python/suites/run.py nki-library ~/nki-library --one-each --results library.jsonl
    python python/suites/run.py nki-library ~/nki-library --sample 1000 --seed 0 --workers 2 --results library.jsonl
    python python/suites/run.py nki-library ~/nki-library --again failed --results library.jsonl
    python python/suites/run.py nki-library ~/nki-library --target trn3 --filter mx --one-each --results trn3.jsonl

Each case runs in a process of its own with a limit of time and memory. `--results FILE` gets a line of JSON for each case
as soon as it ends; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import trnsim
from cases import SUITES, Case
from public_kernels import public_kernels
from pytest_suites import SUITES as PYTEST_SUITES
from pytest_suites import read_results, run_pytest_suite


SUITES["public-kernels"] = public_kernels


def attempt(case: Case, quiet: bool, send: Any) -> None:
    """Runs a case in a child process and sends back how it went."""
    if quiet:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        os.dup2(devnull, 2)
    trnsim.install(shadow=True)
    try:
        case.run()
        report = trnsim.last_report()
        send.send(("passed", f"{report.microseconds:.1f} µs" if report and report.json else ""))
    except BaseException as error:
        if not quiet:
            traceback.print_exc()
        text = " ".join(str(error).split()) or type(error).__name__
        send.send(("failed", f"{type(error).__name__}: {text}"))


def run(case: Case, timeout: float, quiet: bool) -> tuple[str, str, float]:
    receive, send = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=attempt, args=(case, quiet, send))
    begin = time.monotonic()
    child.start()
    send.close()
    try:
        outcome = receive.recv() if receive.poll(timeout) else ("timeout", f"more than {timeout:.0f} s")
    except EOFError:
        outcome = ("failed", "the process died")
    if outcome[0] == "timeout":
        child.kill()
    child.join()
    return outcome[0], outcome[1], time.monotonic() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=[*SUITES, *PYTEST_SUITES])
    parser.add_argument("checkout")
    parser.add_argument("--filter", default="", help="only cases with this text in their name")
    parser.add_argument("--target", default="trn2", choices=["trn1", "trn2", "trn3"],
                        help="the machine that pytest's suites run on, and choose their cases by (trn2)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for each case (120)")
    parser.add_argument("--one-each", action="store_true", help="one case of each test function, a small one")
    parser.add_argument("--sample", type=int, help="this many cases, at least one of each test function (nki-library)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--workers", type=int, default=1, help="cases at a time (1)")
    parser.add_argument("--memory", type=float, default=8.0, help="GiB for each case (8)")
    parser.add_argument("--results", help="a line for each case; cases that it has already are not run again")
    parser.add_argument("--again", action="append", choices=["failed", "timeout", "memory"], default=[],
                        help="run the cases again that are so in --results")
    parser.add_argument("--files", nargs="+", help="test files of the checkout, to collect less (nki-library)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what the cases print")
    options = parser.parse_args()
    if not os.path.isdir(options.checkout):
        parser.error(f"there is no directory '{options.checkout}'")
    if options.suite in PYTEST_SUITES:
        return run_pytest_suite(options)
    earlier = read_results(options.results) if options.results else {}
    results = {} if options.again else dict(earlier)
    with open(options.results or os.devnull, "a", encoding="utf-8") as out:
        for case in SUITES[options.suite](options.checkout):
            before = earlier.get(case.name)
            if options.filter not in case.name or before and before["status"] not in options.again:
                continue
            status, reason, seconds = run(case, options.timeout, not options.verbose)
            print(f"{status:8} {seconds:6.1f} s  {case.name}  {reason[:240]}", flush=True)
            results[case.name] = {"name": case.name, "status": status, "reason": reason, "seconds": round(seconds, 2)}
            out.write(json.dumps(results[case.name]) + "\n")
            out.flush()
    counts = Counter(result["status"] for result in results.values())
    print(f"\n{options.suite}: {counts['passed']} of {len(results)} pass"
          + "".join(f", {n} {status}" for status, n in counts.items() if status != "passed"))
    return 0 if counts["passed"] == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
