"""Samples of every operation of nki.isa, by families."""
