"""The version of the package, and the generation of NKI that it follows."""

from pathlib import Path

#: That of the command-line tool too, which is built from the same file.
__version__ = Path(__file__).with_name("VERSION").read_text(encoding="ascii").strip()

#: The release of `nki.*` whose signatures the package has (Neuron SDK 2.32).
NKI_VERSION = "0.6.0"
