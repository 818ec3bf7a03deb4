"""`nki.framework.compiled`: a kernel without running it, with the compiler's predicted time; here the simulated one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...record.context import target_name, tracing
from ...run.artifacts import save_neff
from ...run.kernel import Kernel, as_kernel
from ...run.report import Report
from ...tracebacks import edge
from ..compiler.ncc_driver import CompileOptions

_ENGINES = ("tensor", "vector", "scalar", "gpsimd", "sync")


@dataclass(eq=False)
class NirResult:
    """What compiling a kernel gave."""

    #: Simulated nanoseconds; None without `emit_predicted_latency`.
    total_time_ns: int | None = None
    #: By engine: the share of the time in which it is active.
    estimated_utilization: dict[str, float] | None = None
    #: Multiply-adds of the Tensor engine.
    mac_count: int | None = None
    #: Bytes that DMAs read from and write to HBM.
    hbm_bytes: int | None = None
    #: Where files are.
    work_dir: str = ""
    #: The file that stands for a NEFF.
    neff_path: str = ""
    #: The simulator's report, with all else; None without `emit_predicted_latency`.
    report: Report | None = field(default=None, repr=False)


@edge
def compile_kernel_to_nir(kernel_func: Callable[..., Any], *, inputs: Mapping[str, Any], compile_opts: CompileOptions | None = None,
                          **ignored: Any) -> NirResult:
    """Traces a kernel on inputs by name; with `emit_predicted_latency` also its time. Values are not computed."""
    options = compile_opts or CompileOptions()
    kernel = as_kernel(kernel_func)
    if options.lnc not in (None, 1) and not kernel.grid:
        kernel = kernel[options.lnc]
    folder = options.artifacts_dir or tempfile.mkdtemp(prefix="trnsim-nir-")
    os.makedirs(folder, exist_ok=True)
    path = options.output_path or os.path.join(folder, "kernel.neff")
    asked = kernel.options()
    if options.target is not None:
        asked.target = target_name(options.target)
    save_neff(kernel.traced((), dict(inputs), asked), path)
    if not options.emit_predicted_latency:
        return NirResult(work_dir=folder, neff_path=path)
    asked = kernel.options(mode="timing")
    if options.target is not None:
        asked.target = target_name(options.target)
    _, report = kernel.simulate((), dict(inputs), asked)
    known = report.json
    return NirResult(total_time_ns=round(report.seconds * 1e9) if report.seconds > 0 else None,
                     estimated_utilization={engine: float(known.get(f"{engine}_engine_active_time_percent", 0.0)) for engine in _ENGINES},
                     mac_count=int(known.get("hardware_flops", 0)) // 2,
                     hbm_bytes=int(known.get("hbm_read_bytes", 0)) + int(known.get("hbm_write_bytes", 0)), work_dir=folder,
                     neff_path=path, report=report)


class CompileKernel(Kernel):
    """`CompileKernel(func=…, artifacts_dir=…)`: a kernel whose calls leave `kernel.neff` in a folder."""

    def __init__(self, func: Callable[..., Any], artifacts_dir: str | None = None, **hints: Any) -> None:
        source = as_kernel(func)
        super().__init__(source.func, mode=source.mode, platform_target=source.platform_target, beta=source.beta, grid=source.grid,
                         **{**source.hints, **hints})
        self.artifacts_dir = artifacts_dir or tempfile.mkdtemp(prefix="trnsim-kernel-")

    @edge
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Saves what is launched, and runs it."""
        if tracing() is not None:
            return self.inlined(args, kwargs)
        os.makedirs(self.artifacts_dir, exist_ok=True)
        save_neff(self.traced(args, kwargs, self.options()), os.path.join(self.artifacts_dir, "kernel.neff"))
        return super().__call__(*args, **kwargs)


__all__ = ["CompileKernel", "CompileOptions", "NirResult", "compile_kernel_to_nir"]
