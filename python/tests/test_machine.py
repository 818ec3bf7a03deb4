"""The machine that a kernel is made for: everything that the front end knows of it comes from its configuration."""

from __future__ import annotations

from pathlib import Path

import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from nki.isa import nc_version
from trnsim.core.machine import machine
from trnsim.errors import NkiValidationError

CONFIGURATIONS = Path(__file__).resolve().parents[2] / "hwconfigs"
RNG = np.random.default_rng(3)


def test_limits_are_those_of_the_configurations() -> None:
    trn2, trn3 = machine("trn2"), machine("trn3")
    assert (machine("trn1").generation, trn2.generation, trn3.generation) == (2, 3, 4)
    assert (machine("trn1").sbuf_bytes, trn2.sbuf_bytes, trn3.sbuf_bytes) == (180_224, 212_728, 245_496)
    assert trn2.bank_elements == 512 and trn2.banks == 8 and trn2.partitions == 128 and trn2.free_dimensions == 4
    assert trn3.moving_max_bf16 == 8192 and trn2.moving_max_bf16 == 512
    assert machine("trn2", ("sbuf.usable_bytes_per_partition=1024",)).sbuf_bytes == 1024
    with pytest.raises(NkiValidationError, match="unknown hardware 'trn22'"):
        machine("trn22")


@nki.jit
def wide_product(w, x):
    """One product of 1024 columns, which NeuronCore-v4 alone can do."""
    assert nisa.get_nc_version() == nc_version.gen4
    y = nl.ndarray((128, 1024), dtype=nl.bfloat16, buffer=nl.shared_hbm)
    weights = nl.ndarray((128, 128), dtype=w.dtype, buffer=nl.sbuf)
    moving = nl.ndarray((128, 1024), dtype=x.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=weights, src=w)
    nisa.dma_copy(dst=moving, src=x)
    product = nl.ndarray((128, 1024), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(product, weights, moving)
    result = nl.ndarray((128, 1024), dtype=nl.bfloat16, buffer=nl.sbuf)
    nisa.tensor_copy(dst=result, src=product)
    nisa.dma_copy(dst=y, src=result)
    return y


def test_a_configuration_under_another_name_is_the_same_machine(tmp_path) -> None:
    copied = tmp_path / "mine.yaml"
    copied.write_text((CONFIGURATIONS / "trn3.yaml").read_text())
    w = RNG.standard_normal((128, 128)).astype(np.float32)
    x = RNG.standard_normal((128, 1024)).astype(np.float32)
    mine = trnsim.simulate(wide_product, w, x, hardware=str(copied))
    trn3 = trnsim.simulate(wide_product, w, x, hardware="trn3")
    assert mine.values.tobytes() == trn3.values.tobytes()
    assert mine.report.seconds == trn3.report.seconds


def test_a_machine_with_a_base(tmp_path) -> None:
    small = tmp_path / "small.yaml"
    small.write_text("name: small\nbase: trn2\nsbuf:\n"
                     '  usable_bytes_per_partition: {value: 2048, unit: B, source: "assumed: a test"}\n')
    sizes = []

    @nki.jit
    def kernel(x):
        sizes.append((nl.tile_size.sbuf_size_bytes, nl.tile_size.pmax))
        y = nl.ndarray((128, 1024), dtype=x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((128, 1024), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x)
        nisa.dma_copy(dst=y, src=tile)
        return y

    x = RNG.standard_normal((128, 1024)).astype(np.float32)
    with pytest.raises(NkiValidationError, match="sbuf has 2048"):
        trnsim.simulate(kernel, x, hardware=str(small))
    # A file that has changed is read again.
    small.write_text("name: small\nbase: trn2\n")
    assert np.array_equal(trnsim.simulate(kernel, x, hardware=str(small)).values, x)
    assert sizes == [(2048, 128), (212_728, 128)]


def test_sizes_of_tiles_are_numbers_in_both_generations() -> None:
    import neuronxcc.nki.language as first

    for language in (nl, first):
        sizes = language.tile_size
        assert (sizes.pmax, sizes.psum_fmax, sizes.gemm_stationary_fmax, sizes.gemm_moving_fmax) == (128, 512, 128, 512)
        assert all(isinstance(getattr(sizes, name), int) for name in dir(type(sizes)) if not name.startswith("_"))
