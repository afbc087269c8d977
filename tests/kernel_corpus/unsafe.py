"""Kernels that do what none may; `#!` marks the line and kind that must be reported."""

from numba import cuda, float32

THREADS = 64


@cuda.jit
def all_to_one(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[0] = a[i]  #! race


@cuda.jit
def sum_without_atomic(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[0] += a[i]  #! race


@cuda.jit
def neighbours_without_barrier(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    part[t] = a[t]
    out[t] = part[(t + 1) % THREADS]  #! race


@cuda.jit
def refill_without_barrier(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    total = float32(0)
    for k in range(3):
        part[t] = a[t] + k  #! race
        cuda.syncthreads()
        total += part[(t + 1) % THREADS]
    out[t] = total


@cuda.jit
def reduce_without_barrier(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    part[t] = a[t]
    cuda.syncthreads()
    step = THREADS // 2
    while step > 0:
        if t < step:
            part[t] += part[t + step]  #! race
        step //= 2
    if t == 0:
        out[0] = part[0]


@cuda.jit
def across_blocks(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = a[i]
    cuda.syncthreads()
    if i > 0 and i < a.size:
        out[i] = out[i - 1] + 1  #! race


@cuda.jit
def two_an_element(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i // 2] = a[i]  #! race


@cuda.jit
def in_place_shift(a):
    i = cuda.grid(1)
    if i + 1 < a.size:
        a[i] = a[i + 1]  #! race


@cuda.jit
def warp_without_sync(a, out):
    buffer = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    buffer[t] = a[t]
    out[t] = buffer[t ^ 1]  #! race


@cuda.jit
def histogram_without_atomic(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[a[i]] += 1  #! race


@cuda.jit
def plain_read_of_atomic(a, out):
    i = cuda.grid(1)
    if i < a.size:
        cuda.atomic.add(out, 0, a[i])
        out[1 + i] = out[0]  #! race


@cuda.jit
def beyond_the_end(a, out):
    i = cuda.grid(1)
    out[i] = a[i]  #! out of bounds


@cuda.jit
def one_too_many(a, out):
    i = cuda.grid(1)
    if i <= a.size - 1:
        out[i] = a[i + 1]  #! out of bounds


@cuda.jit
def before_the_start(a, out):
    i = cuda.grid(1)
    if i < a.size:
        out[i] = a[i] - a[i - 1]  #! negative index


@cuda.jit
def shared_overrun(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    part[t + 1] = a[t]  #! out of bounds
    out[t] = a[t]


@cuda.jit
def barrier_in_branch(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    part[t] = a[t]
    if t < 32:
        cuda.syncthreads()  #! barrier divergence
    out[t] = part[t]


@cuda.jit
def barrier_in_ragged_loop(a, out):
    t = cuda.threadIdx.x
    total = float32(0)
    for k in range(t % 3 + 1):
        total += a[k]
        cuda.syncthreads()  #! barrier divergence
    out[t] = total


@cuda.jit
def return_before_shuffle(a, out):
    t = cuda.threadIdx.x
    if t < 16:
        out[t] = cuda.shfl_down_sync(0xFFFFFFFF, a[t], 1)  #! barrier divergence


@cuda.jit
def never_filled(a, out):
    part = cuda.shared.array(THREADS, float32)
    t = cuda.threadIdx.x
    if t % 2 == 0:
        part[t] = a[t]
    cuda.syncthreads()
    out[t] = part[t]  #! uninitialised read


@cuda.jit
def local_unfilled(a, out):
    window = cuda.local.array(4, float32)
    t = cuda.threadIdx.x
    window[0] = a[t]
    out[t] = window[0] + window[1]  #! uninitialised read
