"""Reference of `problems/hw4/conv1d_gpu.yaml`: 1-D convolution with a shared halo."""

from numba import cuda, float32

THREADS = 128
WIDTH = 31
HALO = WIDTH - 1


@cuda.jit
def conv1d_gpu(x, w, out):
    """out[i] = sum over j of w[j] x[i + j], from a tile of x in shared memory.

    Shapes   x: (n + 30,), w: (31,), out: (n,), float32; blocks of THREADS threads.
    Errors   31 roundings of float32; none on small whole numbers.
    Cost     about one load of x an entry, one barrier.
    """
    tile = cuda.shared.array(THREADS + HALO, float32)
    weights = cuda.shared.array(WIDTH, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    first = cuda.blockIdx.x * THREADS
    for k in range(t, THREADS + HALO, THREADS):
        tile[k] = x[first + k] if first + k < x.size else 0
    if t < WIDTH:
        weights[t] = w[t]
    cuda.syncthreads()
    if i < out.size:
        total = float32(0)
        for j in range(WIDTH):
            total += weights[j] * tile[t + j]
        out[i] = total


@cuda.jit
def conv1d_gpu_direct(x, w, out):
    """Every entry from global memory, every time."""
    i = cuda.grid(1)
    if i < out.size:
        total = float32(0)
        for j in range(w.size):
            total += w[j] * x[i + j]
        out[i] = total


@cuda.jit
def conv1d_gpu_no_halo(x, w, out):
    """The tile ends where the block does."""
    tile = cuda.shared.array(THREADS + HALO, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    if i < out.size:
        total = float32(0)
        for j in range(WIDTH):
            total += w[j] * tile[t + j]
        out[i] = total


@cuda.jit
def conv1d_gpu_no_barrier(x, w, out):
    """Reads the tile before all of its threads have filled it."""
    tile = cuda.shared.array(THREADS + HALO, float32)
    weights = cuda.shared.array(WIDTH, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    first = cuda.blockIdx.x * THREADS
    for k in range(t, THREADS + HALO, THREADS):
        tile[k] = x[first + k] if first + k < x.size else 0
    if t < WIDTH:
        weights[t] = w[t]
    if i < out.size:
        total = float32(0)
        for j in range(WIDTH):
            total += weights[j] * tile[t + j]
        out[i] = total


@cuda.jit
def conv1d_gpu_no_guard(x, w, out):
    """No test of the bounds."""
    i = cuda.grid(1)
    total = float32(0)
    for j in range(w.size):
        total += w[j] * x[i + j]
    out[i] = total


@cuda.jit
def conv1d_gpu_flipped(x, w, out):
    """Walks through the weights backwards."""
    tile = cuda.shared.array(THREADS + HALO, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    first = cuda.blockIdx.x * THREADS
    for k in range(t, THREADS + HALO, THREADS):
        tile[k] = x[first + k] if first + k < x.size else 0
    cuda.syncthreads()
    if i < out.size:
        total = float32(0)
        for j in range(WIDTH):
            total += w[WIDTH - 1 - j] * tile[t + j]
        out[i] = total
