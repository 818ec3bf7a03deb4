"""What the vendor's simulator lets pass: noted here, and an error with TRNSIM_STRICT=1.

* Reads of what was never written. Kernels that compute on whole tiles read rows that they never loaded, and never store
  what comes of it; the vendor's simulator has NaN there, and 4 in integers of HBM.
* Bytes that both cores of a rank touch without meeting in between. Kernels that do not use both cores store the same from
  each.
* Elements of outputs that nothing was stored to.
* Results that the machine leaves undefined inside one instruction (rows of a scatter that go to one place, a DMA that writes what it
  reads), and reads of what was written last through another tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: The core's settings of a run that is not strict.
LENIENT = {"unwritten_outputs": "note", "undefined_reads": "note", "core_races": "note"}

_STRICT = "TRNSIM_STRICT=1 makes this an error"


def passed(report: dict[str, Any], place: Callable[[dict[str, Any]], Any]) -> list[str]:
    """What a run's report says that it let pass, in sentences: the first race, read of what nothing wrote and undefined result.

    `place` says where in the user's source something is.
    """
    races = [f"{_located(race, place)}: the cores take turns; {_STRICT}" for race in report.get("core_races", [])[:1]]
    reads = [f"{_located(read, place)}: NaN was used; {_STRICT}" for read in report.get("undefined_reads", [])[:1]]
    results = [f"{_located(result, place)}; {_STRICT}" for result in report.get("undefined_results", [])[:1]]
    return races + reads + results


def _located(noted: dict[str, Any], place: Callable[[dict[str, Any]], Any]) -> str:
    where = place(noted)
    return f"{noted['message']}{f' at {where}' if where else ''}"
