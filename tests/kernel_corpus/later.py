"""A second set of kernels as students hand them in, written without the interpreter in view.

`#! kind` marks the line and kind of a fault that must be reported.
"""

import math
from math import exp, fabs

import numpy as np
from numba import cuda, float32, float64, int8, int16, int32, uint8, uint32

TILE = 8
TILE_PADDED = TILE + 1
HALF: float = 0.5
LEARNING_RATE = 1e-2
OFFSETS = ((0, 1), (1, 0), (0, -1), (-1, 0))
CLASSES = 10


@cuda.jit()
def relu_of_len(x, y):
    i = cuda.grid(1)
    if i < len(x):
        y[i] = max(x[i], 0)


@cuda.jit
def leaky_by_mask(x, slope, y):
    i = cuda.grid(1)
    if i < x.size:
        positive = x[i] > 0
        y[i] = x[i] * positive + slope * x[i] * (not positive)


@cuda.jit
def sgd_momentum(w, v, g, momentum):
    """In place, with a bare return."""
    i = cuda.threadIdx.x + cuda.blockIdx.x * cuda.blockDim.x
    if not i < w.shape[0]:
        return
    v[i] = momentum * v[i] - LEARNING_RATE * g[i]
    w[i] += v[i]


@cuda.jit
def life_step(board, after):
    r, c = cuda.grid(2)
    rows, columns = board.shape
    if r >= rows or c >= columns:
        return
    alive = 0
    for dr in range(-1, 2):
        for dc in range(-1, 2):
            if dr == 0 and dc == 0:
                continue
            alive += board[(r + dr) % rows, (c + dc) % columns]
    if board[r, c] == 1 and (alive == 2 or alive == 3):  # noqa: SIM114
        after[r, c] = 1
    elif board[r, c] == 0 and alive == 3:
        after[r, c] = 1
    else:
        after[r, c] = 0


@cuda.jit
def laplace_offsets(u, out):
    i, j = cuda.grid(2)
    if 1 <= i < u.shape[0] - 1 and 1 <= j < u.shape[1] - 1:
        total = -4 * u[i, j]
        for d in OFFSETS:
            total += u[i + d[0], j + d[1]]
        out[i, j] = total


@cuda.jit(device=True, inline=True)
def sigmoid(z):
    return 1.0 / (1.0 + exp(-z))


@cuda.jit
def gated(x, z, out):
    for k in range(cuda.grid(1), x.shape[0], cuda.gridsize(1)):
        gate = sigmoid(z[k])
        out[k] = gate * math.tanh(x[k]) + (1 - gate) * x[k]


@cuda.jit
def log_sum_exp(x, out):
    """One thread a row, twice over it."""
    row = cuda.grid(1)
    if row < x.shape[0]:
        top = x[row, 0]
        for v in x[row, 1:]:
            if v > top:
                top = v
        total = 0.0
        for v in x[row]:
            total += exp(v - top)
        out[row] = top + math.log(total)


@cuda.jit
def cross_entropy(logits, labels, loss):
    i = cuda.grid(1)
    n, k = logits.shape
    if i < n:
        top = -np.inf
        for c in range(k):
            top = max(top, logits[i, c])
        s = 0.0
        for c in range(k):
            s += math.exp(logits[i, c] - top)
        loss[i] = math.log(s) - (logits[i, labels[i]] - top)


@cuda.jit
def one_hot(labels, out):
    i, c = cuda.grid(2)
    if i < out.shape[0] and c < out.shape[1]:
        out[i, c] = labels[i] == c


@cuda.jit
def quantise(x, scale, out):
    i = cuda.grid(1)
    if i < x.size:
        q = int(round(x[i] / scale))  # noqa: RUF046
        q = -128 if q < -128 else (127 if q > 127 else q)
        out[i] = int8(q)


@cuda.jit
def checksum(words, out):
    """A running mixture of 32 bits that has to wrap."""
    i = cuda.grid(1)
    if i < words.size:
        h = uint32(2166136261)
        w = words[i]
        for b in range(4):
            h ^= uint32((w >> (8 * b)) & 0xFF)
            h = uint32(h * uint32(16777619))
        out[i] = h


@cuda.jit
def lcg_steps(seeds, steps, out):
    i = cuda.grid(1)
    if i < seeds.size:
        state = seeds[i]
        n = 0
        while n < steps:
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            n += 1
        out[i] = state / 0x7FFFFFFF


@cuda.jit
def euclid(a, b, out):
    i = cuda.grid(1)
    if i < a.size:
        x, y = a[i], b[i]
        while y:
            x, y = y, x % y
        out[i] = x


@cuda.jit
def newton_root(x, out):
    i = cuda.grid(1)
    if i < x.size:
        guess = x[i] if x[i] > 1 else 1.0
        for _ in range(40):
            better = HALF * (guess + x[i] / guess)
            if fabs(better - guess) < 1e-12:
                break
            guess = better
        else:
            guess = -1.0
        out[i] = guess


@cuda.jit
def batched_product(A, B, C):
    b = cuda.blockIdx.z
    row = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y
    col = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if row < C.shape[1] and col < C.shape[2]:
        acc = float32(0)
        for k in range(A.shape[2]):
            acc += A[b, row, k] * B[b, k, col]
        C[b, row, col] = acc


@cuda.jit
def outer_rows(u, v, out):
    i = cuda.grid(1)
    if i < u.size:
        line = out[i]
        for j in range(v.size):
            line[j] = u[i] * v[j]


@cuda.jit
def padded_transpose(a, out):
    tile = cuda.shared.array(shape=(TILE, TILE_PADDED), dtype=float32)
    bx = cuda.blockIdx.x * TILE
    by = cuda.blockIdx.y * TILE
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    if by + ty < a.shape[0] and bx + tx < a.shape[1]:
        tile[ty, tx] = a[by + ty, bx + tx]
    cuda.syncthreads()
    if bx + ty < out.shape[0] and by + tx < out.shape[1]:
        out[bx + ty, by + tx] = tile[tx, ty]


@cuda.jit
def block_maximum(x, out):
    best = cuda.shared.array(64, float64)
    t = cuda.threadIdx.x
    mine = -math.inf
    i = cuda.grid(1)
    while i < x.size:
        mine = max(mine, x[i])
        i += cuda.gridsize(1)
    best[t] = mine
    cuda.syncthreads()
    for shift in (32, 16, 8, 4, 2, 1):
        if t < shift and best[t + shift] > best[t]:
            best[t] = best[t + shift]
        cuda.syncthreads()
    if t == 0:
        cuda.atomic.max(out, 0, best[0])


@cuda.jit
def dot_by_pairs(x, y, out):
    cache = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    cache[t] = x[i] * y[i] if i < x.size else 0.0
    cuda.syncthreads()
    width = 1
    while width < cuda.blockDim.x:
        if t % (2 * width) == 0:
            cache[t] += cache[t + width]
        cuda.syncthreads()
        width <<= 1
    if t == 0:
        cuda.atomic.add(out, 0, cache[0])


@cuda.jit
def odd_even_sort(x):
    keys = cuda.shared.array(64, int32)
    t = cuda.threadIdx.x
    n = x.size
    if t < n:
        keys[t] = x[t]
    cuda.syncthreads()
    for phase in range(n):
        if t % 2 == phase % 2 and t + 1 < n:  # noqa: SIM102
            if keys[t] > keys[t + 1]:
                keys[t], keys[t + 1] = keys[t + 1], keys[t]
        cuda.syncthreads()
    if t < n:
        x[t] = keys[t]


@cuda.jit
def class_counts(labels, counts):
    mine = cuda.local.array(CLASSES, int16)
    for c in range(CLASSES):
        mine[c] = 0
    for i in range(cuda.grid(1), labels.size, cuda.gridsize(1)):
        mine[labels[i]] += 1
    for c in range(CLASSES):
        if mine[c] != 0:
            cuda.atomic.add(counts, c, mine[c])


@cuda.jit
def dropout_scaled(x, keep, p, out):
    i = cuda.grid(1)
    if i < x.size:
        out[i] = x[i] / (1 - p) if keep[i] else 0.0


@cuda.jit
def grey(image, out):
    y, x = cuda.grid(2)
    if y < image.shape[0] and x < image.shape[1]:
        r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
        out[y, x] = uint8(0.299 * r + 0.587 * g + 0.114 * b)


@cuda.jit
def average_of_bytes(a, b, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = (a[i] + b[i]) // 2


@cuda.jit
def unsigned_gap(a, b, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = a[i] - b[i] if a[i] > b[i] else b[i] - a[i]


@cuda.jit
def first_negative(x, out):
    i = cuda.grid(1)
    if i < x.shape[0]:
        where = -1
        j = 0
        found = False
        while not found and j < x.shape[1]:
            if x[i, j] < 0:
                where = j
                found = True
            j += 1
        out[i] = where


@cuda.jit
def swap_halves(x):
    i = cuda.grid(1)
    half = x.size // 2
    if i < half:
        x[i], x[i + half] = x[i + half], x[i]


@cuda.jit
def every_diagonal(a, out):
    d = cuda.grid(1)
    rows, cols = a.shape
    if d < rows + cols - 1:
        i = max(0, d - cols + 1)
        j = d - i
        while i < rows and j >= 0:
            out[d] += a[i, j]
            i, j = i + 1, j - 1


# What goes wrong.


@cuda.jit
def sum_by_one_block(x, out):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    if t < 32:
        s[t] += s[t + 32]  #! race
    cuda.syncthreads()
    if t == 0:
        total = 0.0
        for k in range(32):
            total += s[k]
        out[0] = total


@cuda.jit
def barrier_for_some(x, out):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    if t < x.size // 2:
        s[t] = x[t]
        cuda.syncthreads()  #! barrier divergence
    else:
        s[t] = -x[t]
    out[t] = s[t]


@cuda.jit
def shift_left(x):
    i = cuda.grid(1)
    if i < x.size - 1:
        x[i] = x[i + 1]  #! race


@cuda.jit
def histogram_plain(labels, counts):
    i = cuda.grid(1)
    if i < labels.size:
        counts[labels[i]] += 1  #! race


@cuda.jit
def tile_left_stale(a, out):
    tile = cuda.shared.array(TILE, float32)
    t = cuda.threadIdx.x
    total = float32(0)
    for start in range(0, a.size, TILE):
        tile[t] = a[start + t]  #! race
        cuda.syncthreads()
        for k in range(TILE):
            total += tile[k]
    out[t] = total


@cuda.jit
def beyond_the_last_row(a, out):
    i, j = cuda.grid(2)
    if i <= a.shape[0] and j < a.shape[1]:
        out[i, j] = a[i, j]  #! out of bounds


@cuda.jit
def wraps_to_the_end(x, out):
    i = cuda.grid(1)
    if i < x.size:
        out[i] = (x[i - 1] + x[i] + x[(i + 1) % x.size]) / 3  #! negative index


@cuda.jit
def tile_read_before_filled(a, out):
    tile = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    out[t] = tile[63 - t]  #! uninitialised read
    tile[t] = a[t]


@cuda.jit
def last_block_sums(parts, out):
    if cuda.threadIdx.x == 0:
        parts[cuda.blockIdx.x] = cuda.blockIdx.x
    cuda.syncthreads()
    if cuda.blockIdx.x == cuda.gridDim.x - 1 and cuda.threadIdx.x == 0:
        total = 0.0
        for k in range(cuda.gridDim.x):
            total += parts[k]  #! race
        out[0] = total


@cuda.jit
def flag_by_everyone(x, any_negative):
    """All write the same value: Numba's answer is right, and no rule says who wins."""
    i = cuda.grid(1)
    if i < x.size and x[i] < 0:
        any_negative[0] = i  #! race


@cuda.jit
def double_buffer_forgotten(x, out, steps):
    here = cuda.shared.array(32, float32)
    there = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    here[t] = x[t]
    cuda.syncthreads()
    for _ in range(steps):
        there[t] = here[t] + here[(t + 1) % 32]
        here[t] = there[t]  #! race
        cuda.syncthreads()
    out[t] = here[t]


# Right, and dear.


@cuda.jit
def column_walk(a, out):
    """Neighbouring threads a row apart."""
    i = cuda.grid(1)
    if i < a.shape[0]:
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + 1


@cuda.jit
def spread_by_eight(x, out):
    t = cuda.threadIdx.x
    s = cuda.shared.array(256, float32)
    s[t * 8] = x[t]
    cuda.syncthreads()
    out[t] = s[t * 8]


@cuda.jit
def all_on_one_counter(x, out):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(out, 0, x[i])


@cuda.jit
def shifted_by_one(x, out):
    i = cuda.grid(1)
    if i + 1 < x.size:
        out[i] = x[i + 1]
