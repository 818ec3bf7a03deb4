"""Builds the simulator's library and tool into the package, with the libraries that they need, and compiles the recorder.

Swift and the simulator's sources must be at hand, or TRNSIM_CORE names a library that is built, with the tool beside it.

A wheel is one for every Python, with extension modules for the one that made it; with TRNSIM_WHEEL_TAG=cpython it is for that
one alone, and an error without a C compiler: what a release has (Scripts/make-wheels).
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

ONE_PYTHON = os.environ.get("TRNSIM_WHEEL_TAG") == "cpython"

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(HERE)
LIBRARY = "libtrnsimcore.dylib" if sys.platform == "darwin" else "libtrnsimcore.so"
TOOL = "trnsim"

#: `NKI_SIMULATOR=1 python script.py` works without changes to the script.
HOOK = ('import os; os.environ.get("NKI_SIMULATOR") == "1" and '
        '__import__("trnsim.hooks", fromlist=["install"]).install()\n')

#: What every Linux has that a wheel's tag admits: the manylinux policies' list (PEP 600), as far as it is met here.
OF_THE_SYSTEM = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|z))\.so(\.\d+)*")
#: Other libraries' names get this, so that no other package's library of the same name is taken for them in one process.
MARK = "-trnsim"

#: What every instruction that a kernel records goes through; mypyc makes extension modules of these.
RECORDER = ("places", "core/machine", "isa/compute", "isa/dma", "isa/operators", "isa/reduce",
            *(f"record/{name}" for name in ("allocate", "context", "encoding", "operand", "operations", "program", "psum", "recorder")),
            *(f"tensor/{name}" for name in ("arithmetic", "geometry", "indexing", "indices", "shapes", "storage", "view")))


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def built():
    """The directory with library and tool, built if need be."""
    given = os.environ.get("TRNSIM_CORE")
    if given:
        return os.path.dirname(os.path.abspath(given))
    if not os.path.isfile(os.path.join(SOURCES, "Package.swift")):
        raise SystemExit("error: the simulator's Swift sources are not beside the Python package\n"
                         "  help: install from the whole repository, install a wheel, or set TRNSIM_CORE=/path/to/" + LIBRARY)
    if not shutil.which("swift"):
        raise SystemExit("error: swift is not installed, and the simulator's core is written in it\n"
                         "  help: install Swift 6.2 or newer (https://www.swift.org/install), install a wheel, or set "
                         "TRNSIM_CORE=/path/to/" + LIBRARY)
    build = ["swift", "build", "-c", "release", "--package-path", SOURCES]
    for product in (TOOL, "trnsimcore"):
        if subprocess.run([*build, "--product", product], check=False).returncode != 0:
            raise SystemExit("error: the simulator's core was not built\n  help: Scripts/install-packages installs what it "
                             "needs; TRNSIM_CORE=/path/to/" + LIBRARY + " takes one that is built")
    return run(*build, "--show-bin-path").strip()


def needed(path):
    """The libraries that a program loads, by name, apart from the system's: where they are here."""
    found = {}
    for name, place in re.findall(r"^\s*(\S+) => (.+?)(?: \(0x\w+\))?$", run("ldd", path), re.MULTILINE):
        if OF_THE_SYSTEM.fullmatch(name):
            continue
        if not os.path.isfile(place):
            raise SystemExit(f"error: {os.path.basename(path)} needs {name}, which is {place}")
        found[name] = place
    return found


def stripped(source, target):
    """Copies a program without its debugging symbols."""
    beside_swift = os.path.join(os.path.dirname(os.path.realpath(shutil.which("swift") or "")), "llvm-objcopy")
    strip = next(filter(None, map(shutil.which, ["objcopy", "llvm-objcopy", beside_swift])), None)
    if strip is None:
        raise SystemExit("error: there is no objcopy to remove debugging symbols with\n  help: install binutils")
    run(strip, "--strip-unneeded", source, target)
    os.chmod(target, 0o755)


def bundle(products, folder):
    """Puts library, tool and all that they load into a folder, where they find each other wherever it is."""
    libraries = {}
    for product in products:
        libraries.update(needed(product))
    # The toolchain's own are nobody else's.
    of_swift = {name for name, place in libraries.items()
                if os.path.exists(os.path.join(os.path.dirname(place), "libswiftCore.so"))}
    names = {name: name if name in of_swift else name.replace(".so", MARK + ".so", 1) for name in libraries}
    places = [(product, os.path.basename(product)) for product in products]
    places += [(place, names[name]) for name, place in libraries.items()]
    renamed = [(name, new) for name, new in names.items() if name != new]
    for source, name in places:
        target = os.path.join(folder, name)
        stripped(os.path.realpath(source), target)
        # DT_RPATH, which LD_LIBRARY_PATH does not override: another Swift's runtime is never mixed in.
        options = ["--force-rpath", "--set-rpath", "$ORIGIN"]
        if name.endswith(".so") or ".so." in name:
            options += ["--set-soname", name]
        for old, new in renamed:
            options += ["--replace-needed", old, new]
        run("patchelf", *options, target)


def platform_tag(folder):
    """`manylinux_2_35_x86_64`: the oldest glibc that has all symbols that the programs in a folder and below name."""
    newest = (2, 17)
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                content = file.read()
            if content[:4] == b"\x7fELF":
                for major, minor in re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?=[.\d]*\0)", content):
                    newest = max(newest, (int(major), int(minor)))
    return "manylinux_{}_{}_{}".format(*newest, os.uname().machine)


def missing_for_c():
    """What is missing to compile C for this Python; empty if nothing is."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler):
        return f"there is no C compiler ({compiler})"
    if not os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")):
        return "Python's C headers are missing (Debian: python3-dev)"
    return ""


def compile_recorder(folder):
    """Puts extension modules of this Python beside the recorder's sources, which other Pythons take instead."""
    missing = missing_for_c()
    if missing and ONE_PYTHON:
        raise SystemExit(f"error: {missing}, and a wheel for one Python has its recorder compiled")
    if missing:
        print(f"note: {missing}: recording is not compiled, and kernels of many instructions take longer to trace",
              file=sys.stderr)
        return
    files = [os.path.join("trnsim", f"{name}.py") for name in RECORDER]
    subprocess.run([sys.executable, "-m", "mypyc", "--ignore-missing-imports", "--follow-imports=silent", *files], check=True,
                   cwd=folder, env={**os.environ, "MYPYC_OPT_LEVEL": "3", "MYPYC_DEBUG_LEVEL": "0"})
    for left in ("build", ".mypy_cache"):
        shutil.rmtree(os.path.join(folder, left), ignore_errors=True)
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith(sysconfig.get_config_var("EXT_SUFFIX")):
                module = os.path.join(path, name)
                stripped(module, module)


class Build(build_py):
    def run(self):
        # What an earlier build left there would be part of this one.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        with open(os.path.join(self.build_lib, "trnsim-nki.pth"), "w", encoding="utf-8") as file:
            file.write(HOOK)
        directory = built()
        products = [os.path.join(directory, name) for name in (LIBRARY, TOOL)]
        # With TRNSIM_CORE the tool may be missing; the library is what was asked for.
        products = [path for path in products if path.endswith(LIBRARY) or os.path.isfile(path)]
        folder = os.path.join(self.build_lib, "trnsim", "core")
        if sys.platform == "linux":
            bundle(products, folder)
        else:
            for product in products:
                shutil.copy(product, folder)
        # Who edits the sources runs them as they are.
        if not self.editable_mode:
            compile_recorder(self.build_lib)


class OfPlatform(Distribution):
    """Library and tool make it one of this platform, although setuptools compiles neither."""

    def has_ext_modules(self):
        return True


def commands():
    found = {"build_py": Build}
    try:
        from setuptools.command.bdist_wheel import bdist_wheel
    except ImportError:
        from wheel.bdist_wheel import bdist_wheel

    class Wheel(bdist_wheel):
        """One wheel for every Python, or for this one."""

        def get_tag(self):
            folder = self.get_finalized_command("build_py").build_lib
            python, abi, platform = super().get_tag()
            if not ONE_PYTHON:
                python, abi = "py3", "none"
            return python, abi, platform_tag(folder) if sys.platform == "linux" else platform

    found["bdist_wheel"] = Wheel
    return found


setup(cmdclass=commands(), distclass=OfPlatform)
