"""Variants of a kernel of this process: recorded here, ranked and explained by the core."""

from .results import Comparison, Difference, Sweep, WhatIf
from .run import compare, diff, sweep, whatif

__all__ = ["Comparison", "Difference", "Sweep", "WhatIf", "compare", "diff", "sweep", "whatif"]
