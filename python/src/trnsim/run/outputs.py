"""Files that runs write: whole or not at all, and never one that the run reads."""

from __future__ import annotations

import fcntl
import itertools
import os
import stat
import sys
from collections.abc import Iterable

from ..errors import TrnsimError


def write(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text file whole or not at all.

    A file that is replaced gives its mode to the new one, a link stays one, and devices and pipes are written directly. The
    bytes are on the disk before the name is.
    """
    if (number := _descriptor(os.fspath(path))) is not None:
        # Opened anew, it would be written from its beginning.
        sys.stdout.flush()
        with os.fdopen(os.dup(number), "w", encoding="utf-8") as file:
            file.write(text)
        return
    target = os.path.realpath(path)
    try:
        before = os.stat(path)
    except FileNotFoundError:
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, os.strerror(13), os.fspath(path))
    folder, name = os.path.split(target)
    partial = os.path.join(folder, f"{name[:120]}.trnsim-{os.getpid()}-{next(_numbers)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if before is None else 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            # The command-line tool removes such files where nobody holds their lock.
            fcntl.flock(file, fcntl.LOCK_EX)
            if before is not None:
                _keep_owner_and_mode(descriptor, before)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            os.replace(partial, target)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
    _synchronize(folder)


def require_own(inputs: Iterable[tuple[str, str]], outputs: Iterable[tuple[str, str]]) -> None:
    """Fails if an output is an input or another output; both are paths with what they are for the run."""
    read = {identity: what for path, what in inputs if (identity := _identity(path)) is not None}
    written: dict[tuple[object, ...], str] = {}
    for path, option in outputs:
        identity = _identity(path)
        if identity is None:
            continue
        if identity in read:
            raise TrnsimError(f"{path} is {read[identity]}, and {option} would overwrite it\n"
                              f"  help: give {option} another file")
        if identity in written:
            raise TrnsimError(f"{written[identity]} and {option} would both write {path}\n"
                              "  help: give each a file of its own")
        written[identity] = option


_numbers = itertools.count()


def _descriptor(path: str) -> int | None:
    """The number of the open file that a path means by its name."""
    named = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
    for folder in ("/dev/fd/", "/proc/self/fd/"):
        if path.startswith(folder) and path[len(folder):].isdecimal():
            return int(path[len(folder):])
    return named.get(path)


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    try:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    except PermissionError:
        pass  # Only the superuser may give a file away; whoever cannot owns the new one.
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _synchronize(folder: str) -> None:
    try:
        descriptor = os.open(folder or ".", os.O_RDONLY)
    except PermissionError:
        return  # A directory that may be written but not read.
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(path: str) -> tuple[object, ...] | None:
    """What tells files apart, however their paths are spelled; none for devices, pipes and `-`."""
    if path == "-" or _descriptor(path) is not None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return (os.path.realpath(path),)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
