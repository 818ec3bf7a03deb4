"""The tables that Neuron Explorer makes of a profile, from a simulated run: as Parquet files, and as its legacy JSON.

Times are whole nanoseconds from the start of the run. What the simulator does not know is null; nothing is estimated here.
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core import open_core
from ..errors import PackageMissingError
from ..run.artifacts import Neff, Ntff
from ..run.faults import exception_of
from ..tensor.dtypes import as_dtype
from .schema import OWN, TABLES, VERSION
from .summary import summary

#: By engine: its name in the table Instruction, and the row of the timeline.
_ENGINES = {"tensor": "Tensor", "vector": "Vector", "scalar": "Scalar", "gpsimd": "GpSimd", "sync": "Sync"}
#: By who makes descriptors.
_QUEUE_TYPES = {"none": "data", "hwdge": "hardware_dynamic", "swdge": "software_dynamic"}

#: A run has no time of day.
_EPOCH = "1970-01-01T00:00:00Z"

Row = dict[str, Any]


@dataclass
class Tables:
    """Rows by table."""

    rows: dict[str, list[Row]]

    @staticmethod
    def of(neff: Neff, ntff: Ntff) -> Tables:
        """Simulates what a NEFF has once more, and makes its tables."""
        core = open_core()

        def columns(table: str) -> list[Row]:
            found, errors = core.table(neff.request(), table)
            if errors:
                raise exception_of(errors, None)
            return [dict(zip(found, values)) for values in zip(*found.values())]

        transfers = columns("transfers")
        instructions = _instructions(columns("instructions"), transfers)
        # Ids of DMAs come behind those of instructions.
        first = len(instructions)
        aggregated = [_aggregated(transfer, first + number) for number, transfer in enumerate(transfers)]
        rows = {
            "Instruction": instructions,
            "DmaPacketAggregated": aggregated,
            "DmaPacket": _packets(aggregated),
            "ActiveTime": _active(instructions),
            "TensorInfo": _tensors(neff, columns("tensors")),
            "Flow": _flow(instructions, transfers, aggregated),
        }
        rows["Metadata"] = [_metadata(neff, ntff)]
        found = summary(ntff.report)
        total = int(round(float(ntff.report["total_time"]) * 1e9))
        active = _union([(row["start_ts"], row["end_ts"]) for table in ("Instruction", "DmaPacket") for row in rows[table]
                         if row.get("opcode") != "EVENT_SEMAPHORE"])
        found["total_active_time"] = sum(end - start for start, end in active) / 1e9
        found["total_active_time_percent"] = found["total_active_time"] * 1e9 / total if total else None
        found["total_row_count"] = sum(map(len, rows.values()))
        rows["Summary"] = [found]
        rows["SchemaFields"] = [{"table_name": table, "field_name": name, "field_type": kind, "field_required": False,
                                 "table_description": "", "field_description": ""}
                                for table, fields in TABLES.items() for name, kind in fields.items()]
        return Tables(rows)


def _time(microseconds: float) -> int:
    return round(microseconds * 1e3)


def _span(begin: float, end: float) -> Row:
    start_ts, end_ts = _time(begin), _time(end)
    return {"start_ts": start_ts, "end_ts": end_ts, "duration_ns": end_ts - start_ts}


def _instructions(rows: Iterable[Row], transfers: Iterable[Row]) -> list[Row]:
    by_trigger = {(transfer["core"], transfer["started_by"]): transfer for transfer in transfers if transfer["started_by"] is not None}
    counts: dict[tuple[int, str], int] = {}
    found: list[Row] = []
    for number, row in enumerate(rows):
        engine, core, opcode = str(row["engine"]), row["core"], str(row["opcode"])
        pc = counts[core, engine] = counts.get((core, engine), -1) + 1
        waited = row["semaphore_us"] + row["dma_us"]
        new = {**_span(row["begin_us"], row["end_us"]), "engine": _ENGINES[engine], "pcore_idx": core, "opcode": opcode,
               "timeline_track": "TensorMatrix" if opcode == "MATMUL" else _ENGINES[engine], "operands": row["operands"], "id": number,
               "compiler_operands": row["instruction"], "bir_instruction_name": f"I-{row['number']}", "work": row["work"], "pc": pc, "evt_wait_time_ns": _time(waited), "nki_source_location": row["location"],
               "bir_debug_info_source_location": row["location"], "hbm_read_bytes": 0, "hbm_write_bytes": 0,
               **{name: row[name] for name in ("sbuf_read_bytes", "sbuf_write_bytes", "psum_read_bytes", "psum_write_bytes")},
               "is_psum_read_sbuf_write": row["drained_bytes"] > 0, "psum_read_sbuf_write_bytes": row["drained_bytes"]}
        if row["flops"]:
            turned = bool(row["is_transpose"])
            new |= {"tensor_instruction_type": "TRANSPOSE" if turned else "REGULAR", "raw_flops": row["flops"],
                    "adjusted_flops": row["adjusted_flops"], "flops_transpose": row["flops"] if turned else 0,
                    "adjusted_flops_transpose": row["adjusted_flops"] if turned else 0}
        transfer = by_trigger.get((core, row["number"]))
        if transfer is not None:
            new |= {"hbm_read_bytes": transfer["hbm_read_bytes"], "hbm_write_bytes": transfer["hbm_write_bytes"],
                    "dma_trigger_start_ts": new["start_ts"], "dma_trigger_end_ts": new["end_ts"]}
            if transfer["is_spill"]:
                new |= {"spill_save_bytes": transfer["hbm_write_bytes"], "spill_reload_bytes": transfer["hbm_read_bytes"]}
        found.append(new)
    return found


def _aggregated(row: Row, number: int) -> Row:
    span = _span(row["begin_us"], row["last_read_us"])
    reads_hbm, writes_hbm = row["source_memory"] == "hbm", row["destination_memory"] == "hbm"
    variable = row["source"] if reads_hbm else row["destination"] if writes_hbm else row["source"]
    read_partitions, write_partitions = row["source_partitions"], row["destination_partitions"]
    return {**span, "id": number, "pcore_idx": row["core"], "block_id": number, "queue_name": row["queue"],
            "queue_type": _QUEUE_TYPES[str(row["mode"])], "op": "read" if reads_hbm else "write", "variable": variable,
            "read_bytes": row["bytes"], "write_bytes": row["bytes"], "transfer_bytes": row["bytes"],
            "throughput": row["bytes"] / span["duration_ns"] * 1e9 if span["duration_ns"] else None,
            "source": f"[{_place(row, 'source')}]", "dest": _place(row, "destination"),
            "read_num_sbuf_partitions": read_partitions if not reads_hbm else 0,
            "write_num_sbuf_partitions": write_partitions if not writes_hbm else 0,
            "is_transpose_mode": row["is_transpose"], "trigger": _time(row["trigger_us"]), "completion": _time(row["end_us"]),
            "descriptors": row["descriptors"], "transfer": row["transfer"]}


def _place(row: Row, end: str) -> str:
    """The profiler's word for a memory: `[SB]`, `[INPUT]`; `[VIRTUAL]` is what the kernel or the compiler keeps in HBM."""
    memory, role = row[f"{end}_memory"], row[f"{end}_role"]
    if memory == "sbuf":
        return "[SB]"
    if memory == "psum":
        return "[PSUM]"
    if memory != "hbm":
        return "[UNKNOWN]"
    if role == "inout":
        return "[INPUT]" if end == "source" else "[OUTPUT]"
    return {"input": "[INPUT]", "output": "[OUTPUT]"}.get(str(role), "[VIRTUAL]")


def _packets(rows: Iterable[Row]) -> list[Row]:
    """The packets of transfers with their sizes and rings; when each of them moved is not kept: all have their transfer's span."""
    kept = ("start_ts", "end_ts", "duration_ns", "pcore_idx", "queue_type")
    found: list[Row] = []
    for row in rows:
        shared = {name: row[name] for name in kept} | {"packet_aggregation_id": row["id"]}
        on_ring: dict[int, int] = {}
        # What several cores do together has no packets of its own.
        for ring, count, size in packets_of(row["transfer"]) or [(None, 1, row["transfer_bytes"])]:
            for _ in range(count):
                place = on_ring[ring or 0] = on_ring.get(ring or 0, -1) + 1
                found.append({**shared, "id": len(found), "packet_idx": place, "engine_idx": ring, "read_bytes": size, "write_bytes": size,
                              "transfer_bytes": size})
    return found


def packets_of(transfer: str) -> list[tuple[int | None, int, int]]:
    """Ring, count and bytes of a transfer's runs of equal packets, from the core's text of it."""
    runs = next((word.removeprefix("runs=") for word in transfer.split() if word.startswith("runs=")), "")
    found: list[tuple[int | None, int, int]] = []
    for run in filter(None, runs.split(",")):
        ring, shape, *_ = run.split(":")
        count, size = shape.split("x")
        found.append((int(ring), int(count), int(size)))
    return found


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > start:
            found.append((start, end))
    return found


def _active(instructions: Iterable[Row]) -> list[Row]:
    spans: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for row in instructions:
        spans.setdefault((row["pcore_idx"], row["engine"].lower()), []).append((row["start_ts"], row["end_ts"]))
    return [{"start_ts": start, "end_ts": end, "duration_ns": end - start, "engine": engine, "pcore_idx": core}
            for (core, engine), found in spans.items() for start, end in _union(found)]


def _tensors(neff: Neff, uses: Iterable[Row]) -> list[Row]:
    read = {row["tensor"]: row for row in uses if row["memory"] == "hbm"}
    found: list[Row] = []
    for tensor in neff.manifest["tensors"][0]:
        if tensor["role"] == "input" and tensor["name"] not in neff.manifest["inputs"]:
            continue
        use = read.get(tensor["name"])
        size = math.prod(tensor["shape"]) * as_dtype(tensor["dtype"]).itemsize
        row: Row = {"variable_name": tensor["name"], "type": "IN" if tensor["role"] == "input" else "OUT", "size": size,
                    "shape": "[" + " ".join(map(str, tensor["shape"])) + "]", "pcore_idx": 0}
        if tensor["role"] == "input" and use is not None:
            count, bytes_read = use["reads"], use["read_bytes"]
            row |= {"load_to_sbuf_dma_count": count, "load_to_sbuf_total_size_bytes": bytes_read,
                    "load_to_sbuf_avg_size_bytes": bytes_read // count if count else None,
                    "load_to_sbuf_repeat_factor": bytes_read / size if size else None}
        found.append(row)
    return found


def _flow(instructions: Iterable[Row], transfers: Iterable[Row], aggregated: Iterable[Row]) -> list[Row]:
    numbers: dict[tuple[int, int], Row] = {}
    position: dict[int, int] = {}
    for row in instructions:
        # Numbers of the device program count by core, as rows do.
        number = position[row["pcore_idx"]] = position.get(row["pcore_idx"], -1) + 1
        numbers[row["pcore_idx"], number] = row
    found: list[Row] = []
    for transfer, row in zip(transfers, aggregated):
        trigger = numbers.get((transfer["core"], transfer["started_by"])) if transfer["started_by"] is not None else None
        if trigger is not None:
            found.append({"in_id": trigger["id"], "out_id": row["id"], "in_table": "Instruction", "out_table": "DmaPacketAggregated",
                          "dependency_type": "DGE_TRIGGER", "gap_time": max(0, row["start_ts"] - trigger["end_ts"])})
    return found


def _metadata(neff: Neff, ntff: Ntff) -> Row:
    described, errors = open_core().hardware(neff.manifest["hardware"], tuple(neff.manifest["overrides"]))
    if described is None:
        raise exception_of(errors, None)

    def value(path: str) -> Any:
        return described["values"][path]["value"]

    partitions = int(value("sbuf.partitions"))
    return {"profile_schema_version": VERSION, "ntff_version": 0, "num_physical_cores": neff.manifest["cores_per_rank"],
            "vnc_enabled": neff.manifest["cores_per_rank"] > 1, "first_hw_timestamp": 0,
            "last_hw_timestamp": round(float(ntff.report["total_time"]) * 1e9), "first_ts": _EPOCH, "last_ts": _EPOCH,
            # Of all rings of a core; GHz and GB/s to bytes a second.
            "dma_ddr_bandwidth": value("dma.rings") * value("dma.bytes_per_cycle") * value("clocks.dma") * 1e9,
            "num_dma_engines_per_neuroncore": int(value("dma.rings")), "hbm_ddr_bandwidth": value("hbm.bandwidth_per_stack") * 1e9,
            "tensor_engine_num_rows": int(value("tensor.rows")), "tensor_engine_num_cols": int(value("tensor.columns")),
            **{f"{engine}_engine_clock_freq": value(f"clocks.{engine}") for engine in ("tensor", "vector", "scalar", "gpsimd")},
            **{f"{engine}_engine_num_channels": partitions for engine in ("vector", "scalar", "gpsimd")},
            "neuroncore_clock_freq": value("clocks.neuroncore"), "ticks_per_nanosec": 1,
            "instance_type": f"{neff.manifest['hardware']} (simulated)", "profile_name": neff.manifest["kernel"],
            "explorer_version": "trnsim", "compiler_version": "trnsim", "is_simulation": True, "neuroncore_idx": 0,
            "neuron_device_idx": 0}


def event_json(neff: Neff, ntff: Ntff) -> dict[str, Any]:
    """The legacy JSON: the summary, and all events with nanoseconds."""
    tables = Tables.of(neff, ntff).rows
    return {"summary": tables["Summary"], "metadata": tables["Metadata"], **exported(tables)}


def exported(tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Instructions and DMAs of the tables as the lists of the legacy JSON, which `trnsim replay` reads.

    Of a device's tables a row of `dma` is a descriptor, of a simulation's a transfer.
    """
    instruction = [{"subgraph": _graph(row), "timestamp": row["start_ts"], "duration": row["duration_ns"], "label": row["timeline_track"],
                    **{key: row.get(key) for key in _EXPORTED}, "hlo_name": row.get("hlo_name") or ""} for row in tables["Instruction"]]
    by_id = {row["id"]: row for row in tables["Instruction"]}
    triggers = {flow["out_id"]: by_id.get(flow["in_id"]) for flow in tables["Flow"]
                if flow["in_table"] == "Instruction" and flow["out_table"] == "DmaPacketAggregated"}
    dma: list[Row] = []
    aggregated = {row["id"]: row for row in tables["DmaPacketAggregated"]}
    for number, row in aggregated.items():
        trigger = triggers.get(number)
        if row.get("transfer") and trigger is not None:
            dma.append({"subgraph": _graph(row), "timestamp": row["start_ts"], "duration": row["duration_ns"], "label": row["queue_name"],
                        "op": row["op"], "variable": row["variable"], "transfer_size": row["transfer_bytes"], "source": row["source"],
                        "dest": row["dest"], "trigger_engine": trigger["engine"], "trigger_pc": trigger["pc"],
                        "completion": row["completion"], "transfer": row["transfer"]})
    if not dma:
        dma = [{"subgraph": _graph(row), "timestamp": row["start_ts"], "duration": row["duration_ns"],
                "dma_engine": row["engine_idx"], "transfer_size": row["transfer_bytes"],
                "dma_queue": aggregated.get(row["packet_aggregation_id"], {}).get("queue_idx")} for row in tables["DmaPacket"]]
    return {"instruction": instruction, "dma": dma}


#: Columns of Instruction that the legacy JSON has by the same name; the last one is a simulation's alone.
_EXPORTED = ("pc", "opcode", "operands", "bir_instruction_name", "hbm_read_bytes", "hbm_write_bytes", "sbuf_read_bytes", "sbuf_write_bytes",
             "psum_read_bytes", "psum_write_bytes", "nki_source_location", "compiler_operands", "work")


def _graph(row: Row) -> str:
    return f"sg{row['pcore_idx']:02}"


def write_parquet(neff: Neff, ntff: Ntff, folder: str, name: str) -> None:
    """Writes a file for each table; a table without rows has its columns.

    Raises:
        PackageMissingError: if pyarrow is not installed.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise PackageMissingError("Parquet files need pyarrow, which is not installed\n  help: pip install pyarrow, or trnsim[parquet]") from error
    os.makedirs(folder, exist_ok=True)
    rows = Tables.of(neff, ntff).rows
    rows["Metadata"][0]["profile_name"] = name
    kinds = {"string": arrow.string(), "int64": arrow.int64(), "int32": arrow.int32(), "float": arrow.float64(), "bool": arrow.bool_()}
    for table, fields in TABLES.items():
        fields = {**fields, **OWN.get(table, {})}
        schema = arrow.schema([(field, kinds[kind]) for field, kind in fields.items()])
        columns: Mapping[str, list[Any]] = {field: [row.get(field) for row in rows[table]] for field in fields}
        parquet.write_table(arrow.table(columns, schema=schema), os.path.join(folder, f"{table}.parquet"))
