"""`nki_cpu_simulator`: the name under which nki-library's tests import the simulator."""

from __future__ import annotations

import sys

from .. import nki
from ..hooks import ROOTS

__path__: list[str] = []


def __getattr__(name: str) -> object:
    return getattr(nki, name)


__all__ = ["ROOTS", "nki", "sys"]
