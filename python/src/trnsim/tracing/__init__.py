"""Turns a kernel's Python into a program: tensors, access patterns, instructions."""
