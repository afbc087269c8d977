"""Reference of `problems/hw4/row_sum.yaml`: sums of rows by a tree in shared memory, and twins."""

from numba import cuda, float32

THREADS = 128


@cuda.jit
def row_sum(x, out):
    """out[i] = the sum of row i; a block a row, neighbouring threads on neighbouring columns.

    Shapes   x: (m, n), out: (m,), float32; blocks of THREADS threads.
    Errors   n / THREADS + log2(THREADS) roundings; none on small whole numbers.
    Cost     n loads a row, log2(THREADS) barriers.
    """
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = float32(0)
    for j in range(t, x.shape[1], THREADS):
        total += x[row, j]
    part[t] = total
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]


@cuda.jit
def row_sum_one_thread(x, out):
    """The first thread of each block adds the whole row."""
    row = cuda.blockIdx.x
    if cuda.threadIdx.x == 0 and row < out.size:
        total = float32(0)
        for j in range(x.shape[1]):
            total += x[row, j]
        out[row] = total


@cuda.jit
def row_sum_chunks(x, out):
    """Each thread takes a stretch of neighbouring columns."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    length = (x.shape[1] + THREADS - 1) // THREADS
    total = float32(0)
    for j in range(t * length, min((t + 1) * length, x.shape[1])):
        total += x[row, j]
    part[t] = total
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]


@cuda.jit
def row_sum_no_barrier(x, out):
    """The steps of the tree don't wait for each other."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = float32(0)
    for j in range(t, x.shape[1], THREADS):
        total += x[row, j]
    part[t] = total
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]


@cuda.jit
def row_sum_barrier_in_branch(x, out):
    """Only the threads that add reach the barrier."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = float32(0)
    for j in range(t, x.shape[1], THREADS):
        total += x[row, j]
    part[t] = total
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
            cuda.syncthreads()
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]


@cuda.jit
def row_sum_first_columns(x, out):
    """Adds as many columns as there are threads, and no more."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    part[t] = x[row, t] if t < x.shape[1] else 0
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]


@cuda.jit
def row_sum_racing(x, out):
    """Every thread adds to the result, with nothing to order them."""
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    if row < out.size:
        out[row] = 0
        for j in range(t, x.shape[1], THREADS):
            out[row] += x[row, j]


@cuda.jit
def row_sum_fp64(x, out):
    """Adds in float64, by a literal."""
    part = cuda.shared.array(THREADS, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    total = 0.0
    for j in range(t, x.shape[1], THREADS):
        total += x[row, j]
    part[t] = total
    cuda.syncthreads()
    half = THREADS // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0 and row < out.size:
        out[row] = part[0]
