"""`trnsim annotate` of kernels in Python: each line with its figures, which are those of the report and of the instructions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trnsim
from trnsim.core.tool import find_tool

TOOL = find_tool()
pytestmark = pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")

FILE = Path(__file__).with_name("slow_kernels.py")
KERNEL = [f"{FILE}:matmul", "--input", "lhs_t=bfloat16[256, 256]", "--input", "rhs=bfloat16[256, 512]"]

SCRIPT = '''
import numpy as np
import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def doubled(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in nl.affine_range(4):
        tile = nl.ndarray((128, 64), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, i * 64:(i + 1) * 64])
        nisa.tensor_tensor(tile, tile, tile, nl.add)
        nisa.dma_copy(out[:, i * 64:(i + 1) * 64], tile)
    return out


doubled(np.ones((128, 256), np.float32))
'''


def tool(*arguments: str, folder: Path | None = None) -> str:
    environment = os.environ | {"TRNSIM_PYTHON": sys.executable, "PYTHONPATH": str(Path(trnsim.__file__).parents[1]), "COLUMNS": "120"}
    done = subprocess.run([str(TOOL), *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def annotated(*arguments: str, folder: Path | None = None) -> Any:
    return json.loads(tool("annotate", *arguments, "--json", "-", folder=folder))


def test_lines_are_those_of_the_source_and_of_the_report() -> None:
    found = annotated(*KERNEL)
    source = FILE.read_text().splitlines()
    assert [file["found"] for file in found["files"]] == [True]
    lines = found["files"][0]["lines"]
    assert [line["line"] for line in lines] == sorted(line["line"] for line in lines)
    for line in lines:
        assert line["text"] == source[line["line"] - 1]
        for operation in line["operations"]:
            assert operation in line["text"]
    report = json.loads(tool("run", *KERNEL, "--timing-only", "--critical-path", "--json", "-"))
    of_report = {line["location"].rpartition(":")[2]: line for line in report["lines"]}
    assert len(of_report) == len(lines)
    for line in lines:
        other = of_report[str(line["line"])]
        for key in other.keys() - {"location", "operation"}:
            assert line[key] == other[key], (line["line"], key)
    assert found["total_time"] == report["total_time"]
    assert found["total"]["critical_time"] == pytest.approx(found["total_time"], rel=1e-12)
    assert found["total"]["hbm_read_bytes"] == report["hbm_read_bytes"]
    # Two rows of tiles, one column and two steps: a tile of each operand for each step.
    loads = [line for line in lines if "lhs_t[" in line["text"]]
    assert [(line["executed"], line["hbm_read_bytes"]) for line in loads] == [(4, 4 * 128 * 128 * 2)]


@pytest.mark.parametrize("schedule", ["program", "compiler"])
def test_a_script_is_its_last_kernel(tmp_path: Path, schedule: str) -> None:
    (tmp_path / "kernel.py").write_text(SCRIPT)
    found = annotated("kernel.py", "--schedule", schedule, folder=tmp_path)
    assert [file["file"] for file in found["files"]] == ["kernel.py"]
    assert [line["line"] for line in found["files"][0]["lines"]] == [13, 14, 15]
    assert [line["executed"] for line in found["files"][0]["lines"]] == [4, 4, 4]
    passes = found["scopes"][0]
    assert (passes["kind"], passes["name"], passes["count"]) == ("scope", "i=0…3", 4)
    assert [(node["name"], node["count"]) for node in passes["children"]] == [
        ("dma_copy tile", 4), ("tensor_tensor tile", 4), ("dma_copy out", 4)]
    text = tool("annotate", "kernel.py", "--context", "0", folder=tmp_path)
    shown = [line for line in text.splitlines() if "nisa." in line]
    assert [line.split("nisa.")[1] for line in shown] == [
        line.split("nisa.")[1] for line in SCRIPT.splitlines() if "nisa." in line and "import" not in line]
    assert "@nki.jit" not in text
    assert "@nki.jit" in tool("annotate", "kernel.py", "--all", folder=tmp_path)


def test_files_are_written(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(SCRIPT)
    tool("annotate", "kernel.py", "--by", "scope", "--json", "a.json", "--markdown", "a.md", folder=tmp_path)
    assert json.loads((tmp_path / "a.json").read_text())["kernel"] == "doubled"
    assert "| part | critical | share | busy | waited | moved | times |" in (tmp_path / "a.md").read_text()


def test_both_cores_of_a_launch(tmp_path: Path) -> None:
    script = SCRIPT.replace("nl.affine_range(4)", "range(nl.program_id(0) * 2, nl.program_id(0) * 2 + 2)")
    (tmp_path / "kernel.py").write_text(script.replace("doubled(np", "doubled[2](np"))
    both = annotated("kernel.py", folder=tmp_path)
    assert both["cores"] == [0, 1]
    assert [line["executed"] for line in both["files"][0]["lines"]] == [4, 4, 4]
    ones = [annotated("kernel.py", "--core", core, folder=tmp_path) for core in ("0", "1")]
    assert [one["files"][0]["lines"][0]["executed"] for one in ones] == [2, 2]
    assert sum(one["total"]["instructions"] for one in ones) == both["total"]["instructions"]


@pytest.mark.sources
@pytest.mark.parametrize("name", ["expert_mlp-grouped-loop", "two-queues-share-the-rings", "qwen3_layer-decode"])
def test_program_files(name: str) -> None:
    path = Path(__file__).parents[2] / "traces" / f"{name}.trn"
    found = annotated(str(path))
    source = path.read_text().splitlines()
    lines = found["files"][0]["lines"]
    assert [line["text"] for line in lines] == [source[line["line"] - 1] for line in lines]
    assert all(operation in line["text"] for line in lines for operation in line["operations"])
    figures = [*found["files"], found["elsewhere"]]
    for key in ("critical_time", "active_time", "waited", "dma_bytes", "instructions"):
        assert sum(part[key] for part in figures) == pytest.approx(found["total"][key], rel=1e-12)
    assert found["total"]["critical_time"] == pytest.approx(found["total_time"], rel=1e-12)


def test_sections_on_request(tmp_path: Path) -> None:
    text = tool("run", *KERNEL, "--timing-only", "--show", "tensors,roofline", "--timeline-window", "0:2")
    assert text.index("\nRoofline\n") < text.index("\nTensors\n") < text.index("\ntimeline from 0.000 µs to 2.000 µs")
    assert "128.0 KiB" in text
