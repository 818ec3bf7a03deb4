"""`neuronxcc`: the namespace of NKI's first API generation."""

import logging as _logging

# The vendor's package adds a level above all others, which scripts name after importing it.
if not hasattr(_logging, "OFF"):
    setattr(_logging, "OFF", _logging.CRITICAL + 10)

__version__ = "2.21.0"
