# Written by `python -m trnsim.stubs`; not to be edited.
