"""Evaluations in processes of their own, several at a time; what references say is kept."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import open_core
from ..core.machine import machine
from ..recordings import CallError
from .candidate import evaluate, failed, plain
from .task import Function, Task
from .values import Expected, expected
from .workers import Job, Outcome, Workers

#: References whose inputs and outputs are kept.
_KEPT = 16

Answer = Callable[[dict[str, Any]], None]


class Evaluator:
    """Answers tasks in the order in which they end. This process has loaded all that candidates need, and runs none of them."""

    def __init__(self, workers: int, hardware: str, *, fresh: bool = False) -> None:
        self.workers = Workers(workers, fresh=fresh)
        self._folder = tempfile.mkdtemp(prefix="trnsim-evaluate-")
        self._count = 0
        #: Files with what references say, by what that depends on.
        self._expected: OrderedDict[tuple[Any, ...], str] = OrderedDict()
        #: Tasks whose reference is at work.
        self._asked: dict[tuple[Any, ...], list[tuple[Task, Answer]]] = {}
        open_core()
        machine(hardware)

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, *_: object) -> None:
        self.workers.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def submit(self, task: Task, answer: Answer) -> None:
        """Begins an evaluation; `answer` is called with what comes of it."""
        key = _key(task)
        known = self._expected.get(key)
        if known is not None:
            self._expected.move_to_end(key)
            self._start(task, known, answer)
        elif key in self._asked:
            self._asked[key].append((task, answer))
        else:
            self._asked[key] = [(task, answer)]
            path = self._new("expected")
            self.workers.submit(Job(_expect, (replace(task, source=None), path), task.time_limit,
                                    lambda outcome: self._learn(key, path, outcome)))

    def _new(self, name: str) -> str:
        self._count += 1
        return os.path.join(self._folder, f"{name}-{self._count}")

    def _learn(self, key: tuple[Any, ...], path: str, outcome: Outcome) -> None:
        asked = self._asked.pop(key)
        if outcome.value == _KNOWN:
            self._expected[key] = path
            if len(self._expected) > _KEPT:
                os.unlink(self._expected.popitem(last=False)[1])
            for task, answer in asked:
                self._start(task, path, answer)
            return
        for task, answer in asked:
            answer(json.loads(outcome.value) if outcome.value else
                   failed("reference", f"the reference {task.reference} {outcome.message}"))

    def _start(self, task: Task, known: str, answer: Answer) -> None:
        path, folder = task.kernel.path, ""
        if task.source is not None:
            folder = self._new("candidate")
            os.mkdir(folder)
            path = os.path.join(folder, os.path.basename(path))
            with open(path, "w", encoding="utf-8") as file:
                file.write(task.source)

        def done(outcome: Outcome) -> None:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
            answer(json.loads(outcome.value) if outcome.value else failed(outcome.kind, f"the candidate {outcome.message}"))

        self.workers.submit(Job(_evaluate, (replace(task, source=None), path, folder, known), task.time_limit, done))


# What workers do


#: The answer of a worker that wrote what a reference says.
_KNOWN = b"known"

#: In a worker: what references say, by file.
_read: OrderedDict[str, Expected] = OrderedDict()


def _expect(task: Task, path: str) -> bytes:
    """Writes what the reference says; the answer to all that ask for it, where it says nothing."""
    try:
        found = expected(task)
    except CallError as error:
        return json.dumps(failed("reference", str(error), error.remedy, error.place)).encode()
    with open(path, "wb") as file:
        pickle.dump(found, file, protocol=5)
    return _KNOWN


def _evaluate(task: Task, path: str, folder: str, known: str) -> bytes:
    given = _read.get(known)
    if given is None:
        with open(known, "rb") as file:
            given = _read[known] = pickle.load(file)
        for array in (*given.arguments, *given.named.values()):
            if isinstance(array, np.ndarray):
                # The next candidate gets them too.
                array.flags.writeable = False
        if len(_read) > 2:
            _read.popitem(last=False)
    return json.dumps(plain(evaluate(task, path, given), folder)).encode()


def _key(task: Task) -> tuple[Any, ...]:
    """What a reference's answer depends on."""
    return (_identity(task.reference), _identity(task.inputs_of), task.seed,
            *((name, text, _identity(Function(text)) if text.endswith(".npy") else None) for name, text in task.inputs.items()))


def _identity(function: Function | None) -> tuple[Any, ...] | None:
    if function is None:
        return None
    try:
        found = os.stat(function.path)
    except OSError:
        return (function,)
    return (function, found.st_ino, found.st_size, found.st_mtime_ns)
