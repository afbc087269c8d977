"""Kernels as students hand them in, written without the interpreter in view.

`#! kind` marks the line and kind of a fault that must be reported.
"""

import math

import numba as nb
import numpy as np
from numba import cuda, float32, float64, int32, types

BLOCK = 128
TPB = 16
RADIUS = 3
BINS = 8
SQRT_2_PI = math.sqrt(2 / math.pi)
WEIGHTS = (0.25, 0.5, 0.25)
TWO_PI = 2 * math.pi
EPSILON = np.float32(1e-6)


@cuda.jit
def gelu_grid_stride(x, y):
    start = cuda.grid(1)
    stride = cuda.gridsize(1)
    n = x.shape[0]
    for i in range(start, n, stride):
        v = x[i]
        inner = SQRT_2_PI * (v + 0.044715 * v * v * v)
        y[i] = 0.5 * v * (1.0 + math.tanh(inner))


@cuda.jit
def histogram_private(data, hist):
    local_hist = cuda.shared.array(BINS, dtype=int32)
    tid = cuda.threadIdx.x
    if tid < BINS:
        local_hist[tid] = 0
    cuda.syncthreads()
    i = cuda.blockIdx.x * cuda.blockDim.x + tid
    while i < data.size:
        cuda.atomic.add(local_hist, data[i] % BINS, 1)
        i += cuda.blockDim.x * cuda.gridDim.x
    cuda.syncthreads()
    if tid < BINS:
        cuda.atomic.add(hist, tid, local_hist[tid])


@cuda.jit
def dynamic_two_arrays(a, b, out):
    buffer = cuda.shared.array(0, dtype=float32)
    n = cuda.blockDim.x
    left = buffer[:n]
    right = buffer[n : 2 * n]
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    left[t] = a[i]
    right[t] = b[i]
    cuda.syncthreads()
    out[i] = left[n - 1 - t] * right[t]


@cuda.jit
def half_precision_axpy(alpha, x, y):
    i = cuda.grid(1)
    if i >= x.size:
        return
    y[i] = np.float16(alpha) * x[i] + y[i]


@cuda.jit
def tuple_strides(img, out):
    pos = cuda.grid(2)
    shape = img.shape
    if pos[0] < shape[0] and pos[1] < shape[1]:
        r, c = pos
        acc = 0.0
        for d in range(3):
            cc = min(max(c + d - 1, 0), shape[1] - 1)
            acc += WEIGHTS[d] * img[r, cc]
        out[pos] = acc


@cuda.jit
def argmax_rows(scores, winner):
    row = cuda.grid(1)
    if row < scores.shape[0]:
        best, where = scores[row, 0], 0
        for j in range(1, scores.shape[1]):
            if scores[row, j] > best:
                best, where = scores[row, j], j
        winner[row] = where


@cuda.jit(device=True)
def clip(v, lo=-1.0, hi=1.0):
    return max(lo, min(hi, v))


@cuda.jit(device=True)
def clamp(v, lo, hi):
    if v < lo:
        return lo
    if v > hi:
        return hi
    return v


@cuda.jit
def clipped_gradient(w, g, lr, limit):
    i = cuda.grid(1)
    if i < w.size:
        w[i] -= lr * clamp(g[i], -limit, limit)


@cuda.jit
def layer_norm(x, gamma, beta, out):
    sums = cuda.shared.array(shape=(BLOCK,), dtype=float32)
    squares = cuda.shared.array(shape=(BLOCK,), dtype=float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    n = x.shape[1]
    s, q = float32(0.0), float32(0.0)
    for j in range(t, n, BLOCK):
        s += x[row, j]
        q += x[row, j] ** 2
    sums[t], squares[t] = s, q
    cuda.syncthreads()
    step = BLOCK >> 1
    while step:
        if t < step:
            sums[t] += sums[t + step]
            squares[t] += squares[t + step]
        cuda.syncthreads()
        step >>= 1
    mean = sums[0] / n
    var = squares[0] / n - mean * mean
    scale = 1 / math.sqrt(var + 1e-5)
    for j in range(t, n, BLOCK):
        out[row, j] = (x[row, j] - mean) * scale * gamma[j] + beta[j]


@cuda.jit
def stencil_halo(x, out):
    tile = cuda.shared.array(BLOCK + 2 * RADIUS, dtype=nb.float32)
    g = cuda.grid(1)
    t = cuda.threadIdx.x
    n = x.shape[0]
    tile[t + RADIUS] = x[g] if g < n else 0
    if t < RADIUS:
        tile[t] = x[g - RADIUS] if g - RADIUS >= 0 else 0
        tile[t + BLOCK + RADIUS] = x[g + BLOCK] if g + BLOCK < n else 0
    cuda.syncthreads()
    if g < n:
        acc = nb.float32(0)
        for k in range(-RADIUS, RADIUS + 1):
            acc += tile[t + RADIUS + k]
        out[g] = acc / (2 * RADIUS + 1)


@cuda.jit
def exclusive_scan(x, out):
    temp = cuda.shared.array((2, BLOCK), types.int64)
    t = cuda.threadIdx.x
    src, dst = 0, 1
    temp[src, t] = x[t - 1] if t > 0 else 0
    cuda.syncthreads()
    offset = 1
    while offset < BLOCK:
        if t >= offset:
            temp[dst, t] = temp[src, t] + temp[src, t - offset]
        else:
            temp[dst, t] = temp[src, t]
        cuda.syncthreads()
        src, dst = dst, src
        offset *= 2
    out[t] = temp[src, t]


@cuda.jit
def max_pool(img, out):
    x, y = cuda.grid(2)
    h, w = out.shape
    if x < w and y < h:
        m = -math.inf
        for dy in range(2):
            for dx in range(2):
                v = img[2 * y + dy, 2 * x + dx]
                m = v if v > m else m
        out[y, x] = m


@cuda.jit
def bit_reverse(a, bits, out):
    i = cuda.grid(1)
    if i < a.size:
        r = np.uint32(0)
        v = np.uint32(i)
        for _ in range(bits):
            r = np.uint32((r << 1) | (v & 1))
            v = np.uint32(v >> 1)
        out[r] = a[i]


@cuda.jit
def first_match(text, pattern, found):
    i = cuda.grid(1)
    m = pattern.shape[0]
    if i <= text.shape[0] - m:
        j = 0
        while j < m and text[i + j] == pattern[j]:
            j += 1
        if j == m:
            cuda.atomic.min(found, 0, i)


@cuda.jit
def attention_scores(Q, K, S, causal):
    j, i = cuda.grid(2)
    if i < S.shape[0] and j < S.shape[1]:
        if causal and j > i:
            S[i, j] = -math.inf
        else:
            dot = float32(0)
            for d in range(Q.shape[1]):
                dot += Q[i, d] * K[j, d]
            S[i, j] = dot / math.sqrt(float32(Q.shape[1]))


@cuda.jit
def warp_reduce_block(x, out):
    partial = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    lane = t & 31
    warp = t >> 5
    i = cuda.grid(1)
    val = x[i] if i < x.size else float32(0)
    for offset in (16, 8, 4, 2, 1):
        val += cuda.shfl_down_sync(0xFFFFFFFF, val, offset)
    if lane == 0:
        partial[warp] = val
    cuda.syncthreads()
    if warp == 0:
        val = partial[lane] if lane < cuda.blockDim.x // 32 else float32(0)
        for offset in (16, 8, 4, 2, 1):
            val += cuda.shfl_down_sync(0xFFFFFFFF, val, offset)
        if lane == 0:
            cuda.atomic.add(out, 0, val)


@cuda.jit
def warp_scan(x, out):
    i = cuda.grid(1)
    lane = cuda.laneid
    v = x[i]
    d = 1
    while d < 32:
        other = cuda.shfl_up_sync(0xFFFFFFFF, v, d)
        if lane >= d:
            v += other
        d *= 2
    out[i] = v


@cuda.jit
def compact_positive(x, out, count):
    i = cuda.grid(1)
    keep = x[i] > 0
    mask = cuda.ballot_sync(0xFFFFFFFF, keep)
    lane = cuda.laneid
    before = cuda.popc(mask & ((1 << lane) - 1))
    base = 0
    if lane == 0:
        base = cuda.atomic.add(count, 0, cuda.popc(mask))
    base = cuda.shfl_sync(0xFFFFFFFF, base, 0)
    if keep:
        out[base + before] = x[i]


@cuda.jit
def reduce_missing_sync(x, out):
    s = cuda.shared.array(BLOCK, float32)
    t = cuda.threadIdx.x
    s[t] = x[cuda.grid(1)]
    cuda.syncthreads()
    stride = BLOCK // 2
    while stride > 0:
        if t < stride:
            s[t] += s[t + stride]  #! race
        stride //= 2
    if t == 0:
        out[cuda.blockIdx.x] = s[0]


@cuda.jit
def prefix_in_place(x):
    i = cuda.grid(1)
    if 0 < i < x.size:
        x[i] = x[i] + x[i - 1]  #! race


@cuda.jit
def shared_accumulator(x, out):
    total = cuda.shared.array(1, float32)
    if cuda.threadIdx.x == 0:
        total[0] = 0
    cuda.syncthreads()
    total[0] += x[cuda.grid(1)]  #! race
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        out[cuda.blockIdx.x] = total[0]


@cuda.jit
def early_exit_before_barrier(x, out):
    s = cuda.shared.array(BLOCK, float32)
    i = cuda.grid(1)
    t = cuda.threadIdx.x
    if i >= x.size:
        return
    s[t] = x[i]
    cuda.syncthreads()
    out[i] = s[t]


@cuda.jit
def off_by_one_halo(x, out):
    i = cuda.grid(1)
    if i < x.size:
        out[i] = x[i] - x[i + 1]  #! out of bounds


@cuda.jit
def wrong_axis_guard(a, out):
    col, row = cuda.grid(2)
    if row < a.shape[1] and col < a.shape[0]:
        out[row, col] = 2 * a[row, col]  #! out of bounds


@cuda.jit
def negative_neighbour(x, out):
    i = cuda.grid(1)
    if i < x.size:
        out[i] = x[i] + x[i - 1]  #! negative index


@cuda.jit
def half_filled_tile(x, out):
    tile = cuda.shared.array((TPB, TPB), float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    if tx <= ty:
        tile[ty, tx] = x[ty, tx]
    cuda.syncthreads()
    out[ty, tx] = tile[tx, ty]  #! uninitialised read


@cuda.jit
def counter_without_atomic(x, count):
    i = cuda.grid(1)
    if i < x.size and x[i] > 0:
        count[0] = count[0] + 1  #! race


@cuda.jit
def block_handshake(x, out, flag):
    if cuda.blockIdx.x == 0:
        out[cuda.threadIdx.x] = x[cuda.threadIdx.x]
        flag[0] = 1
    elif flag[0] == 1:  #! race
        out[cuda.threadIdx.x + cuda.blockDim.x] = out[cuda.threadIdx.x]  #! race


@cuda.jit
def strided_columns(a, out):
    row = cuda.grid(1)
    if row < a.shape[0]:
        s = float32(0)
        for j in range(a.shape[1]):
            s += a[row, j]
        out[row] = s


@cuda.jit
def conflicting_transpose(a, out):
    tile = cuda.shared.array((32, 32), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    for k in range(0, 32, 8):
        tile[y + k, x] = a[y + k, x]
    cuda.syncthreads()
    for k in range(0, 32, 8):
        out[y + k, x] = tile[x, y + k]


@cuda.jit
def struct_of_threes(points, out):
    i = cuda.grid(1)
    if i < points.shape[0]:
        out[i] = math.sqrt(points[i, 0] ** 2 + points[i, 1] ** 2 + points[i, 2] ** 2)


@cuda.jit
def doubled_in_float64(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = float64(a[i]) * 2.0


@cuda.jit
def defaulted_device(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = clip(x[i], -0.5)


@cuda.jit
def sum_of_rows(a, out):
    i = cuda.grid(1)
    if i < a.shape[0]:
        total = float32(0)
        for value in a[i]:
            total += value
        for extra in (1, 2, 3):
            total += extra
        out[i] = total


@cuda.jit
def scaled_by_constants(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = a[i] * EPSILON + float32(TWO_PI)
