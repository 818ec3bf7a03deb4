"""The version of the package, and the generation of NKI that it follows."""

__version__ = "0.1.0"

#: The release of `nki.*` whose signatures the package has (Neuron SDK 2.32).
NKI_VERSION = "0.6.0"
