"""`trnsim evaluate`: one answer for each candidate, whatever the candidate does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import trnsim
from trnsim.evaluation.__main__ import main
from trnsim.evaluation.candidate import KEYS
from trnsim.evaluation.values import allowed, compared

REFERENCE = """
import numpy as np
calls = []

def get_inputs():
    return [np.random.standard_normal((128, 256)).astype(np.float32), np.float32(3.0)]

def scaled(x, factor):
    return x * factor
"""

HEAD = """import nki
import nki.isa as nisa
import nki.language as nl

"""

#: Line 7 is the store, 8 the return.
RIGHT = HEAD + """@nki.jit
def kernel(x, factor):
    tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(tile, x)
    nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=float(factor))
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out
"""

WRONG = RIGHT.replace("float(factor)", "3.5")


class Server:
    """A server that is running; its standard error is the test's."""

    def __init__(self, work: Path, *options: str, folder: str | None = None) -> None:
        (work / "reference.py").write_text(REFERENCE)
        (work / "other.py").write_text("def tripled(x):\n    return x.astype('float32') * 3\n")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trnsim.evaluation", "--serve", "--reference", "reference.py:scaled", *options], cwd=work,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment() | ({"TMPDIR": folder} if folder else {}))

    def ask(self, *requests: dict[str, Any] | str) -> list[dict[str, Any]]:
        """The answers, in the order of their ids."""
        assert self.process.stdin is not None and self.process.stdout is not None
        for request in requests:
            self.process.stdin.write((request if isinstance(request, str) else json.dumps(request)) + "\n")
        self.process.stdin.flush()
        found = [json.loads(self.process.stdout.readline()) for _ in requests]
        return sorted(found, key=lambda answer: int(answer["id"]))

    def source(self, text: str, **others: Any) -> dict[str, Any]:
        return self.ask({"source": text, **others})[0]


def environment() -> dict[str, str]:
    """So that a process of its own finds this package."""
    sources = os.path.dirname(os.path.dirname(trnsim.__file__))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([sources, *filter(None, [os.environ.get("PYTHONPATH")])])}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server"), "--workers", "2", "--time-limit", "60")
    yield found
    assert found.process.stdin is not None
    found.process.stdin.close()
    assert found.process.wait(20) == 0


def test_a_right_candidate(server: Server) -> None:
    answer = server.source(RIGHT)
    assert tuple(answer) == ("id", *KEYS)
    assert answer["correct"] is True and answer["failure"] is None
    assert answer["max_relative_error"] < 1e-6
    assert 0 < answer["time_low_us"] < answer["time_us"] < answer["time_high_us"]
    assert answer["source"] == {"file": "candidate.py", "line": 8}
    assert answer["verdict"] and answer["rules"] == []
    assert answer["counters"]["dma_transfer_count"] == 2 and answer["counters"]["hbm_read_bytes"] == 128 * 256 * 4
    assert abs(answer["counters"]["total_time"] * 1e6 - answer["time_us"]) < 1e-6


def test_the_same_candidate_has_the_same_answer(server: Server) -> None:
    first, second = server.ask({"id": 1, "source": RIGHT}, {"id": 2, "source": RIGHT})
    host = ("id",)
    assert {key: value for key, value in first.items() if key not in host} == {
        key: value for key, value in second.items() if key not in host}


def test_wrong_values_have_a_time_and_say_where(server: Server) -> None:
    answer = server.source(WRONG)
    assert answer["correct"] is False and answer["time_us"] > 0
    assert answer["failure"]["kind"] == "values"
    assert " of 32,768 elements are beyond 0.001; the largest error is at [" in answer["failure"]["message"]
    # |3.5 - 3| of 3, at elements above their root mean square; smaller ones are held to that.
    assert answer["max_relative_error"] == pytest.approx(0.5 / 3, rel=1e-5)
    assert server.source(WRONG, tolerance=0.2)["correct"] is True


@pytest.mark.parametrize(("text", "kind", "line", "message"), [
    (RIGHT.replace("    return out", "    return out +"), "load", 12, "SyntaxError"),
    (RIGHT.replace("op0=nl.multiply", "op0=nl.multiplied"), "rule", 9, "multiplied"),
    (RIGHT.replace("    return out", "    return {}[out]"), "exception", 12, "KeyError"),
    (RIGHT.replace("tile = nl.ndarray(x.shape", "tile = nl.ndarray((256, 128)"), "rule", None, "256"),
    (RIGHT.replace("(x, factor)", "(x)"), "arguments", None, "too many positional"),
    (HEAD + "def kernel(x, factor):\n    return x", "kernels", None, "no kernels"),
    (HEAD + "import sys\nsys.exit(0)", "load", None, "ends Python"),
    (RIGHT.replace("    return out", "    import sys; sys.exit(3)"), "exit", 12, "ends Python (3)"),
    (RIGHT.replace("    return out", "    import os; os._exit(0)"), "exit", None, "ended its process with 0"),
    (RIGHT.replace("    return out", "    import os; os.kill(os.getpid(), 11)"), "crash", None, "SIGSEGV"),
    (RIGHT.replace("    return out", "    import ctypes; ctypes.string_at(0)"), "crash", None, "SIGSEGV"),
    (RIGHT.replace("    return out", "    import os; os.closerange(3, 4096)"), "exit", None, "the candidate "),
    (RIGHT.replace("    nisa.dma_copy(out, tile)", "    pass"), "values", None, "output 0"),
    (RIGHT.replace("    return out", "    return (out, out)"), "values", None, "2 outputs in place of 1"),
    ("x = 1", "load", None, "does not say which function"),
])
def test_what_fails_says_why(server: Server, text: str, kind: str, line: int | None, message: str) -> None:
    answer = server.source(text)
    assert answer["correct"] is False
    assert answer["failure"]["kind"] == kind, answer["failure"]
    assert message in answer["failure"]["message"]
    if line is not None:
        assert (answer["failure"]["file"], answer["failure"]["line"]) == ("candidate.py", line)
    # The server is there, and nothing is left of it.
    assert server.source(RIGHT)["correct"] is True


def test_a_candidate_that_hangs_ends(server: Server) -> None:
    hanging = RIGHT.replace("    return out", "    while True: pass")
    hung, right = server.ask({"id": 1, "source": hanging, "time_limit": 1}, {"id": 2, "source": RIGHT})
    assert hung["failure"]["kind"] == "time" and hung["failure"]["message"] == "the candidate took longer than 1 s"
    assert right["correct"] is True


def test_a_candidate_leaves_nothing_to_the_next(server: Server) -> None:
    spoiling = RIGHT.replace("    return out", """
    import os, sys, numpy, types
    os.environ["NEURON_LOGICAL_NC_CONFIG"] = "7"
    os.chdir("/")
    sys.path.insert(0, "/nowhere")
    sys.modules["left_over"] = types.ModuleType("left_over")
    return out""")
    asking = RIGHT.replace("    return out", """
    import os, sys
    assert os.getcwd() != "/" and "/nowhere" not in sys.path and "left_over" not in sys.modules
    return out""")
    # Both workers.
    assert all(answer["correct"] for answer in server.ask(*[{"id": number, "source": spoiling} for number in range(4)]))
    assert all(answer["correct"] for answer in server.ask(*[{"id": number, "source": asking} for number in range(4)]))


def test_inputs_cannot_be_changed_for_the_next(server: Server) -> None:
    changing = RIGHT.replace("@nki.jit\ndef kernel", "@nki.jit\ndef inner") + """

def kernel(x, factor):
    x[:] = 0
    return inner(x, factor)
"""
    answer = server.source(changing)
    assert answer["failure"]["kind"] == "exception" and "read-only" in answer["failure"]["message"]
    assert server.source(RIGHT)["correct"] is True


def test_files_that_change_are_read_again(server: Server, tmp_path: Path) -> None:
    path, helper = tmp_path / "own.py", tmp_path / "helper_of_own.py"
    path.write_text(RIGHT.replace("@nki.jit", "from helper_of_own import FACTOR\n@nki.jit").replace("float(factor)", "FACTOR"))
    helper.write_text("FACTOR = 3.0\n")
    assert server.ask({"kernel": str(path)})[0]["correct"] is True
    helper.write_text("FACTOR = 99.0\n")
    answers = server.ask({"id": 1, "kernel": f"{path}:kernel"}, {"id": 2, "kernel": f"{path}:kernel"})
    assert [answer["correct"] for answer in answers] == [False, False]
    assert answers[0]["source"] == {"file": str(path), "line": 9}


def test_rules_are_told_on_request(server: Server) -> None:
    slow = HEAD + """@nki.jit
def kernel(x, factor):
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    for row in range(0, 128, 4):
        tile = nl.ndarray((4, 256), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[row:row + 4])
        nisa.tensor_scalar(tile, tile, op0=nl.multiply, operand0=float(factor))
        nisa.dma_copy(out[row:row + 4], tile)
    return out
"""
    answer = server.source(slow, rules=True)
    assert answer["correct"] is True
    assert answer["rules"] and set(answer["rules"][0]) == {"rule", "title", "how", "lines", "time_us", "change"}
    assert answer["rules"][0]["time_us"] < answer["time_us"]


@pytest.mark.parametrize(("request_", "message"), [
    ("{", "is no JSON"),
    ("[1]", "is an object of JSON"),
    ({"kernle": "a.py"}, "a request has no key 'kernle'"),
    ({"source": 3}, "'source' is 3"),
    ({"source": RIGHT, "rules": 1}, "'rules' is 1"),
])
def test_requests_that_are_wrong(server: Server, request_: Any, message: str) -> None:
    answer = server.ask(request_)[0]
    assert answer["failure"]["kind"] == "request" and message in answer["failure"]["message"]


def test_references_that_fail(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def get_inputs():\n    return [1.0]\n\ndef raises(x):\n    raise ValueError('no')\n\n"
                    "def ends(x):\n    import os\n    os._exit(1)\n")
    first, second, third = server.ask({"id": 1, "source": RIGHT, "reference": f"{path}:raises"},
                                      {"id": 2, "source": RIGHT, "reference": f"{path}:ends"},
                                      {"id": 3, "source": RIGHT, "reference": f"{path}:missing"})
    assert {answer["failure"]["kind"] for answer in (first, second, third)} == {"reference"}
    assert "ValueError: no" in first["failure"]["message"] and first["failure"]["line"] == 5
    assert "ended its process with 1" in second["failure"]["message"]
    assert "no function 'missing'" in third["failure"]["message"]


def test_references_get_inputs_as_they_are(server: Server, tmp_path: Path) -> None:
    """Of another library, with methods of its own; candidates get NumPy's arrays."""
    path = tmp_path / "library.py"
    path.write_text("""
import numpy as np

class Tensor:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array

    def times(self, factor):
        self.array *= factor
        return self

def get_inputs():
    return {"x": Tensor(np.ones((128, 32), np.float32)), "factor": 3}

def scaled(x, factor):
    return [x.times(factor)]
""")
    assert server.source(RIGHT, reference=f"{path}:scaled")["correct"] is True


def test_inputs_by_name(server: Server) -> None:
    answer = server.ask({"source": RIGHT, "inputs": {"x": "bfloat16[128, 64]"}, "arguments": {"factor": 3}, "reference": "other.py:tripled"})
    assert answer[0]["correct"] is True and answer[0]["counters"]["hbm_read_bytes"] == 128 * 64 * 2


def test_the_command_and_its_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reference.py").write_text("def doubled(x, factor=2):\n    return x.astype('float32') * 2\n")
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "crash.py").write_text(RIGHT.replace("    return out", "    import os; os.abort()"))
    shapes = ("--input", "x=bfloat16[128, 64]", "--param", "factor=2", "--reference", "reference.py:doubled")

    def command(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capfd.readouterr().out

    code, text = command("right.py:kernel", *shapes, "--json", "-")
    answer = json.loads(text)
    assert code == 0 and tuple(answer) == KEYS and answer["correct"] is True and answer["source"]["file"] == "right.py"
    code, text = command("right.py", *shapes, "--tolerance", "0", "--param", "factor=2.5", "--json", "answer.json")
    assert code == 3 and text.startswith("wrong: largest relative error ")
    assert json.loads((tmp_path / "answer.json").read_text())["failure"]["kind"] == "values"
    code, text = command("right.py", *shapes[:4])
    assert code == 0 and text.startswith("not compared: --reference FILE.py:FUNCTION")
    code, text = command("crash.py", *shapes)
    assert code == 2 and "fails\ncrash: the candidate ended by signal 6 (SIGABRT)" in text
    for wrong, message in (("none.py", "there is no file 'none.py'"), ("right.py:other", "has no function 'other'")):
        code, text = command(wrong, *shapes)
        assert code == 1 and message in text
    code, text = command("right.py", "--input", "x=bfloat17[2]")
    assert code == 1 and "there is no element type 'bfloat17'" in text


def test_requests_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text(REFERENCE)
    # The last line has no end.
    (tmp_path / "requests").write_text("\n".join(json.dumps({"id": name, "source": RIGHT}) for name in "ab"))
    with open(tmp_path / "requests") as requests:
        done = subprocess.run([sys.executable, "-m", "trnsim.evaluation", "--serve", "--reference", "reference.py:scaled", "--fresh"],
                              cwd=tmp_path, stdin=requests, stdout=subprocess.PIPE, text=True, env=environment(), timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and {(answer["id"], answer["correct"]) for answer in answers} == {("a", True), ("b", True)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_ended_takes_all_with_it(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "tmp").mkdir()
    server = Server(tmp_path, "--workers", "1", folder=str(tmp_path / "tmp"))
    assert server.source(RIGHT)["correct"] is True
    assert server.process.stdin is not None
    server.process.stdin.write(json.dumps({"source": RIGHT.replace("    return out", f"""
    import os
    open({str(tmp_path / "number")!r} + ".new", "w").write(str(os.getpid()))
    os.rename({str(tmp_path / "number")!r} + ".new", {str(tmp_path / "number")!r})
    while True: pass""")}) + "\n")
    server.process.stdin.flush()
    until((tmp_path / "number").exists)
    worker = int((tmp_path / "number").read_text())
    server.process.send_signal(number)
    assert server.process.wait(20) == (143 if number == signal.SIGTERM else -9)
    until(lambda: not is_running(worker))
    if number == signal.SIGTERM:
        assert list((tmp_path / "tmp").iterdir()) == []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(process: int) -> bool:
    """Whether there is a process that does anything: who waits to be asked how it ended does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(("given", "wanted", "correct", "largest"), [
    ([1.0, 2.0], [1.0, 2.0], True, 0.0),
    ([np.nan, np.inf, -np.inf], [np.nan, np.inf, -np.inf], True, 0.0),
    ([0.0, 0.0], [0.0, 0.0], True, 0.0),
    ([0.0, 1e-30], [0.0, 0.0], False, None),
    ([np.nan, 1.0], [1.0, 1.0], False, None),
    ([np.inf, 1.0], [-np.inf, 1.0], False, None),
    ([1.0, 1.0], [np.inf, 1.0], False, None),
    # Elements near zero are held to the root mean square, not to themselves.
    ([1e-4, 1.0], [0.0, 1.0], True, 1e-4 * 2 ** 0.5),
    ([1.1, 1.0], [1.0, 1.0], False, 0.1),
])
def test_how_far_values_are_apart(given: list[float], wanted: list[float], correct: bool, largest: float | None) -> None:
    verdict = compared([np.array(given, np.float32)], [np.array(wanted)], None)
    assert verdict.correct is correct
    assert verdict.largest == (None if largest is None else pytest.approx(largest, rel=1e-5))
    assert (verdict.reason is None) is correct


def test_large_outputs_are_compared_whole() -> None:
    wanted = np.ones((300, 300))
    given = wanted.copy()
    given[299, 298] = 2
    verdict = compared([given], [wanted], None)
    assert (verdict.correct, verdict.largest) == (False, 1.0)
    assert "1 of 90,000 elements" in str(verdict.reason) and "[299, 298]: 2.0 in place of 1.0" in str(verdict.reason)


def test_what_types_allow() -> None:
    assert allowed(np.dtype(np.float32)) == pytest.approx(1e-3, rel=1e-3)
    assert allowed(np.dtype(ml_dtypes.bfloat16)) == 1e-3 + 2 ** -7
    assert allowed(np.dtype(np.float16)) == 1e-3 + 2 ** -10
    assert allowed(np.dtype(np.int32)) == 0
    shape = compared([np.ones((2, 3))], [np.ones((3, 2))], None)
    assert (shape.correct, shape.largest, shape.reason) == (False, None, "output 0 has the shape [2, 3] in place of [3, 2]")
