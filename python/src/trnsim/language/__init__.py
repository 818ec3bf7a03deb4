"""Functions of `nki.language`, as instructions."""
