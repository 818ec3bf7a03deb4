"""Programs, sessions and files that nobody meant, from outside, as scripts and other languages meet them: each gives a message with its
place or right values, and no process dies."""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
from pathlib import Path

import pytest
from trnsim.core.library import find_library
from trnsim.core.tool import find_tool

HEAD = "trnsim program 1\nkernel p\ndependencies derived\n"
ENDLESS = HEAD + """\
tensor y: hbm output float32 [1, 8]
tensor t: sbuf float32 [1, 8] at partition 0 byte 0
register_move dst=r0 src=1
while_loop condition=r0
memset dst=t value=1.0 engine=vector
{body}end_loop
dma_copy dst=y src=t engine=sync
"""
PLACED_IN_HBM = HEAD + """\
tensor y: hbm output float32 [1, 8] at partition 0 byte 4
tensor t: sbuf float32 [1, 8] at partition 0 byte 0
memset dst=t value=2.5 engine=vector
dma_copy dst=y src=t engine=sync
"""
LARGE_INPUT = HEAD + """\
tensor x: hbm input bfloat16 [65536, 1024]
tensor y: hbm output bfloat16 [8, 1024]
tensor t: sbuf bfloat16 [8, 1024] at partition 0 byte 0
dma_copy dst=t src=x[0:8, :] engine=sync
dma_copy dst=y src=t engine=sync
"""
UNDEFINED = HEAD + """\
tensor x: hbm input float32 [128, 64]
tensor y: hbm output float32 [128, 64]
tensor z: hbm inout float32 [8, 8]
tensor a: sbuf float32 [128, 64] at partition 0 byte 0
tensor b: sbuf float32 [128, 64] at partition 0 byte 0x800
tensor i: sbuf int32 [8, 1] at partition 0 byte 0x1000
dma_copy dst=a src=x engine=sync
dma_copy dst=a[:, 1:64] src=a[:, 0:63] engine=sync
memset dst=i value=3 engine=vector
dma_copy dst=z.ap([[0, 8], [1, 8]]) src=a[0:8, 0:8] vector_offset=i indirect=dst dge_mode=swdge engine=gpsimd
tensor_copy dst=b src=a engine=vector
tensor_copy dst=b.ap([[0, 64]]) src=a engine=vector
dma_copy dst=y src=b engine=sync
dma_copy dst=y.ap([[32, 128], [1, 64]]) src=b engine=sync
"""
SELF_SEND = HEAD + """\
tensor x: hbm input float32 [8, 8]
tensor {name}: hbm output float32 [8, 8]
tensor a: sbuf float32 [8, 8] at partition 0 byte 0
tensor b: sbuf float32 [8, 8] at partition 0 byte 0x400
dma_copy dst=a src=x engine=sync
sendrecv dst=b src=a send_to_rank=1 recv_from_rank=1
dma_copy dst={name} src=b engine=sync
"""


def trnsim(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    tool = find_tool()
    assert tool is not None
    # Continuous integration says CI, where baselines are not written.
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run([tool, *arguments], cwd=folder, capture_output=True, text=True, check=False,
                          env={**inherited, "COLUMNS": "200", **environment})


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


# Programs


@pytest.mark.parametrize("body, budget, message", [
    ("", "2G", "p.trn:7:1: error: invalid value: the loop never ends"),
    ("register_alu dst=r0 op=add src0=r0 src1=1\n", "8M", "p.trn:7:1: error: host memory"),
])
@pytest.mark.parametrize("mode", [[], ["--timing-only"]])
def test_loops_without_end(body, budget, message, mode, tmp_path) -> None:
    found = trnsim(tmp_path, "run", write(tmp_path, "p.trn", ENDLESS.format(body=body)), *mode, "--memory", budget)
    assert found.returncode in (1, 2) and message in found.stderr, found.stderr
    assert "help:" in found.stderr


def test_places_of_what_is_in_hbm(tmp_path) -> None:
    found = trnsim(tmp_path, "run", write(tmp_path, "p.trn", PLACED_IN_HBM))
    assert found.returncode == 1 and "p.trn:4:37: error: 'y' is in hbm and has no place on chip" in found.stderr


def test_values_beyond_the_memory(tmp_path) -> None:
    program = write(tmp_path, "p.trn", LARGE_INPUT)
    found = trnsim(tmp_path, "run", program, TRNSIM_MEMORY="100M")
    assert found.returncode == 1 and "error: the values need about" in found.stderr and "TRNSIM_MEMORY" in found.stderr
    assert trnsim(tmp_path, "run", program, "--timing-only", TRNSIM_MEMORY="100M").returncode == 0


def test_what_one_instruction_leaves_undefined(tmp_path) -> None:
    program = write(tmp_path, "p.trn", UNDEFINED)
    found = trnsim(tmp_path, "run", program)
    assert found.returncode == 0
    assert [f"p.trn:{line}:1: {what}" in found.stdout for line, what in (
        (11, "'dst' overlaps"), (13, "rows 0 and 1 go to the same place"), (15, "'dst' names bytes twice"),
        (17, "'dst' names bytes twice"))] == [True] * 4, found.stdout
    strict = trnsim(tmp_path, "run", program, TRNSIM_STRICT="1")
    assert strict.returncode == 2 and "undefined result: 'dst' overlaps" in strict.stderr


def test_a_core_that_sends_to_itself(tmp_path) -> None:
    names = [write(tmp_path, f"{core}.trn", SELF_SEND.format(name=f"h{core}")) for core in (0, 1)]
    found = trnsim(tmp_path, "run", *names, "--lnc", "2")
    assert found.returncode == 0 and "sends to itself" in found.stdout
    assert trnsim(tmp_path, "run", *names, "--lnc", "2", TRNSIM_STRICT="1").returncode == 2


# Sessions of the C interface


def program(columns: int) -> bytes:
    return (HEAD + f"tensor y: hbm output float32 [1, {columns}]\ntensor t: sbuf float32 [1, {columns}] at partition 0 byte 0\n"
            "memset dst=t value=2.5 engine=vector\ndma_copy dst=y src=t engine=sync\n").encode()


class Session:
    """A session by the bare C functions, with a caller's array of 1 MiB."""

    SIZE = 1 << 20

    def __init__(self) -> None:
        library = find_library()
        assert library is not None
        self._library = ctypes.CDLL(library)
        pointer, size = ctypes.c_void_p, ctypes.c_uint64
        for name, result, arguments in (("new", pointer, []), ("free", None, [pointer]),
                                        ("load", ctypes.c_int32, [pointer, ctypes.c_char_p, size, ctypes.c_char_p]),
                                        ("bind", ctypes.c_int32, [pointer, ctypes.c_char_p, pointer, size]),
                                        ("run", ctypes.c_int32, [pointer]),
                                        ("advance", ctypes.c_int32, [pointer, ctypes.c_int64]),
                                        ("read", ctypes.c_int32, [pointer, ctypes.c_int64, pointer, size, pointer])):
            function = getattr(self._library, f"trnsim_session_{name}")
            function.restype, function.argtypes = result, arguments
        self._session = self._library.trnsim_session_new()
        self.array = ctypes.create_string_buffer(b"\x55" * self.SIZE, self.SIZE)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.trnsim_session_free(self._session)

    def call(self, name: str, *arguments: object) -> int:
        return int(getattr(self._library, f"trnsim_session_{name}")(self._session, *arguments))

    def load(self, text: bytes, count: int | None = None) -> int:
        return self.call("load", text, len(text) if count is None else count, b"p.trn")

    @property
    def beyond(self) -> int:
        """Bytes that were written behind the first 32."""
        return self.SIZE - 32 - self.array.raw[32:].count(b"\x55")


@pytest.mark.parametrize("execute", [("run",), ("advance", -1)])
def test_an_array_of_the_program_before_is_not_written(execute) -> None:
    with Session() as session:
        assert session.load(program(8)) == 0
        assert session.call("bind", b"y", session.array, 32) == 0
        assert session.load(program(4096)) == 0
        session.call(*execute)
        assert session.beyond == 0


def test_reads_give_what_the_last_program_has() -> None:
    with Session() as session:
        assert session.load(program(4096)) == 0 and session.call("run") == 0
        assert session.load(program(8)) == 0
        session.call("read", 0, session.array, 32, None)
        assert session.beyond == 0


def test_an_empty_program_behind_one_that_ran() -> None:
    with Session() as session:
        assert session.load(program(8)) == 0 and session.call("advance", -1) == 0
        assert session.load(HEAD.encode()) == 0
        session.call("advance", -1)


def test_a_length_that_no_text_has() -> None:
    with Session() as session:
        assert session.load(program(8), 2**64 - 1) == 1


# Files


def test_a_file_that_grows_too_large_leaves_nothing(tmp_path) -> None:
    command = f'ulimit -f 8; "{find_tool()}" run matmul --output-dir o'
    found = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 1 and "error: cannot write: File too large" in found.stderr
    assert not (tmp_path / "o").exists() or list((tmp_path / "o").iterdir()) == []


def test_modes_and_links_stay(tmp_path) -> None:
    private = tmp_path / write(tmp_path, "private.json", "x")
    private.chmod(0o600)
    target = tmp_path / write(tmp_path, "target.json", "x")
    (tmp_path / "link.json").symlink_to("target.json")
    for name in ("private.json", "link.json"):
        assert trnsim(tmp_path, "run", "softmax", "--json", name).returncode == 0
    assert stat.S_IMODE(private.stat().st_mode) == 0o600 and private.read_text().startswith("{")
    assert (tmp_path / "link.json").is_symlink() and target.read_text().startswith("{")


def test_an_input_is_not_overwritten(tmp_path) -> None:
    assert trnsim(tmp_path, "emit", "rope", "--param", "tokens=8", "-o", "p.trn").returncode == 0
    before = (tmp_path / "p.trn").read_bytes()
    found = trnsim(tmp_path, "run", "p.trn", "--trace", "p.trn")
    assert found.returncode == 1 and "--trace would overwrite it" in found.stderr
    assert (tmp_path / "p.trn").read_bytes() == before


def test_another_baseline_keeps_this_one_s_programs(tmp_path) -> None:
    entries = "  - {kernel: softmax, name: a}\n", "  - {kernel: silu, name: b}\n"
    write(tmp_path, "s.yaml", "suite: l\nentries:\n" + "".join(entries))
    assert trnsim(tmp_path, "update", "s.yaml").returncode == 0
    kept = sorted(path.name for path in (tmp_path / "s.baseline").iterdir())
    write(tmp_path, "s.yaml", "suite: l\nentries:\n" + entries[0])
    assert trnsim(tmp_path, "update", "s.yaml", "--baseline", "other.json").returncode == 0
    assert len(kept) == 2 and sorted(path.name for path in (tmp_path / "s.baseline").iterdir()) == kept


def test_another_baseline_leaves_the_comparison_with_this_one(tmp_path) -> None:
    assert trnsim(tmp_path, "emit", "silu", "-o", "q.trn").returncode == 0
    write(tmp_path, "t.yaml", "suite: l\nentries:\n  - program: q.trn\n")
    assert trnsim(tmp_path, "update", "t.yaml").returncode == 0
    lines = (tmp_path / "q.trn").read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "activation dst" in line)
    write(tmp_path, "q.trn", "".join([*lines[:at], lines[at], *lines[at:]]))
    assert trnsim(tmp_path, "update", "t.yaml", "--baseline", "other.json").returncode == 0
    found = trnsim(tmp_path, "check", "t.yaml")
    assert found.returncode == 2 and "1 instruction added" in found.stdout
