"""How the kernels of `later.py` are launched, and all cases of the corpus together."""

from __future__ import annotations

from typing import Any

import cases
import numpy as np
from cases import I32, I64, LINE, Case, N, args, floats, given, whole, zeros

L = "later"
SQUARE = ((2, 2), (8, 8))
BYTE = {"low": 0, "high": 256, "dtype": "uint8"}
LATER = [
    Case(L, "relu_of_len", *LINE, args(floats(N), zeros(N))),
    Case(L, "leaky_by_mask", *LINE, args(floats(N), given(0.25), zeros(N)), 1e-6),
    Case(L, "sgd_momentum", *LINE, args(floats(N), floats(N), floats(N), given(0.9)), 1e-6),
    Case(L, "life_step", *SQUARE,
         args(whole(13, 11, low=0, high=2, dtype=I32), zeros(13, 11, dtype=I32))),
    Case(L, "laplace_offsets", *SQUARE, args(whole(13, 11), zeros(13, 11))),
    Case(L, "gated", (1,), (32,), args(floats(N), floats(N), zeros(N)), 1e-6),
    Case(L, "log_sum_exp", (1,), (32,), args(floats(20, 9), zeros(20)), 1e-6),
    Case(L, "cross_entropy", (1,), (32,),
         args(floats(20, 9), whole(20, low=0, high=9, dtype=I64), zeros(20)), 1e-5),
    Case(L, "one_hot", *SQUARE, args(whole(12, low=0, high=10, dtype=I32), zeros(12, 10))),
    Case(L, "quantise", *LINE, args(floats(N), given(0.02), zeros(N, dtype="int8"))),
    Case(L, "checksum", *LINE,
         args(whole(N, low=0, high=2**31, dtype=I64), zeros(N, dtype=I64))),
    Case(L, "lcg_steps", *LINE,
         args(whole(N, low=1, high=99, dtype=I64), given(5), zeros(N, dtype="float64"))),
    Case(L, "euclid", *LINE,
         args(whole(N, low=0, high=500, dtype=I64), whole(N, low=0, high=500, dtype=I64),
              zeros(N, dtype=I64))),
    Case(L, "newton_root", *LINE,
         args(lambda rng: rng.uniform(0, 50, N), zeros(N, dtype="float64")), 1e-12),
    Case(L, "batched_product", (2, 2, 3), (8, 8, 1),
         args(whole(3, 10, 6), whole(3, 6, 9), zeros(3, 10, 9))),
    Case(L, "outer_rows", (1,), (32,), args(whole(20), whole(9), zeros(20, 9))),
    Case(L, "padded_transpose", *SQUARE, args(floats(13, 11), zeros(11, 13))),
    Case(L, "block_maximum", (2,), (64,),
         args(lambda rng: rng.standard_normal(300), given(np.full(1, -9.0)))),
    Case(L, "dot_by_pairs", (2,), (64,), args(whole(N), whole(N), zeros(1))),
    Case(L, "odd_even_sort", (1,), (64,), args(whole(51, low=0, high=99, dtype=I32))),
    Case(L, "class_counts", (2,), (32,),
         args(whole(300, low=0, high=10, dtype=I64), zeros(10, dtype=I32))),
    Case(L, "dropout_scaled", *LINE,
         args(whole(N), lambda rng: rng.random(N) > 0.5, given(0.5), zeros(N))),
    Case(L, "first_negative", *LINE, args(floats(N, 5), zeros(N, dtype=I64))),
    Case(L, "swap_halves", *LINE, args(whole(101))),
    Case(L, "every_diagonal", (1,), (32,), args(whole(9, 12), zeros(20))),
    Case(L, "column_walk", *LINE, args(whole(N, 9), zeros(N, 9))),
    Case(L, "spread_by_eight", (1,), (32,), args(floats(32), zeros(32))),
    Case(L, "all_on_one_counter", *LINE, args(whole(N), zeros(1))),
    Case(L, "shifted_by_one", *LINE, args(floats(N), zeros(N))),
]  # fmt: skip


def grey(given_: list[Any]) -> list[Any]:
    """Three products in float64, cut to a whole number."""
    image, out = given_
    r, g, b = (image[..., k].astype(np.float64) for k in range(3))
    return [image, (0.299 * r + 0.587 * g + 0.114 * b).astype(out.dtype)]


# The simulator computes with NumPy's numbers, which wrap where Numba widens to 64 bits.
LATER_WIDENED = [
    Case(L, "grey", *SQUARE, args(whole(13, 11, 3, **BYTE), zeros(13, 11, dtype="uint8")),
         expected=grey),
    Case(L, "average_of_bytes", *LINE,
         args(whole(N, **BYTE), whole(N, **BYTE), zeros(N, dtype=I32)),
         expected=lambda g: [g[0], g[1], (g[0].astype(np.int32) + g[1]) // 2]),
    Case(L, "unsigned_gap", *LINE,
         args(whole(N, **BYTE), whole(N, **BYTE), zeros(N, dtype=I32)),
         expected=lambda g: [g[0], g[1], abs(g[0].astype(np.int32) - g[1])]),
]  # fmt: skip

LATER_UNSAFE = [
    Case(L, "sum_by_one_block", (1,), (64,), args(floats(64), zeros(1))),
    Case(L, "barrier_for_some", (1,), (64,), args(floats(64), zeros(64))),
    Case(L, "shift_left", *LINE, args(floats(N))),
    Case(L, "histogram_plain", *LINE,
         args(whole(N, low=0, high=9, dtype=I64), zeros(10, dtype=I32))),
    # In one warp of eight nobody is ahead on the hardware; the programming model promises nothing.
    Case(L, "tile_left_stale", (1,), (8,), args(floats(32), zeros(8))),
    Case(L, "beyond_the_last_row", *SQUARE, args(floats(13, 11), zeros(13, 11))),
    Case(L, "wraps_to_the_end", *LINE, args(floats(N), zeros(N))),
    Case(L, "tile_read_before_filled", (1,), (64,), args(floats(64), zeros(64))),
    Case(L, "last_block_sums", (4,), (32,), args(zeros(4), zeros(1))),
    Case(L, "flag_by_everyone", *LINE, args(floats(N), zeros(1, dtype=I64))),
    Case(L, "double_buffer_forgotten", (1,), (32,), args(floats(32), zeros(32), given(3))),
]  # fmt: skip

RACE_FREE = cases.RACE_FREE + LATER
EXPECTED = cases.WARP_WIDE + LATER_WIDENED
UNSAFE = cases.UNSAFE + LATER_UNSAFE
