"""`nki.compiler`: switches of the compiler, of which those that the simulator's scheduling knows have an effect."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...record.context import tracing
from ...tensor.spaces import MemoryRegion, PlacedRegion


class _Region:
    """`ncc.sbuf` and `ncc.psum`: memories with a rule for addresses."""

    def __init__(self, region: MemoryRegion) -> None:
        self.region = region

    def alloc(self, function: Callable[..., Any]) -> PlacedRegion:
        """Addresses by a function of block, partition extent and bytes."""
        return PlacedRegion(self.region, function)

    def mod_alloc(self, *, base_addr: int = 0, base_bank: int = 0, base_partition: int = 0,
                  num_par_tiles: Any = (), num_free_tiles: Any = (), **_: Any) -> PlacedRegion:
        """Blocks in turn on a fixed number of places."""
        return PlacedRegion(self.region, None, (base_addr, base_bank, base_partition, tuple(num_par_tiles),
                                                tuple(num_free_tiles)))

    def auto_alloc(self) -> MemoryRegion:
        return self.region


sbuf = _Region(MemoryRegion.sbuf)
psum = _Region(MemoryRegion.psum)


def _accepts(function: Any = None, **_: Any) -> Any:
    if function is None:
        return functools.partial(_accepts)
    return function


def skip_middle_end_transformations(function: Any = None) -> Any:
    """Lets the compiler schedule a kernel of the first API generation, but not merge the passes of its loops."""
    if function is None:
        return skip_middle_end_transformations
    # A kernel or the plain function, whichever decorator comes first; wrappers of the kernel keep the function.
    getattr(function, "func", function).skips_middle_end = True
    return function


def force_auto_alloc(function: Any = None) -> Any:
    """Lets the compiler place tensors whatever the kernel says; here the kernel's addresses hold."""
    if function is None:
        return force_auto_alloc
    getattr(function, "func", function).is_placed_anew = True
    return function


enable_stack_allocator = _accepts


class AddressRotation(Enum):
    """Whether tensors on chip that the author did not place get the place that has been free for longest."""

    #: They do, as kernels without a configuration (trnsim: rotate).
    AUTO = "auto"
    #: They do.
    ENABLE = "enable"
    #: They get the first place with room (trnsim: first-fit; that the compiler packs then is assumed).
    DISABLE = "disable"


@dataclass(frozen=True)
class CompileConfig:
    """Options of the compiler; of these `address_rotation` has an effect here."""

    address_rotation: AddressRotation = AddressRotation.AUTO
    non_ssa_legalization: bool = False
    dead_code_elim: bool = False
    barrier_check: bool = False
    prefetch_auto: bool = False
    nki_alloc_fallback: bool = True


@dataclass(frozen=True)
class SpecializationConfig:
    """Options of the specialization."""

    #: Whether kernels inside of this one may have another configuration, which then has no effect, or are refused.
    allow_nested_config_override: bool = False


class no_reorder:
    """A block whose instructions keep their order, wherever they are written (the block is dynamically scoped)."""

    def __init__(self) -> None:
        self._scope = -1

    def __enter__(self) -> None:
        current = tracing()
        if current is not None:
            self._scope = current.program.open_scope("no_reorder", "ordered")

    def __exit__(self, *_: object) -> None:
        current = tracing()
        if current is not None:
            current.program.close_scope(self._scope)


__all__ = ["AddressRotation", "CompileConfig", "SpecializationConfig", "enable_stack_allocator", "force_auto_alloc", "no_reorder",
           "psum", "sbuf", "skip_middle_end_transformations"]
