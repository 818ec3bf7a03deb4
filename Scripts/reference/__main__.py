"""`python -m reference DIR`, by Scripts/make-reference."""

import sys
from pathlib import Path

from . import api, commands, hardware, operations, report, variables

PAGES = {"operations.md": operations.page, "hardware.md": hardware.page, "report.md": report.page,
         "report.schema.json": report.schema, "failure.schema.json": report.failure_schema, "commands.md": commands.page,
         "exit-codes.md": commands.exit_codes, "environment.md": variables.page, "python.md": api.page}


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (directory / name).write_text(page().rstrip("\n") + "\n", encoding="utf-8")
    for path in directory.iterdir():
        if path.name not in PAGES:
            path.unlink()


main()
