"""The GitHub actions, from nothing to a check that fails on a slowed kernel, by their own scripts.

TRNSIM_WHEELS names a folder with a wheel of this version, which pip finds as it finds one of an index.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
from composite_actions import REPOSITORY, Job  # noqa: E402 (needs yaml)

pytestmark = pytest.mark.sources

SUITE = """\
entries:
  - script: kernels.py
    kernel: matmul
    inputs: {lhsT: "bfloat16 [512, m]", rhs: "bfloat16 [512, 1024]"}
    sizes: {m: [128]}
"""


def workflow() -> str:
    """The README's workflow."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (text,) = [block.split("```")[0] for block in readme.split("```yaml\n")[1:] if "jobs:" in block.split("```")[0]]
    return text


def checking_step() -> dict[str, Any]:
    (job,) = yaml.safe_load(workflow())["jobs"].values()
    checkout, check = job["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    return dict(check)


def test_the_readme_has_a_whole_workflow_in_six_lines() -> None:
    version = (REPOSITORY / "python/src/trnsim/VERSION").read_text().strip()
    assert len(workflow().strip().split("\n")) <= 6
    assert checking_step()["uses"] == f"trnsim/trnsim@v{version}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copy(REPOSITORY / "python/examples/tiled_matmul.py", folder / "kernels.py")
    (folder / "kernels.yaml").write_text(SUITE)
    return folder


@pytest.fixture
def job(repository: Path, tmp_path: Path) -> Job:
    temporary = tmp_path / "runner"
    temporary.mkdir()
    return Job(repository, temporary)


def test_a_slowed_kernel_fails_the_check(job: Job, repository: Path) -> None:
    wheels = os.environ.get("TRNSIM_WHEELS")
    if not wheels:
        pytest.skip("TRNSIM_WHEELS names no folder with a wheel")
    job.environment |= {"PIP_FIND_LINKS": wheels}
    # What the tests' own package would answer is not asked.
    for name in ("TRNSIM", "TRNSIM_CORE", "TRNSIM_PYTHON", "PYTHONPATH"):
        job.environment.pop(name, None)

    installed = job.use(REPOSITORY / "setup/action.yml")
    assert installed.code == 0, installed.output
    assert installed.outputs == {"version": (REPOSITORY / "python/src/trnsim/VERSION").read_text().strip()}
    # As its author does before the first commit.
    accepted = job.shell("env -u CI -u GITHUB_ACTIONS trnsim update kernels.yaml --reason 'first numbers'", repository)
    assert accepted.returncode == 0, accepted.stdout

    inputs = {name: str(value) for name, value in checking_step()["with"].items()}
    same = job.use(REPOSITORY / "action.yml", **inputs)
    assert same.code == 0, same.output
    assert same.outputs["exit-code"] == "0" and same.called == []
    assert "1 passed, 0 failed" in same.output

    kernels = repository / "kernels.py"
    kernels.write_text(kernels.read_text().replace("tile_n=512", "tile_n=256"))
    slower = job.use(REPOSITORY / "action.yml", **inputs)
    assert slower.code == 2 and slower.outputs["exit-code"] == "2", slower.output
    (annotation,) = [line for line in slower.output.split("\n") if line.startswith("::error ")]
    assert annotation.startswith("::error file=kernels.py,line=29,title=matmul m=128") and "total_time_ps" in annotation, annotation
    assert "matmul m=128" in job.summary and "+38.73 %" in job.summary
    (kept,) = slower.called
    assert kept == {"name": "trnsim-check", "path": "./out/check", "if-no-files-found": "ignore", "overwrite": "True"}
    assert (repository / "out/check/kernels.xml").is_file()
    assert any(path.name.endswith(".pftrace.zst") for path in (repository / "out/check/kernels").rglob("*"))


@pytest.fixture
def tool(job: Job, tmp_path: Path) -> Path:
    """A tool that says what it was asked and ends with the code in a file beside the suite."""
    programs = tmp_path / "programs"
    programs.mkdir()
    script = programs / "trnsim"
    script.write_text('#!/bin/sh\necho "asked: $*"\nexit "$(cat "$2.code")"\n')
    script.chmod(0o755)
    job.files["GITHUB_PATH"].write_text(f"{programs}\n")
    return script


def check(job: Job, suites: str, strict: str = "true") -> tuple[int, str]:
    done = job.shell(str(REPOSITORY / "Scripts/action-check"), job.workspace, INPUT_SUITES=suites, INPUT_STRICT=strict,
                     INPUT_OUTPUT_DIR="out")
    return done.returncode, done.stdout


def test_all_suites_run_and_the_first_that_fails_gives_the_code(job: Job, tool: Path, repository: Path) -> None:
    (repository / "a b").mkdir()
    for name, code in (("kernels.yaml", 0), ("suites-1.yaml", 2), ("suites-2.yaml", 3), ("a b/c.yaml", 0)):
        (repository / name).write_text(SUITE)
        (repository / f"{name}.code").write_text(str(code))
    code, output = check(job, "kernels.yaml\n  suites-*.yaml\n**/c.yaml")
    assert code == 2
    assert [line for line in output.split("\n") if line.startswith("asked")] == [
        f"asked: check {name}.yaml --github --strict --junit out/{file}.xml --output-dir out/{file}"
        for name, file in (("kernels", "kernels"), ("suites-1", "suites-1"), ("suites-2", "suites-2"), ("a b/c", "a b-c"))]
    assert job.files["GITHUB_OUTPUT"].read_text() == "exit-code=2\n"
    assert check(job, "kernels.yaml", strict="false")[1].count("--strict") == 0


@pytest.mark.parametrize("suites, strict, said", [
    ("nothing.yaml", "true", "there is no suite 'nothing.yaml'"),
    ("kernels.yaml none-*.yaml", "true", "there is no suite 'none-*.yaml'"),
    ("kernels.yaml", "yes", "strict is 'yes', it can be true or false"),
])
def test_what_cannot_be_checked_is_an_annotation(job: Job, tool: Path, repository: Path, suites: str, strict: str, said: str) -> None:
    (repository / "kernels.yaml.code").write_text("0")
    code, output = check(job, suites, strict)
    assert code == 1
    assert output.startswith("::error title=trnsim check::") and said in output and "asked" not in output


def test_a_version_that_is_nowhere_is_an_annotation(job: Job, tmp_path: Path) -> None:
    done = job.shell(str(REPOSITORY / "Scripts/action-install"), job.workspace, INPUT_VERSION="99", INPUT_WHEEL="",
                     PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert "::error title=trnsim is not installed::pip cannot install trnsim==99" in done.stdout
