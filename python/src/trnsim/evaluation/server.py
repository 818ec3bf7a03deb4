"""Requests and answers as lines of JSON."""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

from ..recordings import CallError
from .candidate import failed
from .evaluator import Evaluator
from .task import Task


def serve(evaluator: Evaluator, defaults: Task, requests: int, answers: BinaryIO) -> None:
    """Answers requests until there are no more; `requests` is an open file's number.

    An answer has the request's `id`, or its line's number from 1 on; answers come in the order in which candidates end.
    """
    line_number = 0
    left = b""
    is_open = True

    def ask(line: bytes) -> None:
        nonlocal line_number
        line_number += 1
        if not line.strip():
            return
        identity: Any = line_number

        def answer(found: dict[str, Any]) -> None:
            answers.write(json.dumps({"id": identity} | found).encode() + b"\n")
            answers.flush()

        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise CallError("a request is an object of JSON", '{"kernel": "kernel.py:f", "reference": "ref.py:g"}')
            identity = request.get("id", line_number)
            task = defaults.asked(request)
        except CallError as error:
            answer(failed("request", str(error), error.remedy))
        except ValueError as error:
            answer(failed("request", f"line {line_number} is no JSON: {error}"))
        else:
            evaluator.submit(task, answer)

    evaluator.workers.watch(requests)
    while is_open or not evaluator.workers.is_idle:
        for _ in evaluator.workers.wait():
            found = os.read(requests, 1 << 20)
            *lines, left = (left + found).split(b"\n")
            if not found:
                is_open = False
                evaluator.workers.forget(requests)
                lines = [left]
            for line in lines:
                ask(line)
