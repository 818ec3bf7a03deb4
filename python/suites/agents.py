"""Public agents' evaluators on NKIBench kernels, unchanged, with nothing but `trnsim doors` in front; and how they rank candidates.

    python python/suites/agents.py accelopt --checkouts clones --problem silu
    python python/suites/agents.py accelopt --checkouts clones --problem silu --records kernels.json --json silu.json
    python python/suites/agents.py autocomp --checkouts clones --problem silu --limit 3

`--checkouts` has clones of zhang677/AccelOpt (its evaluator, NKIBench's kernels and references), Jerry2423/kda-for-trainium (candidates:
variants of NKIBench's kernels) and, for the second, ucb-bar/autocomp, at DIR/OWNER/NAME. Calls of language models are replaced by the list
of candidates. What evaluators need (pandas, pydantic) must be installed; their processes get PATH and PYTHONPATH, nothing else.
`--records` are measured records (docs/validation.md): then the share of pairs that are in the measured order, and how much longer than
the best candidate the one takes that the evaluator ranks first. Times alone are compared.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src")
sys.path.insert(0, SOURCES)

from trnsim.validation.checkouts import CheckoutError, Checkouts
from trnsim.validation.comparing import measured
from trnsim.validation.figures import Row, order, regret
from trnsim.validation.kernels import Family, Kernel, Repository
from trnsim.validation.records import read_records
from trnsim.validation.table import ACCELOPT, FAMILIES

#: Candidates whose measured times are closer than this are no pair.
APART = 0.02

#: The evaluator as it was when this was written.
AUTOCOMP = Repository("ucb-bar/autocomp", "dd26a56")


class Doors:
    """A folder with the vendor's commands, and the environment in which they are found first."""

    def __init__(self, folder: str) -> None:
        done = subprocess.run([sys.executable, "-m", "trnsim.doors", "write", folder], check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": SOURCES})
        assert "export PATH=" in done.stdout
        paths = [folder, os.path.dirname(sys.executable), os.environ.get("PATH", "")]
        self.environment = {**os.environ, "PATH": os.pathsep.join(paths), "PYTHONPATH": os.path.join(folder, "python")}

    def run(self, command: Sequence[str], folder: str, timeout: float, python: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Runs a command of the evaluator's; `python` is what its users put on PYTHONPATH themselves."""
        environment = {**self.environment, "PYTHONPATH": os.pathsep.join([self.environment["PYTHONPATH"], *python])}
        return subprocess.run(list(command), cwd=folder, env=environment, text=True, capture_output=True, timeout=timeout)


def problems() -> dict[str, Family]:
    """NKIBench's problems with candidates, by name."""
    return {one.name.removeprefix("kda "): one for one in FAMILIES if one.name.startswith("kda ")}


def source(kernel: Kernel, family: Family, checkouts: Checkouts) -> str:
    """The file of a candidate."""
    launch, = kernel.launches
    return os.path.join(str(checkouts.folder(kernel.repository or family.repository)), launch.file)


def reference(problem: str, checkouts: Checkouts) -> str:
    """NKIBench's reference of a problem."""
    folder = Path(checkouts.folder(ACCELOPT)) / "NKIBench" / "reference"
    found = [path for path in sorted(folder.glob(f"{problem}_*.py")) if re.match(rf"{problem}_[A-Z]", path.name)]
    if not found:
        raise CheckoutError(f"NKIBench has no reference of '{problem}'")
    return str(found[0])


def accelopt(candidates: dict[str, str], problem: str, checkouts: Checkouts, doors: Doors, options: argparse.Namespace
             ) -> dict[str, dict[str, Any]]:
    """`scripts/sequential_profile.py`, which is what AccelOpt's loop starts; a process for each candidate."""
    root = checkouts.folder(ACCELOPT)
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as work:
        Path(work, "fields.json").write_text(json.dumps(["hbm_read_bytes", "hbm_write_bytes", "vector_engine_active_time_percent"]))
        for name, path in candidates.items():
            with open(Path(work, "candidates.csv"), "w", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["kernel", "task"])
                rows.writerow([path, reference(problem, checkouts)])
            command = [sys.executable, os.path.join(root, "scripts", "sequential_profile.py"), "--candidates_path", "candidates.csv",
                       "--save_fields_path", "fields.json", "--output_path", "out.csv", "--nc_id", "0", "--rel_tol", "2e-5"]
            done = doors.run(command, work, options.timeout, [root])
            if done.returncode != 0:
                found[name] = {"error": done.stderr.strip().splitlines()[-1]}
            else:
                csv.field_size_limit(1 << 24)
                with open(Path(work, "out.csv"), newline="") as file:
                    profile = json.loads(next(csv.DictReader(file))["profile"])
                why = profile.get("compilation_error") or profile.get("correctness_error") or profile.get("benchmarking_error")
                found[name] = {"microseconds": profile["latency"] * 1e3} if "latency" in profile else {"error": str(why)[:300]}
            print(f"{name}: {found[name]}", file=sys.stderr, flush=True)
    return found


#: What Autocomp's harnesses look like, around one of NKIBench's problems.
HARNESS = '''
import importlib.util
import numpy as np
import neuronxcc.nki as nki
import neuronxcc.nki.language as nl
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.typing as nt
from neuronxcc.nki import trace
from neuronxcc.nki.language import par_dim

# SUBSTITUTE HERE

def _task():
    spec = importlib.util.spec_from_file_location("task", {reference!r})
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def ref(*inputs):
    return _task().forward(*inputs)

def test_nki(ref_func, test_func):
    np.random.seed(42)
    task = _task()
    inputs = task.get_inputs()
    wanted = ref_func(*inputs)
    given = task.transform_nki_outputs(test_func(*task.transform_to_nki_inputs(inputs)), wanted)
    return all(np.linalg.norm((a - b).astype(np.float64)) < 2e-5 * np.linalg.norm(b.astype(np.float64))
               for a, b in zip(given, wanted if isinstance(wanted, tuple) else (wanted,)))

def benchmark_nki(nki_func):
    task = _task()
    bench_func = nki.benchmark(warmup=2, iters=10)(nki_func)
    bench_func(*task.transform_to_nki_inputs(task.get_inputs()))
    print("Latency: {{:.6f}} ms (P99)".format(bench_func.benchmark_result.nc_latency.get_latency_percentile(99) / 1000.0))

if __name__ == "__main__":
    if not test_nki(ref, solution):
        print("Test failed")
        exit(1)
    print("Test passed")
    benchmark_nki(solution)
'''

#: Autocomp's backend, called as its search calls it; the module that talks to language models is not there.
BACKEND = '''
import json, sys, types
models = types.ModuleType("autocomp.common.llm_utils")
models.LLMClient = object
sys.modules["autocomp.common.llm_utils"] = models
from autocomp.backend.trn.trn_eval import TrnEvalBackend
from autocomp.search.prob import Prob
codes = [open(path).read() for path in sys.argv[2:]]
results = TrnEvalBackend().evaluate_code(Prob("nkibench", 0, test_file=sys.argv[1]), codes, "trn")
print("RESULTS=" + json.dumps(results))
'''


def autocomp(candidates: dict[str, str], problem: str, checkouts: Checkouts, doors: Doors, options: argparse.Namespace
             ) -> dict[str, dict[str, Any]]:
    """`TrnEvalBackend.evaluate_code` on all candidates."""
    root = checkouts.folder(AUTOCOMP)
    with tempfile.TemporaryDirectory() as work:
        harness, backend = Path(work, "harness.py"), Path(work, "backend.py")
        harness.write_text(HARNESS.format(reference=reference(problem, checkouts)))
        backend.write_text(BACKEND)
        paths = []
        for number, path in enumerate(candidates.values()):
            # Autocomp's candidates are functions of this name.
            text = re.sub(r"^def kernel\(", "def solution(", Path(path).read_text(), flags=re.MULTILINE)
            paths.append(Path(work, f"candidate_{number}.py"))
            paths[-1].write_text(text)
        done = doors.run([sys.executable, str(backend), str(harness), *map(str, paths)], work, options.timeout * len(paths), [root])
        line = next((line for line in done.stdout.splitlines() if line.startswith("RESULTS=")), None)
        if line is None:
            raise CheckoutError(f"Autocomp gave no results: {done.stderr.strip()[-400:]}")
        found = {}
        for name, result in zip(candidates, json.loads(line.removeprefix("RESULTS="))):
            correct = result["correct"] and result["latency"] is not None
            found[name] = {"microseconds": result["latency"] * 1e3} if correct else {
                "error": (result["stderr"].strip().splitlines() or [result["stdout"].strip()[-100:]])[-1]}
        return found


EVALUATORS = {"accelopt": accelopt, "autocomp": autocomp}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluator", choices=EVALUATORS)
    parser.add_argument("--checkouts", required=True, metavar="DIR", help="clones, at DIR/OWNER/NAME")
    parser.add_argument("--problem", required=True, choices=sorted(problems()))
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="candidates with a text in their name")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N candidates")
    parser.add_argument("--records", nargs="+", default=[], metavar="FILE", help="measured records")
    parser.add_argument("--timeout", type=float, default=3600, metavar="S", help="seconds for a candidate (3600)")
    parser.add_argument("--json", metavar="FILE", help="what came of it")
    options = parser.parse_args()
    family = problems()[options.problem]
    known, _ = measured(read_records(options.records)) if options.records else ({}, {})
    with tempfile.TemporaryDirectory() as work:
        checkouts = Checkouts(options.checkouts, work)
        try:
            kernels = [kernel for kernel in family.kernels
                       if not options.only or any(text in kernel.name for text in options.only)][:options.limit]
            candidates = {kernel.name: source(kernel, family, checkouts) for kernel in kernels}
            found = EVALUATORS[options.evaluator](candidates, options.problem, checkouts, Doors(os.path.join(work, "doors")), options)
        except CheckoutError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    rows = [Row(family.name, family.group, kernel.name, kernel.problem, known[family.name, kernel.name].microseconds,
                found[kernel.name].get("microseconds")) for kernel in kernels if (family.name, kernel.name) in known]
    for name, result in sorted(found.items(), key=lambda pair: pair[1].get("microseconds", float("inf"))):
        measured_us = next((row.measured for row in rows if row.kernel == name), None)
        print(f"{name:<32}" + (f"{result['microseconds']:12.1f} µs" if "microseconds" in result else f"  {result['error']}")
              + (f"   measured {measured_us:10.1f} µs" if measured_us is not None else ""))
    summary: dict[str, Any] = {"evaluator": options.evaluator, "problem": options.problem, "candidates": found}
    if len(rows) > 1:
        pairs = order(rows, APART)
        summary |= {"pairs": pairs.pairs, "share": pairs.share, "regret": regret(rows)}
        if pairs.share is not None and summary["regret"] is not None:
            print(f"{pairs.pairs} pairs further apart than {APART:.0%}: {pairs.share:.1%} in the measured order; the one ranked first takes "
                  f"{summary['regret']:.3f} times the best one's time")
    if options.json:
        Path(options.json).write_text(json.dumps(summary, indent=1) + "\n")
    return 0 if any("microseconds" in result for result in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
