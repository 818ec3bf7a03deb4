"""Commands with their help, and exit codes, from what the tool says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from .pages import cell, head, table, tool


@cache
def _all() -> list[tuple[str, dict[str, Any]]]:
    """Commands that are shown, with the words that call them."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(command: dict[str, Any], words: tuple[str, ...]) -> None:
        for one in command.get("subcommands", []):
            name = one["commandName"]
            if one["shouldDisplay"] and name != "help":
                found.append((" ".join((*words, name)), one))
                walk(one, (*words, name))

    walk(json.loads(tool("--experimental-dump-help"))["command"], ())
    return found


def page() -> str:
    lines = head("Commands", "What `trnsim help COMMAND` prints. Options that take a value take it as the next word or behind `=`; "
                 "[exit codes](exit-codes.md) are the commands' own.")
    lines += table(["command", "what"], [[f"[{words}](#{words.replace(' ', '-')})", cell(command["abstract"])]
                                         for words, command in _all()])
    for words, _ in _all():
        lines += [f"## {words}", "", "```text", tool("help", *words.split()).strip("\n"), "```", ""]
    return "\n".join(lines)


def _codes(discussion: str) -> list[tuple[str, str]]:
    """What a command's help has below EXIT CODES."""
    text = discussion.partition("EXIT CODES")[2].split("\n\n")[0]
    parts: list[str] = []
    for line in text.strip("\n").split("\n"):
        # A code begins a line, or stands behind a dot; other lines go on with the one before.
        for position, piece in enumerate(line.strip().split(" · ")):
            if position == 0 and parts and not piece[:1].isdigit():
                parts[-1] += " " + piece
            else:
                parts.append(piece)
    found = []
    for part in parts:
        first, _, rest = part.partition(" ")
        found.append((first, rest) if first.isdigit() else ("signal", part))
    return found


def exit_codes() -> str:
    root = json.loads(tool("--experimental-dump-help"))["command"]
    lines = head("Exit codes", "Scripts can rely on them. What an error is about is in [errors](../errors.md).")
    lines += table(["code", "meaning"], [[one, cell(text)] for one, text in _codes(root["discussion"])])
    lines += ["A command that is interrupted says so in one line and ends by the signal, which shells show as 130. Commands that "
              "compare have codes of their own:", ""]
    for words, command in _all():
        codes = _codes(command.get("discussion", "")) if "EXIT CODES" in command.get("discussion", "") else []
        if codes:
            lines += [f"## {words}", "", *table(["code", "meaning"], [[one, cell(text)] for one, text in codes])]
    return "\n".join(lines)
