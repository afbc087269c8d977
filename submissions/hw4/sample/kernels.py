import math

import numpy as np
from numba import cuda, float32


@cuda.jit
def doublify(a, out):
    x, y = cuda.grid(2)
    if x < out.shape[1] and y < out.shape[0]:
        out[y, x] = 2 * a[y, x]


@cuda.jit
def matmul(A, B, C):
    # one thread for every element of C
    col, row = cuda.grid(2)
    if row < C.shape[0] and col < C.shape[1]:
        tmp = float32(0.0)
        for k in range(A.shape[1]):
            tmp += A[row, k] * B[k, col]
        C[row, col] = tmp


def main():
    n = 2 ** 12
    a = np.random.rand(n, n).astype(np.float32)
    out = cuda.device_array_like(a)
    blocks = math.ceil(n / 16)
    doublify[(blocks, blocks), (16, 16)](a, out)


if __name__ == "__main__":
    main()
