"""Values of the machines, with units, meanings and sources."""

from __future__ import annotations

import json
import re

from .pages import cell, code, head, table, tool

#: The first one is told whole, the others where they differ.
MACHINES = ("trn2", "trn1", "trn3")
_VALUE = re.compile(r"(\S+) = (.*)")


def _values(machine: str) -> dict[str, dict[str, str]]:
    """Each value's parts by its path."""
    paths = json.loads(tool("hardware", "show", "--hardware", machine, "--json"))["values"]
    found: dict[str, dict[str, str]] = {}
    for section in dict.fromkeys(path.split(".")[0] for path in paths):
        parts: dict[str, str] = {}
        for line in tool("hardware", "explain", section, "--hardware", machine, columns=20000).split("\n"):
            named = _VALUE.fullmatch(line)
            if named:
                parts = found[named[1]] = {"value": named[2]}
            elif line.strip():
                key, _, text = line.strip().partition(" ")
                parts[key] = text.strip()
    if found.keys() != paths.keys():
        raise SystemExit(f"{machine}: show and explain have other values: {found.keys() ^ paths.keys()}")
    return found


def page() -> str:
    machines = {machine: _values(machine) for machine in MACHINES}
    first = machines[MACHINES[0]]
    paths = list(dict.fromkeys(path for machine in MACHINES for path in machines[machine]))
    sections = sorted({path.split(".")[0] for path in paths}, key=[path.split(".")[0] for path in paths].index)
    assumed = sum(parts["source"].startswith("assumed") for parts in first.values())
    lines = head("Hardware", f"Every value of the machines that are built in: {len(first)} of trn2, {assumed} of them assumed, each with its "
                 "meaning, the values that it may have, and its source. trn1 and trn3 are told where they differ. `trnsim hardware explain "
                 "PATH` prints one, `--set PATH=VALUE` changes one for a run, [machines](../hardware.md) says how to write a file.")
    lines += ["Sections: " + ", ".join(f"[{name}](#{name})" for name in sections) + ".", ""]
    for section in sections:
        rows = []
        for path in paths:
            if path.split(".")[0] != section:
                continue
            parts = first.get(path)
            others = [machines[machine].get(path) for machine in MACHINES[1:]]
            told = parts or next(other for other in others if other)
            differing = [f"{machine}: {cell(other['value'])} ({cell(other['source'])})"
                         for machine, other in zip(MACHINES[1:], others, strict=True)
                         if other and (parts is None or other["value"] != parts["value"])]
            differing += [f"{machine}: none" for machine, other in zip(MACHINES[1:], others, strict=True) if parts and not other]
            rows.append([code(path), cell(parts["value"]) if parts else "none", f"{cell(told['meaning'])}; {cell(told['allowed'])}",
                         cell(parts["source"]) if parts else "", "<br>".join(differing)])
        lines += [f"## {section}", "", *table(["path", "trn2", "meaning; allowed", "source", "others"], rows)]
    return "\n".join(lines)
