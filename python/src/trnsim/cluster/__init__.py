"""Sweeps on several hosts: shards and where results go."""
