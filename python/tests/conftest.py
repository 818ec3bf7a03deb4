"""The tests run with `nki` meaning the simulator's, and with a core: see CONTRIBUTING.md."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples"))

import trnsim

trnsim.install(shadow=True)
