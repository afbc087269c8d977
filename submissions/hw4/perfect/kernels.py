from numba import cuda, float32

WIDTH = 16


@cuda.jit
def doublify(a, out):
    column = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    row = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y
    if row >= a.shape[0] or column >= a.shape[1]:
        return
    value = a[row, column]
    out[row, column] = value + value


@cuda.jit
def matmul(A, B, C):
    left = cuda.shared.array((WIDTH, WIDTH), dtype=float32)
    right = cuda.shared.array((WIDTH, WIDTH), dtype=float32)
    tx = cuda.threadIdx.x
    ty = cuda.threadIdx.y
    row = cuda.blockIdx.y * WIDTH + ty
    column = cuda.blockIdx.x * WIDTH + tx
    inner = A.shape[1]
    total = float32(0)
    for tile in range((inner + WIDTH - 1) // WIDTH):
        k = tile * WIDTH
        if row < A.shape[0] and k + tx < inner:
            left[ty, tx] = A[row, k + tx]
        else:
            left[ty, tx] = float32(0)
        if k + ty < inner and column < B.shape[1]:
            right[ty, tx] = B[k + ty, column]
        else:
            right[ty, tx] = float32(0)
        cuda.syncthreads()
        for step in range(WIDTH):
            total += left[ty, step] * right[step, tx]
        cuda.syncthreads()
    if row < C.shape[0] and column < C.shape[1]:
        C[row, column] = total
