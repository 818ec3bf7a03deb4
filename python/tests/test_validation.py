"""Public kernels from source: statistics, rules for measured records, and runs from a repository made for the test."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from trnsim.core.tool import find_tool
from trnsim.validation import __main__ as command
from trnsim.validation import figures, fit, fitting, pages, recorded, records, report, running, table
from trnsim.validation.checkouts import CheckoutError, Checkouts
from trnsim.validation.figures import Row
from trnsim.validation.kernels import Array, Family, Group, Kernel, Launch, LeftOut, Repository, f32


def row(kernel: str, measured: float, predicted: float | None, *, family: str = "f", problem: str = "", **more) -> Row:
    return Row(family, Group.MAIN, kernel, problem, measured, predicted, **more)


# Figures


def test_errors_of_a_family() -> None:
    found = figures.summary([row("a", 100, 104), row("b", 100, 85), row("c", 100, 130), row("d", 100, None, error_text="no room")])
    assert (found.kernels, found.failed, found.within_10, found.within_20) == (4, 1, 1, 2)
    assert found.median == pytest.approx(15) and found.worst == pytest.approx(30) and found.worst_kernel == "c"
    assert found.p90 == pytest.approx(30)


def test_families_count_alike_and_kernels_by_themselves() -> None:
    rows = [row("a", 100, 101, family="one"), *(row(str(number), 100, 140, family="two") for number in range(5)),
            row("c", 100, 90, family="three")]
    found = figures.over_families(rows)
    assert (found.families, found.worst_family) == (3, "two")
    assert found.median == pytest.approx(10) and found.worst == pytest.approx(40)
    assert found.kernels.median == pytest.approx(40)


def test_percentile_is_by_the_nearest_rank() -> None:
    assert figures.percentile([5, 1, 4, 2, 3], 0.9) == 5
    assert figures.percentile(list(range(1, 11)), 0.9) == 9
    assert figures.percentile([7], 0.9) == 7


def test_order_of_pairs() -> None:
    rows = [row("a", 100, 10), row("b", 101, 30), row("c", 110, 20), row("d", 130, 20)]
    found = figures.summary(rows)
    # a and b are 1 % apart. Right: ac, ad. Wrong: bc, bd. Equal: cd.
    assert (found.order.pairs, found.order.right, found.order.tau) == (5, 2.5, 0.0)
    # 5 % apart: ac, ad, bc, bd, cd; 10 %: ad, bd, cd (c is 10 % from a, not more); 20 %: ad, bd.
    assert [(one.pairs, one.right) for one in found.by_distance] == [(5, 2.5), (3, 1.5), (2, 1.0)]


def test_kernels_of_different_problems_or_families_are_no_pair() -> None:
    rows = [row("a", 100, 10, problem="small"), row("b", 200, 5, problem="large"), row("c", 300, 1, family="g")]
    found = figures.summary(rows)
    assert (found.order.pairs, found.order.tau, found.regret) == (0, None, None)


def test_regret_is_of_the_one_that_is_predicted_best() -> None:
    assert figures.regret([row("a", 100, 20), row("b", 120, 10), row("c", 90, 30)]) == pytest.approx(120 / 90)
    assert figures.regret([row("a", 100, 10), row("b", 150, 10)]) == pytest.approx(1.5)
    assert figures.regret([row("a", 100, 10), row("b", 150, None)]) is None


def test_counters_within_two_percent() -> None:
    found = figures.summary([
        row("a", 1, 1, counters={"matmuls": (100, 102), "read_bytes": (1000, 1010), "written_bytes": (10, 20)}),
        row("b", 1, 1, counters={"matmuls": (100, 103), "dma_count": (0, 0)}),
        row("c", 1, 1, counters={"written_bytes": (10, 10)}), row("d", 1, None)])
    assert found.counters == {"matmuls": (2, 1), "read_bytes": (1, 1), "written_bytes": (2, 1), "dma_count": (1, 1)}
    assert found.streams == (2, 1)


def test_worse_than_recorded() -> None:
    before = [row("a", 100, 110), row("b", 100, 95), row("c", 100, 100), row("g", 10, 12, family="g")]
    assert recorded.worse(before, before) == []
    assert recorded.worse(before, [row("a", 100, 110.05), row("b", 100, 95), row("c", 100, 100)]) == []
    assert recorded.worse(before, [row("a", 100, 88), row("b", 100, 95), row("c", 100, 100)]) == [
        "f: the worst error is -12.0 %, recorded 10.0 %"]
    assert recorded.worse(before, [row("b", 100, 94)]) == [
        "f: the median error is 6.0 %, recorded 5.0 %", "f: the worst error is -6.0 %, recorded -5.0 %"]
    assert recorded.worse(before, [row("a", 100, None, error_text="no room")]) == ["f: 'a' does not run any more: no room"]
    assert recorded.worse(before, [row("new", 100, 300)]) == []


def test_rows_are_recorded_and_read(tmp_path) -> None:
    rows = [row("a", 100, 110, counters={"matmuls": (3, 4)}, busy={"tensor": (1.5, 2.5)}),
            row("b", 1, None, error_text="no room", problem="p")]
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(recorded.as_json(rows)))
    assert recorded.read(str(path)) == rows
    lines = recorded.as_csv(rows).splitlines()
    assert lines[1] == "trn2,f,,a,100.000,110.000,10.000,,3,4,1.5,2.5"
    assert lines[2] == "trn2,f,p,b,1.000,,,no room,,,,"


def test_the_report_shows_what_errors_were() -> None:
    rows = [row("same", 100, 110), row("moved", 100, 120), row("runs", 100, 130), row("new", 100, 140)]
    before = [row("same", 100, 110.05), row("moved", 100, 95), row("runs", 100, None, error_text="no room")]
    lines = report.text(rows, before).splitlines()[-4:]
    assert [line.split()[2:] for line in lines] == [["100.0", "110.0", "+10.0"], ["100.0", "120.0", "+20.0", "-5.0"],
                                                    ["100.0", "130.0", "+30.0", "failed"], ["100.0", "140.0", "+40.0"]]


# Records


def measured(metrics, kind: str, launches: int = 1):
    return records.published({"id": "r", "metrics": metrics}, records.KINDS[kind], launches)


def test_kinds_of_measurement() -> None:
    assert measured({"latency_us_p50": 50.0, "latency_us_device_est": 100.0}, "device estimate").microseconds == 100
    assert measured({"latency_us_p50": 50.0, "latency_us_device_est": 100.0}, "device p50").microseconds == 50
    assert measured({"latency_us_profile_total": 115.2}, "profiler total").microseconds == pytest.approx(100)
    assert measured({"latency_us": 40.0, "user_span_us": 24.5}, "span").microseconds == 24.5
    assert measured({"latency_us_p50": 116.0}, "benchmark", launches=2).microseconds == 100
    assert measured({"latency_us_p50": 99.0}, "benchmark", launches=2) is None
    assert measured({"MFU_pct": 90.0, "latency_us_derived": 240.2}, "utilisation").microseconds == pytest.approx(225)
    with pytest.raises(records.RecordError, match="record 'r' has none of user_span_us"):
        measured({"latency_us": 1.0}, "span")


def test_published_counters_and_busy_times() -> None:
    found = measured({"latency_us_device_est": 200.0, "HBMrd_MB": 34.0, "matmul_instruction_count": 8704.0, "PE_pct": 50.0,
                      "PE_active_us_device_est": 90.0, "DMA_pct": 10.0}, "device estimate")
    assert found.counters == {"matmuls": 8704, "read_bytes": 34e6}
    assert found.busy == {"tensor": 90, "dma": 20}
    # The profiler's own fields are fractions of one, of the total with its launch.
    found = measured({"latency_us_mean": 1000.0, "vector_engine_active_time_percent": 0.25, "hbm_read_bytes": 5}, "profiler total")
    assert found.busy == {"vector": 250} and found.counters == {"read_bytes": 5}
    found = measured({"user_span_us": 10.0, "engine_busy_us": {"Tensor": 3.0}, "user_instruction_counts": {"Tensor/MATMUL": 7}}, "span")
    assert found.busy == {"tensor": 3} and found.counters == {"matmuls": 7}


def test_repeated_measurements_are_one() -> None:
    one, other = records.Published(100, {"matmuls": 4}, {"dma": 6}), records.Published(102, {}, {"dma": 8})
    assert records.joined([one, other]) == records.Published(101, {"matmuls": 4}, {"dma": 7})


@pytest.mark.parametrize(("content", "message"), [
    ("{", "is no file of records"), ('{"id": 1}', "entries are objects"), ('[{"id": "a"}]', "entries are objects"),
    ('[{"id": "a", "metrics": {}}, {"id": "a", "metrics": {}}]', "record 'a' is there twice")])
def test_files_that_are_no_records(tmp_path, content, message) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(records.RecordError, match=message):
        records.read_records([str(path)])


# The table


def test_the_table_is_sound() -> None:
    assert len({one.name for one in table.FAMILIES}) == len(table.FAMILIES)
    for one in table.FAMILIES:
        assert len({kernel.name for kernel in one.kernels}) == len(one.kernels), one.name
        for kernel in one.kernels:
            assert (kernel.kind or one.kind) in records.KINDS and kernel.records and kernel.launches
            assert len((kernel.repository or one.repository).commit) == 40
            for launch in kernel.launches:
                assert launch.file.endswith(".py") and not launch.file.startswith("/")
                assert all(isinstance(given, (Array, int, float)) for given in launch.arguments)
    assert all(table.reason_left_out(name) is None for name in table.kernels_by_record())


def test_what_is_left_out_has_a_reason() -> None:
    one = LeftOut(("a-*", "b"), "why")
    assert one.covers("a-1") and one.covers("b") and not one.covers("b-1") and not one.covers("a")
    assert "limit of a test" in str(table.reason_left_out("nkisamples-threshold-test_rmsnorm_qkv-0"))


def test_families_are_named_by_a_part() -> None:
    assert table.family("moe_tkg").name == "megakernel moe_tkg"
    with pytest.raises(KeyError, match="several families are called 'kda'"):
        table.family("kda")
    with pytest.raises(KeyError, match="no family is called 'nothing'"):
        table.family("nothing")


@pytest.mark.sources
def test_the_page_shows_the_recorded_figures() -> None:
    with open(command.PAGE, encoding="utf-8") as file:
        assert file.read() == report.markdown(recorded.read()), "trnsim accuracy --source --record writes both"


@pytest.mark.sources
def test_readme_and_accuracy_show_the_recorded_figures() -> None:
    for path, section in pages.SECTIONS.items():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert text == pages.replaced(text, section(recorded.read()), path), "trnsim accuracy --source --record writes all of them"


def test_the_worst_family_comes_first_with_its_reason() -> None:
    def row(family: str, predicted: float) -> figures.Row:
        return figures.Row(family, Group.MAIN, "k", "", 100, predicted)
    text = pages.accuracy([row("near", 101), row("kda bmm", 140), row("far", 70)])
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [line.split(" | ")[0] for line in lines] == ["| kda bmm", "| far", "| near"]
    assert lines[0].endswith("(75) |") and lines[1].endswith("| not known |") and lines[2].endswith("|  |")
    assert text.startswith("Of 3 public kernels on trn2, 1 (33 %) are within 10 %")
    assert "no family is more than 20 % off" in pages.page([row("near", 101)])
    assert "kda bmm, 40 %: products of 64 rows" in pages.page([row("kda bmm", 140)])
    assert " ".join(pages.readme([row("near", 101), row("kda bmm", 140), row("far", 70)]).split()) == (
        "Of 3 public kernels on trn2, from their source, half are within 30.0 % of the device's time, 33 % within 10 % and 33 % within 20 %. "
        "The worst is +40 % off (kda bmm: k).")


def test_a_file_without_marks_is_not_touched() -> None:
    assert pages.replaced(f"a\n{pages.BEGIN}\nold\n{pages.END}\nb", "new", "f") == f"a\n{pages.BEGIN}\nnew\n{pages.END}\nb"
    with pytest.raises(ValueError, match="'f' has no section"):
        pages.replaced("a", "new", "f")


def test_reasons_are_of_families_that_there_are() -> None:
    assert set(pages.REASONS) <= {one.name for one in table.FAMILIES}
    assert set(pages.KERNEL_REASONS) <= {(one.name, kernel.name) for one in table.FAMILIES for kernel in one.kernels}


def test_kernels_far_off_are_named_with_their_reasons() -> None:
    def one(family: str, predicted: float, kernel: str = "k") -> Row:
        return row(kernel, 100, predicted, family=family)
    rows = [one("near", 101), one("kda bmm", 140), one("far", 70), one("far", 130, "one")]
    text = pages.accuracy(rows)
    assert "3 kernels on trn2 are more than 25 % off, the worst first:" in text
    lines = [line for line in text.splitlines() if line.startswith("* ")]
    assert lines == ["* kda bmm: k, +40 %: products of 64 rows: what keeps the PE clock warm through them is not known (75)",
                     "* far: k; one, -30 to +30 %: not known"]
    assert "No kernel on trn2 is more than 25 % off." in pages.accuracy([one("near", 101)])


def test_recorded_kernels_are_in_the_table() -> None:
    known = {(one.name, kernel.name, kernel.problem, one.group) for one in table.FAMILIES for kernel in one.kernels}
    assert {(one.family, one.kernel, one.problem, one.group) for one in recorded.read()} <= known


# Runs

KERNELS = """
import host_only
import nki, nki.isa as nisa, nki.language as nl
from tiles import WIDTH

STEPS = 1

@nki.jit
def scaled(x, factor, steps=STEPS):
    print("kernels may print")
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    assert tile.shape[1] == WIDTH and isinstance(factor, float) and host_only.Tensor is not None
    for _ in range(steps):
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=factor)
    nl.store(out, tile)
    return out

@nki.jit
def wrong(x):
    raise ValueError("two\\nlines")
"""


@pytest.fixture
def repository(tmp_path) -> Repository:
    """A clone with two commits, of which the first is meant."""
    folder = tmp_path / "checkouts" / "someone" / "kernels"
    (folder / "lib").mkdir(parents=True)

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    git("init", "-q")
    (folder / "k.py").write_text(KERNELS)
    (folder / "lib" / "tiles.py").write_text("WIDTH = 64\n")
    (folder / "figures.csv").write_text("not looked at\n")
    git("add", ".")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD")
    (folder / "k.py").write_text("raise RuntimeError('another commit')\n")
    git("commit", "-qam", "second")
    return Repository("someone/kernels", commit, imports=("lib",), absent=("host_only",))


def kernel(name: str, *, function: str = "scaled", arguments=(f32(128, 64), 2.0), **more) -> Kernel:
    keywords = more.pop("keywords", {})
    replace = more.pop("replace", None)
    return Kernel(name, (f"r-{name}",), (Launch("k.py", function, arguments, keywords, replace),), **more)


def the_family(repository: Repository, *kernels: Kernel) -> Family:
    return Family("scaling", repository, "span", kernels, generation=2)


def ran(repository: Repository, tmp_path, *kernels: Kernel, **settings) -> dict[str, running.Outcome]:
    one = the_family(repository, *kernels)
    found = running.run([(one, each) for each in kernels], str(tmp_path / "checkouts"), running.Settings(**settings))
    return {name: outcome for (_, name), outcome in found.items()}


def test_kernels_run_at_the_tables_commit(repository, tmp_path) -> None:
    found = ran(repository, tmp_path, kernel("one"), kernel("three", keywords={"steps": 3}),
                kernel("replaced", replace=("STEPS = 1", "STEPS = 3")), kernel("wrong", function="wrong", arguments=(f32(128, 64),)),
                kernel("none", function="nothing"))
    assert found["one"].error is None and found["one"].microseconds > 1
    assert found["one"].counters["read_bytes"] == found["one"].counters["written_bytes"] == 128 * 64 * 4
    assert found["three"].microseconds == found["replaced"].microseconds > found["one"].microseconds
    assert found["three"].busy["vector"] == pytest.approx(3 * found["one"].busy["vector"], rel=0.2)
    assert found["wrong"].error == "ValueError: two" and found["wrong"].microseconds is None
    assert found["none"].error == "ValueError: 'k.py' has no 'nothing'"


def test_errors_quote_no_source(repository, tmp_path) -> None:
    wide = kernel("wide", arguments=(f32(128, 64), 2.0), replace=("tile = nl.load(x)", "tile = nl.ndarray((300, 64), x.dtype)"))
    error = ran(repository, tmp_path, wide)["wide"].error
    assert error is not None and error.startswith("NkiValidationError: ") and "ndarray" not in error and str(tmp_path) not in error


def test_launches_are_added(repository, tmp_path) -> None:
    twice = Kernel("twice", ("r",), (Launch("k.py", "scaled", (f32(128, 64), 2.0)),) * 2)
    found = ran(repository, tmp_path, kernel("one"), twice)
    assert found["twice"].microseconds == pytest.approx(2 * found["one"].microseconds)
    assert found["twice"].counters["dma_count"] == 2 * found["one"].counters["dma_count"]


def test_a_kernel_that_takes_too_long_is_ended(repository, tmp_path) -> None:
    endless = Kernel("endless", ("r",), (Launch("k.py", "scaled", (f32(128, 64), 2.0), replace=("STEPS = 1", "while True: pass")),))
    assert ran(repository, tmp_path, endless, timeout=1.0)["endless"].error == "it took more than 1 s"


def test_repositories_that_cannot_be_had(repository, tmp_path) -> None:
    checkouts = Checkouts(str(tmp_path / "checkouts"), str(tmp_path))
    with pytest.raises(CheckoutError, match="there is no clone of someone/else"):
        checkouts.folder(Repository("someone/else", repository.commit))
    with pytest.raises(CheckoutError, match="has no commit 000000000000"):
        checkouts.folder(Repository("someone/kernels", "0" * 40))
    with pytest.raises(CheckoutError, match="needs no_such_package, not installed here"):
        checkouts.folder(Repository("someone/kernels", repository.commit, needs=("no_such_package",)))
    assert ran(Repository("someone/else", "0" * 40), tmp_path, kernel("one"))["one"].absent


def test_only_python_files_are_exported(repository, tmp_path) -> None:
    folder = Checkouts(str(tmp_path / "checkouts"), str(tmp_path / "work")).folder(repository)
    with open(f"{folder}/k.py", encoding="utf-8") as file:
        assert file.read() == KERNELS
    assert not (tmp_path / "work" / "someone+kernels" / repository.commit[:12] / "figures.csv").exists()


# The command


@pytest.fixture
def commanded(repository, tmp_path, monkeypatch, capsys):
    """The command on a table of two kernels of which one is recorded too fast; gives code, output and errors."""
    one = the_family(repository, kernel("one", quick=True), kernel("three", keywords={"steps": 3}))
    monkeypatch.setattr(command, "FAMILIES", (one,))
    monkeypatch.setattr(command, "family", lambda name: one)
    monkeypatch.setattr(command, "kernels_by_record", lambda: {f"r-{each.name}": (one, each) for each in one.kernels})
    monkeypatch.setattr(recorded, "PATH", str(tmp_path / "recorded.json"))
    monkeypatch.setattr(recorded.read, "__defaults__", (str(tmp_path / "recorded.json"),))
    monkeypatch.setattr(command, "PAGE", str(tmp_path / "page.md"))
    (tmp_path / "README.md").write_text(f"before\n{pages.BEGIN}\n{pages.END}\nafter\n")
    monkeypatch.setattr(pages, "SECTIONS", {str(tmp_path / "README.md"): pages.readme})
    (tmp_path / "records.json").write_text(json.dumps([
        {"id": "r-one", "metrics": {"user_span_us": 5.0, "hbm_read_bytes": 32768}},
        {"id": "r-three", "metrics": {"user_span_us": 8.0}}, {"id": "r-unknown", "metrics": {}}]))

    def run(*words: str):
        code = command.main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    def with_sources(*words: str):
        return run("--checkouts", str(tmp_path / "checkouts"), "--records", str(tmp_path / "records.json"), *words)
    return run, with_sources, tmp_path


@pytest.mark.sources
def test_figures_are_recorded_and_guarded(commanded) -> None:
    run, with_sources, folder = commanded
    code, out, err = with_sources("--record")
    assert code == 0 and "recorded: 2 kernels of 1 families" in out and "1 records are not in the table: r-unknown" in err
    assert "doubts are as they were: too few families" in err
    assert (folder / "README.md").read_text().startswith(f"before\n{pages.BEGIN}\nOf 2 public kernels on trn2, from their source,")
    assert (folder / "page.md").read_text() == report.markdown(recorded.read(str(folder / "recorded.json")))
    code, out, err = with_sources("--json", str(folder / "all.json"), "--csv", str(folder / "all.csv"))
    assert code == 0 and "worse" not in err
    assert len((folder / "all.csv").read_text().splitlines()) == 3
    whole = json.loads((folder / "all.json").read_text())
    assert whole["families"]["scaling"]["kernels"] == 2 and whole["groups"]["trn2"]["families"] == 1
    # Without checkouts the recorded figures are the same.
    code, out, _ = run("--json", "-")
    assert code == 0 and [one["kernel"] for one in json.loads(out)["kernels"]] == ["one", "three"]
    # A recorded prediction that was nearer to the measured time than today's.
    better = json.loads((folder / "recorded.json").read_text())
    better["kernels"][1]["predicted_us"] = 8.0
    better["kernels"][0]["predicted_us"] = 5.0
    (folder / "recorded.json").write_text(json.dumps(better))
    code, _, err = with_sources("--quick")
    assert code == 1 and "worse than recorded: scaling: the median error is" in err
    # With other hardware the recorded figures say nothing.
    code, _, err = with_sources("--quick", "--set", "dma.bytes_per_cycle=64")
    assert code == 0 and "worse" not in err


@pytest.mark.parametrize(("words", "message"), [
    (["--records", "r.json"], "--records and --record need --checkouts"),
    (["--checkouts", "nowhere"], "--checkouts needs --records"),
    (["--checkouts", "nowhere", "--records", "r.json"], "there is no directory 'nowhere'")])
def test_arguments_at_fault(words, message, capsys) -> None:
    assert command.main(words) == 1
    assert message in capsys.readouterr().err


def test_part_of_a_family_is_not_recorded(commanded) -> None:
    _, with_sources, _ = commanded
    code, _, err = with_sources("--record", "--quick")
    assert code == 1 and "--record is of whole families" in err


@pytest.mark.skipif(find_tool() is None, reason="the program trnsim is not built")
def test_the_tool_shows_the_recorded_figures() -> None:
    tool = find_tool()
    assert tool is not None
    done = subprocess.run([tool, "accuracy", "--source", "--family", "moe_tkg"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, env={**os.environ, "TRNSIM_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    assert "megakernel moe_tkg: v6b" in done.stdout and "Recorded figures" in done.stdout


@pytest.mark.skipif(find_tool() is None, reason="the program trnsim is not built")
@pytest.mark.parametrize(("words", "message"), [
    (["--source", "--phase", "mean"], "--phase has no meaning with --source"),
    (["--source", "--hardware", "trn1"], "--hardware has no meaning with --source"),
    (["somewhere", "--source"], "a directory of captures has no meaning with --source"),
    (["--quick"], "'--quick' is an option of kernels from their sources"),
    (["--source", "--records", "r.json"], "--records and --record need --checkouts"),
    (["--source", "--json", "./one.json", "--csv", "./one.json"], "--csv and --json would both write this file")])
def test_the_tool_says_what_does_not_go_together(words, message, tmp_path) -> None:
    tool = find_tool()
    assert tool is not None
    done = subprocess.run([tool, "accuracy", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          cwd=tmp_path, env={**os.environ, "TRNSIM_PYTHON": sys.executable})
    assert done.returncode == 1 and message in done.stderr


def test_logging_has_the_level_that_scripts_name() -> None:
    import neuronxcc

    assert neuronxcc and logging.OFF > logging.CRITICAL  # type: ignore[attr-defined]


# Constants from rows of captures


def instruction(capture: str, duration: float, *, opcode: str = "COPY", engine: str = "Vector", elements: int = 96,
                source: str = "PSUM@0x0[1,1][96,1]", target: str = "SBUF@0x10[1,1][96,1]") -> fitting.Instruction:
    return fitting.Instruction(capture, engine, opcode, duration, fitting.Operand.read(source), fitting.Operand.read(target), "fp32",
                               "fp32", elements, elements, "")


def test_each_capture_counts_once() -> None:
    rows = [*(instruction("attention_a", 100 + 150.0) for _ in range(50)), instruction("conv2d_step4", 100 + 158.0),
            instruction("conv2d_final_b", 100 + 160.0)]
    found = fitting.fitted(fitting.Rows(rows))["vector.classes.copy.latency.psum"]
    assert (found.value, found.rows, found.captures, found.least, found.most) == (158, 52, 3, 150, 160)
    assert fitting.overrides({"vector.classes.copy.latency.psum": found}) == ("vector.classes.copy.latency.psum=158.00",)


def test_a_familys_rows_are_left_out() -> None:
    rows = [instruction("attention_a", 250.0), instruction("conv2d_step4", 258.0), instruction("conv2d_naive", 258.0),
            instruction("someone_s", 270.0), instruction("attention_a", 40.0, opcode="EVENT_SEMAPHORE", engine="Scalar")]
    assert fitting.fitted(fitting.Rows(rows), without="chengli2003 conv2d")["vector.classes.copy.latency.psum"].value == 160
    assert "sequencer.event_semaphore.scalar" not in fitting.fitted(fitting.Rows(rows), without="kernel-fusion attention")
    assert {row.family for row in rows} == {"kernel-fusion attention", "chengli2003 conv2d", "others"}


def test_rows_that_a_rule_is_not_of() -> None:
    others = [instruction("a", 1, source="SBUF@0x0[1,1][96,1]"), instruction("a", 1, target="SBUF@0x0[9,1][96,1]"),
              instruction("a", 1, elements=63), instruction("a", 1, engine="Scalar"), instruction("a", 1, source="")]
    assert "vector.classes.copy.latency.psum" not in fitting.fitted(fitting.Rows(others))


def test_operands_of_captures() -> None:
    assert fitting.Operand.read("SBUF@0x37200[9,1,1,1][128,1,1,1]") == fitting.Operand("SBUF", 9, 128)
    assert fitting.Operand.read("SBUF@0x376e6[-9,0,-288][32,1,4]") == fitting.Operand("SBUF", -9, 32)
    assert fitting.Operand.read("") is None


def test_descriptors_know_what_was_before_them_on_their_ring() -> None:
    rows = [{"dma_engine_byte": ring, "queue": queue, "bytes": size, "start_ns": start, "read_done_ns": done, "write_ack_ns": ack}
            for ring, queue, size, start, done, ack in [
                ("129", "3", "4096", "200", "360", "600"), ("128", "3", "4096", "0", "160", "400"), ("128", "3", "4096", "155.29", "320", "560"),
                ("128", "4", "4096", "311", "470", "700"), ("128", "4", "512", "480", "500", "710")]]
    found = fitting.descriptors("transpose_a", rows)
    assert sorted((one.bytes, one.read, one.pace, one.acknowledged) for one in found if one.pace is not None) == [
        (4096, pytest.approx(164.71), 155.29, 160)]
    # The queue is another one's, so that nothing says that it was behind the other.
    assert [one.pace for one in found if one.read == 159] == [None]
    assert found[0].family == "cs149 transpose"


def test_constants_of_dma_come_from_descriptors() -> None:
    def descriptor(capture: str, pace: float, size: int = 4096) -> fitting.Descriptor:
        return fitting.Descriptor(capture, size, 160, pace, None)
    rows = [*(descriptor("a", 155.3) for _ in range(20)), *(descriptor("a", 900) for _ in range(50)),
            *(descriptor("b", 156.4) for _ in range(19)), *(descriptor("a", 70, 512) for _ in range(50))]
    found = fitting.fitted(fitting.Rows([], rows))
    # 132 cycles of 0.85 GHz less 128 for the bytes; stalls, small ones and a capture with too few do not count.
    assert found["dma.descriptor_cycles"].value == pytest.approx(4.0, abs=0.01)
    assert (found["dma.descriptor_cycles"].rows, found["dma.descriptor_cycles"].captures) == (20, 1)
    assert "hbm.read_bandwidth_per_core" not in found


def test_first_descriptors_belong_to_the_one_trigger_before_them() -> None:
    def trigger(engine: str, opcode: str, begin: int, end: int) -> dict[str, str]:
        return {"engine": engine, "op": opcode, "begin_ns": str(begin), "end_ns": str(end), "region": "user"}
    executed = [trigger("Sync", "WRITE", 10_000, 10_058), trigger("Sync", "WRITE", 30_000, 30_058), trigger("GpSimd", "WRITE", 30_500, 30_546),
                trigger("Vector", "COPY", 10_300, 10_400)]
    moved = [{"dma_engine_byte": str(128 + ring), "queue": queue, "start_ns": str(start + 12 * ring), "read_done_ns": str(start + 200),
              "write_ack_ns": "0", "bytes": "4096"} for queue, start in [("3", 10_800), ("3", 11_200), ("4", 31_300)] for ring in range(16)]
    found = fitting.starts("vector_add_a", executed, moved)
    # Behind the two triggers at 30 µs it is not known whose it is; at 11.2 µs the queue is not idle.
    assert [(one.engine, one.opcode, one.first, one.apart) for one in found] == [("Sync", "WRITE", 800, 12)]
    fits = fitting.fitted(fitting.Rows([], [], found))
    assert fits["dma.static.first_descriptor"].value == 800 and fits["dma.ring_offset"].value == 12
    assert "dma.swdge.first_descriptor" not in fits
    assert fitting.fitted(fitting.Rows([], [], found), without="cs149 vector add") == {}
    half = [row for row in moved if int(row["dma_engine_byte"]) < 136]
    assert [one.apart for one in fitting.starts("vector_add_a", executed, half)] == [None]


def test_rings_with_many_descriptors_say_what_elements_take() -> None:
    moved = [{"dma_engine_byte": str(128 + ring), "bytes": size, "write_ack_ns": str(6080 * number)}
             for ring in range(16) for size, count in [("256", 401), ("128", 20)] for number in range(count)]
    found = fitting.rings("conv2d_naive_a", moved)
    assert [(one.bytes, one.acknowledged) for one in found] == [(256, 6080)] * 16
    fits = fitting.fitted(fitting.Rows([], [], [], found))
    assert fits["dma.element_write"].value == 95 and "dma.element_write_16bit" not in fits


def test_sizes_at_which_prices_were_measured() -> None:
    rows = [instruction("a", 1, elements=96), instruction("b", 1, elements=512), instruction("a", 1, source="SBUF@0x0[1,1][96,1]"),
            instruction("a", 1, opcode="EVENT_SEMAPHORE")]
    found = fitting.sizes(rows)
    assert found == {("vector", "copy", True): (96, 512, 2), ("vector", "copy", False): (96, 96, 1)}
    assert "    MeasuredSizes(.vector, .copy, inPSUM: true, 96...512)," in fitting.swift_of_sizes(found)


def test_fit_says_what_it_has_no_captures_of(capsys, tmp_path) -> None:
    assert fit.main(["--captures", str(tmp_path / "nowhere")]) == 1
    assert "there are no captures: no directory" in capsys.readouterr().err
    assert fit.main(["--captures", str(tmp_path)]) == 1
    assert "there are no captures NAME.instr.csv.zst" in capsys.readouterr().err
    assert fit.main(["--leave-out-each"]) == 1
    assert "--leave-out-each needs --checkouts and --records" in capsys.readouterr().err


def test_rules_are_of_constants_that_there_are() -> None:
    constants = [rule.constant for rule in (*fitting.RULES, *fitting.DMA_RULES, *fitting.START_RULES, *fitting.RING_RULES)]
    assert len(set(constants)) == len(constants)
    assert all(value >= 0 for value in fitting.configured(constants).values())
    assert {name for _, name in fitting.FAMILIES} <= {one.name for one in table.FAMILIES}

