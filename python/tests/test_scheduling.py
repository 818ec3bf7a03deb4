"""The compiler between source and engines: merged passes, dropped copies, list scheduling; the same values bit for bit."""

from __future__ import annotations

import random
import re

import neuronxcc.nki as nki
import neuronxcc.nki.compiler as ncc
import neuronxcc.nki.isa as nisa
import neuronxcc.nki.language as nl
import nki as nki2
import nki.isa as nisa2
import nki.language as nl2
import numpy as np
import pytest
import trnsim

RANDOM = np.random.default_rng(5)
TILES = RANDOM.standard_normal((128, 1024)).astype(np.float32)


def both(kernel, *args):
    """Reports in the kernel's order and the compiler's, whose values must be the same in every bit."""
    own = trnsim.simulate(kernel, *args, schedule="program")
    compiled = trnsim.simulate(kernel, *args, schedule="compiler")
    assert np.asarray(own.values).tobytes() == np.asarray(compiled.values).tobytes()
    return own.report, compiled.report


def lines(report, op):
    return [line for line in map(str.strip, report.program.splitlines()) if line.startswith(f"{op} ")]


def columns(report, line):
    """Elements of a partition that an instruction writes; it writes a whole tensor."""
    name = re.search(r"dst=(\S+)", line)[1]
    return int(re.search(rf"^tensor {re.escape(name)}: \w+ \w+ \[128, (\d+)\]", report.program, re.MULTILINE)[1])


@nki.jit
def attention(q, k, v):
    """Softmax of products, tile by tile, with all that the compiler changes: copies of PSUM, small passes, stores."""
    out = nl.ndarray((512, 128), dtype=nl.float32, buffer=nl.shared_hbm)
    left, right, values = nl.load(q), nl.load(k), nl.load(v)
    turned = nl.ndarray((nl.par_dim(128), 4, 128), dtype=nl.float32, buffer=nl.sbuf)
    for i in nl.affine_range(4):
        turned[:, i, :] = nisa.tensor_copy(nisa.nc_transpose(values[:, nl.ds(i * 128, 128)]))
    for tile in nl.affine_range(4):
        product = nl.ndarray((nl.par_dim(128), 512), dtype=nl.float32, buffer=nl.psum)
        product[...] = nisa.nc_matmul(left[:, nl.ds(tile * 128, 128)], right)
        scores = nisa.tensor_copy(product)
        largest = nisa.tensor_reduce(nl.max, scores, axis=1, negate=True)
        powers = nisa.activation(nl.exp, scores, bias=largest)
        total = nisa.reciprocal(nisa.tensor_reduce(nl.add, powers, axis=1))
        weights = nl.ndarray((nl.par_dim(128), 4, 128), dtype=nl.float32, buffer=nl.sbuf)
        for i in nl.affine_range(4):
            weights[:, i, :] = nisa.tensor_copy(nisa.nc_transpose(powers[:, nl.ds(i * 128, 128)]))
        result = nl.zeros((128, 128), dtype=nl.float32, buffer=nl.psum)
        for i in nl.affine_range(4):
            result += nisa.nc_matmul(weights[:, i, :], turned[:, i, :])
        nl.store(out[nl.ds(tile * 128, 128), :], nisa.tensor_scalar(result, nl.multiply, total))
    return out


def test_attention_is_what_captures_show() -> None:
    q, k, v = (RANDOM.standard_normal((128, 512)).astype(np.float32) for _ in range(3))
    own, compiled = both(attention, q, k, v)
    scores = np.exp((q.T @ k) - (q.T @ k).max(axis=1, keepdims=True))
    expected = scores / scores.sum(axis=1, keepdims=True) @ v.T
    np.testing.assert_allclose(trnsim.simulate(attention, q, k, v).values, expected, rtol=2e-5, atol=1e-5)
    assert compiled.microseconds < 0.8 * own.microseconds
    # Five copies of 512 elements instead of 20 of 128 and 4 of 512; one store instead of four; one reciprocal.
    copies = lines(compiled, "tensor_copy")
    assert len(copies) == 5 and all(columns(compiled, line) == 512 for line in copies)
    assert len([line for line in lines(compiled, "dma_copy") if re.search(r"dst=out\b", line)]) == 1
    assert [columns(compiled, line) for line in lines(compiled, "reciprocal")] == [4]
    # The row maximum reads the product where it is.
    assert all("product" in line for line in lines(compiled, "tensor_reduce") if "maximum" in line)
    # Copies of PSUM go to both engines.
    assert any("engine=scalar" in line for line in copies)


def test_the_order_is_the_same_every_time() -> None:
    q, k, v = (np.zeros((128, 512), np.float32) for _ in range(3))
    texts = {trnsim.simulate(attention, q, k, v, mode="timing").report.program for _ in range(3)}
    assert len(texts) == 1


def scaled(loop):
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        for i in loop(8):
            tile = nl.load(x[:, nl.ds(i * 128, 128)])
            nl.store(out[:, nl.ds(i * 128, 128)], nisa.tensor_scalar(tile, nl.multiply, 3.0))
        return out

    return kernel


def test_passes_of_affine_loops_are_merged() -> None:
    own, compiled = both(scaled(nl.affine_range), TILES)
    assert len(lines(own, "dma_copy")) == 16 and len(lines(own, "tensor_scalar")) == 8
    # DMAs of 4096 bytes of a partition, work on 512 elements.
    assert len(lines(compiled, "dma_copy")) == 2
    assert len(lines(compiled, "tensor_scalar")) == 2


@pytest.mark.parametrize("loop", [nl.sequential_range, nl.static_range, range])
def test_passes_of_other_loops_are_not(loop) -> None:
    _, compiled = both(scaled(loop), TILES)
    assert len(lines(compiled, "dma_copy")) == 16 and len(lines(compiled, "tensor_scalar")) == 8


def test_skipping_the_middle_end_leaves_scheduling() -> None:
    kernel = ncc.skip_middle_end_transformations(scaled(nl.affine_range))
    timed = nki.benchmark(warmup=1)(ncc.skip_middle_end_transformations(scaled(nl.affine_range)))
    for one in (kernel, timed, nki.jit(ncc.skip_middle_end_transformations(scaled(nl.affine_range).func))):
        _, compiled = both(one, TILES)
        assert len(lines(compiled, "tensor_scalar")) == 8
    q, k, v = (RANDOM.standard_normal((128, 512)).astype(np.float32) for _ in range(3))

    @ncc.skip_middle_end_transformations
    @nki.jit
    def plain(q, k, v):
        return attention(q, k, v)

    own, compiled = both(plain, q, k, v)
    assert len(lines(compiled, "tensor_copy")) == len(lines(own, "tensor_copy"))
    assert compiled.microseconds < own.microseconds


def test_passes_that_depend_on_one_another_stay_apart() -> None:
    @nki.jit
    def running(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        total = nl.zeros((128, 128), dtype=nl.float32, buffer=nl.sbuf)
        for i in nl.affine_range(8):
            tile = nl.load(x[:, nl.ds(i * 128, 128)])
            total[...] = nl.add(total, tile)
            nl.store(out[:, nl.ds(i * 128, 128)], total)
        return out

    _, compiled = both(running, TILES)
    assert len(lines(compiled, "tensor_tensor")) == 8


def test_what_all_passes_do_alike_is_done_once() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((4, 128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
        tile, other = nl.load(x[:, 0:512]), nl.load(x[:, 512:1024])
        changing = nl.ndarray((nl.par_dim(128), 512), dtype=nl.float32, buffer=nl.sbuf)
        changing[...] = nisa.tensor_copy(tile)
        for i in nl.sequential_range(4):
            product = nisa.tensor_tensor(tile, other, nl.multiply)
            again = nl.load(x[:, 0:512])
            current = nisa.tensor_tensor(changing, product, nl.add)
            changing[...] = nisa.tensor_tensor(current, again, nl.add)
            nl.store(out[i], nisa.tensor_scalar(current, nl.multiply, float(i + 1)))
        return out

    own, compiled = both(kernel, TILES)
    assert len(lines(own, "tensor_tensor")) == 12 and len(lines(compiled, "tensor_tensor")) == 9
    assert len(lines(own, "dma_copy")) - len(lines(compiled, "dma_copy")) == 3


def test_a_copy_stays_that_changes_type_or_that_a_dma_reads() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
        tile = nl.load(x[:, 0:512])
        product = nisa.nc_matmul(tile[:, 0:128], tile)
        rounded = nisa.tensor_copy(product, dtype=nl.bfloat16)
        nl.store(out, nisa.tensor_scalar(rounded, nl.add, 1.0, dtype=nl.float32))
        return out

    _, compiled = both(kernel, TILES)
    assert len(lines(compiled, "tensor_copy")) == 1


def test_a_source_that_changes_later_is_copied() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
        tile = nl.load(x[:, 0:512])
        product = nl.ndarray((nl.par_dim(128), 512), dtype=nl.float32, buffer=nl.psum)
        product[...] = nisa.nc_matmul(tile[:, 0:128], tile)
        kept = nisa.tensor_copy(product)
        product[...] = nisa.nc_matmul(tile[:, 128:256], tile)
        nl.store(out, nl.add(nisa.tensor_copy(product), kept))
        return out

    both(kernel, TILES)


def test_no_reorder_keeps_the_order() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.shared_hbm)
        with ncc.no_reorder():
            tile = nl.load(x[:, 0:512])
            for i in nl.affine_range(4):
                nl.store(out[:, nl.ds(i * 128, 128)], nisa.tensor_scalar(tile[:, nl.ds(i * 128, 128)], nl.add, 1.0))
        return out

    own, compiled = both(kernel, TILES)
    # The compiler chooses the engine, and says so.
    strip = re.compile(r"( engine=\w+)? +@.*")
    text = [strip.sub("", line) for line in map(str.strip, compiled.program.splitlines()) if line.startswith(("dma", "tensor_s"))]
    assert text == [strip.sub("", line) for line in map(str.strip, own.program.splitlines()) if line.startswith(("dma", "tensor_s"))]


def test_tiles_that_fill_memory_fit_in_any_order() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        for i in nl.affine_range(6):
            tile = nl.load(x[i])
            nl.store(out[i], nisa.activation(nl.square, tile))
        return out

    wide = RANDOM.standard_normal((6, 128, 24000)).astype(np.float32)
    own, compiled = both(kernel, wide)
    assert compiled.sbuf_peak_bytes <= 212_728


def test_random_programs_of_tiles_keep_their_values() -> None:
    for seed in range(12):
        chooser = random.Random(seed)
        width = chooser.choice([64, 128, 256])

        @nki.jit
        def kernel(x):
            out = nl.ndarray((128, 8 * width), dtype=nl.float32, buffer=nl.shared_hbm)
            shared = nl.ndarray((nl.par_dim(128), 8, width), dtype=nl.float32, buffer=nl.sbuf)
            for i in nl.affine_range(8):
                shared[:, i, :] = nl.load(x[:, nl.ds(i * (width // 2), width)])
            for i in nl.affine_range(8):
                tiles = [shared[:, i, :]]
                for _ in range(chooser.randint(1, 5)):
                    a, b = chooser.choice(tiles), chooser.choice(tiles)
                    kind = chooser.randint(0, 3)
                    if kind == 0:
                        tiles.append(nisa.tensor_tensor(a, b, nl.add))
                    elif kind == 1:
                        tiles.append(nisa.tensor_scalar(a, nl.multiply, 0.5))
                    elif kind == 2:
                        tiles.append(nisa.activation(nl.tanh, a))
                    else:
                        sums = nisa.tensor_reduce(nl.add, a, axis=1)
                        tiles.append(nisa.tensor_scalar(b, nl.add, sums))
                if chooser.random() < 0.3:
                    shared[:, (i + 1) % 8, :] = nisa.tensor_copy(tiles[-1])
                nl.store(out[:, nl.ds(i * width, width)], tiles[-1])
            return out

        state = chooser.getstate()
        own = trnsim.simulate(kernel, TILES[:, :6 * width] if 6 * width <= 1024 else np.tile(TILES, 2), schedule="program")
        chooser.setstate(state)
        compiled = trnsim.simulate(kernel, TILES[:, :6 * width] if 6 * width <= 1024 else np.tile(TILES, 2),
                                   schedule="compiler")
        assert own.values.tobytes() == compiled.values.tobytes(), seed


# Choosing


@nki2.jit
def passed(x):
    out = nl2.ndarray((128, 512), dtype=nl2.float32, buffer=nl2.shared_hbm)
    for i in nl2.affine_range(4):
        tile = nl2.ndarray((128, 128), dtype=nl2.float32, buffer=nl2.sbuf)
        nisa2.dma_copy(dst=tile, src=x[:, i * 128:(i + 1) * 128])
        nisa2.dma_copy(dst=out[:, i * 128:(i + 1) * 128], src=tile)
    return out


def test_the_second_generation_is_list_scheduled_and_merges_nothing() -> None:
    found = trnsim.simulate(passed, TILES)
    compiled = trnsim.simulate(passed, TILES, schedule="compiler").report
    assert found.report.program == compiled.program
    copies = lines(compiled, "dma_copy")
    # All four loads go ahead of the first store, in one queue of software.
    assert ["dst=passed" not in line and "dst=out" not in line for line in copies] == [True] * 4 + [False] * 4
    assert all("dge_mode=swdge engine=gpsimd" in line for line in copies)
    own = trnsim.simulate(passed, TILES, schedule="program")
    assert own.values.tobytes() == found.values.tobytes()
    assert ["engine=gpsimd" in line for line in lines(own.report, "dma_copy")] == [False, True] * 4


def test_the_schedule_is_chosen_from_outside(monkeypatch) -> None:
    kernel = scaled(nl.affine_range)
    assert trnsim.simulate(kernel, TILES).report.program == trnsim.simulate(kernel, TILES, schedule="compiler").report.program
    monkeypatch.setenv("TRNSIM_SCHEDULE", "program")
    assert len(lines(trnsim.simulate(kernel, TILES).report, "tensor_scalar")) == 8
    monkeypatch.setenv("TRNSIM_SCHEDULE", "fastest")
    with pytest.raises(ValueError, match="no schedule 'fastest'"):
        trnsim.simulate(kernel, TILES)


def test_descriptors_are_generated_where_asked() -> None:
    kernel = scaled(nl.affine_range)
    prepared = trnsim.simulate(kernel, TILES).report
    generated = trnsim.simulate(kernel, TILES, descriptors="generated").report
    assert all("dge_mode=none" in line for line in lines(prepared, "dma_copy"))
    assert all("dge_mode=swdge engine=gpsimd" in line for line in lines(generated, "dma_copy"))
    own = trnsim.simulate(kernel, TILES, descriptors="generated", schedule="program").report
    assert len(lines(own, "dma_copy")) == 16 and "swdge" in own.program
    with pytest.raises(ValueError, match="no descriptors 'some'"):
        trnsim.simulate(kernel, TILES, descriptors="some")


def test_errors_name_the_source_after_reordering() -> None:
    @nki.jit
    def kernel(x):
        out = nl.ndarray((128, 256), dtype=nl.float32, buffer=nl.shared_hbm)
        tile = nl.load(x[:, 0:128])
        missing = nl.ndarray((nl.par_dim(128), 128), dtype=nl.float32, buffer=nl.sbuf)
        nl.store(out[:, 0:128], tile)
        nl.store(out[:, 128:256], nl.add(missing, tile))
        return out

    result = trnsim.simulate(kernel, TILES)
    assert any("test_scheduling.py" in note for note in result.report.notes)
