"""`nki.compiler.ncc_driver`: options of the compiler, as far as they mean something to a simulation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CompileOptions:
    """What a kernel is compiled for."""

    target: str | None = None
    lnc: int | None = None
    artifacts_dir: str | None = None
    output_path: str | None = None
    #: Whether `NirResult` gets times.
    emit_predicted_latency: bool = False


__all__ = ["CompileOptions"]
