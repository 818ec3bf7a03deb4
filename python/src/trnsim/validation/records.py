"""What measured records say: which figure is the kernel's own time, and the counters that they publish.

A record is one entry of a file that the user has: a list of objects with `id`, `metrics` and words about them. Rules are by
kind of measurement, named here; which kind a record is, the table says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Microseconds that a profiler's total has over the kernel's first instruction to its last transfer (hwconfigs/trn2.yaml,
#: launch.profiler_overhead: 15.0 to 15.7 in all captures).
PROFILER_LAUNCH_US = 15.2
#: Microseconds of launch in a latency of nki.benchmark (launch.benchmark_overhead: 4 to 10).
BENCHMARK_LAUNCH_US = 8.0
#: Below it a benchmark's whole microseconds and its launch say too little of the kernel.
LEAST_BENCHMARK_US = 50.0


@dataclass(frozen=True)
class Kind:
    """A kind of measurement."""

    meaning: str
    #: Metrics, of which the first that a record has is taken, in microseconds.
    metrics: tuple[str, ...]
    #: Microseconds of each launch that are not the kernel's.
    launch_us: float = 0.0
    #: A record with less for a launch does not count.
    least_us: float = 0.0


KINDS = {
    "span": Kind("a capture: first begin to last end of the kernel's instructions", ("user_span_us",)),
    "device estimate": Kind("twice the published p50, which is half of the device's time (the repository's own total over p50 is "
                            "2.0 to 2.2, and as published the kernels exceed the machine's peaks)", ("latency_us_device_est",)),
    "device p50": Kind("the published p50, which the record's own counters say is the device's time", ("latency_us_p50",)),
    "profiler total": Kind("the profiler's total less its launch",
                           ("latency_us_profile_total", "latency_us_mean", "latency_us_nki", "latency_us"), PROFILER_LAUNCH_US),
    "utilisation": Kind("the total that follows from the profiler's MFU, less the launch",
                        ("latency_us_derived",), PROFILER_LAUNCH_US),
    "benchmark": Kind("nki.benchmark's p50 less its launch, of those that are long enough for it",
                      ("latency_us_p50", "latency_us"), BENCHMARK_LAUNCH_US, LEAST_BENCHMARK_US),
}

#: Counters as the profiler names them, by the name that they have here.
COUNTERS = {"matmuls": "matmul_instruction_count", "read_bytes": "hbm_read_bytes", "written_bytes": "hbm_write_bytes",
            "dma_count": "dma_transfer_count"}
ENGINES = ("tensor", "vector", "scalar", "gpsimd", "dma")
_SHORT = {"PE": "tensor", "Vec": "vector", "Scl": "scalar", "DMA": "dma"}


@dataclass(frozen=True)
class Published:
    """What is known of a kernel's run on the device."""

    microseconds: float
    #: By `COUNTERS`.
    counters: dict[str, float] = field(default_factory=dict)
    #: Microseconds by engine.
    busy: dict[str, float] = field(default_factory=dict)


class RecordError(Exception):
    """A record that cannot be read, or does not say what its kind needs."""


def read_records(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """All records of some files by their id."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                entries = json.load(file)
        except (OSError, ValueError) as error:
            raise RecordError(f"'{path}' is no file of records: {error}") from error
        for entry in entries if isinstance(entries, list) else [None]:
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not isinstance(entry.get("metrics"), dict):
                raise RecordError(f"'{path}' is no file of records: entries are objects with 'id' and 'metrics'")
            if entry["id"] in found:
                raise RecordError(f"record '{entry['id']}' is there twice, the second time in '{path}'")
            found[entry["id"]] = entry
    return found


def published(record: dict[str, Any], kind: Kind, launches: int = 1) -> Published | None:
    """What a record says; None where its time is below what its kind can be judged by."""
    metrics = record["metrics"]
    name = next((name for name in kind.metrics if isinstance(metrics.get(name), (int, float))), None)
    if name is None:
        raise RecordError(f"record '{record['id']}' has none of {', '.join(kind.metrics)}")
    total = float(metrics[name])
    if total < kind.least_us * launches:
        return None
    return Published(total - kind.launch_us * launches, _counters(metrics), _busy(metrics, total))


def _counters(metrics: dict[str, Any]) -> dict[str, float]:
    found = {name: float(metrics[key]) for name, key in COUNTERS.items() if isinstance(metrics.get(key), (int, float))}
    for name, keys in (("read_bytes", ("HBMrd_MB", "hbm_read_MB")), ("written_bytes", ("HBMwr_MB", "hbm_write_MB"))):
        for key in keys:
            if name not in found and isinstance(metrics.get(key), (int, float)):
                found[name] = 1e6 * float(metrics[key])
    if "matmuls" not in found:
        executed = (metrics.get("user_instruction_counts") or {}).get("Tensor/MATMUL", 0)
        if executed:
            found["matmuls"] = float(executed)
    return found


def _busy(metrics: dict[str, Any], total: float) -> dict[str, float]:
    """Microseconds by engine, from times or from shares of the published total."""
    found: dict[str, float] = {}
    for engine, value in (metrics.get("engine_busy_us") or {}).items():
        found[engine.lower()] = float(value)
    for engine in ENGINES:
        # Fractions are of 0 to 1 where the field is the profiler's own, percent elsewhere.
        names = ([("dma_active_time_percent", total), ("dma_active_percent", total / 100), ("dma_active_pct", total / 100)]
                 if engine == "dma" else
                 [(f"{engine}_engine_active_us", 1.0), (f"{engine}_engine_active_time_percent", total),
                  (f"{engine}_engine_percent", total / 100), (f"{engine}_engine_active_pct", total / 100)])
        for name, unit in names:
            if engine not in found and isinstance(metrics.get(name), (int, float)):
                found[engine] = unit * float(metrics[name])
    if isinstance(metrics.get("PE_active_us_device_est"), (int, float)):
        found["tensor"] = float(metrics["PE_active_us_device_est"])
    for short, engine in _SHORT.items():
        if engine not in found and isinstance(metrics.get(f"{short}_pct"), (int, float)):
            found[engine] = total / 100 * float(metrics[f"{short}_pct"])
    return found


def joined(all_published: list[Published]) -> Published:
    """Several measurements of one kernel: the mean of their times, and of each counter over those that have it."""
    def means(sets: list[dict[str, float]]) -> dict[str, float]:
        names = dict.fromkeys(name for one in sets for name in one)
        return {name: _mean([one[name] for one in sets if name in one]) for name in names}
    return Published(_mean([one.microseconds for one in all_published]), means([one.counters for one in all_published]),
                     means([one.busy for one in all_published]))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


__all__ = ["COUNTERS", "ENGINES", "KINDS", "Kind", "Published", "RecordError", "joined", "published", "read_records"]
