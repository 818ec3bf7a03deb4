"""The tests run with `nki` meaning the simulator's, and with a core: see CONTRIBUTING.md.

They take the package from the sources, or with TRNSIM_INSTALLED=1 the one that is installed, whose recorder is compiled.
"""

from __future__ import annotations

import os
import sys

if os.environ.get("TRNSIM_INSTALLED") != "1":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples"))

import pytest
import trnsim

trnsim.install(shadow=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out tests marked `sources`, where the package is not what lies beside the tests."""
    if os.environ.get("TRNSIM_INSTALLED") == "1":
        for item in items:
            if item.get_closest_marker("sources"):
                item.add_marker(pytest.mark.skip(reason="is about the sources"))
