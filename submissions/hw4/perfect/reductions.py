import math

from numba import cuda, float32

FULL = 0xFFFFFFFF
WARPS = 4


@cuda.jit(device=True)
def add_over_warp(value):
    for k in range(5):
        value += cuda.shfl_xor_sync(FULL, value, 16 >> k)
    return value


@cuda.jit(device=True)
def most_over_warp(value):
    for k in range(5):
        value = max(value, cuda.shfl_xor_sync(FULL, value, 16 >> k))
    return value


@cuda.jit
def row_sum(x, out):
    parts = cuda.shared.array(WARPS, float32)
    t = cuda.threadIdx.x
    own = float32(0)
    j = t
    while j < x.shape[1]:
        own += x[cuda.blockIdx.x, j]
        j += cuda.blockDim.x
    own = add_over_warp(own)
    if cuda.laneid == 0:
        parts[t // 32] = own
    cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = parts[0] + parts[1] + parts[2] + parts[3]


@cuda.jit
def softmax_row(x, out):
    most = cuda.shared.array(WARPS, float32)
    sums = cuda.shared.array(WARPS, float32)
    t = cuda.threadIdx.x
    row = x[cuda.blockIdx.x]
    top = float32(-math.inf)
    for j in range(t, row.size, 128):
        top = max(top, row[j])
    top = most_over_warp(top)
    if cuda.laneid == 0:
        most[t // 32] = top
    cuda.syncthreads()
    top = max(max(most[0], most[1]), max(most[2], most[3]))
    own = float32(0)
    for j in range(t, row.size, 128):
        own += math.exp(row[j] - top)
    own = add_over_warp(own)
    if cuda.laneid == 0:
        sums[t // 32] = own
    cuda.syncthreads()
    whole = sums[0] + sums[1] + sums[2] + sums[3]
    for j in range(t, row.size, 128):
        out[cuda.blockIdx.x, j] = math.exp(row[j] - top) / whole


@cuda.jit
def transpose(a, out):
    square = cuda.shared.array((16, 17), float32)
    x = cuda.threadIdx.x
    y = cuda.threadIdx.y
    i = 16 * cuda.blockIdx.y
    j = 16 * cuda.blockIdx.x
    if i + y < a.shape[0] and j + x < a.shape[1]:
        square[x, y] = a[i + y, j + x]
    cuda.syncthreads()
    if j + y < out.shape[0] and i + x < out.shape[1]:
        out[j + y, i + x] = square[y, x]


@cuda.jit
def conv1d_gpu(x, w, out):
    near = cuda.shared.array(158, float32)
    taps = cuda.shared.array(31, float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    if i < x.size:
        near[t] = x[i]
    if t < 30 and i + 128 < x.size:
        near[t + 128] = x[i + 128]
    if t >= 97:
        taps[t - 97] = w[t - 97]
    cuda.syncthreads()
    if i >= out.size:
        return
    total = float32(0)
    for j in range(31):
        total += taps[j] * near[t + j]
    out[i] = total
