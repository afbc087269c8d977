"""Kernels about memory: layouts, views, shared memory, barriers, atomics."""

import math

from numba import cuda, float32, int32

TILE = 8
RADIUS = 2
THREADS = 64


@cuda.jit
def transpose(a, out):
    column, row = cuda.grid(2)
    if row < a.shape[0] and column < a.shape[1]:
        out[column, row] = a[row, column]


@cuda.jit
def transpose_tiled(a, out):
    tile = cuda.shared.array((TILE, TILE + 1), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    if row < a.shape[0] and column < a.shape[1]:
        tile[y, x] = a[row, column]
    cuda.syncthreads()
    out_column = cuda.blockIdx.y * TILE + x
    out_row = cuda.blockIdx.x * TILE + y
    if out_row < out.shape[0] and out_column < out.shape[1]:
        out[out_row, out_column] = tile[x, y]


@cuda.jit
def matmul(A, B, C):
    row, column = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        total = float32(0)
        for k in range(A.shape[1]):
            total += A[row, k] * B[k, column]
        C[row, column] = total


@cuda.jit
def matmul_tiled(A, B, C):
    a = cuda.shared.array((TILE, TILE), float32)
    b = cuda.shared.array((TILE, TILE), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = float32(0)
    for p in range((A.shape[1] + TILE - 1) // TILE):
        k = p * TILE
        a[y, x] = A[row, k + x] if row < A.shape[0] and k + x < A.shape[1] else 0
        b[y, x] = B[k + y, column] if k + y < B.shape[0] and column < B.shape[1] else 0
        cuda.syncthreads()
        for j in range(TILE):
            total += a[y, j] * b[j, x]
        cuda.syncthreads()
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total


@cuda.jit
def row_views(a, out):
    i = cuda.grid(1)
    if i < a.shape[0]:
        row = a[i]
        total = float32(0)
        for j in range(row.shape[0]):
            total += row[j]
        out[i] = total


@cuda.jit
def slices(a, out):
    i = cuda.grid(1)
    if i < out.shape[0]:
        inner = a[1:-1, i]
        total = float32(0)
        for j in range(inner.size):
            total += inner[j]
        out[i] = total


@cuda.jit
def every_second(a, out):
    i = cuda.grid(1)
    half = a[::2]
    if i < half.size:
        out[i] = half[i]


@cuda.jit
def tuple_index(a, out):
    place = cuda.grid(2)
    if place[0] < a.shape[0] and place[1] < a.shape[1]:
        out[place] = a[place] + 1


@cuda.jit
def nested_index(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i][1] * a[i][0]


@cuda.jit
def three_d(a, out):
    x, y, z = cuda.grid(3)
    if z < a.shape[0] and y < a.shape[1] and x < a.shape[2]:
        out[z, y, x] = a[z, y, x] * (z + 1)


@cuda.jit
def gather(index, a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[index[i]]


@cuda.jit
def reduce_block(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    part[t] = a[i] if i < a.size else 0
    cuda.syncthreads()
    step = THREADS // 2
    while step > 0:
        if t < step:
            part[t] += part[t + step]
        cuda.syncthreads()
        step //= 2
    if t == 0:
        out[cuda.blockIdx.x] = part[0]


@cuda.jit
def reduce_rows(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    row = cuda.blockIdx.x
    total = float32(0)
    for j in range(t, a.shape[1], THREADS):
        total += a[row, j]
    part[t] = total
    cuda.syncthreads()
    s = THREADS // 2
    while s >= 1:
        if t < s:
            part[t] = part[t] + part[t + s]
        cuda.syncthreads()
        s = s // 2
    if t == 0:
        out[row] = part[0]


@cuda.jit
def softmax_rows(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    row = cuda.blockIdx.x
    n = a.shape[1]
    best = float32(-math.inf)
    for j in range(t, n, THREADS):
        best = max(best, a[row, j])
    part[t] = best
    cuda.syncthreads()
    s = THREADS // 2
    while s > 0:
        if t < s:
            part[t] = max(part[t], part[t + s])
        cuda.syncthreads()
        s //= 2
    best = part[0]
    cuda.syncthreads()
    total = float32(0)
    for j in range(t, n, THREADS):
        total += math.exp(a[row, j] - best)
    part[t] = total
    cuda.syncthreads()
    s = THREADS // 2
    while s > 0:
        if t < s:
            part[t] += part[t + s]
        cuda.syncthreads()
        s //= 2
    total = part[0]
    for j in range(t, n, THREADS):
        out[row, j] = math.exp(a[row, j] - best) / total


@cuda.jit
def stencil(a, out):
    tile = cuda.shared.array(THREADS + 2 * RADIUS, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    n = a.size
    tile[t + RADIUS] = a[i] if i < n else 0
    if t < RADIUS:
        left = i - RADIUS
        right = i + THREADS
        tile[t] = a[left] if left >= 0 else 0
        tile[t + THREADS + RADIUS] = a[right] if right < n else 0
    cuda.syncthreads()
    if i < n:
        total = float32(0)
        for k in range(2 * RADIUS + 1):
            total += tile[t + k]
        out[i] = total


@cuda.jit
def histogram(a, out):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.add(out, a[i], 1)


@cuda.jit
def histogram_shared(a, out):
    bins = cuda.shared.array(16, int32)
    t = cuda.threadIdx.x
    if t < 16:
        bins[t] = 0
    cuda.syncthreads()
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.add(bins, a[i], 1)
    cuda.syncthreads()
    if t < 16:
        cuda.atomic.add(out, t, bins[t])


@cuda.jit
def atomic_extremes(a, low, high):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.min(low, 0, a[i])
        cuda.atomic.max(high, 0, a[i])


@cuda.jit
def atomic_2d(a, out):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.add(out, (a[i] % 3, a[i] % 2), a[i])


@cuda.jit
def atomic_bits(a, out):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.or_(out, 0, a[i])
        cuda.atomic.xor(out, 1, a[i])
        cuda.atomic.and_(out, 2, a[i])
        cuda.atomic.sub(out, 3, a[i])


@cuda.jit
def dynamic_shared(a, out):
    buffer = cuda.shared.array(0, float32)
    t = cuda.threadIdx.x
    buffer[t] = a[cuda.grid(1)]
    cuda.syncthreads()
    out[cuda.grid(1)] = buffer[cuda.blockDim.x - 1 - t]


@cuda.jit
def count_block(a, out):
    i = cuda.grid(1)
    above = cuda.syncthreads_count(a[i] > 0)
    out[i] = above


@cuda.jit
def and_or_block(a, out):
    i = cuda.grid(1)
    every = cuda.syncthreads_and(a[i] > -10)
    some = cuda.syncthreads_or(a[i] > 10)
    out[i] = (1 if every else 0) + (2 if some else 0)


@cuda.jit
def scan_block(a, out):
    part = cuda.shared.array((2, THREADS), float32)
    t = cuda.threadIdx.x
    now = 0
    part[now, t] = a[t]
    cuda.syncthreads()
    step = 1
    while step < THREADS:
        after = 1 - now
        if t >= step:
            part[after, t] = part[now, t] + part[now, t - step]
        else:
            part[after, t] = part[now, t]
        cuda.syncthreads()
        now = after
        step *= 2
    out[t] = part[now, t]


@cuda.jit
def two_outputs(a, total, product):
    i = cuda.grid(1)
    if i < a.size:
        total[i], product[i] = a[i] + 1, a[i] * 2


@cuda.jit
def shift_in_block(a, out):
    t = cuda.threadIdx.x
    buffer = cuda.shared.array(THREADS, float32)
    buffer[t] = a[t]
    cuda.syncthreads()
    value = buffer[(t + 1) % THREADS]
    cuda.syncthreads()
    buffer[t] = value
    out[t] = buffer[t]


@cuda.jit
def one_array_two_types(a, out):
    i = cuda.grid(1)
    if i < a.size:
        half = a.size // 2
        out[i] = a[i] if i < half else a[a.size - 1 - (i - half)]


@cuda.jit
def compare_and_swap(a, out):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.cas(out, a[i], 0, 1)


@cuda.jit
def column_sums(a, out):
    j = cuda.grid(1)
    if j < a.shape[1]:
        s = float32(0)
        for row in range(a.shape[0]):
            s += a[row, j]
        out[j] = s


@cuda.jit
def shared_matrix_reverse(a, out):
    tile = cuda.shared.array(shape=(4, 16), dtype=float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    tile[y, x] = a[y, x]
    cuda.syncthreads()
    out[y, x] = tile[3 - y, 15 - x]


@cuda.jit
def in_place(a):
    i = cuda.grid(1)
    if i < a.size:
        a[i] *= 2
        a[i] += 1
