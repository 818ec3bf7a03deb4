"""The profiler's summary of a run: all keys of its schema, null where the simulator has no such number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ENGINES = ("tensor", "vector", "scalar", "gpsimd", "sync")
_KINDS = ("static", "dynamic", "software_dynamic", "hardware_dynamic")

#: All keys of the table Summary (schema 7.4.0 of Neuron Explorer), in groups as its documentation has them.
KEYS: tuple[str, ...] = (
    "total_time", "total_exec_time", "total_active_time", "total_active_time_percent", "neuroncore_cycle_count", "model_flops", "hardware_flops",
    "transpose_flops", "adjusted_hardware_flops", "adjusted_transpose_flops", "mm_arithmetic_intensity", "peak_flops_bandwidth_ratio",
    "mfu_estimated_percent", "mfu_max_achievable_estimated_percent", "mfu_hlo_estimated_percent",
    "mfu_hlo_max_achievable_estimated_percent", "mfu_inst_estimated_percent", "mfu_inst_max_achievable_estimated_percent",
    "hfu_estimated_percent", "mbu_estimated_percent", "mbu_min_read_util_percent",
    *(f"{engine}_engine_{key}" for engine in _ENGINES
      for key in ("instruction_time", "active_time", "active_time_percent", "instruction_count")),
    "matmul_instruction_count", "activate_instruction_time", "activate_instruction_count",
    "dma_active_time", "dma_active_time_percent", "dma_active_cycles", "dma_packet_time", "dma_transfer_time", "dma_transfer_count",
    "dma_transfer_total_bytes", "dma_transfer_average_bytes", "dma_queue_count",
    *(f"{kind}_dma_{key}" for kind in _KINDS
      for key in ("active_time", "active_time_percent", "packet_count", "packet_percent", "size", "size_percent")),
    "hbm_read_bytes", "hbm_write_bytes", "sbuf_read_bytes", "sbuf_write_bytes", "psum_read_bytes", "psum_write_bytes",
    "psum_read_sbuf_write_count", "psum_read_sbuf_write_bytes", "spill_save_bytes", "spill_reload_bytes",
    "input_queue_bytes", "output_queue_bytes", "weight_queue_bytes", "weight_size_bytes", "inputs_and_weights_size_bytes",
    "inputs_outputs_weights_size_bytes",
    "cc_op_time", "cc_op_active_time", "cc_op_active_time_percent", "cc_op_count", "cc_cores_instruction_time",
    "cc_cores_instruction_active_time", "cc_cores_instruction_active_time_percent", "cc_cores_instruction_count",
    "event_count", "trace_count", "total_row_count")

#: Keys whose value is a whole number.
WHOLE = frozenset(key for key in KEYS if key.endswith(("_count", "_bytes", "_flops", "_cycles", "_size")) and "average" not in key)

#: What a kernel has by its nature, whatever the simulator does: no model above it, no weights of its own.
_OF_KERNELS: dict[str, float] = {
    "model_flops": 0, "mfu_hlo_estimated_percent": 0.0, "mfu_hlo_max_achievable_estimated_percent": 0.0, "weight_size_bytes": 0,
}

#: Why the others may be null, by what their names begin with.
REASONS: tuple[tuple[str, str], ...] = (
    ("total_active", "in Summary.parquet, where instructions and DMAs are at hand"),
    ("total_row_count", "in Summary.parquet: rows of all tables"),
    ("dynamic_dma", "software_dynamic and hardware_dynamic have them apart; their union is a share alone"),
    ("cc_cores", "cores for collectives are not simulated; 0 where there are no collectives"),
    ("mm_arithmetic", "nothing moved to divide by"),
    ("mfu_", "nothing moved to divide by"),
)


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """A core's report as the profiler's summary."""
    found: dict[str, Any] = {key: report.get(key) for key in KEYS}
    for key, value in _OF_KERNELS.items():
        found[key] = value if found[key] is None else found[key]
    if not found["cc_op_count"]:
        for key in KEYS:
            if key.startswith("cc_"):
                found[key] = 0 if key in WHOLE else 0.0
    for key in ("spill_save_bytes", "spill_reload_bytes"):
        # Whoever placed the tiles says what had no room; where nobody does, all had.
        found[key] = report.get(key, report.get("parameters", {}).get(key, 0))
        found[key] = int(found[key])
    return found


def name_of(digest: str) -> str:
    """The name that the profiler gives what it saw: `n_` and a hash."""
    return f"n_{digest[:32]}"


def reason(key: str) -> str:
    """Why a key may be null; empty if it never is."""
    return next((text for prefix, text in REASONS if key.startswith(prefix)), "")

