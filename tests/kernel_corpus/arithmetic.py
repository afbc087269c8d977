"""Kernels about numbers: types, casts, loops, branches, device functions."""

import math

import numpy as np
from numba import cuda, float32, float64, int32, int64, uint8

SCALE = 3
OFFSET = SCALE * 2 + 1
WEIGHTS = (1.0, 2.0, 4.0)


@cuda.jit
def add_one(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] + 1


@cuda.jit
def saxpy(a, x, y, out):
    i = cuda.threadIdx.x + cuda.blockIdx.x * cuda.blockDim.x
    if i >= out.shape[0]:
        return
    out[i] = a * x[i] + y[i]


@cuda.jit
def grid_stride(a, out):
    start = cuda.grid(1)
    step = cuda.gridsize(1)
    for i in range(start, out.size, step):
        out[i] = SCALE * a[i] - OFFSET


@cuda.jit
def while_stride(a, out):
    i = cuda.grid(1)
    while i < out.size:
        out[i] = a[i] * a[i]
        i += cuda.gridDim.x * cuda.blockDim.x


@cuda.jit
def clamp(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = min(max(a[i], float32(-0.5)), float32(0.5))


@cuda.jit
def conditional(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] if a[i] > 0 else -a[i] * SCALE


@cuda.jit
def collatz(a, out):
    i = cuda.grid(1)
    if i < out.size:
        n = a[i]
        steps = 0
        while n != 1:
            if n % 2 == 0:
                n //= 2
            else:
                n = 3 * n + 1
            steps += 1
        out[i] = steps


@cuda.jit
def first_above(a, limit, out):
    i = cuda.grid(1)
    if i < out.size:
        found = -1
        for j in range(a.shape[1]):
            if a[i, j] > limit:
                found = j
                break
        else:
            found = -2
        out[i] = found


@cuda.jit
def sum_odd(a, out):
    i = cuda.grid(1)
    if i < out.size:
        total = 0
        for j in range(a.shape[1]):
            if a[i, j] % 2 == 0:
                continue
            total += a[i, j]
        out[i] = total


@cuda.jit
def early_return(a, out):
    i = cuda.grid(1)
    if i >= out.size:
        return
    for j in range(10):
        if a[i] < j:
            out[i] = j
            return
    out[i] = -1


@cuda.jit(device=True)
def square(x):
    return x * x


@cuda.jit(device=True)
def sign(x):
    if x > 0:
        return 1
    if x < 0:
        return -1
    return 0


@cuda.jit
def call_device(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = square(a[i]) * sign(a[i])


@cuda.jit(device=True)
def swap(x, y):
    return y, x


@cuda.jit
def tuples(a, out):
    i = cuda.grid(1)
    if i < out.size:
        p, q = swap(a[i], i)
        pair = (p, q)
        out[i] = pair[0] + pair[1] * 2


@cuda.jit
def wrap_small(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = uint8(a[i] + 200)


@cuda.jit
def integer_division(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] // b[i] * 1000 + a[i] % b[i]


@cuda.jit
def true_division(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] / b[i]


@cuda.jit
def bits(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = ((a[i] << 3) ^ (a[i] >> 1)) & 0xFF | 1


@cuda.jit
def powers(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] ** 2 + a[i] ** 3


@cuda.jit
def mathematics(a, out):
    i = cuda.grid(1)
    if i < out.size:
        x = a[i]
        out[i] = math.exp(-x * x) + math.sqrt(math.fabs(x)) + math.sin(x) * math.cos(x)


@cuda.jit
def more_mathematics(a, out):
    i = cuda.grid(1)
    if i < out.size:
        x = a[i]
        out[i] = math.tanh(x) + math.log1p(math.fabs(x)) + math.atan2(x, 2.0) + math.erf(x)


@cuda.jit
def rounding(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = math.floor(a[i]) * 100 + math.ceil(a[i]) * 10 + int(a[i])


@cuda.jit
def promote_sum(a, out):
    i = cuda.grid(1)
    if i < out.size:
        s = 0
        for j in range(a.shape[1]):
            s += a[i, j]
        out[i] = s


@cuda.jit
def float64_sum(a, out):
    i = cuda.grid(1)
    if i < out.size:
        s = float64(0)
        for j in range(a.shape[1]):
            s += a[i, j]
        out[i] = s


@cuda.jit
def logic(a, out):
    i = cuda.grid(1)
    if i < out.size and (a[i] > 0.5 or a[i] < -0.5) and not a[i] > 2:
        out[i] = 1
    elif i < out.size:
        out[i] = 0


@cuda.jit
def chained(a, out):
    i = cuda.grid(1)
    if 0 <= i < out.size:
        out[i] = -0.5 < a[i] <= 0.5


@cuda.jit
def countdown(out):
    i = cuda.grid(1)
    if i < out.size:
        total = 0
        for j in range(i, -1, -2):
            total += j
        out[i] = total


@cuda.jit
def nested_loops(out):
    i = cuda.grid(1)
    if i < out.size:
        total = 0
        for j in range(i % 5):
            for k in range(j, 7):
                if k == 5:
                    break
                total += j * k
        out[i] = total


@cuda.jit
def mandelbrot(out):
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        cr = -2.0 + 3.0 * column / out.shape[1]
        ci = -1.0 + 2.0 * row / out.shape[0]
        zr = 0.0
        zi = 0.0
        count = 0
        while count < 30 and zr * zr + zi * zi < 4.0:
            zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
            count += 1
        out[row, column] = count


@cuda.jit
def constant_array(a, out):
    i = cuda.grid(1)
    if i < out.size:
        total = 0.0
        for k in range(3):
            total += WEIGHTS[k] * a[i]
        out[i] = total


@cuda.jit
def local_array(a, out):
    i = cuda.grid(1)
    if i < out.size:
        window = cuda.local.array(4, float32)
        for k in range(4):
            window[k] = a[(i + k) % a.size]
        total = float32(0)
        for k in range(4):
            total += window[3 - k] * (k + 1)
        out[i] = total


@cuda.jit
def mixed_int(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = int64(a[i]) * b[i] - int32(7)


@cuda.jit
def horner(a, out):
    i = cuda.grid(1)
    if i < out.size:
        x = a[i]
        value = np.float32(0.0)
        for k in range(5):
            value = value * x + np.float32(k)
        out[i] = value


@cuda.jit
def binary_search(keys, a, out):
    i = cuda.grid(1)
    if i < out.size:
        low = 0
        high = keys.size
        while low < high:
            middle = (low + high) // 2
            if keys[middle] < a[i]:
                low = middle + 1
            else:
                high = middle
        out[i] = low
