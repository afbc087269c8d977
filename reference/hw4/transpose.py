"""Reference of `problems/hw4/transpose.yaml`: transposing in tiles, and wrong twins."""

from numba import cuda, float32

TILE = 16


@cuda.jit
def transpose(a, out):
    """out = a transposed; a padded tile in shared memory keeps both sides in a row.

    Shapes   a: (m, n), out: (n, m), float32; blocks of TILE x TILE threads.
    Errors   none: values are moved.
    Cost     one load and one store an entry, one barrier.
    """
    tile = cuda.shared.array((TILE, TILE + 1), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    if row < a.shape[0] and column < a.shape[1]:
        tile[y, x] = a[row, column]
    cuda.syncthreads()
    column = cuda.blockIdx.y * TILE + x
    row = cuda.blockIdx.x * TILE + y
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = tile[x, y]


@cuda.jit
def transpose_direct(a, out):
    """Reads along rows and writes down columns."""
    column, row = cuda.grid(2)
    if row < a.shape[0] and column < a.shape[1]:
        out[column, row] = a[row, column]


@cuda.jit
def transpose_no_barrier(a, out):
    """Reads the tile before all of its threads have filled it."""
    tile = cuda.shared.array((TILE, TILE + 1), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    if row < a.shape[0] and column < a.shape[1]:
        tile[y, x] = a[row, column]
    column = cuda.blockIdx.y * TILE + x
    row = cuda.blockIdx.x * TILE + y
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = tile[x, y]


@cuda.jit
def transpose_unpadded(a, out):
    """A tile of 32 columns, so that a column of it lies in one bank."""
    tile = cuda.shared.array((TILE, 2 * TILE), float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    if row < a.shape[0] and column < a.shape[1]:
        tile[y, x] = a[row, column]
    cuda.syncthreads()
    column = cuda.blockIdx.y * TILE + x
    row = cuda.blockIdx.x * TILE + y
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = tile[x, y]


@cuda.jit
def transpose_no_guard(a, out):
    """No test of the bounds."""
    column, row = cuda.grid(2)
    out[column, row] = a[row, column]


@cuda.jit
def transpose_copy(a, out):
    """Copies what fits, without transposing."""
    column, row = cuda.grid(2)
    inside = row < out.shape[0] and column < out.shape[1]
    if inside and row < a.shape[0] and column < a.shape[1]:
        out[row, column] = a[row, column]
