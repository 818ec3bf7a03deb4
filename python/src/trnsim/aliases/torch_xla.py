"""`torch_xla` as far as harnesses of kernels use it: tensors stay on the CPU, where the simulator takes them."""

from __future__ import annotations

import importlib
from typing import Any


def xla_device(*_: Any, **__: Any) -> Any:
    """The CPU: kernels take its tensors."""
    return importlib.import_module("torch").device("cpu")


device = xla_device


def mark_step(*_: Any, **__: Any) -> None:
    """Nothing waits to be run: calls are."""


sync = wait_device_ops = mark_step


def get_ordinal(*_: Any) -> int:
    return 0


def xrt_world_size(*_: Any) -> int:
    return 1


__all__ = ["device", "get_ordinal", "mark_step", "sync", "wait_device_ops", "xla_device", "xrt_world_size"]
