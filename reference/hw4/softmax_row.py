"""Reference of `problems/hw4/softmax_row.yaml`: softmax of each row, a block a row, and twins."""

import math

from numba import cuda, float32

THREADS = 128


@cuda.jit(device=True)
def reduce_max(part, t):
    """The greatest of THREADS entries, in part[0] after the last barrier."""
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            part[t] = max(part[t], part[t + half])
        half //= 2
    cuda.syncthreads()


@cuda.jit(device=True)
def reduce_sum(part, t):
    """The sum of THREADS entries, in part[0] after the last barrier."""
    half = THREADS // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            part[t] += part[t + half]
        half //= 2
    cuda.syncthreads()


@cuda.jit
def softmax_row(x, out):
    """Softmax over the last axis, shifted by each row's greatest entry.

    Shapes   x, out: (m, n), float32, n >= 1; blocks of THREADS threads, one a row.
    Errors   about n / THREADS + 20 roundings of float32, relative.
    Source   exp(x - max) / sum of exp(x - max).
    Cost     3 loads and 2 stores an entry.
    """
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    n = x.shape[1]
    greatest = float32(-math.inf)
    for j in range(t, n, THREADS):
        greatest = max(greatest, x[row, j])
    part[t] = greatest
    reduce_max(part, t)
    greatest = part[0]
    cuda.syncthreads()
    total = float32(0)
    for j in range(t, n, THREADS):
        total += math.exp(x[row, j] - greatest)
    part[t] = total
    reduce_sum(part, t)
    total = part[0]
    for j in range(t, n, THREADS):
        out[row, j] = math.exp(x[row, j] - greatest) / total


@cuda.jit
def softmax_row_one_thread(x, out):
    """The first thread of each block does the row."""
    row = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        greatest = float32(-math.inf)
        for j in range(x.shape[1]):
            greatest = max(greatest, x[row, j])
        total = float32(0)
        for j in range(x.shape[1]):
            total += math.exp(x[row, j] - greatest)
        for j in range(x.shape[1]):
            out[row, j] = math.exp(x[row, j] - greatest) / total


@cuda.jit
def softmax_row_unshifted(x, out):
    """No shift: large entries overflow."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = float32(0)
    for j in range(t, x.shape[1], THREADS):
        total += math.exp(x[row, j])
    part[t] = total
    reduce_sum(part, t)
    total = part[0]
    for j in range(t, x.shape[1], THREADS):
        out[row, j] = math.exp(x[row, j]) / total


@cuda.jit
def softmax_row_no_second_barrier(x, out):
    """Stores the sums over the greatest entry while others still read it."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    n = x.shape[1]
    greatest = float32(-math.inf)
    for j in range(t, n, THREADS):
        greatest = max(greatest, x[row, j])
    part[t] = greatest
    reduce_max(part, t)
    greatest = part[0]
    total = float32(0)
    for j in range(t, n, THREADS):
        total += math.exp(x[row, j] - greatest)
    part[t] = total
    reduce_sum(part, t)
    total = part[0]
    for j in range(t, n, THREADS):
        out[row, j] = math.exp(x[row, j] - greatest) / total


@cuda.jit
def softmax_row_fp64(x, out):
    """Sums in float64, by a literal."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    n = x.shape[1]
    greatest = float32(-math.inf)
    for j in range(t, n, THREADS):
        greatest = max(greatest, x[row, j])
    part[t] = greatest
    reduce_max(part, t)
    greatest = part[0]
    cuda.syncthreads()
    total = 0.0
    for j in range(t, n, THREADS):
        total += math.exp(x[row, j] - greatest)
    part[t] = total
    reduce_sum(part, t)
    total = part[0]
    for j in range(t, n, THREADS):
        out[row, j] = math.exp(x[row, j] - greatest) / total
