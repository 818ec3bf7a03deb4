"""Functions of `nki.language`, as instructions. With this room, tensors and registers have who records their operators."""

from . import recording as recording
