"""Parameters, scopes, outputs. Lines that are wrong end with `# wrong`."""

from __future__ import annotations

from typing import Any

import neuronxcc.nki as nki
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import neuronxcc.nki.typing as nt
from first_generation_errors.cases import X, case
from first_generation_errors.tensors import stored_first
from neuronxcc.nki.language import par_dim


def copied_first() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, nl.load(x) + 1)
        return out

    return kernel(X.copy())


@case("cannot_update_immutable_parameter", copied_first)
def parameter_written() -> Any:
    @nki.jit
    def kernel(x):
        nl.store(x, nl.load(x) + 1)  # wrong
        return x

    return kernel(X.copy())


def mutable_returned() -> Any:
    @nki.jit
    def kernel(x: nt.mutable_tensor):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x) + 1
        nl.store(out, tile)
        nl.store(x, tile)
        return out, x

    return kernel(X.copy())


@case("mutable_parameter_not_returned", mutable_returned)
def mutable_not_returned() -> Any:
    @nki.jit
    def kernel(x: nt.mutable_tensor):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x) + 1
        nl.store(out, tile)
        nl.store(x, tile)  # wrong
        return out

    return kernel(X.copy())


def declared_before() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(4):
            tile = nl.ndarray((128, 64), x.dtype, buffer=nl.sbuf)
            if i < 2:
                tile[...] = nl.load(x)
            else:
                tile[...] = nl.exp(nl.load(x))
            nl.store(out[i], tile)
        total = nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)
        for i in nl.sequential_range(4):
            total[...] = total + nl.load(x)
        nl.store(out[0], total)
        return out

    return kernel(X)


@case("local_variable_used_out_of_scope", declared_before)
def used_behind_its_loop() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        total = nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)
        for i in nl.sequential_range(4):
            total = total + nl.load(x)  # wrong
        nl.store(out, total)  # wrong
        return out

    return kernel(X)


@case("local_variable_used_out_of_scope", declared_before)
def used_behind_its_branch() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(4):
            if i < 2:
                tile = nl.load(x)
            else:
                tile = nl.exp(nl.load(x))
            nl.store(out[i], tile)  # wrong
        return out

    return kernel(X)


def inlined() -> Any:
    @nki.jit
    def inner(x, out):
        nl.store(out, nl.load(x))

    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        inner(x, out)
        return out

    return kernel(X)


@case("nested_kernel_with_spmd_grid", inlined)
def nested_with_a_grid() -> Any:
    @nki.jit
    def inner(x, out):
        nl.store(out, nl.load(x))

    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        inner[4, 4](x, out)  # wrong
        return out

    return kernel(X)


@case("nki_api_outside_of_nki_kernel")
def outside() -> Any:
    return nl.zeros((128, 64), nl.float32, buffer=nl.sbuf)  # wrong


def shared_at_the_top() -> Any:
    @nki.jit
    def kernel(x, training=True):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        if training:
            more = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
            nl.store(more, nl.load(x))
        nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_in_a_loop() -> Any:
    @nki.jit
    def kernel(x):
        for i in nl.affine_range(1):
            out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)  # wrong
            nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_under_a_condition() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        if nl.program_id(0) >= 0:
            more = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)  # wrong
            nl.store(more, nl.load(x))
        nl.store(out, nl.load(x))
        return out

    return kernel[1](X)


@case("shared_hbm_must_in_kernel_level", shared_at_the_top)
def shared_in_a_function() -> Any:
    def output(x):
        return nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)  # wrong

    @nki.jit
    def kernel(x):
        out = output(x)
        nl.store(out, nl.load(x))
        return out

    return kernel(X)


@case("tensor_output_not_written_to", stored_first)
def never_stored() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.load(x)
        for i in nl.affine_range(64 // 128):
            nl.store(out, nl.load(x))
        return out

    return kernel(X)


def written_in_order() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        total = nl.ndarray((par_dim(128), 64), x.dtype, buffer=nl.sbuf)
        for i in nl.affine_range(4):
            nl.store(out[i], value=0.0)
        for i in nl.sequential_range(4):
            total[...] = nl.load(x)
            nl.store(out[0], total)
        product = nl.zeros((64, 64), nl.float32, buffer=nl.psum)
        for i in nl.affine_range(4):
            tile = nl.load(x)
            product[...] += nisa.nc_matmul(tile, tile)
        nl.store(out[1, 0:64, :], product)
        return out

    return kernel(X)


@case("unexpected_output_dependencies", written_in_order)
def written_by_each_pass() -> Any:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 64), x.dtype, buffer=nl.shared_hbm)
        tile = nl.load(x)
        for i in nl.affine_range(4):
            nl.store(out[0], tile)  # wrong
        nl.store(out[1], tile)
        nl.store(out[2], tile)
        nl.store(out[3], tile)
        return out

    return kernel(X)
