"""The trace that is going on: its places, operands and records of a binary program."""
