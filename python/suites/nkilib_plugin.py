"""A pytest plugin with the modules that nki-library's tests import and its public tree does not have.

They concern remote machines and profiles, which simulation does not use, and the compiler's casts of element types,
which are those of `neuron_dtypes`.
"""

from __future__ import annotations

import os
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
    """Completes the harness: a compiled kernel that simulation mode never makes, and a way to run several ranks."""
    module = sys.modules.get("test.utils.test_orchestrator")
    if module is None or hasattr(module.Orchestrator, "_compiled_kernel"):
        return
    orchestrator = module.Orchestrator
    orchestrator._compiled_kernel = None
    alone = orchestrator._run_simulator_inference

    def run(self: Any, kernel: Any) -> str | None:
        if kernel.inference_args.collective_ranks == 1:
            return alone(self, kernel)  # type: ignore[no-any-return]
        try:
            return _run_ranks(self, kernel)
        except Exception as error:
            raise module.InferenceException(str(error)) from error

    orchestrator._run_simulator_inference = run


def _run_ranks(orchestrator: Any, kernel: Any) -> str:
    """A kernel on several ranks; outputs lie where those of a device would, a directory for each rank."""
    import numpy as np
    import trnsim

    from test.utils.common_dataclasses import INF_ARTIFACT_DIR_NAME, normalize_golden_output  # type: ignore

    count = kernel.inference_args.collective_ranks
    given = kernel.kernel_input
    inputs = [given.for_rank(rank) if hasattr(given, "for_rank") else given for rank in range(count)]
    # Copies, as each device has its own: kernels write into their inputs, from which references are computed later.
    arguments = {name.removesuffix(".must_alias_input"): trnsim.PerRank(
        each[name].copy() if isinstance(each[name], np.ndarray) else each[name] for each in inputs)
        for name in inputs[0]}
    os.environ["NKI_NC_VERSION"] = kernel.compiler_input.platform_target.get_nc_gen()
    launched = trnsim.as_kernel(kernel.kernel_func)[kernel.compiler_input.logical_nc_config]
    results = trnsim.simulate(launched, ranks=count, **arguments).values
    path = os.path.join(orchestrator.fs_config.artifacts_output_directory_path, INF_ARTIFACT_DIR_NAME)
    for rank, result in enumerate(results):
        golden = normalize_golden_output(kernel.validation_args.golden_output, rank)
        found = list(result) if isinstance(result, (list, tuple)) else [] if result is None else [result]
        if len(found) != len(golden):
            raise RuntimeError(f"rank {rank} returned {len(found)} outputs of {len(golden)}")
        orchestrator.__dump_tensors__(
            os.path.join(path, f"output_worker_{rank}"),
            {name: np.asarray(output, dtype=wanted.dtype) for output, (name, wanted) in zip(found, golden.items())},
            lambda name: name)
    return path
