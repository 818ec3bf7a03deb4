"""`nki.compiler.frontend`: kernels are traced, nothing is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...record.context import target_name
from ...run.kernel import as_kernel
from ...run.launch import trace_kernel
from ...tracebacks import edge


@dataclass
class FrontendResult:
    """A traced kernel."""

    #: What the kernel returned, its tensors as they were while it was traced.
    outputs: Any
    #: Instructions of all cores.
    instructions: int
    notes: list[str] = field(default_factory=list)


class NKIFrontend:
    """From a kernel's Python to what it does."""

    @edge
    def compile(self, kernel: Any, inputs: Mapping[str, Any] | None = None, target: str | None = None, lnc: int = 1,
                **_: Any) -> FrontendResult:
        """Traces `kernel` on the arrays of `inputs`; whatever it does wrong is raised."""
        found = as_kernel(kernel)
        options = found.options(target=target_name(target) if target else None)
        traced = trace_kernel(found.func, (), dict(inputs or {}), options, cores=lnc, beta=found.beta)
        return FrontendResult(traced.cores[0].result, sum(core.program.count for core in traced.cores), traced.notes)


class ParserFrontend(NKIFrontend):
    """The compiler's front end that parses; here both trace."""


class TracerFrontend(NKIFrontend):
    """The compiler's front end that traces."""


__all__ = ["FrontendResult", "NKIFrontend", "ParserFrontend", "TracerFrontend"]
