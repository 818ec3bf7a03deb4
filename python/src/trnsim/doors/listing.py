"""`neuron-ls`: the simulated device."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence

from ..core.machine import processors
from ..record.context import default_target

#: Physical cores of one device of each machine, and its memory (AWS documentation, "Trainium2 Architecture", "Trainium Architecture").
_DEVICES = {"trn1": (2, 32), "trn2": (8, 96), "trn3": (8, 144)}


def main(arguments: Sequence[str]) -> int:
    """Prints the device as a table, or as JSON."""
    parser = argparse.ArgumentParser(prog="neuron-ls", description="trnsim's device, in the place of the host's.")
    parser.add_argument("-j", "--json-output", action="store_true")
    parser.add_argument("-w", "--wide", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-a", "--show-all-procs", action="store_true", help=argparse.SUPPRESS)
    options, _ = parser.parse_known_args(arguments)
    target = default_target()
    cores, memory = _DEVICES.get(target, _DEVICES["trn2"])
    # Loops run a candidate on each core: more than the host has only wait for one another.
    count = min(cores, processors())
    lnc = 2 if os.environ.get("NEURON_LOGICAL_NC_CONFIG", "").strip() == "2" else 1
    if options.json_output:
        print(json.dumps([{"neuron_device": 0, "bdf": "", "connected_to": None, "nc_count": max(1, count // lnc),
                           "neuroncore_ids": list(range(count)), "memory_size": memory << 30, "logical_neuroncore_config": lnc,
                           "neuron_processes": [], "simulated_by": "trnsim"}]))
        return 0
    print(f"instance-type: {target} (simulated by trnsim)\nlogical-neuroncore-config: {lnc}")
    rule = "+--------+--------+----------+--------+"
    print(f"{rule}\n| NEURON | NEURON |  NEURON  | NEURON |\n| DEVICE | CORES  | CORE IDS | MEMORY |\n{rule}")
    ids = "0" if count == 1 else f"0-{count - 1}"
    print(f"| 0      | {max(1, count // lnc):<6} | {ids:<8} | {memory:>3} GB |\n{rule}")
    return 0
