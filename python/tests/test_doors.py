"""Commands and files by the vendor's names: what drives its profiler drives the simulator."""

from __future__ import annotations

import csv
import ctypes
import http.client
import inspect
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trnsim
from trnsim.core.tool import find_tool
from trnsim.doors import schema
from trnsim.doors.__main__ import main
from trnsim.doors.runtime import Runtime
from trnsim.doors.server import Profiles, server
from trnsim.doors.summary import KEYS, REASONS, reason, summary
from trnsim.errors import NkiValidationError, TrnsimError
from trnsim.run.artifacts import load_neff, load_ntff

import neuronxcc.nki as nki1
import neuronxcc.nki.language as nl1
import nki
import nki.isa as nisa
import nki.language as nl
from nki.compiler.ncc_driver import CompileOptions
from nki.framework.compiled import CompileKernel, compile_kernel_to_nir

TOOL = find_tool()

X = np.random.default_rng(0).standard_normal((128, 1024)).astype(np.float32)
W = np.random.default_rng(1).standard_normal((128, 128)).astype(np.float32)


@nki1.jit
def first(x):
    out = nl1.ndarray(x.shape, dtype=x.dtype, buffer=nl1.shared_hbm)
    for i in nl1.affine_range(x.shape[1] // 512):
        nl1.store(out[:, i * 512:(i + 1) * 512], nl1.load(x[:, i * 512:(i + 1) * 512]) * 2.0)
    return out


@nki.jit
def product(x, w):
    """The product in two tiles, the second input loaded for each of them."""
    out = nl.ndarray((128, 1024), x.dtype, buffer=nl.shared_hbm)
    for start in range(0, 1024, 512):
        weights = nl.ndarray((128, 128), w.dtype, buffer=nl.sbuf)
        nisa.dma_copy(weights, w)
        tile = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, start:start + 512])
        sums = nl.ndarray((128, 512), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(sums, weights, tile)
        result = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(result, sums)
        nisa.dma_copy(out[:, start:start + 512], result)
    return out


@pytest.fixture(autouse=True)
def in_program_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the second load of the same stays."""
    monkeypatch.setenv("TRNSIM_SCHEDULE", "program")


def line_of(text: str) -> str:
    """The number of the product's line that has a text."""
    lines, first_line = inspect.getsourcelines(product.func)
    return str(next(number for number, line in enumerate(lines, first_line) if text in line))


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A NEFF and an NTFF of the product."""
    neff, ntff = str(tmp_path / "k.neff"), str(tmp_path / "k.ntff")
    values = nki.baremetal(product, save_neff_name=neff, save_trace_name=ntff)(X, W)
    np.testing.assert_allclose(values, W.T @ X, rtol=1e-4, atol=1e-4)
    return neff, ntff


def profiler(*arguments: str) -> int:
    return main(["neuron-profile", *arguments])


def test_baremetal_leaves_what_its_arguments_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = nki1.baremetal(first, save_neff_name="a.neff", save_trace_name="a.ntff",
                            additional_compile_opt="--disable-dge --logical-nc-config=1")(X)
    np.testing.assert_array_equal(values, X * 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.neff", "a.ntff"]
    assert load_neff("a.neff").manifest["kernel"] == "first"
    assert load_ntff("a.ntff").report["total_time"] > 0
    before = (tmp_path / "a.neff").read_bytes()
    bench = nki1.benchmark(first, warmup=1, iters=10, save_neff_name="file.neff", save_trace_name="b.ntff")
    bench(X)
    assert (tmp_path / "file.neff").read_bytes() == before
    assert bench.benchmark_result.nc_latency.get_latency_percentile(99) == load_ntff("b.ntff").report["total_time"] * 1e6
    nki1.baremetal(first)(X)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.neff", "a.ntff", "b.ntff", "file.neff"]


def test_profile_has_the_vendors_names(tmp_path: Path) -> None:
    nki1.profile(first, working_directory=str(tmp_path), profile_nth=2)(X)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.neff", "profile.ntff", "profile_exec_2.ntff"]
    nki.profile(working_directory=str(tmp_path), save_neff_name="n.neff", save_trace_name="n.ntff")(product)(X, W)
    assert (tmp_path / "n.neff").exists() and (tmp_path / "n.ntff").exists()


def test_options_of_the_compiler_choose_the_cores() -> None:
    @nki.jit
    def which(x):
        assert nl.num_programs(0) == 2
        return product.func(x, W)

    assert nki.baremetal(product, additional_compile_opt="--logical-nc-config=1").launch() == (1, ())
    assert nki.baremetal(product, additional_compile_opt="--lnc 2 -O1").launch() == (2, ())
    assert nki.baremetal(product[1], additional_compile_opt="--lnc 2").launch() == (1, ())


def test_the_summary_is_one_line_of_json(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    neff, ntff = files
    assert profiler("view", "--output-format", "summary-json", "-n", neff, "-s", ntff) == 0
    text = capsys.readouterr().out
    assert text.startswith("{") and text.count("\n") == 1
    found = json.loads(text)
    name, = found
    assert name.startswith("n_") and tuple(found[name]) == KEYS
    report = trnsim.simulate(product, X, W).report
    assert found[name]["total_time"] == report.seconds
    assert found[name]["matmul_instruction_count"] == report.json["matmul_instruction_count"]
    assert found[name]["spill_save_bytes"] == 0 and found[name]["model_flops"] == 0
    assert all(0 <= value <= 1 for key, value in found[name].items()
               if key.endswith("_percent") and value is not None and "achievable" not in key)


def test_every_key_has_a_value_or_a_reason(files: tuple[str, str]) -> None:
    found = summary(load_ntff(files[1]).report)
    missing = [key for key, value in found.items() if value is None]
    assert [key for key in missing if not reason(key)] == []
    documented = (Path(__file__).resolve().parents[2] / "docs" / "doors.md").read_text(encoding="utf-8")
    assert [prefix for prefix, _ in REASONS if prefix not in documented] == []


def test_the_table_of_the_summary(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    neff, ntff = files
    assert profiler("view", "--output-format=summary-text", "-n", neff, "-s", ntff) == 0
    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert float(lines["total_time"]) == pytest.approx(load_ntff(ntff).report["total_time"], rel=1e-5)
    assert float(lines["sbuf_write_bytes"]) > 0 and "total_active_time" not in lines


def test_capture_simulates_what_a_neff_holds(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neff, ntff = files
    captured = str(tmp_path / "p" / "c.ntff")
    assert profiler("capture", "-n", neff, "-s", captured, "--num-exec", "20", "--profile-nth-exec", "10") == 0
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == ["c.ntff", "c_exec_10.ntff", "c_exec_20.ntff"]
    assert Path(captured).read_bytes() == (tmp_path / "p" / "c_exec_20.ntff").read_bytes()
    assert load_ntff(captured).report["total_time"] == load_ntff(ntff).report["total_time"]
    # As AWS's agent calls it; the option that means nothing here is named.
    assert main(["neuron-explorer", "capture", "-n", neff, "-s", captured, "--profile-nth-exec=2", "--enable-dge-notifs", "--odd"]) == 0
    assert (tmp_path / "p" / "c_exec_2.ntff").exists()
    assert "note: --odd changes nothing of a simulation" in capsys.readouterr().err


def test_events_and_traces(files: tuple[str, str], tmp_path: Path) -> None:
    neff, ntff = files
    path, trace = tmp_path / "e.json", tmp_path / "e.pftrace"
    assert profiler("view", "--output-format", "json", "--output-file", str(path), "-n", neff, "-s", ntff) == 0
    found = json.loads(path.read_text())
    assert {"summary", "instruction", "dma"} <= set(found)
    assert sum(row["opcode"] == "MATMUL" for row in found["instruction"]) == found["summary"][0]["matmul_instruction_count"]
    assert sum(row["transfer_size"] for row in found["dma"]) == found["summary"][0]["dma_transfer_total_bytes"]
    assert profiler("view", "--output-format", "perfetto", "--output-file", str(trace), "-n", neff, "-s", ntff) == 0
    assert trace.stat().st_size > 1000


@nki.jit
def mixed(x, w):
    """Something of each engine: products of both rates, a reduction, an activation, a mask, a transpose."""
    out = nl.ndarray((128, 512), x.dtype, buffer=nl.shared_hbm)
    weights = nl.ndarray((128, 128), w.dtype, buffer=nl.sbuf)
    nisa.dma_copy(weights, w)
    for start in range(0, 1024, 512):
        tile = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, start:start + 512])
        half = nl.ndarray((128, 512), nl.bfloat16, buffer=nl.sbuf)
        nisa.activation(half, op=nl.exp, data=tile, scale=0.1)
        short = nl.ndarray((128, 128), nl.bfloat16, buffer=nl.sbuf)
        nisa.tensor_copy(short, weights)
        sums = nl.ndarray((128, 512), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(sums, short, half)
        largest = nl.ndarray((128, 1), nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(largest, nl.maximum, sums, axis=1)
        result = nl.ndarray((128, 512), x.dtype, buffer=nl.sbuf)
        nisa.tensor_scalar(result, sums, op0=nl.multiply, operand0=largest)
        turned = nl.ndarray((128, 128), nl.float32, buffer=nl.psum)
        nisa.nc_transpose(turned, weights)
        nisa.tensor_tensor(result[:, 0:128], result[:, 0:128], turned, op=nl.add)
        nisa.tensor_tensor(result, result, tile, op=nl.add, engine=nisa.gpsimd_engine)
        nisa.dma_copy(out, result)
    return out


@pytest.mark.parametrize("kernel", [product, mixed])
@pytest.mark.parametrize("form", ["json", "parquet"])
@pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")
def test_an_export_replays_as_the_run(kernel: Any, form: str, tmp_path: Path) -> None:
    """The same stream and the same times: the export says what every instruction and DMA asks of the machine."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    neff, ntff, export = (str(tmp_path / name) for name in ("k.neff", "k.ntff", "k.json" if form == "json" else "k@latest"))
    nki.baremetal(kernel, save_neff_name=neff, save_trace_name=ntff)(X, W)
    assert profiler("view", "--output-format", form, "--output-file", export, "-n", neff, "-s", ntff) == 0
    # The run's own phase of the PE clock: replays of devices do not know it.
    done = subprocess.run([str(TOOL), "replay", export, "--phase", "0", "--json", "-", "--csv", str(tmp_path / "k.csv")],
                          capture_output=True, text=True, check=False, env={**os.environ, "TRNSIM_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["name"] == "k" and found["notes"] == []
    rows = list(csv.DictReader((tmp_path / "k.csv").read_text().splitlines()))
    report = load_ntff(ntff).report
    kinds = [row["kind"] for row in rows]
    assert kinds.count("instruction") == sum(report[f"{engine}_engine_instruction_count"]
                                             for engine in ("tensor", "vector", "scalar", "gpsimd", "sync"))
    assert kinds.count("transfer") == report["dma_transfer_count"]
    # Measured times count from the first begin, and exports have whole nanoseconds.
    first_begin = min(float(row["predicted_begin"]) for row in rows if row["kind"] == "instruction")
    for row in rows:
        for name in ("begin", "end", *(("first_read", "last_read") if row["kind"] == "transfer" else ())):
            assert abs(float(row[f"predicted_{name}"]) - first_begin - float(row[f"measured_{name}"])) <= 1.001, (name, row)


@pytest.mark.skipif(TOOL is None, reason="the program trnsim is not built")
def test_what_cannot_be_replayed_says_why(files: tuple[str, str], tmp_path: Path) -> None:
    def replay(path: str) -> str:
        done = subprocess.run([str(TOOL), "replay", path], capture_output=True, text=True, check=False,
                              env={**os.environ, "TRNSIM_PYTHON": sys.executable})
        assert done.returncode == 1
        return done.stderr

    assert "is an NTFF, whose contents have no published description" in replay(files[1])
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "Instruction.parquet").write_text("none")
    assert "Parquet" in replay(str(tmp_path / "t")) or "is not a table that can be read" in replay(str(tmp_path / "t"))


def test_files_that_do_not_belong_together(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neff, ntff = files
    other = str(tmp_path / "o.neff")
    nki1.baremetal(first, save_neff_name=other)(X)
    assert profiler("view", "-n", other, "-s", ntff) == 1
    assert "was captured from another file" in capsys.readouterr().err
    strange = tmp_path / "strange.neff"
    strange.write_bytes(b"\x00\x01NEFF")
    for arguments, message in ((("view", "-n", str(strange), "-s", ntff), "is no NEFF of trnsim's"),
                               (("view", "-n", neff, "-s", neff), "is trnsim neff 1, not trnsim ntff 1"),
                               (("view", "-n", str(tmp_path / "none"), "-s", ntff), "there is no file"),
                               (("capture", "-n", str(strange)), "has no published description"),
                               (("view", "-n", neff), "needs both files")):
        assert profiler(*arguments) == 1
        assert message in capsys.readouterr().err


def test_a_saved_kernel_runs_on_other_values(files: tuple[str, str]) -> None:
    model = trnsim.NrtModel(files[0])
    other = X[:, ::-1].copy()
    np.testing.assert_allclose(model(other, W), W.T @ other, rtol=1e-4, atol=1e-4)
    assert model.benchmark(10, 100) == trnsim.simulate(product, other, W).report.microseconds / 1e3
    with pytest.raises(NkiValidationError, match="1 arrays for the inputs x, w"):
        model(X)
    with pytest.raises(NkiValidationError, match="the kernel was saved for"):
        model(X[:, :512], W)
    with pytest.raises(TrnsimError, match="no file"):
        trnsim.NrtModel("none.neff")


def test_a_kernel_whose_time_depends_on_values_keeps_them(tmp_path: Path) -> None:
    """Of two cores the values decide; inputs are those before the kernel changed them."""
    @nki.jit
    def both(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        core = nl.program_id(0)
        tile = nl.ndarray((64, 1024), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[core * 64:(core + 1) * 64])
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=2.0)
        nisa.dma_copy(out[core * 64:(core + 1) * 64], tile)
        return out

    neff = str(tmp_path / "both.neff")
    nki.baremetal(both[2], save_neff_name=neff)(X)
    loaded = load_neff(neff)
    np.testing.assert_array_equal(loaded.contents[0, "x"], X)
    assert loaded.manifest["cores_per_rank"] == 2
    np.testing.assert_array_equal(trnsim.NrtModel(neff)(X), X * 2)


def test_compiling_without_running(tmp_path: Path) -> None:
    inputs = {"x": X, "w": W}
    silent = compile_kernel_to_nir(product, inputs=inputs, compile_opts=CompileOptions(target="trn2", artifacts_dir=str(tmp_path)))
    assert silent.total_time_ns is None and load_neff(silent.neff_path).manifest["kernel"] == "product"
    result = compile_kernel_to_nir(product, inputs=inputs, compile_opts=CompileOptions(emit_predicted_latency=True))
    report = trnsim.simulate(product, X, W).report
    assert result.total_time_ns == round(report.seconds * 1e9)
    assert result.mac_count == report.json["hardware_flops"] // 2
    assert result.hbm_bytes == 2 * X.nbytes + 2 * W.nbytes
    assert result.estimated_utilization is not None
    assert result.estimated_utilization["tensor"] == report.json["tensor_engine_active_time_percent"]
    compiled = CompileKernel(func=product.func, artifacts_dir=str(tmp_path / "ck"), _enable_simulation=True)
    np.testing.assert_allclose(compiled(X, W), W.T @ X, rtol=1e-4, atol=1e-4)
    assert load_neff(str(tmp_path / "ck" / "kernel.neff")).manifest["inputs"] == ["x", "w"]


def test_the_list_of_devices(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert main(["neuron-ls", "--json-output"]) == 0
    device, = json.loads(capsys.readouterr().out)
    assert device["neuroncore_ids"] == list(range(8)) and device["nc_count"] == 8
    monkeypatch.setenv("NEURON_LOGICAL_NC_CONFIG", "2")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert main(["neuron-ls", "-j"]) == 0
    device, = json.loads(capsys.readouterr().out)
    assert device["neuroncore_ids"] == [0, 1, 2, 3] and device["nc_count"] == 2
    assert main(["neuron-ls"]) == 0
    assert "| 0      | 2      | 0-3      |  96 GB |" in capsys.readouterr().out


def test_shims_on_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that knows nothing of trnsim, in a process whose PATH and PYTHONPATH alone are set."""
    (tmp_path / "script.py").write_text("""
import json, subprocess
import numpy as np
import neuronxcc.nki as nki
import neuronxcc.nki.language as nl
import nki as second
import nki.isa
import csv
import ctypes
assert ctypes.CDLL("/opt/aws/neuron/lib/libnrt.so").nrt_init(1, b"", b"") == 0
assert ctypes.CDLL(None).getpid() > 0

@nki.jit
def kernel(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.exp(nl.load(x)))
    return out

x = np.ones((128, 64), np.float32)
nki.baremetal(kernel, save_neff_name="k.neff", save_trace_name="k.ntff")(x)
found = json.loads(subprocess.check_output(["neuron-profile", "view", "--output-format", "summary-json", "-n", "k.neff", "-s", "k.ntff"]))
print(own, found[next(iter(found))]["total_time"], second.__name__)
""")
    assert main(["write", str(tmp_path / "with space")]) == 0
    exports = capsys.readouterr().out
    # A module of this name that somebody has is run too.
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.own = 'own'\n")
    exports += f'export PYTHONPATH="$PYTHONPATH":{tmp_path}\n'
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NKI_SIMULATOR")}
    done = subprocess.run(["sh", "-c", f"{exports}\nexec {sys.executable} script.py"], cwd=tmp_path, env=kept, text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    own, seconds, name = done.stdout.split()
    assert own == "own" and 0 < float(seconds) < 1e-3 and name == "trnsim.nki"


class Info(ctypes.Structure):
    """What the vendor's runtime says of a tensor, as public programs declare it."""

    _fields_ = [("name", ctypes.c_char * 256), ("usage", ctypes.c_int), ("size", ctypes.c_size_t), ("dtype", ctypes.c_int),
                ("shape", ctypes.POINTER(ctypes.c_uint32)), ("ndim", ctypes.c_uint32)]


def test_the_runtime_library(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    library, model, infos = Runtime(), ctypes.c_void_p(), ctypes.c_void_p()
    library.nrt_init.restype = ctypes.c_int
    content = Path(files[0]).read_bytes()
    assert library.nrt_init(1, b"", b"") == 0
    assert library.nrt_load(content, len(content), 0, -1, ctypes.byref(model)) == 0
    assert library.nrt_get_model_tensor_info(model, ctypes.byref(infos)) == 0
    count = ctypes.cast(infos, ctypes.POINTER(ctypes.c_uint64)).contents.value
    array = ctypes.cast(ctypes.c_void_p((infos.value or 0) + 8), ctypes.POINTER(Info))
    known = [(one.name.decode(), one.usage, one.size, one.dtype, [one.shape[i] for i in range(one.ndim)])
             for one in (array[number] for number in range(count))]
    assert known == [("x", 0, X.nbytes, 1, [128, 1024]), ("w", 0, W.nbytes, 1, [128, 128]), ("output0", 1, X.nbytes, 1, [128, 1024])]
    sets = [ctypes.c_void_p(), ctypes.c_void_p()]
    tensors = []
    for tensor_set in sets:
        assert library.nrt_allocate_tensor_set(ctypes.byref(tensor_set)) == 0
    for name, usage, size, _, _ in known:
        tensor = ctypes.c_void_p()
        assert library.nrt_tensor_allocate(0, 0, size, name.encode(), ctypes.byref(tensor)) == 0
        assert library.nrt_add_tensor_to_tensor_set(sets[usage], name.encode(), tensor) == 0
        tensors.append(tensor)
    for scale in (1, 2):
        scaled = X * scale
        assert library.nrt_tensor_write(tensors[0], scaled.ctypes.data, 0, scaled.nbytes) == 0
        assert library.nrt_tensor_write(tensors[1], W.ctypes.data, 0, W.nbytes) == 0
        assert library.nrt_execute(model, *sets) == 0
        result = (ctypes.c_char * X.nbytes)()
        assert library.nrt_tensor_read(tensors[2], result, 0, X.nbytes) == 0
        np.testing.assert_allclose(np.frombuffer(result, np.float32).reshape(X.shape), W.T @ scaled, rtol=1e-4, atol=1e-4)
    assert library.nrt_tensor_write(tensors[1], X.ctypes.data, 0, X.nbytes) == 2
    assert library.nrt_load(b"\x00NEFF", 5, 0, -1, ctypes.byref(model)) == 1
    assert "what was loaded" in capsys.readouterr().err
    assert library.nrt_unload(model) == 0 and library.nrt_unload(model) == 2


def table(folder: Path, name: str) -> Any:
    return pytest.importorskip("pyarrow.parquet").read_table(folder / f"{name}.parquet")


@pytest.fixture
def profile(files: tuple[str, str], tmp_path: Path) -> Path:
    """The tables of the product, where AWS's agent looks for them."""
    pytest.importorskip("pyarrow")
    neff, ntff = files
    assert main(["neuron-explorer", "view", "-n", neff, "-s", ntff, "--data-path", str(tmp_path / "data"), "--display-name", "p",
                 "--ingest-only"]) == 0
    return tmp_path / "data" / "profiles" / "global" / "p@latest"


def test_tables_have_the_published_names(profile: Path) -> None:
    assert sorted(path.stem for path in profile.iterdir()) == sorted(schema.TABLES)
    for name, fields in schema.TABLES.items():
        assert table(profile, name).column_names == [*fields, *schema.OWN.get(name, {})]
    metadata, = table(profile, "Metadata").to_pylist()
    assert metadata["is_simulation"] is True and metadata["profile_schema_version"] == "7.4.0" and metadata["profile_name"] == "p"
    # The guide's 16 rings of 27.2 GB/s, and 128 x 128 at 2.4 GHz.
    assert metadata["dma_ddr_bandwidth"] == pytest.approx(435.2e9)
    assert (metadata["tensor_engine_num_rows"], metadata["tensor_engine_num_cols"], metadata["tensor_engine_clock_freq"]) == (128, 128, 2.4)


def test_tables_agree_with_the_summary(profile: Path) -> None:
    """Definitions that AWS's agent computes its bounds by."""
    summary, = table(profile, "Summary").to_pylist()
    instructions, packets = table(profile, "Instruction").to_pylist(), table(profile, "DmaPacket").to_pylist()
    matmuls = [row for row in instructions if row["engine"] == "Tensor" and row["opcode"] == "MATMUL"]
    assert len(matmuls) == summary["matmul_instruction_count"]
    assert sum(row["adjusted_flops"] for row in matmuls) == summary["adjusted_hardware_flops"]
    assert {row["tensor_instruction_type"] for row in matmuls} == {"REGULAR"}
    assert all(row["operands"].endswith(" 128*128") and "[1,0,0][512,1,1]" in row["operands"] for row in matmuls)
    assert sum(row["transfer_bytes"] for row in packets) == summary["dma_transfer_total_bytes"]
    assert len(packets) == sum(summary[f"{kind}_dma_packet_count"] for kind in ("static", "software_dynamic", "hardware_dynamic"))
    assert {row["engine_idx"] for row in packets} == set(range(16)) and max(row["transfer_bytes"] for row in packets) <= 4096
    for key in ("sbuf_read_bytes", "sbuf_write_bytes", "psum_read_bytes", "psum_write_bytes", "psum_read_sbuf_write_bytes"):
        assert sum(row[key] for row in instructions) == summary[key]
    assert merged(packets) == pytest.approx(summary["dma_active_time"] * 1e9, abs=len(packets))
    active = [row for row in table(profile, "ActiveTime").to_pylist() if row["engine"] == "tensor"]
    assert sum(row["duration_ns"] for row in active) == pytest.approx(summary["tensor_engine_active_time"] * 1e9, abs=len(matmuls) * 2)
    tensors = table(profile, "TensorInfo").to_pylist()
    assert sum(row["size"] for row in tensors if row["type"] in ("IN", "OUT")) == summary["inputs_outputs_weights_size_bytes"]
    assert {row["variable_name"]: row["load_to_sbuf_repeat_factor"] for row in tensors if row["type"] == "IN"} == {"x": 1.0, "w": 2.0}
    assert 0 < summary["total_active_time"] <= summary["total_time"]


def merged(rows: list[dict[str, Any]]) -> int:
    total, end = 0, 0
    for row in sorted(rows, key=lambda row: row["start_ts"]):
        total += max(0, row["end_ts"] - max(row["start_ts"], end))
        end = max(end, row["end_ts"])
    return total


#: Loads by source line, as AWS's investigation of redundant transfers joins the tables.
LOADS = """
SELECT i.bir_debug_info_source_location AS line, a.variable AS variable, COUNT(*) AS loads, SUM(a.transfer_bytes) AS bytes
FROM Flow f JOIN Instruction i ON f.in_id = i.id JOIN DmaPacketAggregated a ON f.out_id = a.id
WHERE f.in_table = 'Instruction' AND f.out_table = 'DmaPacketAggregated' AND i.hbm_read_bytes > 0 AND a.source = '[[INPUT]]'
GROUP BY line, variable ORDER BY bytes
"""


def test_duckdb_reads_them(profile: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    for name in schema.TABLES:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{profile}/{name}.parquet'")
    rows = connection.execute(LOADS).fetchall()
    assert [(place.rpartition(":")[2], *rest) for place, *rest in rows] == [
        (line_of("dma_copy(weights"), "w", 2, 2 * W.nbytes), (line_of("dma_copy(tile"), "x", 2, X.nbytes)]


def investigated(kernel: Any, inputs: tuple[Any, ...], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What `python/suites/investigations.py` finds in a kernel's tables."""
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    neff, ntff = str(folder / "i.neff"), str(folder / "i.ntff")
    nki.baremetal(kernel, save_neff_name=neff, save_trace_name=ntff)(*inputs)
    assert main(["neuron-explorer", "view", "-n", neff, "-s", ntff, "--output-file", str(folder / "i")]) == 0
    script = Path(__file__).resolve().parents[1] / "suites" / "investigations.py"
    done = subprocess.run([sys.executable, str(script), str(folder / "i"), "--json", "-"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_bounds_and_investigations(tmp_path: Path) -> None:
    found = investigated(product, (X, W), tmp_path)
    bounds = {row["bound"]: row for row in found["bounds"]}
    assert len(bounds) == 7
    us = {name: row["us"] for name, row in bounds.items()}
    assert us["perfect_pipeline"] >= us["memory_bound"] > us["memory_bound_ideal"]
    assert us["memory_bound_ideal"] / us["memory_bound_ideal_no_reloads"] == pytest.approx((2 * X.nbytes + 2 * W.nbytes) / (2 * X.nbytes + W.nbytes))
    assert us["compute_bound"] > us["compute_bound_ideal_flops"] == us["compute_bound_ideal_useful_flops"] > 0
    assert all(row["bn_speedup"] >= 1 for row in bounds.values())
    # w is loaded for each of the two tiles, and its packets are smaller than x's.
    assert [(row["variable"], row["times"]) for row in found["input reloads"]] == [("w", 2.0)]
    sizes = {row["variable"]: row for row in found["dma sizes"]}
    assert sizes["w"]["packet_bytes"] == 512 and sizes["x"]["packet_bytes"] == 2048 and sizes["w"]["dmas"] == 2
    assert sizes["w"]["line"].endswith(f":{line_of('dma_copy(weights')}")
    assert found["spills"] == [] and found["transposes"] == [] and found["tile sizes"] == []
    rate, = found["tensor rate"]
    assert rate["matmuls"] == 4 and rate["line"].endswith(f":{line_of('nc_matmul')}") and rate["matmul_us"] > rate["ideal_us"] > 0
    # The Tensor engine has nothing to do before its DMAs have come.
    idle = found["tensor idle"]
    assert idle[0]["waited_for"].startswith("q") and idle[0]["us"] > 1
    assert all(row["line"].endswith(f":{line_of('nc_matmul')}") for row in idle)
    vector = {(row["engine"], row["opcode"]): row for row in found["vector bound"]}
    assert sum(row["instructions"] for row in vector.values()) >= 2


def test_transposes_and_small_tiles_are_found(tmp_path: Path) -> None:
    found = investigated(turned, (X,), tmp_path)
    row, = found["transposes"]
    assert row["matmuls"] == 8
    tile, = found["tile sizes"]
    assert (tile["k"], tile["m"], tile["n"], tile["share_of_flops"]) == (128, 128, 128, 1.0)
    waited = {row["waited_for"] for row in found["tensor idle"]}
    assert waited and waited <= {"Vector", "Scalar", "GpSimd", "itself"} | {name for name in waited if name.startswith("q")}


def test_polars_reads_them(profile: Path) -> None:
    polars = pytest.importorskip("polars")
    packets = polars.read_parquet(profile / "DmaPacket.parquet")
    kept = packets.filter((polars.col("queue_type") != "instruction") & (polars.col("transfer_bytes") > 4))
    assert kept["transfer_bytes"].sum() == 2 * X.nbytes + 2 * W.nbytes
    assert polars.read_parquet(profile / "Metadata.parquet")["is_simulation"].to_list() == [True]


def test_pandas_reads_them(profile: Path) -> None:
    pandas = pytest.importorskip("pandas")
    summary = pandas.read_parquet(profile / "Summary.parquet").iloc[0]
    by_variable = pandas.read_parquet(profile / "DmaPacketAggregated.parquet").groupby("variable")["transfer_bytes"].sum()
    assert by_variable.to_dict() == {"x": X.nbytes, "w": 2 * W.nbytes, "out": X.nbytes}
    assert summary["dma_transfer_total_bytes"] == by_variable.sum()
    # Engines count a partition's bytes (weights and columns of two passes of float32), DMAs all.
    assert summary["sbuf_read_bytes"] == 2 * 2 * (128 + 512) * 4 + X.nbytes
    assert summary["sbuf_write_bytes"] == 2 * 512 * 4 + X.nbytes + 2 * W.nbytes
    assert summary["psum_read_bytes"] == summary["psum_read_sbuf_write_bytes"] == 2 * 512 * 4 and summary["psum_read_sbuf_write_count"] == 2
    assert summary["psum_write_bytes"] == 2 * 2 * 512 * 4
    assert summary["input_queue_bytes"] == summary["output_queue_bytes"] == summary["weight_queue_bytes"] == 0


@nki.jit
def turned(x):
    """The transpose of [128, 1024] by the Tensor engine, 128 columns at a time."""
    out = nl.ndarray((1024, 128), x.dtype, buffer=nl.shared_hbm)
    for start in range(0, 1024, 128):
        tile = nl.ndarray((128, 128), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, start:start + 128])
        sums = nl.ndarray((128, 128), x.dtype, buffer=nl.psum)
        nisa.nc_transpose(sums, tile)
        result = nl.ndarray((128, 128), x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(result, sums)
        nisa.dma_copy(out[start:start + 128], result)
    return out


@pytest.mark.parametrize(("kernel", "inputs"), [(product, (X, W)), (turned, (X,))])
def test_the_bounds_that_awss_agent_computes(kernel: Any, inputs: tuple[Any, ...], tmp_path: Path) -> None:
    """Seven bounds by the published formulas, in seconds, each above the next of its family."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    neff, ntff, folder = str(tmp_path / "k.neff"), str(tmp_path / "k.ntff"), tmp_path / "d"
    nki.baremetal(kernel, save_neff_name=neff, save_trace_name=ntff)(*inputs)
    assert main(["neuron-explorer", "view", "-n", neff, "-s", ntff, "--output-file", str(folder)]) == 0
    tables = {name: pandas.read_parquet(folder / f"{name}.parquet") for name in schema.TABLES}
    metadata, summary = tables["Metadata"].iloc[0], tables["Summary"].iloc[0]
    bandwidth = metadata["dma_ddr_bandwidth"]
    peak = metadata["tensor_engine_num_rows"] * metadata["tensor_engine_num_cols"] * 2 * metadata["tensor_engine_clock_freq"] * 1e9
    packets = tables["DmaPacket"]
    kept = packets[(packets["queue_type"] != "instruction") & (packets["transfer_bytes"] > 4)]
    sizes = tables["TensorInfo"]
    memory = [merged(packets.to_dict("records")) / 1e9, kept["transfer_bytes"].sum() / bandwidth,
              sizes[sizes["type"].isin(["IN", "OUT"])]["size"].sum() / bandwidth]
    active = tables["ActiveTime"]
    busy = {engine: active[active["engine"] == engine]["duration_ns"].sum() / 1e9 for engine in ("tensor", "vector", "scalar", "gpsimd")}
    instructions = tables["Instruction"]
    matmuls = instructions[(instructions["engine"] == "Tensor") & (instructions["opcode"] == "MATMUL")]
    turns = matmuls[matmuls["tensor_instruction_type"] == "TRANSPOSE"]
    flops, moved = matmuls["adjusted_flops"].sum(), turns["adjusted_flops"].sum()
    compute = [busy["tensor"], flops / peak, (flops - moved) / peak]
    pipeline = max(*busy.values(), memory[0])
    assert summary["total_time"] >= pipeline >= memory[0] >= memory[1] >= memory[2] > 0
    assert compute[0] >= compute[1] >= compute[2] >= 0
    assert moved == summary["adjusted_transpose_flops"]
    if kernel is turned:
        # All of the Tensor engine's work only moves data, and all of it comes from one line.
        assert compute[2] == 0 and len(turns) == len(matmuls) and matmuls["bir_debug_info_source_location"].nunique() == 1
    else:
        assert moved == 0 and compute[2] == compute[1] > 0


def test_queries_over_http(profile: Path) -> None:
    """As AWS's agent asks: health, tables, fields, SELECTs; and nothing else."""
    pytest.importorskip("duckdb")
    with server(Profiles(str(profile.parents[2])), 0) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        port = found.server_address[1]

        def ask(path: str, request: Any = None, host: str = "localhost") -> tuple[int, Any]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            body = None if request is None else request if isinstance(request, str) else json.dumps(request)
            connection.request("GET" if request is None else "POST", path, body, {"Host": f"{host}:{port}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

        def select(query: str, **more: Any) -> tuple[int, Any]:
            return ask("/api/v1/db/p/_search", {"type": "databaseExplorerQuery", "tableName": "Summary", "query": query}, **more)

        status, answer = ask("/api/v1/health")
        assert status == 200 and answer["status"] == "healthy"
        status, answer = select("SELECT total_time, hbm_read_bytes FROM Summary")
        assert status == 200 and answer["rows"][0]["hbm_read_bytes"] == X.nbytes + 2 * W.nbytes
        assert select("SELECT COUNT(*) AS cnt FROM DmaPacket")[1]["rows"] == [{"cnt": 6 * 128}]
        assert "Flow.parquet" in ask("/api/v1/db/p/_search", {"type": "listDbFiles"})[1]["files"]
        fields = ask("/api/v1/db/p/_search", {"type": "tableSchema", "tableName": "ActiveTime"})[1]["fields"]
        assert [field["name"] for field in fields] == list(schema.TABLES["ActiveTime"])
        for status, message in (select("DROP TABLE Summary"), select("SELECT * FROM read_csv('/etc/passwd')"), select("SELECT 1 FROM nothing"),
                                ask("/api/v1/db/p/_search", "{"), ask("/api/v1/db/p/_search", {"type": "other"})):
            assert status == 400 and message["error"]
        assert ask("/api/v1/db/q/_search", {"type": "listDbFiles"})[0] == 404
        assert ask("/elsewhere", {})[0] == 404
        assert select("SELECT 1", host="example.com")[0] == 403
        found.shutdown()


def test_without_pyarrow_a_remedy(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                  tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["neuron-explorer", "view", "-n", files[0], "-s", files[1], "--output-file", str(tmp_path / "d")]) == 1
    assert "Parquet files need pyarrow" in capsys.readouterr().err
