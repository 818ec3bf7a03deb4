"""Work in processes of its own: what crashes, hangs or ends there takes nothing with it.

A worker is a copy of this process, so that all that is loaded is there at once. This process must have no threads of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import resource
import selectors
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .cleaning import left_as_found


@dataclass
class Outcome:
    """What a job gave, or why it gave nothing."""

    value: bytes = b""
    #: Without a value: "time", "crash" or "exit".
    kind: str = ""
    message: str = ""


@dataclass
class Job:
    """A function of a module, with arguments that can be pickled, that gives bytes."""

    work: Callable[..., bytes]
    arguments: tuple[Any, ...]
    #: Seconds that it may take.
    limit: float
    done: Callable[[Outcome], None]


#: Bytes before a message that say how many it has.
_HEAD = 8

#: Seconds that a process may take to end after it closed its pipe.
_PATIENCE = 0.1

#: Jobs of one process, so that what candidates leave there does not grow without end.
_JOBS = 250


@dataclass
class _Worker:
    """A process that does one job after the other."""

    process: int
    reader: int
    writer: int
    received: bytearray = field(default_factory=bytearray)
    job: Job | None = None
    ends_at: float = 0.0
    count: int = 0

    @property
    def value(self) -> bytes | None:
        """What the job gave, once that is whole."""
        if len(self.received) < _HEAD:
            return None
        size = int.from_bytes(self.received[:_HEAD], "little")
        return bytes(self.received[_HEAD:_HEAD + size]) if len(self.received) >= _HEAD + size else None


class Workers:
    """Does jobs, several at a time, and wakes up for files that are read beside them."""

    def __init__(self, count: int, *, fresh: bool = False) -> None:
        self._count = count
        self._jobs = 1 if fresh else _JOBS
        # epoll knows no files of disks, which standard input may be.
        self._selector = selectors.PollSelector()
        self._workers: dict[int, _Worker] = {}
        self._waiting: deque[Job] = deque()

    @property
    def is_idle(self) -> bool:
        return not self._waiting and all(worker.job is None for worker in self._workers.values())

    def submit(self, job: Job) -> None:
        """Begins a job as soon as somebody is free; `done` is called in `wait`."""
        self._waiting.append(job)
        self._begin()

    def watch(self, file: int) -> None:
        """Also wakes up where there is something to read."""
        self._selector.register(file, selectors.EVENT_READ)

    def forget(self, file: int) -> None:
        self._selector.unregister(file)

    def wait(self) -> list[int]:
        """Waits until something happens; whoever waits for a job is told, watched files that can be read are returned."""
        now = time.monotonic()
        patience = min((worker.ends_at - now for worker in self._workers.values() if worker.job is not None), default=None)
        ready: list[int] = []
        for key, _ in self._selector.select(None if patience is None else max(0.0, patience)):
            worker = self._workers.get(key.fd)
            if worker is None:
                ready.append(key.fd)
            else:
                self._read(worker)
        now = time.monotonic()
        for worker in [one for one in self._workers.values() if one.job is not None and one.ends_at <= now]:
            assert worker.job is not None
            self._end(worker, Outcome(kind="time", message=f"took longer than {worker.job.limit:g} s"))
        return ready

    def close(self) -> None:
        """Ends all that is going on; nobody is told."""
        self._waiting.clear()
        for worker in list(self._workers.values()):
            worker.job = None
            self._end(worker, Outcome())
        self._selector.close()

    def _begin(self) -> None:
        while self._waiting:
            free = next((worker for worker in self._workers.values() if worker.job is None), None)
            if free is None and len(self._workers) >= self._count:
                return
            worker = free or self._start()
            job = worker.job = self._waiting.popleft()
            worker.count += 1
            worker.ends_at = time.monotonic() + job.limit
            with contextlib.suppress(BrokenPipeError):
                # One that has just ended is seen when it is read.
                _write(worker.writer, pickle.dumps((job.work, job.arguments)))

    def _start(self) -> _Worker:
        asked, asks = os.pipe()
        answered, answers = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            for worker in self._workers.values():
                os.close(worker.reader)
                os.close(worker.writer)
            os.close(asks)
            os.close(answered)
            _be_worker(asked, answers)
        os.close(asked)
        os.close(answers)
        worker = self._workers[answered] = _Worker(process, answered, asks)
        self._selector.register(answered, selectors.EVENT_READ)
        return worker

    def _read(self, worker: _Worker) -> None:
        found = os.read(worker.reader, 1 << 20)
        worker.received += found
        value = worker.value
        if value is None:
            if not found:
                self._end(worker, None)
            return
        job = worker.job
        if worker.count >= self._jobs or value[:1] == _LEAVES or job is None:
            self._end(worker, Outcome(value[1:]))
            return
        worker.job = None
        worker.received.clear()
        self._begin()
        job.done(Outcome(value[1:]))

    def _end(self, worker: _Worker, outcome: Outcome | None) -> None:
        """Ends a worker with all that it started; without an outcome its own end says what came of its job."""
        self._selector.unregister(worker.reader)
        del self._workers[worker.reader]
        os.close(worker.reader)
        os.close(worker.writer)
        status = _ended(worker.process, _PATIENCE) if outcome is None else None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.process, signal.SIGKILL)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process, signal.SIGKILL)
            os.waitpid(worker.process, 0)
        job, worker.job = worker.job, None
        self._begin()
        if job is not None:
            job.done(outcome or _of_status(status))


def _end_with_parent() -> None:
    """A candidate that never ends does not outlive a server that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


#: Signals of processes that crash.
_OF_CRASHES = (signal.SIGQUIT, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGFPE, signal.SIGBUS, signal.SIGSEGV)

#: The first byte of an answer: whether the worker goes on.
_STAYS, _LEAVES = b"+", b"-"


def _be_worker(asked: int, answers: int) -> NoReturn:
    code = 1
    try:
        # What it starts ends with it, and Ctrl-C is its parent's.
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _end_with_parent()
        # Those that crash do so by the hundred, and nobody looks at their memory.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in _OF_CRASHES:
            # The core's handlers print where it crashed, which takes seconds.
            signal.signal(number, signal.SIG_DFL)
        # What candidates read is nobody's, what they print is not the answer.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        # Looking for cycles would copy what is shared.
        gc.freeze()
        while (message := _message(asked)) is not None:
            work, arguments = pickle.loads(message)
            with left_as_found():
                value = work(*arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            # Threads that are left would go on in the next candidate's time.
            _write(answers, (_STAYS if threading.active_count() == 1 else _LEAVES) + value)
        code = 0
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _message(file: int) -> bytes | None:
    """The next message of a pipe; None at its end."""
    head = _read_exactly(file, _HEAD)
    return None if head is None else _read_exactly(file, int.from_bytes(head, "little"))


def _read_exactly(file: int, count: int) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        part = os.read(file, count - len(found))
        if not part:
            return None
        found += part
    return bytes(found)


def _write(file: int, message: bytes) -> None:
    left = memoryview(len(message).to_bytes(_HEAD, "little") + message)
    while left:
        left = left[os.write(file, left):]


def _ended(process: int, patience: float) -> int | None:
    """The status of a process that is about to end; None if it does not."""
    deadline = time.monotonic() + patience
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(0.001)


def _of_status(status: int | None) -> Outcome:
    if status is None:
        return Outcome(kind="exit", message="closed its files without an answer")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Outcome(kind="crash", message=f"ended by signal {number} ({signal.Signals(number).name})")
    return Outcome(kind="exit", message=f"ended its process with {os.waitstatus_to_exitcode(status)}")
