"""Environment variables that the code reads, and settings of the C interface."""

from __future__ import annotations

import re

from .pages import ROOT, cell, code, head, table

#: Variables: values, and what they do. What the code reads and this lacks is an error, and the other way round.
VARIABLES: dict[str, tuple[str, str]] = {
    "TRNSIM_MEMORY": ("`512M`, `4G`, bytes", "the memory that a process may use, in place of the host's and the control group's limit"),
    "TRNSIM_PYTHON": ("a file", "the Python that records kernels of scripts; `python3` without it"),
    "TRNSIM_CORE": ("a file", "the library of the core (`libtrnsimcore.so`) that Python loads"),
    "TRNSIM": ("a file", "the command-line tool that Python starts"),
    "TRNSIM_STRICT": ("`1`", "notes of a run are errors: undefined results and reads, outputs that are not written, races of cores, and "
                             "what the first generation's compiler refuses"),
    "TRNSIM_TRACEBACK": ("`all`", "tracebacks of kernels with the simulator's own frames"),
    "TRNSIM_MODE": ("`both`, `values`, `timing`", "what kernels of Python compute"),
    "TRNSIM_SCHEDULE": ("`program`, `compiler`", "who orders instructions of Python's kernels"),
    "TRNSIM_DESCRIPTORS": ("`prepared`, `generated`", "who makes descriptors of kernels of `neuronxcc.nki`"),
    "TRNSIM_ALLOCATION": ("`rotate`, `first-fit`, `infinite`", "how Python's kernels place tensors; `infinite`: no place is used twice, and values without time where that has no room"),
    "TRNSIM_TRACE": ("a file", "the Perfetto trace of Python's last kernel"),
    "TRNSIM_TRACE_DETAIL": ("`lean`, `full`", "what it shows"),
    "TRNSIM_TRACE_FLOWS": ("`none`, `cross`, `critical`, `all`", "its arrows"),
    "TRNSIM_TRACE_WINDOW": ("`10us..12us`", "its part of the time"),
    "TRNSIM_CACHE": ("`0`, `1`, `verify`", "whether traces of launches are kept for the next launch, or traced again and compared"),
    "TRNSIM_MX_SCALE": ("`doubled`, `ocp`", "scales of MX: those of NKI 0.5 and later, or of 0.4 and before"),
    "TRNSIM_INVARIANTS": ("any", "invariants that cost more than a comparison are checked too"),
    "TRNSIM_PERFETTO_UI": ("a directory", "a copy of Perfetto's viewer for `trnsim open`"),
    "NKI_SIMULATOR": ("`1`", "with the wheel: `import nki` of any Python is the simulator's"),
    "NKI_PRECISE_FP": ("`0`", "values as if bfloat16 and 8-bit floats were float32"),
    "NKI_NC_VERSION": ("`2`, `3`, `4`", "the NeuronCore's version, as the vendor's simulator takes it"),
    "NEURON_PLATFORM_TARGET_OVERRIDE": ("`trn1`, `trn2`, `trn3`, a file", "the machine of Python's kernels"),
    "NEURON_LOGICAL_NC_CONFIG": ("`1`, `2`", "logical cores of kernels without brackets"),
    "TRNSIM_WHEEL_TAG": ("`cpython`", "a wheel that is built from the sources is for one Python, not for all"),
    "CI": ("any", "`trnsim update` refuses to accept numbers"),
    "GITHUB_ACTIONS": ("`true`", "`check` writes annotations and a step summary"),
    "GITHUB_STEP_SUMMARY": ("a file", "where the summary goes"),
    "COLUMNS": ("a number", "width of what is printed, where there is no terminal"),
    "NO_COLOR": ("any", "no colours"),
    "TERM": ("`dumb`", "no colours"),
}
#: What is read for other programs' sake, or is set for processes that are started.
OTHERS = {"PYTHONPATH", "INPUT_SPECS"}
_NAME = re.compile(r'"((?:TRNSIM|NKI|NEURON)_[A-Z_]+|TRNSIM|CI|COLUMNS|NO_COLOR|TERM|GITHUB_[A-Z_]+)"')
_FAMILIES = re.compile(r"environ|getenv|environment|_ENVIRONMENT|variable|TRNSIM_|NKI_|os\.env")


def _read() -> set[str]:
    """Variables that lines of the code name which are about the environment."""
    found: set[str] = set()
    files = [*(ROOT / "Sources").rglob("*.swift"), *(ROOT / "python/src").rglob("*.py"), ROOT / "python/setup.py"]
    for path in files:
        for line in path.read_text(encoding="utf-8").split("\n"):
            if _FAMILIES.search(line):
                found.update(_NAME.findall(line))
    return found


def page() -> str:
    read = _read()
    # Traces' three are made of their names.
    missing, stale = read - VARIABLES.keys() - OTHERS, {name for name in VARIABLES if name not in read} - {
        "TRNSIM_TRACE_DETAIL", "TRNSIM_TRACE_FLOWS", "TRNSIM_TRACE_WINDOW"}
    if missing or stale:
        raise SystemExit(f"Scripts/reference/variables.py: lacks {sorted(missing)}; nobody reads {sorted(stale)}")
    lines = head("Environment and settings", "Options of a command and arguments in Python come before variables.")
    lines += ["## Variables", "", *table(["variable", "values", "what"], [[code(name), values, cell(text)]
                                                                          for name, (values, text) in VARIABLES.items()])]
    header = (ROOT / "Sources/CInterface/trnsim.h").read_text(encoding="utf-8")
    comment = re.search(r"/\*((?:(?!\*/).)*)\*/\s*int32_t trnsim_session_set\(", header, re.DOTALL)
    if comment is None:
        raise SystemExit("Sources/CInterface/trnsim.h: trnsim_session_set has no comment")
    text = "\n".join(line.strip().removeprefix("* ").removeprefix("*").rstrip() for line in comment[1].strip().split("\n"))
    lines += ["## Settings of a session", "", "`trnsim_session_set` of the C interface; options of `trnsim run` and of Python are called "
              "alike.", "", "```text", text, "```", ""]
    return "\n".join(lines)
