"""What public kernels of nki-library, nki-samples and the megakernel needed, in the small."""

from __future__ import annotations

import functools

import ml_dtypes
import neuronxcc.nki as nki1
import neuronxcc.nki.compiler as ncc
import neuronxcc.nki.isa as nisa1
import neuronxcc.nki.language as nl1
import nki
import nki.collectives as nccl
import nki.isa as nisa
import nki.language as nl
import numpy as np
import pytest
import trnsim
from nki.compiler.frontend import ParserFrontend

RNG = np.random.default_rng(3)
X = RNG.standard_normal((128, 32)).astype(np.float32)


def stored(tile):
    out = nl.ndarray(tile.shape, tile.dtype, buffer=nl.shared_hbm)
    nl.store(out, tile)
    return out


def test_a_tile_of_one_element_per_partition_takes_two_indices() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        column = tile[:, 3]
        return stored(nl.multiply(tile, column[:128, :1]))

    np.testing.assert_array_equal(kernel(X), X * X[:, 3:4])


def test_patterns_of_a_slice_of_columns_count_from_the_slice() -> None:
    @nki.jit
    def kernel(x):
        column = nl.load(x)[:, 5:6]
        out = nl.ndarray((128, 8), nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(out, column.ap([[1, 128], [0, 8]], offset=0))
        return stored(out)

    np.testing.assert_array_equal(kernel(X), np.repeat(X[:, 5:6], 8, 1))


def test_identity_matrices_are_in_sbuf() -> None:
    @nki.jit
    def kernel(x):
        product = nl.ndarray((32, 128), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(product, nl.load(x), nl.shared_identity_matrix(128, nl.float32))
        return stored(nl.copy(product))

    np.testing.assert_array_equal(kernel(X), X.T)


def test_constants_come_from_files_too(tmp_path) -> None:
    np.save(tmp_path / "constant.npy", X)

    @nki.jit
    def kernel(x):
        return stored(nl.add(nl.load(x), nl.load(nl.shared_constant(str(tmp_path / "constant.npy")))))

    np.testing.assert_array_equal(kernel(X), X + X)


def test_largest_absolute_value_of_a_row() -> None:
    @nki.jit
    def kernel(x):
        tile, result = nl.load(x), nl.ndarray((128, 1), nl.float32, buffer=nl.sbuf)
        sizes = nl.ndarray((128, 32), nl.float32, buffer=nl.sbuf)
        nisa.tensor_scalar_reduce(sizes, tile, nl.abs, 0.0, nl.maximum, result)
        return stored(sizes), stored(result)

    sizes, largest = kernel(X)
    np.testing.assert_array_equal(sizes, np.abs(X))
    np.testing.assert_array_equal(largest, np.abs(X).max(1, keepdims=True))


def test_optional_tensors_are_true_and_computed_ones_refuse() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.load(x)
        given = nl.ndarray((128, 32), nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(given, tile)
        assert given
        with pytest.raises(trnsim.NkiValidationError, match="Python's if"):
            bool(nl.greater(tile, 0.0))
        return stored(given)

    np.testing.assert_array_equal(kernel(X), X)


def test_a_zero_that_is_read_where_it_is_written_is_stored() -> None:
    @nki1.jit
    def kernel(x):
        total = nl1.zeros((1, nl1.par_dim(128), 32), dtype=nl1.float32)
        for _ in nl1.affine_range(3):
            total[0] += nl1.load(x)
        out = nl1.ndarray((128, 32), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, total[0])
        return out

    np.testing.assert_allclose(kernel(X), X * 3, rtol=1e-6)


def test_a_loaded_block_is_not_overwritten_by_the_zero_it_was_made_with() -> None:
    @nki1.jit
    def kernel(x):
        block = nl1.zeros((1, nl1.par_dim(128), 32), dtype=nl1.float32)
        block[0] = nl1.load(x)
        out = nl1.ndarray((128, 32), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, nl1.add(block[0], block[0]))
        return out

    np.testing.assert_array_equal(kernel(X), X + X)


def test_operations_of_five_dimensions_are_cut() -> None:
    x = RNG.standard_normal((4, 2 * 3 * 2 * 3 * 5)).astype(np.float32)

    @nki1.jit
    def kernel(x):
        tile = nl1.load(x).reshape(shape=(4, 2, 3, 2, 3, 5))
        i = nl1.mgrid[0:4, 0:2, 0:2, 0:2, 0:2, 0:3]
        part = tile[i[0], i[1], i[2], i[3], i[4], i[5]]
        result = nl1.ndarray((4, 2, 3, 2, 3, 5), nl1.float32, buffer=nl1.sbuf)
        result[...] = 0.0
        result[i[0], i[1], i[2], i[3], i[4], i[5]] = 3.0 * part + part
        out = nl1.ndarray((4, 180), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, result.reshape((4, 180)))
        return out

    wanted = np.zeros((4, 2, 3, 2, 3, 5), np.float32)
    wanted[:, :, :2, :, :2, :3] = x.reshape(wanted.shape)[:, :, :2, :, :2, :3] * 4
    np.testing.assert_allclose(kernel(x).reshape(wanted.shape), wanted, rtol=1e-6)


def test_products_and_selections_of_the_first_generation_reach_psum() -> None:
    x = X[:, :32]

    @nki1.jit
    def kernel(x):
        tile = nl1.load(x)
        turned = nl1.ndarray((nl1.par_dim(32), 128), nl1.float32, buffer=nl1.psum)
        turned[:, :] = nisa1.nc_transpose(nl1.copy(tile, dtype=nl1.bfloat16))
        turned = nisa1.nc_transpose(tile)  # in psum
        product = nisa1.nc_matmul(turned, turned)  # x xᵀ, of operands in psum
        row, column = nl1.arange(128)[:, None], nl1.arange(128)[None, :]
        result = nl1.ndarray((128, 128), nl1.float32, buffer=nl1.sbuf)
        result[...] = nisa1.affine_select(row >= column, product, 0.0)
        out = nl1.ndarray((128, 128), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, result)
        return out

    np.testing.assert_allclose(kernel(x), np.tril(x @ x.T), rtol=1e-5, atol=1e-5)


def test_loop_reduce_keeps_a_sum_for_each_tile() -> None:
    x = RNG.standard_normal((3, 2, 128, 16)).astype(np.float32)

    @nki1.jit
    def kernel(x):
        sums = nl1.zeros((2, nl1.par_dim(128), 16), dtype=nl1.float32)
        for i in nl1.affine_range(3):
            for j in nl1.affine_range(2):
                sums[j, :, :] = nl1.loop_reduce(nl1.load(x[i, j]), op=np.add, loop_indices=(i,))
                whole = nl1.loop_reduce(nl1.load(x[i, j]), op=np.max, loop_indices=(i, j))
        out = nl1.ndarray((3, 128, 16), nl1.float32, buffer=nl1.shared_hbm)
        for j in range(2):
            nl1.store(out[j], sums[j])
        nl1.store(out[2], whole)
        return out

    found = kernel(x)
    np.testing.assert_allclose(found[:2], x.sum(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[2], x.max((0, 1)))


def test_an_operation_whose_mask_leaves_nothing_writes_nothing() -> None:
    @nki1.jit
    def kernel(x):
        tile = nl1.load(x)
        result = nl1.ndarray((128, 32), nl1.float32, buffer=nl1.sbuf)
        result[...] = nl1.copy(tile)
        for step in range(2):
            result[:, 0:16] = nl1.multiply(tile[:, 0:16], 2.0, mask=step > 0)
            result[:, 16:32] = nisa1.activation(np.exp, tile[:, 16:32], mask=step > 5)
            result[:, 16:32] += nl1.multiply(tile[:, 16:32], 5.0, mask=step > 5)
        out = nl1.ndarray((128, 32), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, result)
        return out

    np.testing.assert_array_equal(kernel(X), np.concatenate([X[:, :16] * 2, X[:, 16:]], 1))


def test_sums_of_rows_go_to_columns() -> None:
    x = RNG.standard_normal((3, 128, 16)).astype(np.float32)

    @nki1.jit
    def kernel(x):
        sums = nl1.zeros((128, 2), dtype=nl1.float32, buffer=nl1.sbuf)
        for i in nl1.affine_range(3):
            rows = nisa1.tensor_reduce(np.add, nl1.load(x[i]), axis=(1,))
            sums[:, 1] = nl1.loop_reduce(rows, op=np.add, loop_indices=(i,))
        out = nl1.ndarray((128, 2), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, sums)
        return out

    np.testing.assert_allclose(kernel(x)[:, 1], x.sum((0, 2)), rtol=1e-5, atol=1e-5)


def test_columns_of_one_dimension_meet_columns_of_two() -> None:
    @nki1.jit
    def kernel(x):
        tile = nl1.load(x)
        largest = nisa1.tensor_reduce(np.max, tile, axis=(1,), name="largest")
        columns = nl1.ndarray((128, 2), nl1.float32, buffer=nl1.sbuf)
        columns[:, 0] = nl1.copy(tile[:, 0])
        columns[:, 1] = nl1.maximum(nl1.copy(columns[:, 0]), largest)
        columns[:, 0] = nl1.full((128, 1), nl1.finfo(nl1.float32).min, nl1.float32)
        out = nl1.ndarray((128, 2), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, columns)
        return out

    found = kernel(X)
    np.testing.assert_array_equal(found[:, 1], X.max(1))
    assert (found[:, 0] == np.finfo(np.float32).min).all()


def test_a_tile_of_indices_goes_with_grids_of_any_rank() -> None:
    source = RNG.standard_normal((64, 4, 16)).astype(np.float32)
    index = RNG.permutation(64)[:32].astype(np.uint32).reshape(32, 1)

    @nki1.jit
    def kernel(source, index):
        rows = nl1.load(index)
        i, y, z = nl1.arange(32)[:, None], nl1.arange(4)[None, :, None], nl1.arange(16)[None, None, :]
        tile = nl1.load(source[rows[i, 0], y, z])
        out = nl1.ndarray((32, 4, 16), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, tile)
        return out

    np.testing.assert_array_equal(kernel(source, index), source[index[:, 0]])


def test_addresses_by_a_bound_function() -> None:
    @nki1.jit
    def kernel(x):
        def place(step, idx, pdim_size, fdim_size):
            return 0, 4096 + step * idx[0]

        tiles = nl1.ndarray((2, nl1.par_dim(128), 32), nl1.float32,
                            buffer=ncc.sbuf.alloc(functools.partial(place, step=512)))
        out = nl1.ndarray((128, 32), nl1.float32, buffer=nl1.shared_hbm)
        for i in range(2):
            tiles[i] = nl1.load(x)
        nl1.store(out, nl1.add(tiles[0], tiles[1]))
        return out

    result = trnsim.simulate(kernel, X)
    np.testing.assert_array_equal(result.values, X + X)
    assert "byte 0x1200" in result.report.program


def test_gathered_rows_are_transposed() -> None:
    source = RNG.standard_normal((64, 4, 64)).astype(ml_dtypes.bfloat16)
    index = RNG.permutation(64)[:32].astype(np.uint32).reshape(32, 1)

    @nki.jit
    def kernel(source, index):
        rows = nl.load(index)
        out = nl.ndarray((64, 4, 32), nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_transpose(out, source.ap([[256, 32], [64, 4], [1, 64]], vector_offset=rows, indirect_dim=0),
                           axes=(2, 1, 0))
        return stored(out)

    result = trnsim.simulate(kernel, source, index)
    np.testing.assert_array_equal(result.values, source[index[:, 0]].transpose(2, 1, 0))
    assert any("dma_transpose" in note for note in result.report.notes)


def test_collectives_of_one_rank_copy_and_of_more_need_ranks() -> None:
    def kernel(x, groups):
        tile = nl.load(x)
        reduced = nl.ndarray((128, 32), nl.float32, buffer=nl.sbuf)
        nccl.all_reduce(srcs=[tile], dsts=[reduced], op=nl.add, replica_group=nccl.ReplicaGroup(groups))
        return stored(reduced)

    result = trnsim.simulate(nki.jit(kernel), X, [[0]])
    np.testing.assert_array_equal(result.values, X)
    assert any("one rank" in note for note in result.report.notes)
    with pytest.raises(trnsim.UnsupportedError, match=r"ranks \[0, 1\]: 1 rank"):
        trnsim.simulate(nki.jit(kernel), X, [[0, 1]])


def test_the_front_end_traces_without_running() -> None:
    @nki.jit
    def kernel(x):
        tile = nl.ndarray((128, 32), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x)
        assert tile.shape == (128, 32)
        return x

    assert ParserFrontend().compile(kernel, inputs={"x": X}, target="trn2").instructions == 1
    with pytest.raises(trnsim.NkiValidationError):
        ParserFrontend().compile(lambda x: nl.load(x)[:, 40], inputs={"x": X})


def test_time_of_two_cores_with_loaded_registers() -> None:
    @nki.jit
    def kernel(x, count):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        here = nl.program_id(0)
        register = nisa.register_alloc(nl.load(count))

        def body(i):
            tile = nl.load(x[here * 64:here * 64 + 64])
            nl.store(out[here * 64:here * 64 + 64], nl.add(tile, 1.0))

        nl.fori_loop(0, register, body)
        return out

    result = trnsim.simulate(kernel[2], X, np.array([[2]], np.int32))
    np.testing.assert_array_equal(result.values, X + 1)
    # Three iterations take longer than two, on both cores.
    more = trnsim.simulate(kernel[2], X, np.array([[3]], np.int32), mode="timing").report
    for two, three in zip(result.report.json["cores"], more.json["cores"]):
        assert three["total_time"] > two["total_time"] > 0


def test_cores_exchange_tiles() -> None:
    @nki.jit
    def kernel(x):
        core = nl.program_id(0)
        own = nl.ndarray((128, 16), x.dtype, buffer=nl.sbuf)
        other = nl.ndarray((128, 16), x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(own, x[:, core * 16:(core + 1) * 16])
        nisa.sendrecv(src=own, dst=other, send_to_rank=1 - core, recv_from_rank=1 - core, pipe_id=0)
        out = nl.ndarray((128, 32), x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out[:, core * 16:(core + 1) * 16], other)
        return out

    x = RNG.standard_normal((128, 32)).astype(np.float32)
    result = trnsim.simulate(kernel[2], x)
    np.testing.assert_array_equal(result.values, np.concatenate([x[:, 16:], x[:, :16]], axis=1))
    # The time is core 0's, whose part names what it gets from core 1.
    assert result.report.microseconds > 0


def test_grids_of_mgrid_are_named_in_the_order_of_dimensions() -> None:
    @nki1.jit
    def kernel(x):
        out = nl1.ndarray((2, 3, 4, 5), x.dtype, buffer=nl1.shared_hbm)
        window = nl1.mgrid[0:2, 0:3, 0:4, 0:5]
        part = nl1.load(x[window.p, window.x, window.y, window.z])
        nl1.store(out[window.p, window.x, window.y, window.z], part)
        return out

    x = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(kernel(x), x)


def test_masked_transposes_by_the_array_keep_their_type() -> None:
    @nki1.jit
    def kernel(x, identity):
        out = nl1.ndarray((32, 128), x.dtype, buffer=nl1.shared_hbm)
        i, j = nl1.mgrid[0:32, 0:128]
        turned = nl1.ndarray((32, 128), x.dtype, buffer=nl1.psum)
        turned[i, j] = nisa1.nc_matmul(nl1.load(x), nl1.load(identity), is_transpose=True, mask=j < 100)
        nl1.store(out[i, j], nl1.copy(turned[i, j]), mask=j < 100)
        return out

    x = np.arange(128 * 32, dtype=np.float16).reshape(128, 32)
    found = kernel(x, np.eye(128, dtype=np.float16))
    np.testing.assert_array_equal(found[:, :100], x.T[:, :100])


def test_tiles_of_indices_behind_a_number() -> None:
    @nki1.jit
    def kernel(x, index):
        out = nl1.ndarray((2, 8, 32), x.dtype, buffer=nl1.shared_hbm)
        for b in nl1.affine_range(2):
            rows, columns = nl1.mgrid[0:8, 0:32]
            gathered = nl1.load(x[b, nl1.load(index), columns], mask=rows < 6)
            nl1.store(out[b, rows, columns], gathered, mask=rows < 6)
        return out

    x = np.arange(2 * 16 * 32, dtype=np.float32).reshape(2, 16, 32)
    index = np.array([[3], [1], [15], [0], [7], [7], [2], [2]], np.int32)
    np.testing.assert_array_equal(kernel(x, index)[:, :6], x[:, index[:6, 0]])


def test_quotients_of_integers_are_no_integers() -> None:
    @nki1.jit
    def kernel(x):
        out = nl1.ndarray((8, 4), nl1.float32, buffer=nl1.shared_hbm)
        nl1.store(out, nl1.load(x) / 4)
        return out

    x = np.arange(32, dtype=np.int32).reshape(8, 4)
    np.testing.assert_array_equal(kernel(x), x / 4)


def test_addresses_that_python_advances_in_a_loop_are_those_of_its_first_pass() -> None:
    @nki1.jit
    def kernel(x):
        out = nl1.ndarray(x.shape, x.dtype, buffer=nl1.shared_hbm)
        at = 0
        for i in nl1.affine_range(4):
            for half in nl1.sequential_range(2):
                # 8 × 64 KB would not fit; the first generation's compiler runs this line once.
                tile = nl1.ndarray((128, 16384), x.dtype, buffer=ncc.sbuf.mod_alloc(base_addr=at))
                at += 65536
                tile[...] = nl1.load(x[i, half])
                nl1.store(out[i, half], tile)
        return out

    x = np.arange(4 * 2 * 128 * 16384, dtype=np.float32).reshape(4, 2, 128, 16384)
    result = trnsim.simulate(kernel, x)
    np.testing.assert_array_equal(result.values, x)
    assert "byte 65536" not in result.report.program


def test_returned_tiles_of_the_first_generation_are_stored() -> None:
    @nki1.jit
    def kernel(x):
        return nl1.add(nl1.load(x), 1.0)

    result = trnsim.simulate(kernel, X)
    np.testing.assert_array_equal(result.values, X + 1)
    assert any("is returned from sbuf" in note for note in result.report.notes)
    with pytest.raises(trnsim.NkiValidationError, match="returns.*which is in sbuf"):
        trnsim.simulate(nki.jit(lambda x: nl.load(x)), X)


def test_indices_out_of_bounds_are_index_errors() -> None:
    @nki.jit
    def kernel(x, index):
        out = nl.ndarray((8, 32), x.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((8, 32), x.dtype, buffer=nl.sbuf)
        rows = nl.load(index)
        nisa.dma_copy(tile, x.ap([[32, 8], [1, 32]], vector_offset=rows, indirect_dim=0))
        nl.store(out, tile)
        return out

    with pytest.raises(IndexError, match=r"index 200 of row 3"):
        kernel(X, np.array([[0], [1], [2], [200], [4], [5], [6], [7]], np.int32))


def test_psum_repeated_by_a_stride_of_zero() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 8192), x.dtype, buffer=nl.shared_hbm)
        source = nl.ndarray((128, 32), x.dtype, buffer=nl.psum)
        wide = nl.ndarray((128, 32, 256), x.dtype, buffer=nl.sbuf)
        nisa.tensor_copy(source, nl.load(x))
        nisa.tensor_copy(wide, source.ap([[32, 128], [1, 32], [0, 256]]))
        nl.store(out, wide.reshape((128, 8192)))
        return out

    np.testing.assert_array_equal(kernel(X), np.repeat(X, 256, axis=1))


def test_the_largest_unsigned_index_skips_every_row() -> None:
    """nki-library marks batches that take no part so; four rows behind it would be the first four."""
    @nki.jit
    def kernel(cache, x, index):
        rows = nl.load(x[0:5])
        for batch in range(2):
            start = nl.ndarray((1, 1), nl.uint32, buffer=nl.sbuf)
            nisa.dma_copy(start, index[batch])
            nisa.dma_copy(dst=cache.ap(pattern=[[32, 5], [1, 32]], offset=0, scalar_offset=start, indirect_dim=0), src=rows,
                          oob_mode=nisa.oob_mode.skip)
        return cache

    cache = np.zeros((16, 32), np.float32)
    kernel(cache, X, np.array([[7], [0xFFFFFFFF]], np.uint32))
    wanted = np.zeros_like(cache)
    wanted[7:12] = X[:5]
    np.testing.assert_array_equal(cache, wanted)
