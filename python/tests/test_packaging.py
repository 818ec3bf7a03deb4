"""What ships trnsim: one version, metadata, release scripts, workflows, image, recipe and hooks."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import shutil
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import trnsim
import trnsim_tool

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]
VERSION = (ROOT / "python/src/trnsim/VERSION").read_text().strip()
PYTHONS = ("3.10", "3.11", "3.12", "3.13")

pytestmark = pytest.mark.sources


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], cwd=ROOT, text=True, capture_output=True, check=False)


# MARK: Version


def test_one_file_has_the_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert trnsim.__version__ == VERSION
    assert (ROOT / "Sources/trnsim/VERSION").resolve() == ROOT / "python/src/trnsim/VERSION"


def test_the_tool_has_it() -> None:
    tool = trnsim_tool.find_tool()
    assert tool is not None
    assert run(tool, "--version").stdout == f"{VERSION}\n"


@pytest.mark.parametrize("path, pattern", [
    ("CHANGELOG.md", r"## \[(\d[\d.]*)\]"), ("README.md", r"trnsim/trnsim@v([\d.]+\d)"),
    ("docs/jobs/ci.md", r"trnsim/trnsim(?:/setup)?@v([\d.]+\d)"), (".pre-commit-hooks.yaml", r"trnsim/trnsim:([\d.]+\d)"),
    ("docs/install.md", r"(?:trnsim/trnsim:|rev: v|trnsim-)(\d[\d.]+\d)"),
    ("packaging/conda/meta.yaml", r'"TRNSIM_VERSION", "([\d.]+)"'), ("ACCURACY.md", r"as of (\d[\d.]*\d)\."),
])
def test_what_names_a_version_names_this_one(path: str, pattern: str) -> None:
    named = re.findall(pattern, text(path))
    # Older ones are below in the changelog.
    assert named and set(named[:1] if path == "CHANGELOG.md" else named) == {VERSION}


# MARK: Metadata


def test_metadata_are_what_an_index_shows() -> None:
    tomllib = pytest.importorskip("tomllib")
    project: dict[str, Any] = tomllib.loads(text("python/pyproject.toml"))["project"]
    prefix = "Programming Language :: Python :: 3."
    assert [f"3.{line[len(prefix):]}" for line in project["classifiers"] if line.startswith(prefix)] == list(PYTHONS)
    assert project["requires-python"] == ">=3.10" and project["license"] == {"text": "Apache-2.0"}
    assert set(project["urls"]) == {"Homepage", "Documentation", "Changelog", "Issues"}
    assert set(project["scripts"]) == {"trnsim", "trnsim-nki"}
    assert {"test", "sweeps", "mcp", "parquet"} <= set(project["optional-dependencies"])


# MARK: Release


def script(name: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "Scripts" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


CHANGELOG = """\
# Changelog

## [Unreleased]

- Later.

## [1.2.0] - 2026-01-31

### Added

- This.

## [1.1.0] - unreleased

- That.

## [1.0.0] - 2025-12-01
"""


def test_notes_are_a_version_s_section() -> None:
    assert script("release-notes").section(CHANGELOG, "1.2.0") == "### Added\n\n- This.\n"


@pytest.mark.parametrize("version, said", [
    ("1.3.0", "no section of 1.3.0, but of Unreleased, 1.2.0, 1.1.0, 1.0.0"), ("1.1.0", "md:13: 1.1.0 has no date, but 'unreleased'"),
    ("1.0.0", "md:17: nothing is said of 1.0.0"), ("1.2", "no section of 1.2,"),
])
def test_a_version_without_notes_is_not_released(version: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        script("release-notes").section(CHANGELOG, version)


def test_notes_of_this_version() -> None:
    done = run(ROOT / "Scripts/release-notes")
    assert done.returncode == 0 and done.stdout.startswith("### Added\n"), done.stderr
    assert run(ROOT / "Scripts/release-notes", VERSION).stdout == done.stdout
    other = run(ROOT / "Scripts/release-notes", "99.0.0")
    assert (other.returncode, other.stderr) == (1, f"error: the package's version is {VERSION}, not 99.0.0\n")
    assert run(ROOT / "Scripts/release-notes", "a", "b").returncode == 64


def test_a_release_s_files(tmp_path: Path) -> None:
    assert "there is no wheel" in run(ROOT / "Scripts/release-files", tmp_path).stderr
    names = [f"trnsim-{VERSION}-cp3{minor}-cp3{minor}-manylinux_2_35_{machine}.whl"
             for minor in (10, 13) for machine in ("x86_64", "aarch64")]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    for _ in range(2):
        done = run(ROOT / "Scripts/release-files", tmp_path)
        assert done.returncode == 0, done.stderr
        archive = f"trnsim-{VERSION}-conda.tar.gz"
        lines = dict(reversed(line.split("  ")) for line in (tmp_path / "SHA256SUMS").read_text().split("\n")[:-1])
        assert lines == {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in (*names, archive, "NOTES.md")}
    with tarfile.open(tmp_path / archive) as recipe:
        assert all(recipe.getmember(f"trnsim-{VERSION}-conda/{name}").isreg() for name in ("meta.yaml", "LICENSE", "NOTICE"))
    (tmp_path / "trnsim-0.0.1-cp310-cp310-linux_x86_64.whl").touch()
    assert "is not of version" in run(ROOT / "Scripts/release-files", tmp_path).stderr


def test_lines_have_budgets(tmp_path: Path) -> None:
    """The script on a repository with a room within its budget, one over it and one without."""
    (tmp_path / "Scripts").mkdir()
    shutil.copy(ROOT / "Scripts/lines", tmp_path / "Scripts")
    for room, count in (("A", 3), ("B", 5)):
        (tmp_path / "Sources" / room).mkdir(parents=True)
        (tmp_path / "Sources" / room / "x.swift").write_text("\n" * count)
    (tmp_path / "python/src/trnsim").mkdir(parents=True)
    (tmp_path / "python/src/trnsim/x.py").write_text("\n")
    budgets = ["# Budgets", "3  Sources/A", "9  Sources/B", "8  Sources, all", "1  python/src/trnsim, beside rooms",
               "1  python/src, all"]

    def lines(change: int | None, line: str) -> tuple[int, str]:
        changed = [line if index == change else old for index, old in enumerate(budgets)]
        (tmp_path / "Scripts/line-budgets").write_text("\n".join(changed) + "\n")
        done = subprocess.run(["Scripts/lines"], cwd=tmp_path, text=True, capture_output=True, check=False)
        return done.returncode, done.stdout

    for words in (["init", "--quiet"], ["add", "Sources", "python"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    code, printed = lines(None, "")
    assert code == 0 and "       3         3  Sources/A\n" in printed
    code, printed = lines(2, "4  Sources/B")
    assert code == 1 and "       5         4  Sources/B  over its budget by 1\n" in printed
    code, printed = lines(2, "# nothing")
    assert code == 1 and "Sources/B  has no budget" in printed
    code, printed = lines(0, "7  Sources/C")
    assert code == 1 and "there is no 'Sources/C'" in printed


# MARK: Workflows and actions


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_limits_and_run_what_is_there(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 90, name
        for step in job["steps"]:
            # Nobody else's code has the repository's rights.
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v1")), step
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
            # What comes from outside is a variable of the shell, not a part of its text.
            assert "${{" not in step.get("run", "")
            for called in re.findall(r"(?:^|[\s(])((?:Scripts|\.ci)/[\w-]+)", step.get("run", "")):
                assert (ROOT / called).is_file(), called


def test_a_release_makes_wheels_for_every_python_and_both_processors() -> None:
    jobs = yaml.safe_load(text(".github/workflows/release.yml"))["jobs"]
    wheels = jobs["wheels"]
    assert wheels["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"] == jobs["image"]["strategy"]["matrix"]["runner"]
    (make,) = [step["run"] for step in wheels["steps"] if "make-wheels" in step.get("run", "")]
    (setup,) = [step for step in wheels["steps"] if "setup-python" in step.get("uses", "")]
    assert re.findall(r"python(3\.\d+)", make) == setup["with"]["python-version"].split() == list(PYTHONS)
    order = {name: job.get("needs") for name, job in jobs.items()}
    assert order == {"notes": None, "wheels": "notes", "image": "wheels", "publish": "image", "docs": "publish"}
    loop = re.search(r"for minor in ([\d ]+);", text("Scripts/make-wheels"))
    assert loop is not None and [f"3.{minor}" for minor in loop[1].split()] == list(PYTHONS)


@pytest.mark.parametrize("path", ["action.yml", "setup/action.yml"])
def test_actions_say_what_they_take_and_use_all_of_it(path: str) -> None:
    action = yaml.safe_load(text(path))
    used = set(re.findall(r"inputs\.([\w-]+)", text(path)))
    assert used == set(action["inputs"])
    assert all(value["description"] and "default" in value for value in action["inputs"].values())
    for step in action["runs"]["steps"]:
        for called in re.findall(r"\$GITHUB_ACTION_PATH/([\w./-]+)", step.get("run", "")):
            assert ((ROOT / path).parent / called).resolve().stat().st_mode & 0o111, called


def test_both_actions_take_the_same_of_an_installation() -> None:
    whole, setup = (yaml.safe_load(text(path))["inputs"] for path in ("action.yml", "setup/action.yml"))
    assert setup.items() <= whole.items()


# MARK: Image, recipe, hooks


def test_the_image_runs_as_nobody_and_has_what_it_copies() -> None:
    lines = [line.split() for line in text("Dockerfile").replace("\\\n", " ").split("\n") if line and not line.startswith("#")]
    last = max(index for index, words in enumerate(lines) if words[0] == "FROM")
    final = {words[0]: words[1:] for words in lines[last:]}
    assert final["FROM"] == ["scratch"] and final["ENTRYPOINT"] == ['["trnsim"]']
    assert final["USER"] == ["10001:10001"] and "trnsim:x:10001:10001:" in text("Scripts/image-root")
    context = set(text(".dockerignore").split()) - {"*"}
    copied = {f"!{words[1]}" for words in lines[:last] if words[0] == "COPY"}
    assert copied == context


def test_the_recipe_names_what_the_package_needs() -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads(text("python/pyproject.toml"))["project"]
    source = re.sub(r"(?m)^\{%.*%\}$|\s+# \[.*\]$", "", text("packaging/conda/meta.yaml"))
    source = source.replace('"{{ version }}"', VERSION).replace("{{ version }}", VERSION)
    recipe = yaml.safe_load(re.sub(r'"\{\{.*?\}\}"', "dist", source))
    assert [need.replace(" ", "") for need in recipe["requirements"]["run"][1:-1]] == project["dependencies"]
    assert dict(entry.split(" = ") for entry in recipe["build"]["entry_points"]) == project["scripts"]
    assert all((ROOT / "packaging/conda" / name).is_file() for name in recipe["about"]["license_file"])
    # The oldest glibc that wheels ask for.
    assert recipe["requirements"]["run"][-1] == "__glibc >=2.35"
    command = recipe["build"]["script"].split()
    assert command[:4] == ["$PYTHON", "-m", "pip", "install"] and command[-1] == f"trnsim=={VERSION}"


def test_hooks_run_the_check() -> None:
    own, image = yaml.safe_load(text(".pre-commit-hooks.yaml"))
    assert own["entry"] == "trnsim check" and image["entry"] == f"ghcr.io/trnsim/trnsim:{VERSION} check"
    assert {key: value for key, value in own.items() if key not in ("id", "entry", "language", "description")} \
        == {key: value for key, value in image.items() if key not in ("id", "entry", "language", "description")}
    for name in ("kernels.py", "suites/kernels.yaml", "kernels.baseline.json", "p.trn"):
        assert re.search(own["files"], name)


def executable(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("code", [0, 3])
def test_demo_says_what_it_does_without_a_terminal(tmp_path: Path, code: int) -> None:
    """With tools that do nothing in the places of the build and of the simulator."""
    shutil.copy(ROOT / "demo", tmp_path)
    executable(tmp_path / "Scripts/install-packages", "echo installing libyaml")
    executable(tmp_path / "bin/swift", f'case "$*" in *--show-bin-path) echo {tmp_path}/bin ;; *) echo Compiling ;; esac')
    executable(tmp_path / "bin/trnsim", f'echo "asked: $*"; exit {code}')
    done = subprocess.run(["./demo", "--tokens", "1"], cwd=tmp_path, text=True, capture_output=True, check=False,
                          env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (code, "asked: demo --tokens 1\n")
    said = re.sub(r"\d+ s\b", "N s", done.stderr).split("\n")
    assert [line.split(";")[0] for line in said] == [
        "demo: 1 of 3: packages that the build needs", "installing libyaml", "demo: 2 of 3: build of trnsim", "demo: built in N s",
        "demo: 3 of 3: kernels of Qwen3-30B-A3B's MoE layer, values and time", "demo: ran in N s", ""]


def test_a_build_that_fails_is_shown(tmp_path: Path) -> None:
    shutil.copy(ROOT / "demo", tmp_path)
    executable(tmp_path / "Scripts/install-packages", "")
    executable(tmp_path / "bin/swift", "echo 'error: no such module'; exit 1")
    done = subprocess.run(["./demo"], cwd=tmp_path, text=True, capture_output=True, check=False,
                          env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"})
    assert done.returncode == 1 and done.stderr.endswith("error: no such module\n")


def test_the_kernels_in_c_compile_for_aarch64(tmp_path: Path) -> None:
    """Where a clang and the C library's headers of that processor are (Debian: libc6-dev-arm64-cross)."""
    clang = shutil.which("clang")
    headers = Path("/usr/aarch64-linux-gnu/include")
    if clang is None or not headers.is_dir():
        pytest.skip("no clang, or no C headers for aarch64")
    folder = ROOT / "Sources/CMicrokernels"
    sources = sorted(folder.glob("*.c"))
    assert len(sources) == 4
    done = subprocess.run([clang, "--target=aarch64-unknown-linux-gnu", "-isystem", headers, "-O1", "-Wall", "-Werror", "-I",
                           folder / "include", "-c", *sources], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_tool_s_demo_names_each_kernel_without_a_terminal(tmp_path: Path) -> None:
    tool = trnsim_tool.find_tool()
    assert tool is not None
    done = run(tool, "demo", "--tokens", "1", "--output-dir", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split("\n")[:2] == ["1 of 9: matmul-qkv-1", "2 of 9: rmsnorm-1"]
    assert done.stderr.count("\n") == 9
