"""Runs a program that is still being recorded, to show what a tile holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import open_core
from ..errors import UnsupportedError
from ..tensor.arrays import undefined
from ..tensor.storage import Storage


class Peeker:
    """Values of a program's tensors so far, for one trace."""

    def __init__(self, current: Any) -> None:
        self.current = current

    def read(self, storage: Storage) -> np.ndarray[Any, Any]:
        """All elements of a storage, flat."""
        kind = storage.dtype.numpy
        program = self.current.program
        contents = dict(program.inputs)
        contents.update({constant: constant.array for constant in program.storages if constant.array is not None})
        if storage in contents and not storage.written:
            return np.asarray(contents[storage]).reshape(-1)
        if storage.first < 0:
            return undefined((storage.elements,), kind)
        array = np.zeros(storage.elements, kind)
        layout = self.current.layout
        with open_core().session() as session:
            session.set("hardware", self.current.target)
            session.set("mode", "values")
            ok = layout.count == 1 or session.cores(layout)
            for number, sibling in enumerate(self.current.siblings):
                ok = ok and session.select(number) and self._load(session, sibling)
            ok = ok and session.advance(-1)
            session.select(self.current.siblings.index(self.current))
            written = session.read(storage.name, array) if ok else None
            if written is None:
                errors = session.errors()
                raise UnsupportedError(str(errors[0]["message"]) if errors else "the core has no values")
        array[written == 0] = undefined((1,), kind)[0]
        return array

    def _load(self, session: Any, sibling: Any) -> bool:
        """A core's program so far, and what its inputs hold."""
        program = sibling.program
        if not session.append(program.stream()):
            return False
        # The cores of a rank share inputs; the first brings them.
        contents = dict(program.inputs) if sibling.core == 0 else {}
        contents.update({constant: constant.array for constant in program.storages if constant.array is not None})
        return all(session.bind(given.name, np.array(array, copy=True)) for given, array in contents.items()
                   if given.first >= 0 or given.array is None)
