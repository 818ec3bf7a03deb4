"""`python -m trnsim.agents [OPTION …]`: what `trnsim mcp` runs, evaluations over the Model Context Protocol.

A server of `trnsim.evaluation` does the work in a process of its own, which has no threads and stays warm; options are its options.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import sys
from typing import Any

from .errors import PackageMissingError

#: What agents are told before they call anything.
INSTRUCTIONS = """trnsim runs AWS Trainium kernels (NKI) without a Trainium: it computes their values and predicts their time.
Call `evaluate` with a candidate's text or file and a reference; it says whether the candidate is right, how long it takes on the
device with the interval in which that time is for nine in ten kernels, what bounds it, at which line, and with rules=true which
changes would make it faster (each was simulated). Candidates may crash or hang: the server stays."""


class Evaluations:
    """A server of evaluations, started when it is first asked and again after it ended."""

    def __init__(self, options: list[str]) -> None:
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._reader: asyncio.Task[None] | None = None

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request of `trnsim evaluate --serve`."""
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "trnsim.evaluation", "--serve", *self._options, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, limit=1 << 26)
            self._reader = asyncio.create_task(self._read(process))
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        assert process.stdin is not None
        process.stdin.write(json.dumps({**request, "id": number}).encode() + b"\n")
        await process.stdin.drain()
        found: dict[str, Any] = await answer
        return found

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            answer = json.loads(line)
            waiting = self._waiting.pop(answer.pop("id"), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
        code = await process.wait()
        left, self._waiting = self._waiting, {}
        for waiting in left.values():
            if not waiting.done():
                waiting.set_exception(RuntimeError(f"the server of evaluations ended with {code}; standard error says why"))


def _server_type() -> Any:
    """The server of the package `mcp`, whose name is another since its version 2."""
    for module, name in (("mcp.server.mcpserver", "MCPServer"), ("mcp.server.fastmcp", "FastMCP")):
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    raise PackageMissingError("trnsim mcp needs the package mcp, which is not installed\n  help: pip install mcp")


def server(options: list[str]) -> Any:
    """The server with its tool.

    Raises:
        PackageMissingError: if the package `mcp` is not installed.
    """
    evaluations = Evaluations(options)
    found = _server_type()("trnsim", instructions=INSTRUCTIONS)

    async def evaluate(source: str | None = None, kernel: str | None = None, reference: str | None = None,
                       inputs: dict[str, str] | None = None, inputs_from: str | None = None,
                       arguments: dict[str, Any] | None = None, seed: int | None = None, hardware: str | None = None,
                       tolerance: float | None = None, rules: bool | None = None, time_limit: float | None = None) -> dict[str, Any]:
        """Says whether a candidate kernel is right and how long it takes on a Trainium, without one.

        Args:
            source: The candidate's Python text, which defines a kernel (@nki.jit). Give it or `kernel`.
            kernel: The candidate's file, FILE.py:FUNCTION; beside `source` the function's name alone, as candidate.py:FUNCTION.
            reference: FILE.py:FUNCTION that computes what is right with NumPy, from the same inputs.
            inputs: Inputs by the parameters' names: type and shape such as "bfloat16[128, 2048]", or a .npy file.
            inputs_from: FILE.py:FUNCTION that returns the inputs; get_inputs of the reference's file by default.
            arguments: What else the candidate gets, by name.
            seed: Seed of the inputs.
            hardware: trn1, trn2 (default), trn3 or a configuration file.
            tolerance: The largest relative error that is right; by default what the output's type allows.
            rules: Also say which changes would make it faster, and by how much; takes longer.
            time_limit: Seconds that the candidate may take.

        Returns:
            correct, max_relative_error, failure (kind, message, help, topic, file, line) or null, time_us with time_low_us and time_high_us,
            verdict (what bounds it), source (the line where most time is spent), rules, counters (the profiler's).
        """
        given = {"source": source, "kernel": kernel, "reference": reference, "inputs": inputs, "inputs_from": inputs_from,
                 "arguments": arguments, "seed": seed, "hardware": hardware, "tolerance": tolerance, "rules": rules,
                 "time_limit": time_limit}
        return await evaluations.ask({key: value for key, value in given.items() if value is not None})

    found.tool()(evaluate)
    return found


def main() -> int:
    """Serves on standard input and output until that is closed."""
    try:
        found = server(sys.argv[1:])
    except PackageMissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found.run("stdio")
    return 0


if __name__ == "__main__":
    sys.exit(main())
