"""`python -m trnsim.evaluation`: what `trnsim evaluate` runs."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from ..core.machine import processors
from ..errors import TrnsimError, printable
from ..hooks import install
from ..recordings import CallError
from ..run.outputs import write
from .evaluator import Evaluator
from .server import serve
from .task import Function, Task

#: Exit codes of the command-line tool: bad input, a fault of the machine, values that are wrong.
_BAD_INPUT, _FAULT, _WRONG = 1, 2, 3
#: Kinds of failures that come before anything runs.
_INPUT_KINDS = {"load", "arguments", "reference", "request", "kernels", "rule", "input"}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 right, 1 bad input, 2 the candidate fails, 3 its values are wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.serve and options.kernel is None:
        parser.error("name a candidate, FILE.py:FUNCTION, or --serve")
    install(shadow=True)
    try:
        for name in ("nki", "nki.isa", "nki.language", "neuronxcc.nki", "neuronxcc.nki.isa", "neuronxcc.nki.language", *options.preload):
            importlib.import_module(name)
        with Evaluator(options.workers, options.hardware, fresh=options.fresh) as evaluator:
            task = Task(Function("candidate.py")).asked(_request(options))
            if options.serve:
                # Ends what it started, and removes its files.
                signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
                with os.fdopen(os.dup(1), "wb") as answers:
                    os.dup2(2, 1)
                    serve(evaluator, task, 0, answers)
                return 0
            return _once(evaluator, task, options.json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Nobody reads the answers any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except CallError as error:
        print(printable(f"error: {error}" + (f"\n  help: {error.remedy}" if error.remedy else "")), file=sys.stderr)
        return _BAD_INPUT
    except (TrnsimError, ImportError, OSError) as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return _BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trnsim evaluate", description="Answers whether a candidate is right and how long it takes.")
    parser.add_argument("kernel", nargs="?", metavar="FILE.py:FUNCTION", help="the candidate")
    parser.add_argument("--reference", metavar="FILE.py:FUNCTION", help="computes what is right, from the same inputs")
    parser.add_argument("--inputs-from", metavar="FILE.py:FUNCTION", help="returns the inputs (get_inputs of the reference's file)")
    parser.add_argument("--input", metavar="NAME=…", action="append", default=[], help="'x=bfloat16[128, 512]' or x=FILE.npy")
    parser.add_argument("--param", metavar="NAME=VALUE", action="append", default=[], help="what else the candidate gets")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs (0)")
    parser.add_argument("--hardware", metavar="NAME|FILE", default="trn2", help="the machine (trn2)")
    parser.add_argument("--tolerance", type=float, metavar="X", help="the largest relative error that is right")
    parser.add_argument("--rules", action="store_true", help="also which changes would make it faster")
    parser.add_argument("--time-limit", type=float, default=120.0, metavar="S", help="seconds that a candidate may take (120)")
    parser.add_argument("--json", metavar="FILE|-", help="the answer as JSON")
    parser.add_argument("--serve", action="store_true", help="answer lines of JSON on standard input")
    parser.add_argument("--workers", type=int, metavar="N", default=processors(), help="candidates at a time")
    parser.add_argument("--fresh", action="store_true", help="a new process for each candidate, which takes twice the time")
    parser.add_argument("--preload", metavar="MODULE", action="append", default=[], help="a module that references or candidates import")
    return parser


def _request(options: argparse.Namespace) -> dict[str, Any]:
    """The options as a request."""
    found: dict[str, Any] = {"seed": options.seed, "hardware": options.hardware, "rules": options.rules, "time_limit": options.time_limit,
                             "inputs": _pairs(options.input, "--input"), "arguments": _pairs(options.param, "--param")}
    for key in ("kernel", "reference", "inputs_from", "tolerance"):
        if getattr(options, key) is not None:
            found[key] = getattr(options, key)
    return found


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise CallError(f"{option} '{text}' is no NAME=VALUE")
        found[name] = value
    return found


def _once(evaluator: Evaluator, task: Task, json_file: str | None) -> int:
    answers: list[dict[str, Any]] = []
    evaluator.submit(task, answers.append)
    while not answers:
        evaluator.workers.wait()
    answer = answers[0]
    text = json.dumps(answer, indent=1)
    if json_file == "-":
        print(text)
    else:
        if json_file is not None:
            write(json_file, text + "\n")
        print(printable(_for_people(answer, task)))
    failure = answer["failure"]
    if failure is None or failure["kind"] == "values":
        return _WRONG if answer["correct"] is False else 0
    return _BAD_INPUT if failure["kind"] in _INPUT_KINDS else _FAULT


def _for_people(answer: dict[str, Any], task: Task) -> str:
    lines = []
    error = answer["max_relative_error"]
    if answer["failure"] is not None and answer["failure"]["kind"] != "values":
        lines.append("fails")
    elif answer["correct"] is not None:
        lines.append(("right" if answer["correct"] else "wrong") + ("" if error is None else f": largest relative error {error:.3g}"))
    else:
        lines.append("not compared: --reference FILE.py:FUNCTION says what is right")
    if answer["failure"] is not None:
        failure = answer["failure"]
        place = f" at {failure['file']}:{failure['line']}" if failure["file"] else ""
        lines.append(f"{failure['kind']}{place}: {failure['message']}" + (f"\n  help: {failure['help']}" if failure["help"] else ""))
    if answer["time_us"] is not None:
        interval = "" if answer["time_low_us"] is None else f" (90 %: {answer['time_low_us']:.1f} to {answer['time_high_us']:.1f} µs)"
        lines.append(f"{answer['time_us']:.3f} µs on {task.hardware}{interval}")
        lines.append(str(answer["verdict"]))
    if answer["source"] is not None and answer["time_us"] is not None:
        lines.append(f"most of the time is spent at {answer['source']['file']}:{answer['source']['line']}")
    lines += [f"{rule['change'] * 100:+.1f} %  {rule['title']}: {rule['how']}" for rule in answer["rules"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
