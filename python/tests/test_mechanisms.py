"""The recorded programs of suites/mechanisms are what its kernels record."""

from __future__ import annotations

import os
import re
import runpy
from typing import Any

import pytest

import trnsim
from trnsim.validation import recorded

_SUITES = os.path.normpath(os.path.join(os.path.dirname(recorded.PATH), "..", "..", "..", "..", "suites"))


def _kernels() -> dict[str, tuple[Any, tuple[Any, ...]]]:
    kernels: dict[str, tuple[Any, tuple[Any, ...]]] = runpy.run_path(os.path.join(_SUITES, "mechanisms.py"))["KERNELS"]
    return kernels


@pytest.mark.sources
def test_programs_are_those_of_the_kernels(tmp_path) -> None:
    kernels = _kernels()
    folder = os.path.join(_SUITES, "mechanisms")
    assert {f"{name}.trn" for name in kernels} == set(os.listdir(folder)), "Scripts/make-mechanisms records them"

    def without_places(path: str) -> str:
        with open(path, encoding="utf-8") as file:
            return re.sub(r"  @.*", "", file.read())

    for name, (kernel, arguments) in kernels.items():
        path = str(tmp_path / f"{name}.trn")
        trnsim.simulate(kernel, *arguments, mode="timing").report.save_recorded(path)
        assert without_places(path) == without_places(os.path.join(folder, f"{name}.trn")), f"{name}: Scripts/make-mechanisms"
