"""A stopwatch on a real GPU. UNVERIFIED: written where there was none, run by no test.

Runs in a process of its own, never in the zygote: it imports Numba's CUDA driver and, on a
student's kernel, executes what they wrote. `benchmarks/gpu_check.py` is what verifies it.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from grader.kernels.timing import Contestant

WARM_UP_CALLS = 3
EMPTY_PAIRS = 100


class DeviceStopwatch:
    """Times single launches: cold cache, poisoned outputs, one launch an event pair."""

    def __init__(
        self,
        kernels: Mapping[Contestant, Any],
        draw: Callable[[random.Random], Sequence[Any]],
        outputs: Sequence[int],
        grid: tuple[int, ...],
        block: tuple[int, ...],
        seed: int,
    ) -> None:
        import numpy as np

        cuda: Any = import_module("numba.cuda")
        self._cuda, self._np = cuda, np
        self._kernels, self._draw, self._outputs = dict(kernels), draw, tuple(outputs)
        self._grid, self._block = grid, block
        self._random = random.Random(seed)
        self._start, self._end = cuda.event(timing=True), cuda.event(timing=True)
        cache_bytes = int(getattr(cuda.get_current_device(), "L2_CACHE_SIZE", 64 << 20))
        self._flush = cuda.device_array(2 * cache_bytes // 4, np.float32)
        self._fill = make_fill(cuda)
        for kernel in self._kernels.values():
            for _ in range(WARM_UP_CALLS):
                kernel[grid, block](*self._fresh())
        self._compiled = {name: len(k.overloads) for name, k in self._kernels.items()}
        self._empty_us = statistics.median(self._time(None, ()) for _ in range(EMPTY_PAIRS))

    def time_us(self, contestant: Contestant) -> float:
        """One launch on fresh inputs, less what an empty pair of events takes."""
        kernel, arguments = self._kernels[contestant], self._fresh()
        self._fill[1024, 256](self._flush, self._random.random())
        elapsed = self._time(kernel, arguments) - self._empty_us
        if len(kernel.overloads) != self._compiled[contestant]:
            raise RuntimeError("compiled again while it was timed")
        return max(elapsed, 0.0)

    def is_throttled(self) -> bool:
        """Asks NVML where it is installed; without it, nobody knows and no round is dropped."""
        if find_spec("pynvml") is None:
            return False
        pynvml: Any = import_module("pynvml")
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(self._cuda.get_current_device().id)
        reasons = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
        return bool(reasons & ~pynvml.nvmlClocksThrottleReasonGpuIdle)

    def _fresh(self) -> list[Any]:
        """New values at the same addresses' sizes; outputs hold what no right answer would."""
        arrays = [self._np.array(array) for array in self._draw(self._random)]
        for position in self._outputs:
            arrays[position].fill(self._random.uniform(1e6, 2e6))
        return [self._cuda.to_device(array) for array in arrays]

    def _time(self, kernel: Any, arguments: Sequence[Any]) -> float:
        self._cuda.synchronize()
        self._start.record()
        if kernel is not None:
            kernel[self._grid, self._block](*arguments)
        self._end.record()
        self._end.synchronize()
        return float(self._cuda.event_elapsed_time(self._start, self._end)) * 1000


def make_fill(cuda: Any) -> Any:
    """A kernel that overwrites a buffer, and with it the second-level cache."""

    @cuda.jit  # type: ignore[untyped-decorator]
    def fill(buffer: Any, value: Any) -> None:
        for i in range(cuda.grid(1), buffer.size, cuda.gridsize(1)):
            buffer[i] = value

    return fill
