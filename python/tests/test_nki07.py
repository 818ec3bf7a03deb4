"""What NKI 0.7 (SDK 2.33) adds: grids of tiles, scalars, kinds of dependencies, schedules, configurations, logical cores."""

from __future__ import annotations

import nki
import nki.collectives as nccl
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from nki.compiler import AddressRotation, CompileConfig, SpecializationConfig

X = np.random.default_rng(7).random((300, 1000)).astype(np.float32)


def run(body, *arrays, **options):
    """What a kernel of the body gives."""
    return nki.jit(body, **options)(*arrays)


# Grids


def test_a_grid_counts_tiles_and_knows_their_remainders() -> None:
    def kernel(x):
        grid = nl.tiles(x, tile_shape=(128, 256))
        assert isinstance(grid, nl.NkiTileGrid) and isinstance(grid, nl.NkiGrid)
        assert grid.shape == (3, 4) and grid.tile_shape == (128, 256) and grid.element_shape == (300, 1000)
        assert grid.index_step_elements == (128, 256) and grid.is_remainder and grid.is_data_representable
        assert grid.dtype == nl.float32 and grid.buffer == x.buffer and len(grid) == 3
        one = grid[1, 2]
        assert one.shape == () and one.element_shape == (128, 256) and not one.is_remainder and one.index_step_elements == ()
        assert grid[-1, -1].element_shape == (44, 232) and grid[2, 3].is_remainder
        assert grid[1].shape == (4,) and grid[1].element_shape == (128, 1000)
        assert grid[:, 1:3].shape == (3, 2) and grid[:, 1:3].element_shape == (300, 512) and grid[..., 3].shape == (3,)
        assert grid[:, 1:3][0, 1].data.shape == (128, 256)
        out = nl.ndarray((128, 256), x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, grid[:, 1:3][0, 1].data)
        return out

    assert (run(kernel, X) == X[0:128, 512:768]).all()


def test_tiles_of_a_tensor_in_front_of_whose_tiles_are_dimensions() -> None:
    x = np.arange(3 * 200 * 300, dtype=np.float32).reshape(3, 200, 300)

    def kernel(x):
        grid = nl.tiles(x, tile_shape=(128, 128))
        assert grid.shape == (3, 2, 3) and grid.index_step_elements == (1, 128, 128)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        for b in range(3):
            for i in range(2):
                for j in range(3):
                    part = grid[b, i, j]
                    tile = nl.ndarray(part.element_shape, x.dtype, buffer=nl.sbuf)
                    nisa.dma_copy(tile, part.data)
                    nisa.dma_copy(nl.tiles(out, tile_shape=(128, 128))[b, i, j].data, tile.data)
        return out

    assert (run(kernel, x) == x).all()


def test_blocks_group_tiles_and_tiles_open_blocks() -> None:
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        blocks, results = nl.blocks(x, tile_shape=(128, 256), block_shape=(2, 2)), nl.blocks(nl.tiles(out, tile_shape=(128, 256)), block_shape=(2, 2))
        assert blocks.shape == results.shape == (2, 2) and blocks.block_shape == (2, 2) and blocks.index_step_elements == (256, 512)
        assert blocks[1, 1].element_shape == (44, 488) and blocks[1, 1].is_remainder and blocks[0, 0].data.shape == (256, 512)
        for i in range(2):
            for j in range(2):
                tiles, to = nl.tiles(blocks[i, j]), nl.tiles(results[i, j])
                assert isinstance(tiles, nl.NkiTileGrid)
                held = nl.alloc_tiles(tile_shape=(128, 256), element_shape=tiles.element_shape, buffer=nl.sbuf, dtype=x.dtype)
                assert held.shape == tiles.shape and held.element_shape == tiles.element_shape
                for a in range(tiles.shape[0]):
                    for b in range(tiles.shape[1]):
                        nisa.dma_copy(held[a, b].data, tiles[a, b].data)
                    # Neighbours in a row are one operand.
                    assert held[a].is_data_representable
                    nisa.tensor_scalar(held[a].data, held[a].data, nl.multiply, 2.0)
                    nisa.dma_copy(to[a].data, held[a].data)
        return out

    assert (run(kernel, X) == 2 * X).all()


def test_tiles_above_each_other_on_chip_are_no_tensor() -> None:
    def kernel(x):
        held = nl.alloc_blocks(tile_shape=(128, 256), block_shape=(2, 1), element_shape=(256, 256), buffer=nl.sbuf, dtype=x.dtype)
        assert held.shape == (1, 1) and not held.is_data_representable
        return held[0, 0].data

    with pytest.raises(trnsim.NkiValidationError, match="lie above each other"):
        run(kernel, X)


def test_allocated_tiles_in_hbm_have_the_elements_alone() -> None:
    def kernel(x):
        held = nl.alloc_tiles(tile_shape=(128, 256), element_shape=(300, 1000), buffer=nl.shared_hbm, dtype=x.dtype, name="held")
        assert held.data.shape == (300, 1000)
        nisa.dma_copy(held.data, x)
        return held.data

    assert (run(kernel, X) == X).all()


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda x: nl.tiles(x, tile_shape=[128, 256]), TypeError, "tile_shape is"),
    (lambda x: nl.tiles(x, tile_shape=(128, 0)), ValueError, "tile_shape is"),
    (lambda x: nl.tiles(x, tile_shape=(1, 128, 256)), ValueError, "more dimensions"),
    (lambda x: nl.tiles(x), TypeError, "without tile_shape"),
    (lambda x: nl.tiles(3, tile_shape=(1, 1)), TypeError, "nl.tiles of int"),
    (lambda x: nl.blocks(x, tile_shape=(128, 256), block_shape=(1, 2, 3)), ValueError, "different numbers of dimensions"),
    (lambda x: nl.alloc_tiles(tile_shape=(2, 2), element_shape=(4, 4), buffer="sbuf", dtype="float32"), TypeError, "buffer is"),
    (lambda x: nl.tiles(x, tile_shape=(128, 256))[3, 0], AssertionError, "coordinate 3 exceeds dimension 0"),
    (lambda x: nl.tiles(x, tile_shape=(128, 256))[0, 0, 0], AssertionError, "3 coordinates for a grid of shape"),
    (lambda x: nl.tiles(x, tile_shape=(128, 256))[::2], ValueError, "with step 2"),
    (lambda x: nl.tiles(x, tile_shape=(128, 256))[nisa.register_alloc(0)], NotImplementedError, "index_step_elements"),
])
def test_mistakes_with_grids(call, kind, message) -> None:
    with pytest.raises(kind, match=message):
        run(call, X)


# Scalars


def test_scalars_are_loaded_computed_and_stored() -> None:
    def kernel(index, table):
        tile = nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf)
        nisa.dma_copy(tile, index)
        i = nisa.scalar_load(src=tile)
        assert isinstance(i, nisa.NkiScalar) and i.dtype == nl.int32 and isinstance(1 - (i + i) * 2, nisa.NkiScalar)
        nisa.scalar_store(dst=tile, value=-(i * 4 + 1))
        out = nl.ndarray((1, 2), nl.int32, buffer=nl.shared_hbm)
        nisa.dma_copy(out[:, 0:1], tile)
        # As an address, and as a loop's bound.
        nisa.dma_copy(tile, table.ap([[1, 1], [1, 1]], scalar_offset=i, indirect_dim=1))

        def twice(_):
            nisa.tensor_scalar(tile, tile, nl.multiply, 2)

        nl.fori_loop(0, i, twice)
        nisa.dma_copy(out[:, 1:2], tile)
        return out

    table = np.array([[10, 11, 12, 13]], np.int32)
    assert run(kernel, np.array([[3]], np.int32), table).tolist() == [[-13, 13 * 8]]


def test_scalars_wrap_in_32_bits() -> None:
    def kernel(index):
        tile = nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf)
        nisa.dma_copy(tile, index)
        nisa.scalar_store(tile, nisa.scalar_load(tile) * 100_000)
        out = nl.ndarray((1, 1), nl.int32, buffer=nl.shared_hbm)
        nisa.dma_copy(out, tile)
        return out

    assert run(kernel, np.array([[100_000]], np.int32))[0, 0] == 1_410_065_408


@pytest.mark.parametrize(("body", "message"), [
    (lambda t: bool(nisa.scalar_load(t) < 3), "a comparison of scalars in Python's if"),
    (lambda t: 1 if nisa.scalar_load(t) == 3 else 0, "a comparison of scalars in Python's if"),
    (lambda t: range(nisa.scalar_load(t)), "a register as a Python index"),
    (lambda t: nisa.scalar_load(3), "scalar_load src is int"),
    (lambda t: nisa.register_move(nisa.scalar_load(t), 1), "writes the variable"),
])
def test_what_scalars_do_not_do(body, message) -> None:
    def kernel(index):
        tile = nl.ndarray((1, 1), nl.int32, buffer=nl.sbuf)
        nisa.dma_copy(tile, index)
        body(tile)
        return index

    with pytest.raises(trnsim.NkiValidationError, match=message):
        run(kernel, np.array([[3]], np.int32))


def test_what_is_not_simulated_of_64_bits_says_so() -> None:
    assert nl.int64 == "int64"
    with pytest.raises(TypeError, match="int64 is not simulated"):
        run(lambda x: nl.ndarray((1, 1), nl.int64, buffer=nl.sbuf), X)
    with pytest.raises(trnsim.UnsupportedError, match="scalar_load of uint32"):
        run(lambda x: nisa.scalar_load(nl.ndarray((1, 1), nl.uint32, buffer=nl.sbuf)), X)


# Order


@nki.jit
def two(x):
    tile, a, b = (nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf) for _ in range(3))
    nisa.dma_copy(tile, x)
    first = nisa.reciprocal(a, tile, name="recip")
    second = nisa.tensor_scalar(b, tile, nl.add, 1.0, name="plus1")
    if x.shape[1] == 64:
        second.depends_on(first, kind=nisa.dependency.runtime)
    elif x.shape[1] == 32:
        second.depends_on(first, kind=nisa.dependency.schedule)
    nisa.tensor_tensor(a, a, b, nl.add)
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(out, a)
    return out


def waits(kernel, columns: int) -> list[str]:
    """The lines of the program that ran in which instructions wait for others; of a kept trace the same."""
    x = np.ones((128, columns), np.float32)
    found = [trnsim.simulate(kernel, x) for _ in range(2)]
    assert (found[0].values == 3).all()
    lines = [[line for line in result.report.program.splitlines() if "after=" in line] for result in found]
    assert lines[0] == lines[1] and found[0].report.microseconds == found[1].report.microseconds
    return lines[0]


def test_an_instruction_may_depend_on_one_before_the_last() -> None:
    assert waits(two, 512) == []
    line, = waits(two, 64)
    assert line.startswith("plus1: tensor_scalar") and "after=[recip]" in line
    assert waits(two, 32) == []


def test_schedules_name_instructions() -> None:
    line, = waits(two.with_schedule([("plus1", ["recip"])]), 512)
    assert line.startswith("plus1: tensor_scalar") and "after=[recip]" in line
    assert waits(two.with_schedule([("plus1", "recip")], kind=nisa.dependency.schedule), 512) == []
    with pytest.raises(trnsim.NkiValidationError, match="no instruction is named 'plus'") as found:
        two.with_schedule([("plus", "recip")])(np.ones((128, 512), np.float32))
    assert found.value.remedy == "did you mean 'plus1'?"
    with pytest.raises(trnsim.NkiValidationError, match="comes after instruction"):
        two.with_schedule([("recip", "plus1")])(np.ones((128, 512), np.float32))


def test_a_kind_that_there_is_not() -> None:
    with pytest.raises(trnsim.NkiValidationError, match="depends_on kind is 'soon'"):
        run(lambda x: nisa.dma_copy(nl.ndarray((128, 64), x.dtype, buffer=nl.sbuf), x).depends_on(kind="soon"), np.ones((128, 64), np.float32))


# Configurations


def test_address_rotation_may_be_off() -> None:
    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        for i in range(4):
            tile = nl.ndarray((128, 64), x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(tile, x[i])
            nisa.dma_copy(out[i], tile)
        return out

    x = np.ones((4, 128, 64), np.float32)
    rotating = trnsim.simulate(nki.jit(kernel, compile_config=CompileConfig(address_rotation=AddressRotation.ENABLE)), x, schedule="program").report
    packing = trnsim.simulate(nki.jit(kernel, compile_config=CompileConfig(address_rotation=AddressRotation.DISABLE)), x, schedule="program").report
    assert rotating.sbuf_peak_bytes > packing.sbuf_peak_bytes == 256
    assert rotating.microseconds < packing.microseconds
    assert trnsim.simulate(nki.jit(kernel), x, schedule="program").report.microseconds == rotating.microseconds
    with pytest.raises(TypeError, match="unexpected keyword argument 'adress_rotation'"):
        CompileConfig(adress_rotation=AddressRotation.AUTO)
    with pytest.raises(TypeError, match="compile_config is dict"):
        nki.jit(kernel, compile_config={})


def test_nested_kernels_have_the_configuration_of_the_outermost_one() -> None:
    inner = nki.jit(lambda x: nl.load(x), compile_config=CompileConfig(barrier_check=True))

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        nl.store(out, inner(x))
        return out

    x = np.ones((128, 64), np.float32)
    assert (nki.jit(kernel, compile_config=CompileConfig(barrier_check=True))(x) == 1).all()
    with pytest.raises(trnsim.NkiValidationError, match="has another compile_config"):
        nki.jit(kernel)(x)
    with pytest.warns(trnsim.SimulationWarning, match="that of 'kernel' counts"):
        assert (nki.jit(kernel, specialization_config=SpecializationConfig(allow_nested_config_override=True))(x) == 1).all()


@pytest.mark.filterwarnings("ignore:nothing was stored to out")
def test_logical_cores_of_brackets_and_environment(monkeypatch) -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((2, 128, 64), x.dtype, buffer=nl.shared_hbm)
        nl.store(out[nl.program_id(0)], nl.load(x))
        return out

    x = np.ones((128, 64), np.float32)
    monkeypatch.setenv("NEURON_LOGICAL_NC_CONFIG", "2")
    assert (kernel(x) == 1).all() and (kernel[2](x) == 1).all()
    with pytest.warns(trnsim.SimulationWarning, match="NKI 0.7 refuses this"):
        kernel[1](x)
    monkeypatch.setenv("TRNSIM_STRICT", "1")
    with pytest.raises(trnsim.NkiValidationError, match="NEURON_LOGICAL_NC_CONFIG is 2"):
        kernel[1](x)


@pytest.mark.parametrize("name", ["all_gather_v", "all_to_all_v", "all_gather_v_prepare", "all_gather_v_trigger", "all_to_all_v_prepare",
                                  "all_to_all_v_trigger", "collective_permute_implicit_reduce"])
def test_collectives_that_are_not_simulated_say_so(name) -> None:
    with pytest.raises(trnsim.UnsupportedError, match=rf"nki.collectives.{name} is not simulated"):
        run(lambda x: getattr(nccl, name)(), X)


# topk


@pytest.mark.parametrize(("rows", "n", "k"), [(16, 40, 5), (128, 100, 33)])
def test_topk_sorted_has_the_largest_first(rows, n, k) -> None:
    columns = -(-n // 16)
    x = np.random.default_rng(2).integers(-40, 40, (rows, columns)).astype(np.float32)

    def results(largest_first):
        @nki.jit
        def kernel(x):
            data, values = (nl.ndarray((rows, size), nl.bfloat16, buffer=nl.sbuf) for size in (columns, k))
            places = nl.ndarray((rows, k), nl.uint32, buffer=nl.sbuf)
            nisa.dma_copy(data, x)
            for tile in (values, places):
                nisa.memset(tile, 0)
            nisa.topk(values, places, data, n, sorted=largest_first)
            out = nl.ndarray((2, rows, k), nl.float32, buffer=nl.shared_hbm)
            nisa.dma_copy(out[0], values)
            nisa.dma_copy(out[1], places)
            return out

        return kernel(x)

    down, up = results(True), results(False)
    for group in range(0, rows, 16):
        # Place j of a group is in partition j mod 16, column j // 16, of data and of results.
        snake = x[group:group + 16].flatten(order="F")[:n]
        order = np.argsort(-snake, kind="stable")[:k]
        for found, wanted in ((down, order), (up, order[::-1])):
            values, places = (part[group:group + 16, :-(-k // 16)].flatten(order="F")[:k] for part in found)
            assert (values == snake[wanted]).all() and (places == wanted).all()


def test_topk_sorts_8192_results_at_most() -> None:
    def kernel(x):
        data, values = (nl.ndarray((16, size), nl.bfloat16, buffer=nl.sbuf) for size in (2048, 8193))
        places = nl.ndarray((16, 8193), nl.uint32, buffer=nl.sbuf)
        nisa.memset(data, 0)
        nisa.topk(values, places, data, 32768, sorted=True)
        return x

    with pytest.raises(trnsim.NkiValidationError, match="at most 8192 are sorted"):
        run(kernel, np.ones((16, 64), np.float32))
