"""Every command takes every workload: kernels, program files, sets of them, and kernels of Python scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()

pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")

SCRIPT = """
import sys
import numpy as np
import nki, nki.isa as nisa, nki.language as nl

@nki.jit
def matmul(lhsT, rhs, tile_n=512):
    K, M = lhsT.shape
    _, N = rhs.shape
    out = nl.ndarray((M, N), dtype=lhsT.dtype, buffer=nl.shared_hbm)
    a = nl.load(lhsT)
    for n in range(N // tile_n):
        psum = nl.ndarray((M, tile_n), dtype=nl.float32, buffer=nl.psum)
        b = nl.load(rhs[:, n * tile_n:(n + 1) * tile_n])
        nisa.nc_matmul(psum, a, b)
        c = nl.ndarray((M, tile_n), dtype=lhsT.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(c, psum)
        nl.store(out[:, n * tile_n:(n + 1) * tile_n], c)
    return out

@nki.jit
def halves(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    core, rows = nl.program_id(0), x.shape[0] // 2
    tile = nl.load(x[core * rows:(core + 1) * rows])
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    nl.store(out[core * rows:(core + 1) * rows], tile)
    return out

def wrapped(x):
    return matmul(x.T.copy(), np.ones((x.shape[1], 512), x.dtype))

def on_two_cores(x):
    return halves[2](x)

if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    ones = np.ones((rows, 128), np.float32)
    halves[2](ones)
    assert matmul(ones, np.ones((rows, 512), np.float32), tile_n=256)[0, 0] == rows
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("workloads")
    (found / "k.py").write_text(SCRIPT)
    for arguments in (["silu", "--param", "tokens=1", "-o", "silu.trn"],
                      ["parallel_matmul", "--param", "tp=1", "--param", "lnc=2", "--param", "m=128", "--param", "k=128",
                       "--param", "n=128", "-o", "two.trn"]):
        done = run(found, "emit", *arguments)
        assert done.returncode == 0, done.stderr
    return found


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items()
                   if name != "CI" and not name.startswith(("GITHUB_", "TRNSIM_")) or name == "TRNSIM_CORE"}
    environment |= {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1])}
    return subprocess.run([TOOL, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def seen(folder: Path, *arguments: str) -> str:
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


SHAPES = ["--input", "lhsT=float32[k, 128]", "--input", "rhs=float32[k, 1024]", "--size", "k=64"]

#: What a workload is in words, how it is named, and how many cores it has.
WORKLOADS = {
    "kernel": (["softmax", "--param", "tokens=1"], 1),
    "kernel on cores": (["core_sum", "--param", "lnc=2", "--param", "tokens=2"], 2),
    "program": (["silu.trn"], 1),
    "programs": (["two.0.trn", "two.1.trn", "--lnc", "2"], 2),
    "function": (["k.py:matmul", *SHAPES], 1),
    "function's last call": (["k.py:matmul"], 1),
    "wrapper": (["k.py:wrapped", "--input", "x=float32[128, 64]"], 1),
    "function on cores": (["k.py:on_two_cores", "--input", "x=float32[128, 64]"], 2),
    "script": (["k.py"], 1),
}

COMMANDS = {
    "run": ["--timing-only"],
    "compare": ["--vary", "set:dma.rings=8,16"],
    "whatif": [],
    "advise": [],
    "show": [],
    "emit": ["-o", "emitted.trn"],
    "compile": ["-o", "compiled.trn"],
}


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_every_workload(folder, command, workload):
    words, _ = WORKLOADS[workload]
    # Kernels of a whole script give it no values then, which this one asks for.
    options = [] if (command, workload) == ("run", "script") else COMMANDS[command]
    done = run(folder, command, *words, *options)
    assert done.returncode == 0, done.stderr


#: What no command but `trnsim replay` takes, and what the refusal says to do instead.
REFUSED = {
    "capture": ("a.instr.csv.zst", "is a capture", "'trnsim replay a.instr.csv.zst' times it"),
    "profile": ("a.instructions.csv.zst", "is a capture", "take the kernel's source, FILE.py:FUNCTION"),
}


@pytest.mark.parametrize("workload", REFUSED)
@pytest.mark.parametrize("command", [*COMMANDS, "diff", "sweep", "check"])
def test_what_is_refused_says_the_way_round(folder, command, workload):
    name, reason, way = REFUSED[workload]
    (folder / name).write_text("")
    if command == "diff":
        words = [name, "softmax"]
    elif command == "sweep":
        (folder / "c.yaml").write_text(f"program: {name}\n")
        words = ["c.yaml"]
    elif command == "check":
        (folder / "c.yaml").write_text(f"entries: [{{program: {name}}}]\n")
        words = ["c.yaml"]
    else:
        words = [name, *COMMANDS[command]]
    done = run(folder, command, *words)
    assert done.returncode == 1
    assert reason in done.stderr and way in done.stderr


def test_files_of_several_cores_are_compared_with_their_kernels_reference(folder):
    files = ["two.0.trn", "two.1.trn"]
    done = run(folder, "run", *files, "--lnc", "2", "--json", "-")
    assert done.returncode == 0, done.stderr
    checks = json.loads(done.stdout)["checks"]
    kernel = json.loads(seen(folder, "run", "parallel_matmul", *"--param tp=1 --param lnc=2".split(),
                             *"--param m=128 --param k=128 --param n=128 --json -".split()))["checks"]
    assert checks == kernel and checks


@pytest.mark.parametrize(("options", "notes"), [
    (["--set", "hbm.bandwidth_per_stack=1000"],
     ["hbm.bandwidth_per_stack=1000: reads of HBM are limited to 375 GB/s by hbm.read_bandwidth_per_core, writes are limited to "
      "435 GB/s by dma.rings × dma.bytes_per_cycle × clocks.dma"]),
    (["--set", "hbm.read_bandwidth_per_core=500"],
     ["hbm.read_bandwidth_per_core=500: reads of HBM are limited to 435 GB/s by dma.rings × dma.bytes_per_cycle × clocks.dma"]),
    (["--scale", "dma.bandwidth=2"],
     ["clocks.dma=1.7: reads of HBM are limited to 375 GB/s by hbm.read_bandwidth_per_core, writes are limited to 716 GB/s by "
      "hbm.bandwidth_per_stack"]),
    (["--set", "hbm.bandwidth_per_stack=300"], []),
    (["--set", "hbm.read_bandwidth_per_core=400"], []),
])
def test_a_setting_that_another_one_caps_says_so(folder, options, notes):
    done = run(folder, "run", "softmax", "--param", "tokens=1", "--timing-only", *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"note: {note}" for note in notes]


def test_variants_that_are_capped_say_so_once(folder):
    done = run(folder, "compare", "softmax", "--vary", "tokens=1,2", "--vary", "set:hbm.read_bandwidth_per_core=400,500")
    assert done.returncode == 0 and done.stderr.count("note: hbm.read_bandwidth_per_core=500: ") == 1
    done = run(folder, "whatif", "softmax", "--scale", "hbm.bandwidth=1,2")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "note: hbm.bandwidth_per_stack=1432: reads of HBM are limited to 435 GB/s by dma.rings × dma.bytes_per_cycle × clocks.dma, "
        "writes are limited to 435 GB/s by dma.rings × dma.bytes_per_cycle × clocks.dma",
        "note: hbm.read_bandwidth_per_core=750: reads of HBM are limited to 435 GB/s by dma.rings × dma.bytes_per_cycle × clocks.dma"]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_diff_takes_every_workload(folder, workload):
    if workload == "programs":
        side, options = "two.0.trn+two.1.trn", ["--lnc", "2"]
    else:
        (side, *options), _ = WORKLOADS[workload]
    assert run(folder, "diff", side, side, *options).returncode == 0
    done = run(folder, "diff", side, side, *options, "--set-b", "clocks.dma=0.7")
    assert done.returncode in (2, 4), done.stderr


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_is_emitted_takes_the_same_time(folder, workload):
    words, cores = WORKLOADS[workload]
    name = workload.replace(" ", "_").replace("'", "")
    assert run(folder, "emit", *words, "-o", f"{name}.trn").returncode == 0
    files = [f"{name}.trn"] if cores == 1 else [f"{name}.0.trn", f"{name}.1.trn", "--lnc", "2"]
    def time_of(words):
        return json.loads(seen(folder, "whatif", *words, "--json", "-"))["total_time_ps"]

    assert time_of(files) == time_of(words)


@pytest.mark.parametrize("workload", ["function", "programs"])
def test_faster_parts_give_the_same_to_run_and_whatif(folder, workload):
    """A part's gain is of the instructions that ran: the compiler of a faster machine would order them otherwise."""
    words, _ = WORKLOADS[workload]
    said = json.loads(seen(folder, "run", *words, "--timing-only", "--what-if", "--json", "-"))["bottleneck"]
    table = json.loads(seen(folder, "whatif", *words, "--json", "-"))
    assert said["sentence"] == table["sentence"]
    assert said["what_if"]["sentence"] == table["bottleneck"]


def test_a_function_computes_its_values(folder, tmp_path):
    generator = np.random.default_rng(0)
    left, right = (generator.standard_normal(shape, np.float32) for shape in ((64, 128), (64, 512)))
    np.save(folder / "left.npy", left)
    np.save(folder / "right.npy", right.astype(ml_dtypes.bfloat16).astype(np.float32))
    seen(folder, "run", "k.py:matmul", "--input", "lhsT=left.npy", "--input", "rhs=right.npy", "--param", "tile_n=256",
         "--output-dir", "out")
    (output,) = (folder / "out").iterdir()
    np.testing.assert_allclose(np.load(output), left.T @ np.load(folder / "right.npy"), rtol=1e-5, atol=1e-4)
    # Inputs that are shapes get trial numbers, the same for the same seed.
    found = []
    for seed in ("1", "1", "2"):
        seen(folder, "run", "k.py:on_two_cores", "--input", "x=bfloat16[8, 64]", "--seed", seed, "--output-dir", f"seed{seed}")
        (rank,) = (folder / f"seed{seed}").iterdir()
        (output,) = rank.iterdir()
        found.append(output.read_bytes())
    assert found[0] == found[1] != found[2]


def test_a_kernels_last_call_is_taken_and_changed(folder):
    report = json.loads(seen(folder, "run", "k.py:matmul", "--timing-only", "--json", "-"))
    assert report["parameters"]["tile_n"] == "256"
    wide = json.loads(seen(folder, "run", "k.py:matmul", "--timing-only", "--json", "-", "--param", "tile_n=512"))
    assert wide["parameters"]["tile_n"] == "512"
    assert wide["matmul_count" if "matmul_count" in wide else "hardware_flops"] == report[
        "matmul_count" if "matmul_count" in report else "hardware_flops"]
    # What the script gets goes behind its name.
    more = json.loads(seen(folder, "run", "k.py:matmul", "--timing-only", "--json", "-", "--", "128"))
    assert more["hbm_read_bytes"] == 2 * report["hbm_read_bytes"]


def test_a_scripts_report_is_as_detailed_as_a_kernels(folder):
    whole = json.loads(seen(folder, "run", "k.py", "--json", "-"))
    kernel = json.loads(seen(folder, "run", "k.py:matmul", "--json", "-"))
    assert set(kernel) - set(whole) <= {"checks"}
    for key in ("roofline", "tensors", "tensor_ways", "memory_by_tensor", "dma_sizes", "opcodes", "queues", "lines", "critical_path"):
        assert whole[key] == kernel[key]
    # A file has the same as the screen.
    seen(folder, "run", "k.py", "--json", "whole.json")
    assert {**json.loads((folder / "whole.json").read_text()), "host": 0} == {**whole, "host": 0}
    # Without times there is nothing more to tell.
    assert "roofline" not in json.loads(seen(folder, "run", "k.py", "--values-only", "--json", "-"))


LAUNCHES = """
import numpy as np
import nki, nki.isa as nisa, nki.language as nl

@nki.jit
def doubled(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
    nl.store(out, tile)
    return out

@nki.jit
def copied(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.load(x))
    return out

for width in (64, 128, 192):
    doubled(np.ones((128, width), np.float32))
for width in (64, 65, 66, 67):
    copied(np.ones((128, width), np.float32))
doubled(np.ones((128, 64), np.float32))
"""


def test_each_launch_of_a_script_has_a_timeline(folder):
    _, first, second = seen(folder, "run", "k.py", "--timeline").split("\nlaunch ")
    assert first.startswith("1 of 2: halves\ntimeline from 0.000 µs to ")
    assert "core 1 " in first
    assert second.startswith("2 of 2: matmul\n")
    # As that of the kernel by its name.
    assert seen(folder, "run", "k.py:matmul", "--timeline").rstrip().endswith(second.split("\n", 1)[1].rstrip())
    assert "bottleneck" in json.loads(seen(folder, "run", "k.py", "--timeline", "--json", "-"))


def test_timelines_of_many_launches_say_what_is_left_out(folder):
    (folder / "launches.py").write_text(LAUNCHES)
    text = seen(folder, "run", "launches.py", "--timeline-window", "2:4")
    assert [f"launch {number} of 8: {name}\ntimeline from 2.000 µs to " in text
            for number, name in enumerate(["doubled"] * 3 + ["copied"], 1)] == [True] * 4
    assert "launch 5" not in text
    assert text.endswith("left out: 4 of 8 launches (copied ×3, doubled); `trnsim run launches.py:FUNCTION --timeline` draws the last "
                         "of one\n")
    # A window that a launch ends before.
    text = seen(folder, "run", "k.py", "--timeline-window", "500:")
    assert text.count("not drawn: the timeline's window begins at 500.000 µs, the run ends at ") == 2


def test_compare_ranks_parameters_sizes_and_machines(folder):
    text = seen(folder, "compare", "k.py:matmul", *SHAPES[:4], "--vary", "k=64,128", "--vary", "tile_n=256,512,300", "--json", "-")
    found = json.loads(text)
    assert len(found["variants"]) == 6
    assert {tuple(sorted(row["values"].items())) for row in found["variants"]} == {
        (("k", k), ("tile_n", n)) for k in ("64", "128") for n in ("256", "512", "300")}
    text = seen(folder, "compare", "k.py:matmul", "--vary", "scale:hbm.bandwidth=1,2", "--vary", "tile_n,set:dma.rings=256:16,512:8")
    assert "4 variants of hbm.bandwidth × × tile_n,dma.rings, 4 ran" in text


@pytest.mark.parametrize(("words", "message"), [
    (["k.py:matmull"], "does not call a kernel 'matmull', its kernels are halves, matmul"),
    (["k.py:matmull", *SHAPES], "has no function 'matmull'"),
    (["k.py:matmul", *SHAPES, "--param", "tile_m=1"], "got an unexpected keyword argument 'tile_m'"),
    (["k.py:matmul", "--input", "lhsT=float32[64, 128]"], "missing a required argument: 'rhs'"),
    (["k.py:matmul", *SHAPES[:4]], "nothing says what 'k' is in the shape of input 'lhsT'"),
    (["k.py:matmul", *SHAPES, "--size", "n=4"], "no input has the size 'n'"),
    (["k.py:matmul", "--input", "lhsT=float33[64, 128]"], "there is no element type 'float33'"),
    (["k.py:matmul", "--input", "lhsT=64"], "'64' is no type with a shape"),
    (["k.py:matmul", "--input", "lhsT=none.npy", "--input", "rhs=none.npy"], "cannot read 'none.npy'"),
    (["none.py:matmul"], "none.py: error: cannot read"),
    (["silu.trn", "--param", "tokens=1"], "a program file has no parameters"),
    (["softmax", "silu.trn"], "'softmax' is a kernel, beside 'silu.trn'"),
    (["softmax", "--size", "n=4"], "only inputs of a script's function have sizes"),
    (["k.py", "--set", "dma.rings=8"], "--set does not work with a whole script"),
])
def test_mistakes_say_what_to_do(folder, words, message):
    done = run(folder, "run", *words)
    assert done.returncode == 1
    assert message in done.stderr
    assert "  help: " in done.stderr or message.startswith(("k.py", "got"))


def test_an_error_in_the_kernel_names_its_line(folder):
    done = run(folder, "run", "k.py:matmul", "--input", "lhsT=float32[256, 128]", "--input", "rhs=float32[256, 512]")
    assert done.returncode == 1
    assert done.stderr.startswith(f"k.py:{SCRIPT[:SCRIPT.index('nl.load(lhsT)')].count(chr(10)) + 1}:")


def test_a_sweep_takes_a_script(folder):
    (folder / "s.yaml").write_text(
        "script: k.py\nkernel: matmul\ninputs: {lhsT: 'bfloat16[k, 128]', rhs: 'bfloat16[k, 2048]'}\n"
        "sizes: {k: [64, 128]}\nparameters: {tile_n: 128..512*2}\nscale: {hbm.bandwidth: [1, 2]}\n")
    text = seen(folder, "sweep", "s.yaml")
    assert "12 variants simulated" in text and "12 results and 0 that do not run" in text
    assert "0 variants simulated" in seen(folder, "sweep", "s.yaml")


def test_recording_does_not_depend_on_who_shares_the_process(folder):
    """Variants are recorded in the order in which threads ask; each is the same as alone."""
    text = seen(folder, "compare", "k.py:matmul", *SHAPES, "--vary", "tile_n=128,256,512", "--csv", "-")
    together = sorted(line.split(",")[1:4] for line in text.splitlines()[1:])
    alone = []
    for tile in (128, 256, 512):
        text = seen(folder, "compare", "k.py:matmul", *SHAPES, "--vary", f"tile_n={tile}", "--csv", "-")
        alone.append(text.splitlines()[1].split(",")[1:4])
    assert together == sorted(alone)
