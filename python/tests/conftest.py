"""The tests run with `nki` meaning the simulator's, and with a core: see CONTRIBUTING.md.

They take the package from the sources, or with TRNSIM_INSTALLED=1 the one that is installed, whose recorder is compiled.
"""

from __future__ import annotations

import os
import sys

if os.environ.get("TRNSIM_INSTALLED") != "1":
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples"))

import trnsim

trnsim.install(shadow=True)
