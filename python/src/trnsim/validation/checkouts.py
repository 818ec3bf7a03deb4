"""The repositories that the user has: clones below one directory, read at the commit that the table names."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import tarfile

from .kernels import Repository


class CheckoutError(Exception):
    """A repository that is not there, not at the commit, or needs what is not installed."""


class Checkouts:
    """Python sources of clones at `DIRECTORY/OWNER/NAME` (or bare ones at `…/NAME.git`), exported once for each commit."""

    def __init__(self, directory: str, work: str) -> None:
        self.directory = directory
        self.work = work
        self._exported: dict[Repository, str] = {}
        self._missing: dict[Repository, CheckoutError] = {}

    def folder(self, repository: Repository) -> str:
        """The folder with a repository's Python files as they were at its commit."""
        if repository in self._missing:
            raise self._missing[repository]
        if repository not in self._exported:
            try:
                self._exported[repository] = self._export(repository)
            except CheckoutError as error:
                self._missing[repository] = error
                raise
        return self._exported[repository]

    def _export(self, repository: Repository) -> str:
        missing = [name for name in repository.needs if importlib.util.find_spec(name) is None]
        if missing:
            raise CheckoutError(f"{repository.name} needs {', '.join(missing)}, not installed here")
        place = os.path.join(self.directory, *repository.name.split("/"))
        clone = next((path for path in (place, place + ".git") if os.path.isdir(path)), None)
        if clone is None:
            raise CheckoutError(f"there is no clone of {repository.name} at '{place}'")
        try:
            done = subprocess.run(["git", "-C", clone, "archive", "--format=tar", repository.commit, "--", ":(glob)**/*.py"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        except OSError as error:
            raise CheckoutError(f"git cannot be run: {error}") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CheckoutError(f"'{clone}' has no commit {repository.commit[:12]}: {said[-1] if said else 'git said nothing'}")
        target = os.path.join(self.work, repository.name.replace("/", "+"), repository.commit[:12])
        os.makedirs(target, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            for member in archive:
                # Nothing but regular files below the folder: an archive is somebody else's.
                if member.isfile() and not os.path.isabs(member.name) and ".." not in member.name.split("/"):
                    path = os.path.join(target, member.name)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    content = archive.extractfile(member)
                    assert content is not None
                    with open(path, "wb") as file:
                        file.write(content.read())
        return target


__all__ = ["CheckoutError", "Checkouts"]
