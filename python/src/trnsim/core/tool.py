"""The command-line tool, for what runs in processes of its own."""

from trnsim_tool import find_tool

__all__ = ["find_tool"]
