"""Kernels whose warps work together: the simulator has none of this; NumPy says what is right."""

from numba import cuda, float32, int32

FULL = 0xFFFFFFFF


@cuda.jit
def warp_sum(a, out):
    i = cuda.grid(1)
    value = a[i]
    offset = 16
    while offset > 0:
        value += cuda.shfl_down_sync(FULL, value, offset)
        offset //= 2
    if cuda.laneid == 0:
        out[i // 32] = value


@cuda.jit
def butterfly(a, out):
    i = cuda.grid(1)
    value = a[i]
    for k in range(5):
        value += cuda.shfl_xor_sync(FULL, value, 1 << k)
    out[i] = value


@cuda.jit
def broadcast(a, out):
    i = cuda.grid(1)
    out[i] = cuda.shfl_sync(FULL, a[i], 3)


@cuda.jit
def shift_up(a, out):
    i = cuda.grid(1)
    out[i] = cuda.shfl_up_sync(FULL, a[i], 1)


@cuda.jit
def ballot(a, out):
    i = cuda.grid(1)
    votes = cuda.ballot_sync(FULL, a[i] > 0)
    out[i] = cuda.popc(votes)


@cuda.jit
def votes(a, out):
    i = cuda.grid(1)
    every = cuda.all_sync(FULL, a[i] > -100)
    some = cuda.any_sync(FULL, a[i] > 100)
    out[i] = (1 if every else 0) + (2 if some else 0)


@cuda.jit
def synced_neighbours(a, out):
    buffer = cuda.shared.array(32, float32)
    t = cuda.threadIdx.x
    buffer[t] = a[t]
    cuda.syncwarp()
    out[t] = buffer[(t + 1) % 32]


@cuda.jit
def last_block_sums(a, part, counter, out):
    done = cuda.shared.array(1, int32)
    i = cuda.grid(1)
    value = cuda.shfl_sync(FULL, a[i], 0)
    if cuda.threadIdx.x == 0:
        part[cuda.blockIdx.x] = value
        cuda.threadfence()
        done[0] = cuda.atomic.add(counter, 0, 1)
    cuda.syncthreads()
    if done[0] == cuda.gridDim.x - 1 and cuda.threadIdx.x == 0:
        total = float32(0)
        for k in range(cuda.gridDim.x):
            total += part[k]
        out[0] = total
