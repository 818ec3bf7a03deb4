"""`neuronxcc`: the namespace of NKI's first API generation."""

__version__ = "2.21.0"
