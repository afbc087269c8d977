"""Requests, sectors, bank conflicts and contention, equal to figures worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import kernel, run

from grader.kernels.launch import KernelRun, Launch, run_kernel, sample_blocks
from grader.kernels.measures import measure


def floats(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


def site(found: KernelRun, kind: str, array: str) -> Any:
    (match,) = [s for s in found.sites if (s.kind, s.array) == (kind, array)]
    return match


LOADS = [
    # One warp of 32 threads, float32: what it reads, and how many 32-byte sectors that is.
    ("a[i]", 4),  # 128 bytes in a row
    ("a[i + 1]", 5),  # the same, one float later: 4..131 touches 5 sectors
    ("a[2 * i]", 8),  # every second float: 256 bytes
    ("a[4 * i]", 16),
    ("a[8 * i]", 32),  # one sector a thread
    ("a[32 * i]", 32),
    ("a[31 - i]", 4),  # backwards costs nothing
    ("a[0]", 1),  # one address for all
    ("a[i // 2]", 2),  # 16 floats
    ("a[i % 8]", 1),  # 8 floats
    ("a[i % 2 * 512]", 2),
    ("a[i * i]", 30),  # 0, 1 and 4 share a sector; the 29 others have one each
]


@pytest.mark.parametrize(("access", "sectors"), LOADS, ids=[case[0] for case in LOADS])
def test_sectors_of_one_warps_load(access: str, sectors: int) -> None:
    found = run(
        kernel("a, out", "i = cuda.grid(1)", f"out[i] = {access}"), floats(1024), floats(32)
    )

    load = site(found, "load", "a")

    assert (load.requests, load.sectors, load.threads) == (1, sectors, 32)


WIDTHS = [("float64", 8), ("float32", 4), ("float16", 2), ("int8", 1)]


@pytest.mark.parametrize(("dtype", "sectors"), WIDTHS)
def test_sectors_follow_the_width_of_an_entry(dtype: str, sectors: int) -> None:
    body = kernel("a, out", "i = cuda.grid(1)", "out[i] = a[i]")

    found = run(body, np.zeros(32, dtype), np.zeros(32, dtype))

    assert site(found, "load", "a").sectors == sectors
    assert site(found, "store", "out").sectors == sectors


def test_a_guard_cuts_the_last_warp() -> None:
    body = kernel("a, out", "i = cuda.grid(1)", "if i < a.size:", "    out[i] = a[i]")

    load = site(run(body, floats(70), floats(70), grid=(3,)), "load", "a")

    # 32 + 32 + 6 threads: 4 + 4 + 1 sectors.
    assert (load.requests, load.threads, load.sectors) == (3, 70, 9)


def test_a_block_of_forty_threads_is_two_warps() -> None:
    body = kernel("a, out", "i = cuda.grid(1)", "out[i] = a[i]")

    load = site(run(body, floats(80), floats(80), grid=(2,), block=(40,)), "load", "a")

    # Each block: a warp of 32 and one of 8. The second block starts 160 bytes in, on a sector.
    assert (load.requests, load.threads, load.sectors) == (4, 80, 10)


MATMUL = """
@cuda.jit
def f(A, B, C):
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        total = float32(0)
        for k in range(A.shape[1]):
            total += A[row, k] * B[k, column]
        C[row, column] = total
"""


def test_naive_matmul_of_64_costs_what_the_sum_says() -> None:
    found = measure(run(MATMUL, *(floats(64, 64) for _ in range(3)), grid=(4, 4), block=(16, 16)))

    # 128 warps, 64 steps, 2 loads: 16384 requests. A warp is two rows of 16: two sectors of A
    # (one a row), two of B (16 floats). The 128 stores write two rows of 64 bytes: 4 sectors.
    assert found.requests == 128 * 64 * 2 + 128
    assert found.sectors == 128 * 64 * (2 + 2) + 128 * 4


def test_swapped_matmul_reads_a_row_a_thread() -> None:
    swapped = MATMUL.replace("column, row = cuda.grid(2)", "row, column = cuda.grid(2)")

    found = measure(run(swapped, *(floats(64, 64) for _ in range(3)), grid=(4, 4), block=(16, 16)))

    # 16 rows of A, 256 bytes apart; two entries of B, side by side; 16 rows of C.
    assert found.sectors == 128 * 64 * (16 + 1) + 128 * 16


BANKS = [
    ("s[t]", 1, 1),
    ("s[2 * t]", 2, 2),  # 32 words over 16 banks
    ("s[3 * t]", 1, 1),  # an odd stride meets every bank once
    ("s[16 * t]", 16, 16),
    ("s[32 * t]", 32, 32),  # all in one bank
    ("s[33 * t]", 1, 1),  # what padding a row is for
    ("s[0]", 1, 1),  # one word goes to everybody
    ("s[t // 2]", 1, 1),
    ("s[t % 4 * 32]", 4, 4),
]


@pytest.mark.parametrize(("access", "ways", "worst"), BANKS, ids=[case[0] for case in BANKS])
def test_bank_conflicts_of_one_warps_load(access: str, ways: int, worst: int) -> None:
    body = kernel(
        "out",
        "s = cuda.shared.array(1200, float32)",
        "t = cuda.threadIdx.x",
        "for k in range(t, 1200, 32):",
        "    s[k] = 1",
        "cuda.syncthreads()",
        f"out[t] = {access}",
    )

    load = site(run(body, floats(32)), "load", "s")

    assert (load.requests, load.ways, load.worst_ways) == (1, ways, worst)


def test_float64_in_a_row_has_no_conflict() -> None:
    body = kernel(
        "out",
        "s = cuda.shared.array(64, float64)",
        "t = cuda.threadIdx.x",
        "s[t] = 1",
        "out[t] = s[t]",
    )

    assert site(run(body, floats(32)), "store", "s").ways == 1


def test_contention_counts_the_most_lanes_on_one_address() -> None:
    body = kernel("out", "i = cuda.grid(1)", "cuda.atomic.add(out, i % 4, 1)")

    atomic = site(run(body, np.zeros(4, np.int32), grid=(2,)), "atomic", "out")

    assert (atomic.requests, atomic.contention, atomic.worst_contention) == (2, 16, 8)


def test_divergence_is_counted_where_both_ways_are_taken() -> None:
    body = kernel(
        "out",
        "i = cuda.grid(1)",
        "if i % 2 == 0:",
        "    out[i] = 1",
        "if i < 32:",
        "    out[i] = 2",
    )

    lines = run(body, floats(64), grid=(2,)).lines

    assert (lines[6].branches, lines[6].divergent) == (2, 2)
    assert (lines[8].branches, lines[8].divergent) == (2, 0)


def test_float64_arithmetic_is_counted_unless_it_folds_away() -> None:
    body = kernel(
        "a, out",
        "i = cuda.grid(1)",
        "out[i] = a[i] * 2",
        "s = 0.0",
        "s += a[i]",
        "out[i] = a[i] * 0.1",
        "out[i] = s",
    )

    lines = run(body, floats(32), floats(32)).lines

    assert lines[6].fp64 == 0  # float32 times 2 is float32 in the end
    assert lines[8].fp64 == 1  # a sum in float64
    assert lines[9].fp64 == 1  # float32 does not hold 0.1


def test_sampled_blocks_cost_a_block_each_what_the_whole_launch_does() -> None:
    source = "from numba import cuda, float32\n" + MATMUL
    arrays = [floats(64, 64) for _ in range(3)]
    launch = Launch(grid=(4, 4), block=(16, 16))

    whole = measure(run_kernel(source, "f", launch, arrays))
    blocks = sample_blocks(launch.grid, seed=3)
    sampled = measure(run_kernel(source, "f", launch, arrays, blocks=blocks))

    assert sampled.sectors * 16 == whole.sectors * len(blocks)
    assert sampled.requests * 16 == whole.requests * len(blocks)


def test_an_entry_read_twice_in_a_row_is_fetched_once() -> None:
    twice = kernel("a, out", "i = cuda.grid(1)", "out[i] = a[i] + a[i]")
    between = kernel("a, out", "i = cuda.grid(1)", "x = a[i]", "out[i] = x", "out[i] = x + a[i]")
    moved = kernel("a, out", "i = cuda.grid(1)", "x = a[i]", "i += 1", "out[i - 1] = x + a[i]")
    loop = kernel(
        "a, out",
        "i = cuda.grid(1)",
        "s = float32(0)",
        "for k in range(3):",
        "    s += a[i]",
        "out[i] = s",
    )

    def loads(body: str) -> int:
        found = run(body, floats(64), floats(64))
        return sum(s.requests for s in found.sites if (s.kind, s.array) == ("load", "a"))

    # Not repeated by any compiler; a store between may have changed it; another entry; rounds.
    assert [loads(body) for body in (twice, between, moved, loop)] == [1, 2, 2, 3]


def held_out(name: str, launch: Launch, *arguments: Any, file: str = "held_out") -> KernelRun:
    source = (Path(__file__).parents[2] / "kernel_corpus" / f"{file}.py").read_text()
    return run_kernel(source, name, launch, list(arguments))


FOUR_WARPS = Launch(grid=(2,), block=(64,))


def test_rows_of_nine_floats_cost_a_sector_a_thread() -> None:
    found = held_out("strided_columns", FOUR_WARPS, floats(100, 9), floats(100))

    load = site(found, "load", "a")

    # Rows are 36 bytes apart, so no two threads share a sector; the fourth warp has 4 rows left.
    assert (load.requests, load.sectors) == (9 * 4, 9 * (32 * 3 + 4))


def test_points_of_three_floats_fetch_all_twelve_sectors_for_each_coordinate() -> None:
    found = held_out("struct_of_threes", FOUR_WARPS, floats(100, 3), floats(100))

    loads = [each for each in found.sites if each.kind == "load"]

    # 32 points are 384 bytes, 12 sectors, all touched by each coordinate; 4 points touch 2.
    assert [each.sectors for each in loads] == [3 * 12 + 2] * 3
    assert [each.requests for each in loads] == [4] * 3


def test_half_precision_halves_the_sectors() -> None:
    half = np.zeros(100, np.float16)

    found = held_out("half_precision_axpy", FOUR_WARPS, np.float32(1), half, half.copy())

    # 64 bytes a warp are 2 sectors, and the last 4 entries 1: for x, and for y twice.
    assert sorted((s.kind, s.array, s.sectors) for s in found.sites) == [
        ("load", "x", 7), ("load", "y", 7), ("store", "y", 7),
    ]  # fmt: skip


def test_a_column_of_an_unpadded_tile_takes_32_passes() -> None:
    found = held_out(
        "conflicting_transpose", Launch(grid=(1,), block=(32, 8)), floats(32, 32), floats(32, 32)
    )

    measured = measure(found)

    # 8 warps, 4 rounds: 32 stores of a row in one pass each, 32 loads of a column in 32 each.
    assert (measured.shared_requests, measured.ways) == (64, 32 + 32 * 32)
    assert (measured.bank_ways, measured.worst_ways) == (16.5, 32)


def test_a_walk_along_rows_fetches_a_sector_a_thread_each_step() -> None:
    found = held_out("column_walk", FOUR_WARPS, floats(100, 16), floats(100, 16), file="later")

    load, store = site(found, "load", "a"), site(found, "store", "out")

    # Rows are 64 bytes apart: 16 steps, in each of which 100 threads touch a sector of their own.
    assert (load.requests, load.sectors) == (16 * 4, 16 * 100)
    assert (store.requests, store.sectors) == (16 * 4, 16 * 100)


def test_every_eighth_word_of_shared_memory_is_in_four_banks() -> None:
    one_warp = Launch(grid=(1,), block=(32,))

    measured = measure(held_out("spread_by_eight", one_warp, floats(32), floats(32), file="later"))

    assert (measured.bank_ways, measured.worst_ways) == (8, 8)


def test_a_counter_for_everybody_is_met_by_every_thread() -> None:
    found = held_out("all_on_one_counter", FOUR_WARPS, floats(100), floats(1), file="later")

    # Three whole warps and four threads, each on one address.
    assert measure(found).contention == 3 * 32 + 4


def test_a_shift_by_one_float_touches_a_fifth_sector() -> None:
    found = held_out("shifted_by_one", FOUR_WARPS, floats(100), floats(100), file="later")

    # Loads of 1..32 and so on touch 5 sectors; the last 3 entries, 97..99, lie in one.
    assert site(found, "load", "x").sectors == 5 * 3 + 1
    assert site(found, "store", "out").sectors == 4 * 3 + 1
