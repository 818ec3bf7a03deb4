"""The bounds and investigations of AWS's profiling agent on the Parquet tables of a profile, a device's or a simulation's.

    trnsim doors out/bin; neuron-explorer view -n k.neff -s k.ntff --output-format parquet --output-file out/tables
    python python/suites/investigations.py out/tables
    python python/suites/investigations.py out/tables --only "tensor idle" --json -

Seven bounds, each a time in which something is assumed away; then six investigations, and two that the agent declares unsupported: why the
Tensor engine idles, and what Vector, Scalar and GpSimd are bound by. All are SQL on the published columns (docs/doors.md), run by DuckDB
(`pip install duckdb`). A gap between two bounds is not what a change would gain: `trnsim advise` simulates that.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = ("Summary", "Metadata", "Instruction", "DmaPacket", "DmaPacketAggregated", "ActiveTime", "TensorInfo", "Flow")


@dataclass(frozen=True)
class Query:
    """One table of the answer."""

    name: str
    #: What it says, in the agent's words or ours.
    about: str
    sql: str


#: What the bounds are made of; seconds, bytes and FLOPs.
_QUANTITIES = """
WITH spans AS (
    SELECT engine, SUM(duration_ns) / 1e9 AS seconds FROM ActiveTime GROUP BY engine
), q AS (
    SELECT s.total_time AS total, s.dma_active_time AS dma, m.dma_ddr_bandwidth AS bandwidth,
        m.tensor_engine_num_rows * m.tensor_engine_num_cols * 2 * m.tensor_engine_clock_freq * 1e9 AS peak,
        (SELECT SUM(transfer_bytes) FROM DmaPacket WHERE queue_type != 'instruction' AND transfer_bytes > 4) AS moved,
        (SELECT SUM(size) FROM TensorInfo WHERE type IN ('IN', 'OUT')) AS needed,
        COALESCE((SELECT seconds FROM spans WHERE engine = 'tensor'), 0) AS tensor,
        COALESCE((SELECT MAX(seconds) FROM spans WHERE engine IN ('vector', 'scalar', 'gpsimd')), 0) AS others,
        COALESCE((SELECT SUM(adjusted_flops) FROM Instruction WHERE engine = 'Tensor' AND opcode = 'MATMUL'), 0) AS flops,
        COALESCE((SELECT SUM(adjusted_flops) FROM Instruction WHERE engine = 'Tensor' AND opcode = 'MATMUL'
                  AND tensor_instruction_type = 'TRANSPOSE'), 0) AS turned
    FROM Summary s, Metadata m
)"""

#: Where an instruction comes from.
_LINE = "COALESCE(NULLIF(bir_debug_info_source_location, ''), NULLIF(nki_source_location, ''), '?')"

QUERIES = (
    Query("bounds", "times in µs with something assumed away; bn_speedup leaves the other engines as they are", _QUANTITIES + """
    SELECT bound, seconds * 1e6 AS us, assumes, CASE WHEN GREATEST(seconds, rest) > 0 THEN total / GREATEST(seconds, rest) END AS bn_speedup
    FROM q, LATERAL (VALUES
        (1, 'memory_bound', dma, 'all else hides behind the DMAs', GREATEST(tensor, others)),
        (2, 'memory_bound_ideal', moved / bandwidth, 'and they move at peak bandwidth', GREATEST(tensor, others)),
        (3, 'memory_bound_ideal_no_reloads', needed / bandwidth, 'and each tensor once', GREATEST(tensor, others)),
        (4, 'compute_bound', tensor, 'all else hides behind the Tensor engine', GREATEST(dma, others)),
        (5, 'compute_bound_ideal_flops', flops / peak, 'and it multiplies at its peak', GREATEST(dma, others)),
        (6, 'compute_bound_ideal_useful_flops', (flops - turned) / peak, 'and transposes nothing', GREATEST(dma, others)),
        (7, 'perfect_pipeline', GREATEST(dma, tensor, others), 'engines and DMAs never wait for one another', 0)
    ) AS bounds(place, bound, seconds, assumes, rest) ORDER BY place"""),
    Query("dma sizes", "bytes of a packet by what started it, worst first; 512 B and more use the rings well, 32 KiB and more a DMA's start", f"""
    SELECT {_LINE} AS line, a.variable, COUNT(DISTINCT a.id) AS dmas, COUNT(*) AS packets, SUM(p.transfer_bytes) AS bytes,
        AVG(p.transfer_bytes) AS packet_bytes, SUM(p.transfer_bytes) / COUNT(DISTINCT a.id) AS dma_bytes
    FROM Flow f JOIN Instruction i ON f.in_id = i.id JOIN DmaPacketAggregated a ON f.out_id = a.id
        JOIN DmaPacket p ON p.packet_aggregation_id = a.id
    WHERE f.in_table = 'Instruction' AND f.out_table = 'DmaPacketAggregated' AND p.transfer_bytes > 4
    GROUP BY ALL ORDER BY packet_bytes, line"""),
    Query("input reloads", "inputs that are loaded more than once", """
    SELECT variable_name AS variable, size, load_to_sbuf_dma_count AS dmas, load_to_sbuf_total_size_bytes AS bytes,
        load_to_sbuf_repeat_factor AS times FROM TensorInfo WHERE type = 'IN' AND load_to_sbuf_repeat_factor > 1 ORDER BY bytes - size DESC"""),
    Query("spills", "what the kernel or the compiler keeps in HBM on the way: written there and read back", """
    SELECT variable, SUM(CASE WHEN dest LIKE '%VIRTUAL%' THEN transfer_bytes ELSE 0 END) AS written,
        SUM(CASE WHEN source LIKE '%VIRTUAL%' THEN transfer_bytes ELSE 0 END) AS read
    FROM DmaPacketAggregated WHERE source LIKE '%VIRTUAL%' OR dest LIKE '%VIRTUAL%' GROUP BY variable ORDER BY written + read DESC"""),
    Query("tile sizes", "products whose tiles are smaller than the array (K and M of 128) or than a bank (N of 512)", f"""
    SELECT {_LINE} AS line, COUNT(*) AS matmuls, MIN(TRY_CAST(regexp_extract(operands, '(\\d+)\\*(\\d+)\\s*$', 1) AS INT)) AS k,
        MIN(TRY_CAST(regexp_extract(operands, '(\\d+)\\*(\\d+)\\s*$', 2) AS INT)) AS m,
        MIN(TRY_CAST(regexp_extract(operands, '(?:src|dst)=[^\\[]+\\[[-\\d,]+\\]\\[(\\d+),', 1) AS INT)) AS n,
        SUM(adjusted_flops) / SUM(SUM(adjusted_flops)) OVER () AS share_of_flops
    FROM Instruction WHERE engine = 'Tensor' AND opcode = 'MATMUL' GROUP BY line HAVING k < 128 OR m < 128 OR n < 512 ORDER BY 6 DESC"""),
    Query("tensor rate", "how far products are from the array's peak, the weights' loads beside them", f"""
    SELECT {_LINE} AS line, COUNT(*) FILTER (opcode = 'MATMUL') AS matmuls, SUM(duration_ns) FILTER (opcode = 'MATMUL') / 1e3 AS matmul_us,
        SUM(duration_ns) FILTER (opcode = 'LDWEIGHTS') / 1e3 AS ldweights_us,
        SUM(adjusted_flops) FILTER (opcode = 'MATMUL') / ANY_VALUE(peak) * 1e6 AS ideal_us
    FROM Instruction, (SELECT tensor_engine_num_rows * tensor_engine_num_cols * 2 * tensor_engine_clock_freq * 1e9 AS peak FROM Metadata)
    WHERE engine = 'Tensor' AND opcode IN ('MATMUL', 'LDWEIGHTS') GROUP BY line ORDER BY matmul_us - ideal_us DESC"""),
    Query("transposes", "products that only move data", f"""
    SELECT {_LINE} AS line, COUNT(*) AS matmuls, SUM(duration_ns) / 1e3 AS us FROM Instruction
    WHERE engine = 'Tensor' AND opcode = 'MATMUL' AND tensor_instruction_type = 'TRANSPOSE' GROUP BY line ORDER BY us DESC"""),
    Query("tensor idle", "whom the Tensor engine waited for before its first instruction and between two (the agent: unsupported)", f"""
    WITH own AS (
        SELECT *, opcode = 'EVENT_SEMAPHORE' AS waits, regexp_extract(operands, 'S\\[\\d+\\] \\((\\w+)\\)>=', 1) AS owner
        FROM Instruction WHERE engine = 'Tensor'
    ), gaps AS (
        SELECT {_LINE} AS line, GREATEST(0, start_ts - COALESCE(MAX(CASE WHEN NOT waits THEN end_ts END) OVER (
            PARTITION BY pcore_idx ORDER BY pc ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            (SELECT MIN(start_ts) FROM Instruction))) AS gap, waits,
            CASE WHEN owner != '' THEN owner ELSE LAG(CASE WHEN waits THEN owner ELSE '' END) OVER (PARTITION BY pcore_idx ORDER BY pc) END AS owner
        FROM own
    )
    SELECT CASE WHEN COALESCE(owner, '') = '' THEN 'itself' ELSE owner END AS waited_for, line, COUNT(*) AS times, SUM(gap) / 1e3 AS us,
        MAX(gap) / 1e3 AS longest_us
    FROM gaps WHERE NOT waits AND gap > 0 GROUP BY ALL ORDER BY us DESC LIMIT 20"""),
    Query("vector bound", "what Vector, Scalar and GpSimd spend their time on: bytes of a partition in a ns say how well (the agent: unsupported)", f"""
    SELECT engine, opcode, {_LINE} AS line, COUNT(*) AS instructions, SUM(duration_ns) / 1e3 AS us,
        SUM(duration_ns) / SUM(SUM(duration_ns)) OVER (PARTITION BY engine) AS share, AVG(duration_ns) AS ns_each,
        SUM(GREATEST(COALESCE(sbuf_read_bytes, 0) + COALESCE(psum_read_bytes, 0), COALESCE(sbuf_write_bytes, 0) + COALESCE(psum_write_bytes, 0)))
            / NULLIF(SUM(duration_ns), 0) AS bytes_per_ns
    FROM Instruction WHERE engine IN ('Vector', 'Scalar', 'GpSimd') AND opcode NOT IN ('EVENT_SEMAPHORE', 'NOP', 'DMA_DIRECT2D', 'WRITE')
    GROUP BY engine, opcode, line ORDER BY us DESC LIMIT 20"""),
)


def answers(folder: str, only: str = "") -> dict[str, list[dict[str, Any]]]:
    """Rows by query."""
    import duckdb

    connection = duckdb.connect()
    for name in TABLES:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{Path(folder) / name}.parquet')")
    found: dict[str, list[dict[str, Any]]] = {}
    for query in QUERIES:
        if only in query.name:
            cursor = connection.execute(query.sql)
            names = [column[0] for column in cursor.description]
            found[query.name] = [dict(zip(names, row)) for row in cursor.fetchall()]
    return found


def shown(rows: list[dict[str, Any]]) -> str:
    """Rows as aligned columns."""
    def text(value: Any) -> str:
        return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)

    cells = [list(rows[0]), *([text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="a profile's tables")
    parser.add_argument("--only", default="", metavar="TEXT", help="those with a text in their names")
    parser.add_argument("--json", metavar="FILE", help="rows as JSON, '-' for standard output in the place of the text")
    options = parser.parse_args()
    missing = [name for name in TABLES if not (Path(options.folder) / f"{name}.parquet").exists()]
    if missing:
        parser.error(f"'{options.folder}' has no {missing[0]}.parquet: neuron-explorer view --output-format parquet --output-file DIR writes them")
    found = answers(options.folder, options.only)
    if options.json:
        text = json.dumps(found, indent=1) + "\n"
        if options.json == "-":
            sys.stdout.write(text)
            return 0
        Path(options.json).write_text(text)
    for query in QUERIES:
        if query.name in found:
            print(f"{query.name}: {query.about}\n{shown(found[query.name]) if found[query.name] else '  nothing'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
