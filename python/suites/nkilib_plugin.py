"""A pytest plugin with the modules that nki-library's tests import and its public tree does not have.

They concern remote machines and profiles, which simulation does not use, and the compiler's casts of element types,
which are those of `neuron_dtypes`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any


class LockStatus(Enum):
    """States of a lock on a remote machine."""

    ACQUIRED = "acquired"
    BUSY = "busy"
    RELEASED = "released"
    ERROR = "error"


@dataclass
class LockResult:
    """What asking for a lock gave."""

    status: LockStatus = LockStatus.ERROR
    message: str = ""


def analyze_trace(*_: Any, **__: Any) -> None:
    """Traces of devices: simulation makes none."""


def _module(name: str, package: bool = False, **contents: Any) -> None:
    module = ModuleType(name)
    if package:
        module.__path__ = []
    for key, value in contents.items():
        setattr(module, key, value)
    sys.modules[name] = module


def static_cast(array: Any, dtype: Any) -> Any:
    """The compiler's cast."""
    from trnsim.aliases import neuron_dtypes

    return neuron_dtypes.static_cast(array, dtype)


_module("test.utils.perf_analysis_private", analyze_trace=analyze_trace)
_module("test.utils.scripts", package=True)
_module("test.utils.scripts.remote_lock_scripts", LockStatus=LockStatus, LockResult=LockResult)
_module("neuronxcc.starfish", package=True)
_module("neuronxcc.starfish.support", package=True)
_module("neuronxcc.starfish.support.dtype", static_cast=static_cast)


def pytest_collection_finish(session: Any) -> None:
    """The harness asks for a compiled kernel that simulation mode never makes."""
    module = sys.modules.get("test.utils.test_orchestrator")
    if module is not None and not hasattr(module.Orchestrator, "_compiled_kernel"):
        module.Orchestrator._compiled_kernel = None
