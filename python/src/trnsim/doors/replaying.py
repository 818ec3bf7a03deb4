"""Tables in Parquet for `trnsim replay`, which reads them as the profiler's legacy JSON."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import tempfile
from typing import Any

from ..core.tool import find_tool
from ..errors import PackageMissingError, TrnsimError
from .tables import exported

#: What a replay needs.
_TABLES = ("Instruction", "DmaPacket", "DmaPacketAggregated", "Flow")


def main(folder: str, *arguments: str) -> int:
    """Runs `trnsim replay ARGUMENTS` with the tables of the folder in the folder's place; its exit code."""
    tool = find_tool()
    if tool is None:
        raise TrnsimError("the program trnsim was not found\n  help: put it into PATH, or name it with TRNSIM")
    with tempfile.TemporaryDirectory() as work:
        name = os.path.basename(os.path.abspath(folder)).removesuffix("@latest")
        path = os.path.join(work, f"{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(exported({table: read(folder, table) for table in _TABLES}), file)
        return subprocess.run([tool, "replay", *(path if word == folder else word for word in arguments)], check=False).returncode


def read(folder: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table.

    Raises:
        PackageMissingError: if pyarrow is not installed.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise PackageMissingError("Parquet files need pyarrow, which is not installed\n  help: pip install pyarrow, or trnsim[parquet]") from error
    path = os.path.join(folder, f"{table}.parquet")
    try:
        return list(parquet.read_table(path).to_pylist())
    except (OSError, ValueError) as error:
        # What pyarrow says of files that are none is a ValueError.
        raise TrnsimError(f"'{path}' is not a table that can be read: {error}\n  help: export it again: neuron-explorer view "
                          "-n FILE.neff -s FILE.ntff --output-format parquet --output-file DIR") from error
