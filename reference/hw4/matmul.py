"""Reference of `problems/hw4/matmul.yaml`: three tiers of a product, and wrong twins."""

from numba import cuda, float32

TILE = 16


@cuda.jit
def matmul(A, B, C):
    """C = AB, one entry a thread, threadIdx.x along the columns.

    Shapes   A: (m, k), B: (k, n), C: (m, n), float32.
    Errors   k roundings of float32; none on small whole numbers.
    Cost     2k loads an entry.
    """
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        total = float32(0)
        for k in range(A.shape[1]):
            total += A[row, k] * B[k, column]
        C[row, column] = total


@cuda.jit
def matmul_naive(A, B, C):
    """The form of Numba's own manual: threadIdx.x runs down the rows."""
    i, j = cuda.grid(2)
    if i < C.shape[0] and j < C.shape[1]:
        total = float32(0)
        for k in range(A.shape[1]):
            total += A[i, k] * B[k, j]
        C[i, j] = total


@cuda.jit
def matmul_tiled(A, B, C):
    """Tiles of both factors in shared memory: each entry is fetched once a tile.

    Shapes   A: (m, k), B: (k, n), C: (m, n), float32; blocks of TILE x TILE threads.
    Errors   k roundings of float32; none on small whole numbers.
    Cost     2k/TILE loads an entry, 2 barriers a tile.
    """
    tile_a = cuda.shared.array((TILE, TILE), float32)
    tile_b = cuda.shared.array((TILE, TILE), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for start in range(0, A.shape[1], TILE):
        tile_a[y, x] = 0
        tile_b[y, x] = 0
        if row < A.shape[0] and start + x < A.shape[1]:
            tile_a[y, x] = A[row, start + x]
        if start + y < B.shape[0] and column < B.shape[1]:
            tile_b[y, x] = B[start + y, column]
        cuda.syncthreads()
        for k in range(TILE):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total


@cuda.jit
def matmul_no_first_barrier(A, B, C):
    """Reads the tiles before all of their threads have filled them."""
    tile_a = cuda.shared.array((TILE, TILE), float32)
    tile_b = cuda.shared.array((TILE, TILE), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for start in range(0, A.shape[1], TILE):
        tile_a[y, x] = 0
        tile_b[y, x] = 0
        if row < A.shape[0] and start + x < A.shape[1]:
            tile_a[y, x] = A[row, start + x]
        if start + y < B.shape[0] and column < B.shape[1]:
            tile_b[y, x] = B[start + y, column]
        for k in range(TILE):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total


@cuda.jit
def matmul_no_second_barrier(A, B, C):
    """Refills the tiles while others still read them."""
    tile_a = cuda.shared.array((TILE, TILE), float32)
    tile_b = cuda.shared.array((TILE, TILE), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for start in range(0, A.shape[1], TILE):
        tile_a[y, x] = 0
        tile_b[y, x] = 0
        if row < A.shape[0] and start + x < A.shape[1]:
            tile_a[y, x] = A[row, start + x]
        if start + y < B.shape[0] and column < B.shape[1]:
            tile_b[y, x] = B[start + y, column]
        cuda.syncthreads()
        for k in range(TILE):
            total += tile_a[y, k] * tile_b[k, x]
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total


@cuda.jit
def matmul_barrier_in_branch(A, B, C):
    """Threads outside C never reach the barriers."""
    tile_a = cuda.shared.array((TILE, TILE), float32)
    tile_b = cuda.shared.array((TILE, TILE), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    if row < C.shape[0] and column < C.shape[1]:
        total = float32(0)
        for start in range(0, A.shape[1], TILE):
            tile_a[y, x] = 0
            tile_b[y, x] = 0
            if start + x < A.shape[1]:
                tile_a[y, x] = A[row, start + x]
            if start + y < B.shape[0]:
                tile_b[y, x] = B[start + y, column]
            cuda.syncthreads()
            for k in range(TILE):
                total += tile_a[y, k] * tile_b[k, x]
            cuda.syncthreads()
        C[row, column] = total


@cuda.jit
def matmul_no_guard(A, B, C):
    """No test of the bounds."""
    column, row = cuda.grid(2)
    total = float32(0)
    for k in range(A.shape[1]):
        total += A[row, k] * B[k, column]
    C[row, column] = total


@cuda.jit
def matmul_one_thread(A, B, C):
    """The first thread does everything."""
    column, row = cuda.grid(2)
    if row == 0 and column == 0:
        for i in range(C.shape[0]):
            for j in range(C.shape[1]):
                total = float32(0)
                for k in range(A.shape[1]):
                    total += A[i, k] * B[k, j]
                C[i, j] = total


@cuda.jit
def matmul_split_sum(A, B, C):
    """Two threads add to each entry, half of the sum each, with nothing between them."""
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        half = column % 2
        entry = column - half
        C[row, column] = 0
        for k in range(half, A.shape[1], 2):
            C[row, entry] += A[row, k] * B[k, entry]


@cuda.jit
def matmul_fp64(A, B, C):
    """Sums in float64, by a literal."""
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        total = 0.0
        for k in range(A.shape[1]):
            total += A[row, k] * B[k, column]
        C[row, column] = total


@cuda.jit
def matmul_in_global(A, B, C):
    """Keeps the running sum in C."""
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = 0
        for k in range(A.shape[1]):
            C[row, column] += A[row, k] * B[k, column]


@cuda.jit
def matmul_bank_conflicts(A, B, C):
    """Tiles kept so that a warp's threads meet in few banks."""
    tile_a = cuda.shared.array((TILE, 2 * TILE), float32)
    tile_b = cuda.shared.array((TILE, 2 * TILE), float32)
    column, row = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for start in range(0, A.shape[1], TILE):
        tile_a[x, y] = 0
        tile_b[x, y] = 0
        if row < A.shape[0] and start + x < A.shape[1]:
            tile_a[x, y] = A[row, start + x]
        if start + y < B.shape[0] and column < B.shape[1]:
            tile_b[x, y] = B[start + y, column]
        cuda.syncthreads()
        for k in range(TILE):
            total += tile_a[k, y] * tile_b[x, k]
        cuda.syncthreads()
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total


@cuda.jit
def matmul_transposed(A, B, C):
    """Multiplies by the transpose where both exist."""
    column, row = cuda.grid(2)
    if row < C.shape[0] and column < C.shape[1]:
        total = float32(0)
        for k in range(A.shape[1]):
            if column < B.shape[0] and k < B.shape[1]:
                total += A[row, k] * B[column, k]
        C[row, column] = total
