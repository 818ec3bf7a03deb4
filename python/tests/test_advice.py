"""`trnsim advise`: each fault has its verdict, and a change whose gain is what the same change by hand gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()
pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")

FILE = Path(__file__).with_name("slow_kernels.py")
MATMUL = ["--input", "lhs_t=bfloat16[1024, 512]", "--input", "rhs=bfloat16[1024, 2048]"]

COLUMNS = ["--input", "x=float32[2048, 1024]"]
WIDE = ["--input", "x=float32[2048, 2048]"]
SMALL = ["--input", "x=float32[128, 60]"]

#: Kernel and its inputs; what the verdict names; the rule and what its change names; the change by hand and its inputs.
FAULTS = {
    "starts": ("matmul", MATMUL, "starting DMAs", "other_queue", "Scalar queue", "matmul_on_two_queues", MATMUL),
    "reloads": ("matmul", MATMUL, "starting DMAs", "load_once", "lhs_t and rhs", "matmul_loaded_once", MATMUL),
    "small DMAs": ("elementwise_loads", SMALL, "7,680 DMAs", "larger_dmas", "larger DMAs", "whole_load", SMALL),
    "bandwidth": ("streamed", ["--input", "x=float32[4096, 4096]"], "HBM's bandwidth", "bfloat16", "bfloat16", "streamed",
                  ["--input", "x=bfloat16[4096, 4096]"]),
    "one buffer": ("one_buffer", COLUMNS, "", "more_buffers", "one more buffer", "two_buffers", COLUMNS),
    "one engine": ("sums_on_vector", WIDE, "VectorE", "other_engine", "tensor_tensor", "sums_on_gpsimd", WIDE),
    "transposes": ("transposes_by_engine", ["--input", "x=bfloat16[2048, 128]"], "", "dma_transposes", "by DMA",
                   "transposes_by_dma", ["--input", "x=bfloat16[2048, 128]"]),
    "prints": ("printing", COLUMNS, "", "no_prints", "without device_print", "not_printing", COLUMNS),
}


def said(command: str, kernel: str, inputs: list[str], *options: str) -> dict:
    environment = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    done = subprocess.run(
        [TOOL, command, f"{FILE}:{kernel}", *inputs, "--schedule", "program", *options, "--json", "-"],
        env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_verdict_and_a_change_that_gives_what_it_says(fault):
    kernel, inputs, verdict, rule, named, changed, other_inputs = FAULTS[fault]
    advice = said("advise", kernel, inputs)
    assert verdict in advice["sentence"]
    found = [item for item in advice["advice"] if item["rule"] == rule and named in item["title"]]
    assert found, advice
    by_hand = said("whatif", changed, other_inputs)["total_time_ps"]
    assert found[0]["total_time_ps"] == pytest.approx(by_hand, rel=0.03)


#: Calls of kernels, as scripts end with them.
CALLS = {
    "matmul": "import ml_dtypes\n    bf16 = ml_dtypes.bfloat16\n    matmul(np.ones((1024, 512), bf16), np.ones((1024, 2048), bf16))",
    "elementwise_loads": "elementwise_loads(np.ones((128, 60), np.float32))",
    "one_buffer": "one_buffer(np.ones((2048, 1024), np.float32))",
    "sums_on_vector": "sums_on_vector(np.ones((2048, 2048), np.float32))",
}


@pytest.mark.parametrize("kernel", CALLS)
def test_all_doors_give_one_verdict(kernel, tmp_path):
    """A whole script, its kernel by name, the package, what-if, advice and the program that ran: one sentence, and the critical path."""
    script = tmp_path / "script.py"
    script.write_text(f"{FILE.read_text()}\n\nif __name__ == '__main__':\n    import numpy as np\n    {CALLS[kernel]}\n")
    environment = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}

    def asked(*words: str) -> dict:
        done = subprocess.run([TOOL, *words, "--json", "-"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    whole = asked("run", "script.py")
    named = asked("run", f"script.py:{kernel}")
    assert whole["bottleneck"] == named["bottleneck"]
    assert whole["critical_path"] == named["critical_path"]
    assert "(what-if, timing only)" in whole["bottleneck"]["sentence"]
    assert asked("advise", f"script.py:{kernel}", "--rule", "order")["sentence"] == whole["bottleneck"]["sentence"]
    if kernel != "matmul":
        return
    assert asked("whatif", f"script.py:{kernel}")["sentence"] == whole["bottleneck"]["sentence"]
    subprocess.run([sys.executable, "-m", "trnsim", "--timing-only", "--program", "k.trn", "script.py"], cwd=tmp_path, env=environment,
                   check=True)
    program = asked("run", "k.trn", "--timing-only")
    assert program["bottleneck"]["what_if"] == whole["bottleneck"]["what_if"]
    assert program["bottleneck"]["limit"] == whole["bottleneck"]["limit"]


def test_a_kernel_without_fault_gets_no_advice():
    advice = said("advise", "whole_load", SMALL, "--rule", "larger_dmas")
    assert advice["advice"] == []


def test_a_misspelled_rule_is_told():
    done = subprocess.run([TOOL, "advise", "silu", "--rule", "other_queu"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "other_queue" in done.stderr
