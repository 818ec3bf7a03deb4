"""What a candidate changes of its process is put back before the next one runs there."""

from __future__ import annotations

import linecache
import os
import random
import site
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np

#: Modules from here are the same for all candidates; others lie beside a candidate and may change.
_SHARED = tuple({os.path.join(path, "") for path in (*site.getsitepackages(), site.getusersitepackages(),
                                                    *sysconfig.get_paths().values(), os.path.dirname(os.path.dirname(__file__)))})


@contextmanager
def left_as_found() -> Iterator[None]:
    """Puts back modules, paths, the environment, the folder, random generators, and what NumPy and `warnings` are told to ignore."""
    modules, paths, arguments = dict(sys.modules), list(sys.path), list(sys.argv)
    environment, folder = dict(os.environ), os.getcwd()
    generator, legacy, errors = random.getstate(), np.random.get_state(), np.geterr()
    try:
        with warnings.catch_warnings():
            yield
    finally:
        for name in [name for name, module in sys.modules.items() if name not in modules and not _is_shared(module)]:
            del sys.modules[name]
        sys.modules.update(modules)
        sys.path[:], sys.argv[:] = paths, arguments
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(folder)
        random.setstate(generator)
        np.random.set_state(legacy)
        np.seterr(**errors)
        # Texts of candidates: another one may have the same name.
        linecache.clearcache()


def _is_shared(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    # What is built in has no file but was found; what somebody made was not.
    return module.__spec__ is not None if file is None else file.startswith(_SHARED)
