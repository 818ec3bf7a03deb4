"""`python -m trnsim.doors COMMAND …`: what the shims of `trnsim doors` run; `write DIR` writes them, `replay DIR` replays tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..entry import run
from ..errors import TrnsimError, printable
from . import listing, profiler, replaying, shims


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of the command that is named first."""
    name, *words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if name == "write":
            return shims.write(words[0])
        if name == "replay":
            return replaying.main(*words)
        if name == "neuron-ls":
            return listing.main(words)
        if name in shims.COMMANDS:
            return profiler.main(name, words)
    except BrokenPipeError:
        raise
    except (TrnsimError, OSError) as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return 1
    print(printable(f"error: there is no command '{name}'"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    run(main)
