"""How the package's programs end: Ctrl-C is one line, and a reader that leaves (`| head`) is none."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn


def run(main: Callable[[], int | None]) -> NoReturn:
    """Runs a program; ends the process with its code, or as other programs end by Ctrl-C and by a reader that left."""
    _answer_interrupts()
    try:
        code = main()
    except KeyboardInterrupt:
        _forget_output()
        print("interrupted", file=sys.stderr)
        _end_by(signal.SIGINT)
    except SystemExit:
        if _reader_left():
            _end_by(signal.SIGPIPE)
        raise
    except BrokenPipeError:
        if not _reader_left():
            raise
        _end_by(signal.SIGPIPE)
    if _reader_left():
        _end_by(signal.SIGPIPE)
    sys.exit(code)


#: Seconds after Ctrl-C in which Python's own handler must have run.
_PATIENCE = 2.0


def _answer_interrupts() -> None:
    """Ends the process after Ctrl-C also where Python cannot: its handlers wait until a call of the core returns."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    heard = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        heard.set()
        signal.default_int_handler(number, frame)

    def watch() -> None:
        while number := os.read(reader, 1):
            if number[0] == signal.SIGINT and not heard.wait(_PATIENCE):
                print("interrupted", file=sys.stderr, flush=True)
                os._exit(128 + signal.SIGINT)
            heard.clear()

    signal.signal(signal.SIGINT, handle)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=watch, daemon=True).start()


def _reader_left() -> bool:
    """Whether nobody reads standard output any more; what is left of it is dropped then."""
    try:
        sys.stdout.flush()
        # What failed to be written is no longer there; the pipe still says so.
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        if not any(event & select.POLLERR for _, event in poll.poll(0)):
            return False
    except BrokenPipeError:
        pass
    except (OSError, ValueError):
        # A full disk, a closed stream: Python tells it itself.
        return False
    _forget_output()
    return True


def _forget_output() -> None:
    """What is not written yet goes nowhere: writing it again at the end would fail."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _end_by(number: signal.Signals) -> NoReturn:
    """Ends the process by a signal, so that shells know; the first process of a container ends with their code."""
    atexit._run_exitfuncs()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
