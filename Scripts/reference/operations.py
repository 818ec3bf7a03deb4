"""Operations of nki.isa as the core declares them."""

from __future__ import annotations

from typing import Any

from trnsim.record.operations import isa

from .pages import cell, code, head, table

_KINDS = {"tile": "tensor", "scalarOrTile": "number or tensor", "flag": "true or false", "symbol": "name", "integers": "[integer, …]",
          "pairs": "[[step, count], …]", "registerOrInteger": "register or integer"}


def _default(field: dict[str, Any]) -> str:
    return "required" if field["required"] else "none" if field["default"] is None else code(field["default"])


def _parameter(one: dict[str, Any]) -> str:
    return one["name"] if one["required"] else f"{one['name']}={one['default']!r}"


def page() -> str:
    operations = isa().operations
    lines = head("Operations", f"The {len(operations)} operations of a program, as the core declares them; `trnsim isa NAME` prints one. Those "
                 "of `nki.isa` are the functions of the same name; the others belong to loops, registers and what the compiler adds. "
                 "Rules that a program breaks are [errors](../errors.md#operands).")
    lines += table(["operation", "engines", "what"],
                   [[f"[{name}](#{name})", cell(", ".join(one["engines"])), cell(one["summary"])] for name, one in operations.items()])
    for name, one in operations.items():
        lines += [f"## {name}", "", f"{cell(one['summary'])}.", ""]
        if one.get("parameters"):
            lines += ["```text", f"nki.isa.{name}({', '.join(_parameter(part) for part in one['parameters'])})", "```", ""]
        lines += [f"Engines: {', '.join(one['engines']) or 'none'}. Machines: {', '.join(one['machines'])}.", ""]
        if one["fields"]:
            lines += table(["field", "role", "kind", "default", "meaning"],
                           [[code(field["name"]), cell(field["role"]), cell(_KINDS.get(field["kind"], field["kind"])), _default(field),
                             cell(field["summary"]) + (f"; {cell(field['type_rule'])}" if field["type_rule"] else "")]
                            for field in one["fields"]])
            for field in one["fields"]:
                if field.get("symbols"):
                    lines += [f"{code(field['name'])}: {', '.join(code(symbol) for symbol in field['symbols'])}", ""]
        if one["details"]:
            lines += [cell(one["details"]), ""]
        if one.get("instead"):
            lines += [f"Instead: {cell(one['instead'])}", ""]
    return "\n".join(lines)
