"""Reference of `problems/hw4/doublify.yaml`: kernels that double a matrix, and wrong twins."""

from numba import cuda


@cuda.jit
def doublify(a, out):
    """out = 2a; neighbouring threads on neighbouring columns.

    Shapes   a, out: (n, n), float32.
    Errors   none: doubling is exact.
    Cost     one load and one store an entry, 4 sectors a warp each.
    """
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = 2 * a[row, column]


@cuda.jit
def doublify_naive(a, out):
    """The form of Numba's own manual: threadIdx.x runs down the rows."""
    i, j = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = 2 * a[i, j]


@cuda.jit
def doublify_no_guard(a, out):
    """No test of the bounds."""
    column, row = cuda.grid(2)
    out[row, column] = 2 * a[row, column]


@cuda.jit
def doublify_one_thread(a, out):
    """The first thread does everything."""
    column, row = cuda.grid(2)
    if row == 0 and column == 0:
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                out[i, j] = 2 * a[i, j]


@cuda.jit
def doublify_shared_entry(a, out):
    """Two threads meet on each entry, with different values on the way."""
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column // 2 * 2] = a[row, column // 2 * 2] + a[row, column]
        out[row, column] = 2 * a[row, column]


@cuda.jit
def doublify_in_place(a, out):
    """Doubles the input too."""
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        a[row, column] = 2 * a[row, column]
        out[row, column] = a[row, column]


@cuda.jit
def doublify_squares(a, out):
    """Squares instead."""
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = a[row, column] * a[row, column]


@cuda.jit
def doublify_fp64(a, out):
    """A factor that float32 does not hold makes the product float64."""
    column, row = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = a[row, column] * 0.1 * 20.0
