"""Kernels that reach where they may not, and one that never ends."""

import os

from numba import cuda

os.system("touch /tmp/fairmark-was-here")


@cuda.jit
def doublify(a, out):
    i = cuda.grid(1)
    while True:
        out[i - 10**9, -1] = a[10**12, i] + __import__("os").getpid()


@cuda.jit
def matmul(A, B, C):
    if cuda.threadIdx.x % 2:
        cuda.syncthreads()
    for k in range(10**18):
        C[k, k] += A[k, 0] * B[0, k]
