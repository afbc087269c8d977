"""How each kernel of the corpus is launched, and what the ones the simulator can't run must give.

Imports no Numba: the interpreter reads the kernels as text, and only a subprocess runs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
SEED = 5


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    grid: tuple[int, ...]
    block: tuple[int, ...]
    make: Callable[[np.random.Generator], list[Any]]
    rtol: float = 0.0
    """Where rounding may differ: the simulator keeps float32 where Numba widens."""
    expected: Callable[[list[Any]], list[Any]] | None = None
    shared_bytes: int = 0

    @property
    def source(self) -> str:
        return (HERE / f"{self.file}.py").read_text()

    def arguments(self) -> list[Any]:
        return self.make(np.random.default_rng(SEED))


def floats(*shape: int) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.standard_normal(shape).astype(np.float32)


def whole(*shape: int, low: int = -8, high: int = 9, dtype: str = "float32") -> Any:
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def zeros(*shape: int, dtype: str = "float32") -> Any:
    return lambda rng: np.zeros(shape, dtype)


def given(value: Any) -> Any:
    return lambda rng: value


def args(*makers: Any) -> Callable[[np.random.Generator], list[Any]]:
    return lambda rng: [make(rng) for make in makers]


I64 = "int64"
I32 = "int32"
F = 3e-7  # A few roundings of float32: two ways to widen and narrow again.
A, M, W = "arithmetic", "arrays", "warp_wide"
N = 100
LINE = ((2,), (64,))

RACE_FREE = [
    Case(A, "add_one", *LINE, args(floats(N), zeros(N)), F),
    Case(A, "saxpy", *LINE, args(given(np.float32(1.5)), whole(N), whole(N), zeros(N))),
    Case(A, "grid_stride", (1,), (32,), args(whole(N), zeros(N))),
    Case(A, "while_stride", (1,), (32,), args(floats(N), zeros(N))),
    Case(A, "clamp", *LINE, args(floats(N), zeros(N))),
    Case(A, "conditional", *LINE, args(whole(N), zeros(N))),
    Case(A, "collatz", *LINE, args(whole(N, low=1, high=40, dtype=I64), zeros(N, dtype=I64))),
    Case(A, "first_above", *LINE, args(floats(N, 6), given(1.0), zeros(N, dtype=I32))),
    Case(A, "sum_odd", *LINE, args(whole(N, 7, dtype=I32), zeros(N, dtype=I64))),
    Case(A, "early_return", *LINE, args(whole(N, low=0, high=14), zeros(N))),
    Case(A, "call_device", *LINE, args(whole(N), zeros(N))),
    Case(A, "tuples", *LINE, args(whole(N, dtype=I64), zeros(N, dtype=I64))),
    Case(A, "wrap_small", *LINE, args(whole(N, low=0, high=50, dtype=I64), zeros(N, dtype=I64))),
    Case(A, "integer_division", *LINE,
         args(whole(N, low=-50, high=50, dtype=I64), whole(N, low=1, high=9, dtype=I64),
              zeros(N, dtype=I64))),
    Case(A, "true_division", *LINE, args(floats(N), whole(N, low=1), zeros(N))),
    Case(A, "bits", *LINE, args(whole(N, low=0, high=99, dtype=I64), zeros(N, dtype=I64))),
    Case(A, "powers", *LINE, args(whole(N), zeros(N))),
    Case(A, "mathematics", *LINE, args(floats(N), zeros(N)), 1e-5),
    Case(A, "more_mathematics", *LINE, args(floats(N), zeros(N)), 1e-5),
    Case(A, "rounding", *LINE, args(floats(N), zeros(N))),
    Case(A, "promote_sum", *LINE, args(whole(N, 9), zeros(N))),
    Case(A, "float64_sum", *LINE, args(floats(N, 9), zeros(N, dtype="float64")), 1e-12),
    Case(A, "logic", *LINE, args(floats(N), zeros(N, dtype=I32))),
    Case(A, "chained", *LINE, args(floats(N), zeros(N, dtype="bool"))),
    Case(A, "countdown", *LINE, args(zeros(N, dtype=I64))),
    Case(A, "nested_loops", *LINE, args(zeros(N, dtype=I64))),
    Case(A, "mandelbrot", (2, 2), (8, 8), args(zeros(13, 11, dtype=I32))),
    Case(A, "constant_array", *LINE, args(whole(N), zeros(N))),
    Case(A, "local_array", *LINE, args(whole(N), zeros(N))),
    Case(A, "mixed_int", *LINE,
         args(whole(N, dtype=I32), whole(N, dtype="int16"), zeros(N, dtype=I64))),
    Case(A, "horner", *LINE, args(floats(N), zeros(N)), 1e-5),
    Case(A, "binary_search", *LINE,
         args(given(np.arange(0, 60, 2, dtype=np.int64)), whole(N, low=0, high=60, dtype=I64),
              zeros(N, dtype=I64))),
    Case(M, "transpose", (2, 2), (8, 8), args(floats(13, 11), zeros(11, 13))),
    Case(M, "transpose_tiled", (2, 2), (8, 8), args(floats(13, 11), zeros(11, 13))),
    Case(M, "matmul", (2, 2), (8, 8), args(whole(11, 7), whole(7, 13), zeros(11, 13))),
    Case(M, "matmul_tiled", (2, 2), (8, 8), args(whole(11, 10), whole(10, 13), zeros(11, 13))),
    Case(M, "row_views", (1,), (32,), args(whole(20, 9), zeros(20))),
    Case(M, "slices", (1,), (32,), args(whole(9, 20), zeros(20))),
    Case(M, "every_second", (1,), (32,), args(floats(33), zeros(33))),
    Case(M, "tuple_index", (2, 2), (8, 8), args(whole(11, 13), zeros(11, 13))),
    Case(M, "nested_index", (1,), (32,), args(whole(30, 2), zeros(30))),
    Case(M, "three_d", (2, 2, 1), (4, 4, 3), args(whole(3, 5, 7), zeros(3, 5, 7))),
    Case(M, "gather", *LINE, args(whole(N, low=0, high=20, dtype=I64), floats(20), zeros(N))),
    Case(M, "reduce_block", (2,), (64,), args(whole(N), zeros(2))),
    Case(M, "reduce_rows", (3,), (64,), args(whole(3, 150), zeros(3))),
    Case(M, "softmax_rows", (3,), (64,), args(floats(3, 150), zeros(3, 150)), 1e-5),
    Case(M, "stencil", (2,), (64,), args(whole(N), zeros(N))),
    Case(M, "histogram", *LINE, args(whole(N, low=0, high=10, dtype=I64), zeros(10, dtype=I32))),
    Case(M, "histogram_shared", *LINE,
         args(whole(N, low=0, high=16, dtype=I64), zeros(16, dtype=I32))),
    Case(M, "atomic_extremes", *LINE, args(floats(N), zeros(1), zeros(1))),
    Case(M, "atomic_2d", *LINE, args(whole(N, low=0, high=99, dtype=I64), zeros(3, 2, dtype=I64))),
    Case(M, "atomic_bits", *LINE,
         args(whole(N, low=0, high=99, dtype=I64), given(np.full(4, -1, np.int64)))),
    Case(M, "dynamic_shared", (2,), (32,), args(floats(64), zeros(64)), shared_bytes=128),
    Case(M, "count_block", (2,), (32,), args(floats(64), zeros(64, dtype=I32))),
    Case(M, "and_or_block", (2,), (32,), args(floats(64), zeros(64, dtype=I32))),
    Case(M, "scan_block", (1,), (64,), args(whole(64), zeros(64))),
    Case(M, "two_outputs", *LINE, args(whole(N), zeros(N), zeros(N))),
    Case(M, "shift_in_block", (1,), (64,), args(floats(64), zeros(64))),
    Case(M, "one_array_two_types", *LINE, args(floats(N), zeros(N))),
    Case(M, "compare_and_swap", *LINE,
         args(whole(N, low=0, high=20, dtype=I32), zeros(20, dtype=I32))),
    Case(M, "column_sums", (1,), (32,), args(whole(9, 20), zeros(20))),
    Case(M, "shared_matrix_reverse", (1,), (16, 4), args(floats(4, 16), zeros(4, 16))),
    Case(M, "in_place", *LINE, args(whole(N))),
]  # fmt: skip


def warp_sums(a: Any) -> Any:
    return a.reshape(-1, 32).sum(axis=1)


def over_warps(function: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    """What a kernel (a, out) gives, from a function of a with a warp a row."""

    def expected(given_: list[Any]) -> list[Any]:
        a, out = given_
        wanted = np.broadcast_to(function(a.reshape(-1, 32)), (len(a) // 32, 32))
        return [a, wanted.reshape(-1).astype(out.dtype)]

    return expected


WARPS = ((2,), (64,))
WARP_WIDE = [
    Case(W, "warp_sum", *WARPS, args(whole(128), zeros(4)),
         expected=lambda g: [g[0], warp_sums(g[0])]),
    Case(W, "butterfly", *WARPS, args(whole(128), zeros(128)),
         expected=over_warps(lambda a: a.sum(axis=1, keepdims=True))),
    Case(W, "broadcast", *WARPS, args(floats(128), zeros(128)),
         expected=over_warps(lambda a: a[:, 3:4])),
    Case(W, "shift_up", *WARPS, args(floats(128), zeros(128)),
         expected=over_warps(lambda a: np.concatenate([a[:, :1], a[:, :-1]], axis=1))),
    Case(W, "ballot", *WARPS, args(floats(128), zeros(128, dtype=I32)),
         expected=over_warps(lambda a: (a > 0).sum(axis=1, keepdims=True))),
    Case(W, "votes", *WARPS, args(floats(128), zeros(128, dtype=I32)),
         expected=over_warps(lambda a: np.ones((len(a), 1)))),
    Case(W, "synced_neighbours", (1,), (32,), args(floats(32), zeros(32)),
         expected=over_warps(lambda a: np.roll(a, -1, axis=1))),
    Case(W, "last_block_sums", (4,), (32,),
         args(whole(128), zeros(4), zeros(1, dtype=I32), zeros(1)),
         expected=lambda g: [g[0], g[0][::32], np.array([4]), g[0][::32].sum(keepdims=True)]),
]  # fmt: skip

U = "unsafe"
UNSAFE = [
    Case(U, "all_to_one", *LINE, args(floats(N), zeros(1))),
    Case(U, "sum_without_atomic", *LINE, args(floats(N), zeros(1))),
    Case(U, "neighbours_without_barrier", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "refill_without_barrier", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "reduce_without_barrier", (1,), (64,), args(floats(64), zeros(1))),
    Case(U, "across_blocks", *LINE, args(floats(N), zeros(N))),
    Case(U, "two_an_element", *LINE, args(floats(N), zeros(N))),
    Case(U, "in_place_shift", *LINE, args(floats(N))),
    Case(U, "warp_without_sync", (1,), (32,), args(floats(32), zeros(32))),
    Case(U, "histogram_without_atomic", *LINE,
         args(whole(N, low=0, high=9, dtype=I64), zeros(10, dtype=I32))),
    Case(U, "plain_read_of_atomic", *LINE, args(floats(N), zeros(N + 1))),
    Case(U, "beyond_the_end", *LINE, args(floats(N), zeros(N))),
    Case(U, "one_too_many", *LINE, args(floats(N), zeros(N))),
    Case(U, "before_the_start", *LINE, args(floats(N), zeros(N))),
    Case(U, "shared_overrun", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "barrier_in_branch", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "barrier_in_ragged_loop", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "return_before_shuffle", (1,), (32,), args(floats(32), zeros(32))),
    Case(U, "never_filled", (1,), (64,), args(floats(64), zeros(64))),
    Case(U, "local_unfilled", (1,), (64,), args(floats(64), zeros(64))),
]  # fmt: skip

H = "held_out"
HELD_OUT = [
    Case(H, "gelu_grid_stride", (2,), (32,), args(floats(200), zeros(200)), 1e-6),
    Case(H, "histogram_private", (2,), (32,),
         args(whole(150, low=0, high=99, dtype=I64), zeros(8, dtype=I32))),
    Case(H, "dynamic_two_arrays", (2,), (32,), args(whole(64), whole(64), zeros(64)),
         shared_bytes=256),
    Case(H, "half_precision_axpy", *LINE,
         args(given(np.float32(0.5)), whole(N, dtype="float16"), whole(N, dtype="float16"))),
    Case(H, "tuple_strides", (2, 2), (8, 8), args(whole(13, 11), zeros(13, 11))),
    Case(H, "argmax_rows", *LINE, args(floats(N, 7), zeros(N, dtype=I64))),
    Case(H, "clipped_gradient", *LINE,
         args(floats(N), floats(N), given(np.float32(0.5)), given(np.float32(0.75)))),
    Case(H, "layer_norm", (3,), (128,),
         args(floats(3, 200), floats(200), floats(200), zeros(3, 200)), 1e-5),
    Case(H, "stencil_halo", (3,), (128,), args(whole(300), zeros(300)), F),
    Case(H, "exclusive_scan", (1,), (128,),
         args(whole(128, dtype=I64), zeros(128, dtype=I64))),
    Case(H, "max_pool", (1, 1), (8, 8), args(floats(12, 14), zeros(6, 7))),
    Case(H, "bit_reverse", (1,), (64,), args(floats(64), given(6), zeros(64))),
    Case(H, "first_match", *LINE,
         args(given(np.array([0, 1, 1, 0] * 25, np.int8)), given(np.array([1, 1, 0, 0], np.int8)),
              given(np.array([999], np.int64)))),
    Case(H, "attention_scores", (2, 2), (8, 8),
         args(floats(10, 6), floats(12, 6), zeros(10, 12), given(True)), 1e-6),
    Case(H, "struct_of_threes", *LINE, args(floats(N, 3), zeros(N)), F),
    Case(H, "strided_columns", *LINE, args(whole(N, 9), zeros(N))),
    Case(H, "conflicting_transpose", (1,), (32, 8), args(floats(32, 32), zeros(32, 32))),
    Case(H, "doubled_in_float64", *LINE, args(floats(N), zeros(N))),
    # Threads that have returned are waited for by nobody: CUDA programming guide, __syncthreads.
    Case(H, "early_exit_before_barrier", (1,), (128,), args(floats(100), zeros(100))),
    Case(H, "defaulted_device", *LINE, args(floats(N), zeros(N))),
    Case(H, "sum_of_rows", *LINE, args(whole(N, 7), zeros(N))),
    Case(H, "scaled_by_constants", *LINE, args(whole(N), zeros(N)), 1e-6),
]  # fmt: skip


def compact(given_: list[Any]) -> list[Any]:
    """Positive entries, warp after warp in the order of blocks, which is one legal order."""
    x, out, count = given_
    kept = x[x > 0]
    return [x, np.concatenate([kept, out[len(kept) :]]), np.array([len(kept)], count.dtype)]


HELD_OUT_WARPS = [
    Case(H, "warp_reduce_block", (2,), (128,), args(whole(200), zeros(1)),
         expected=lambda g: [g[0], g[0].sum(keepdims=True)]),
    Case(H, "warp_scan", *WARPS, args(whole(128), zeros(128)),
         expected=over_warps(lambda a: a.cumsum(axis=1))),
    Case(H, "compact_positive", *WARPS, args(whole(128), zeros(128), zeros(1, dtype=I64)),
         expected=compact),
]  # fmt: skip
HELD_OUT_UNSAFE = [
    Case(H, "reduce_missing_sync", (2,), (128,), args(floats(256), zeros(2))),
    Case(H, "prefix_in_place", *LINE, args(floats(N))),
    Case(H, "shared_accumulator", (2,), (64,), args(floats(128), zeros(2))),
    Case(H, "off_by_one_halo", *LINE, args(floats(N), zeros(N))),
    Case(H, "wrong_axis_guard", (2, 2), (8, 8), args(floats(9, 14), zeros(9, 14))),
    Case(H, "negative_neighbour", *LINE, args(floats(N), zeros(N))),
    Case(H, "half_filled_tile", (1,), (16, 16), args(floats(16, 16), zeros(16, 16))),
    Case(H, "counter_without_atomic", *LINE, args(floats(N), zeros(1, dtype=I32))),
    Case(H, "block_handshake", (2,), (32,), args(floats(32), zeros(64), zeros(1, dtype=I32))),
]  # fmt: skip
RACE_FREE += HELD_OUT
WARP_WIDE += HELD_OUT_WARPS
UNSAFE += HELD_OUT_UNSAFE


def marked_faults(case: Case) -> set[tuple[int, str]]:
    """The lines of a kernel marked `#! kind`, with the kind."""
    found = set()
    inside = False
    for number, line in enumerate(case.source.splitlines(), 1):
        if line.startswith("def "):
            inside = line.startswith(f"def {case.name}(")
        mark = re.search(r"#! (.+)$", line)
        if inside and mark:
            found.add((number, mark[1]))
    return found
