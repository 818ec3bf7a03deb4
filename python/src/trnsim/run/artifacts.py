"""Files in the place of the vendor's NEFF and NTFF: what was launched, and what a run of it took.

Both are archives (zip) with a `manifest.json`. A NEFF of ours holds the programs as they were recorded, the machine and the settings,
and what the arrays of the caller are; what inputs held only where the time depends on it. An NTFF of ours holds the report of a run.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ..core import RankArrays, Request
from ..errors import TrnsimError
from ..tensor.dtypes import as_dtype
from .report import Report

NEFF, NTFF = "trnsim neff", "trnsim ntff"
#: Of the layout of both.
VERSION = 1


@dataclass(frozen=True)
class Neff:
    """What was launched."""

    manifest: dict[str, Any]
    digest: str
    #: By core, rank after rank.
    programs: list[bytes]
    #: What inputs held, by rank and name; of those that are not there it does not matter to the time.
    contents: dict[tuple[int, str], np.ndarray[Any, Any]]

    @property
    def kernel(self) -> str:
        return str(self.manifest["kernel"])

    def request(self, inputs: Mapping[str, np.ndarray[Any, Any]] | None = None, *, mode: str = "timing",
                trace: str | None = None) -> Request:
        """What to ask of the core; inputs that are not given are as they were, or zeros."""
        arrays = []
        for rank, tensors in enumerate(self.manifest["tensors"]):
            found = RankArrays()
            for tensor in tensors:
                name, dtype = tensor["name"], as_dtype(tensor["dtype"]).numpy
                array = (inputs or {}).get(name) if tensor["role"] == "input" else None
                if array is None:
                    array = self.contents.get((rank, name))
                array = np.zeros(tensor["shape"], dtype) if array is None else np.array(array, dtype, order="C").reshape(tensor["shape"])
                (found.outputs if tensor["role"] == "output" else found.inputs)[name] = array
            arrays.append(found)
        settings = self.manifest["settings"]
        return Request(self.programs, arrays, self.manifest["cores_per_rank"], hardware=self.manifest["hardware"],
                       overrides=tuple(self.manifest["overrides"]), mode=mode, trace=trace, settings=settings)


@dataclass(frozen=True)
class Ntff:
    """What a run took."""

    manifest: dict[str, Any]
    #: The core's report.
    report: dict[str, Any]


def save_neff(report: Report, path: str) -> str:
    """Writes what was launched; the file's digest. The report is that of a launch before it runs.

    Raises:
        OSError: where the file cannot be written.
    """
    request, interface = report.request, report.interface
    assert request is not None
    tensors = [[{"name": name, "dtype": as_dtype(array.dtype).name, "shape": list(array.shape), "role": role}
                for role, arrays in (("input", rank.inputs), ("output", rank.outputs)) for name, array in arrays.items()]
               for rank in request.arrays]
    manifest = {"format": NEFF, "version": VERSION, "hardware": request.hardware,
                "overrides": list(request.overrides), "settings": dict(request.settings), "cores_per_rank": request.cores_per_rank,
                "programs": len(request.programs), "tensors": tensors, **interface}
    members: dict[str, bytes] = {f"core-{core}.records": bytes(program) for core, program in enumerate(request.programs)}
    for rank, arrays in enumerate(request.arrays):
        for name, array in arrays.inputs.items():
            if interface["needs_values"] or name not in interface["inputs"]:
                members[f"rank-{rank}/{name}"] = np.ascontiguousarray(array).tobytes()
    return _write(path, manifest, members)


def save_ntff(report: Mapping[str, Any], path: str, neff: str) -> None:
    """Writes what a run took, the core's report, of the NEFF with a digest.

    Raises:
        OSError: where the file cannot be written.
    """
    manifest = {"format": NTFF, "version": VERSION, "neff": neff, "is_simulation": True}
    # What the host needed differs from run to run.
    kept = {key: value for key, value in report.items() if key != "host"}
    _write(path, manifest, {"report.json": json.dumps(kept, sort_keys=True).encode()})


def load_neff(path: str | BinaryIO) -> Neff:
    """Reads a NEFF of ours.

    Raises:
        TrnsimError: for every other file.
    """
    with _opened(path, NEFF) as (archive, manifest):
        programs = [archive.read(f"core-{core}.records") for core in range(manifest["programs"])]
        contents: dict[tuple[int, str], np.ndarray[Any, Any]] = {}
        for rank, tensors in enumerate(manifest["tensors"]):
            for tensor in tensors:
                member = f"rank-{rank}/{tensor['name']}"
                if member in archive.namelist():
                    kind = as_dtype(tensor["dtype"]).numpy
                    contents[rank, tensor["name"]] = np.frombuffer(archive.read(member), kind).reshape(tensor["shape"])
        return Neff(manifest, digest_of(path), programs, contents)


def load_ntff(path: str) -> Ntff:
    """Reads an NTFF of ours.

    Raises:
        TrnsimError: for every other file.
    """
    with _opened(path, NTFF) as (archive, manifest):
        return Ntff(manifest, json.loads(archive.read("report.json")))


def digest_of(path: str | BinaryIO) -> str:
    """What says whether two files are the same."""
    if not isinstance(path, str):
        path.seek(0)
        return hashlib.sha256(path.read()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _write(path: str, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    """A file that is whole or not there, and its digest; the same contents are the same bytes."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in {"manifest.json": json.dumps(manifest, sort_keys=True).encode(), **members}.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        digest = digest_of(partial)
        os.replace(partial, path)
        return digest
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise


class _opened:
    """An archive of ours with its manifest."""

    def __init__(self, path: str | BinaryIO, kind: str) -> None:
        self._path, self._kind = path, kind

    def __enter__(self) -> tuple[zipfile.ZipFile, dict[str, Any]]:
        word = "NEFF" if self._kind == NEFF else "NTFF"
        name = self._path if isinstance(self._path, str) else "what was loaded"
        try:
            self._archive = zipfile.ZipFile(self._path)
            manifest = json.loads(self._archive.read("manifest.json"))
        except FileNotFoundError:
            raise TrnsimError(f"there is no file '{name}'") from None
        except (zipfile.BadZipFile, KeyError, ValueError):
            raise TrnsimError(f"'{name}' is no {word} of trnsim's: what the vendor's compiler and profiler write has no published "
                              "description\n  help: run the kernel with trnsim, with save_neff_name and save_trace_name") from None
        if manifest.get("format") != self._kind or manifest.get("version") != VERSION:
            raise TrnsimError(f"'{name}' is {manifest.get('format')} {manifest.get('version')}, not {self._kind} {VERSION}")
        return self._archive, manifest

    def __exit__(self, *_: object) -> None:
        self._archive.close()
