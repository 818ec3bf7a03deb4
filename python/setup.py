"""Builds the simulator's core into the package where Swift and its sources are at hand.

Without them the package installs all the same and finds a core when it runs: TRNSIM_CORE, TRNSIM or trnsim in PATH.
"""

import os
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(HERE)
LIBRARY = "libtrnsimcore.dylib" if sys.platform == "darwin" else "libtrnsimcore.so"

#: `NKI_SIMULATOR=1 python script.py` works without changes to the script.
HOOK = ('import os; os.environ.get("NKI_SIMULATOR") == "1" and '
        '__import__("trnsim.hooks", fromlist=["install"]).install()\n')


def core():
    """The path of a core to ship, built if need be; None if there is none."""
    given = os.environ.get("TRNSIM_CORE")
    if given:
        return given
    if not os.path.isfile(os.path.join(SOURCES, "Package.swift")) or not shutil.which("swift"):
        return None
    build = ["swift", "build", "-c", "release", "--product", "trnsimcore", "--package-path", SOURCES]
    if subprocess.run(build, check=False).returncode != 0:
        raise SystemExit("error: the simulator's core was not built\n"
                         "  help: Scripts/install-packages installs what it needs (libzstd and SQLite with their headers); "
                         "TRNSIM_CORE=/path/to/libtrnsimcore.so takes one that is built")
    shown = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path", "--package-path", SOURCES],
                           check=True, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), LIBRARY)


class Build(build_py):
    def run(self):
        super().run()
        with open(os.path.join(self.build_lib, "trnsim-nki.pth"), "w", encoding="utf-8") as file:
            file.write(HOOK)
        library = core()
        if library is None:
            print("trnsim: no Swift sources beside the package: its core is looked for when it runs", file=sys.stderr)
            return
        shutil.copy(library, os.path.join(self.build_lib, "trnsim", "core", LIBRARY))


def commands():
    found = {"build_py": Build}
    try:
        from setuptools.command.bdist_wheel import bdist_wheel
    except ImportError:
        from wheel.bdist_wheel import bdist_wheel

    class Wheel(bdist_wheel):
        """The library makes the wheel one of this platform, for every Python."""

        def finalize_options(self):
            super().finalize_options()
            self.root_is_pure = False

        def get_tag(self):
            return "py3", "none", super().get_tag()[2]

    found["bdist_wheel"] = Wheel
    return found


setup(cmdclass=commands())
