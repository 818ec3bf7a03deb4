# Written by `python -m trnsim.stubs`; not to be edited.
from trnsim.neuronxcc.nki.compiler import *
