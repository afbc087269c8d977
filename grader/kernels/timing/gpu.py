"""A `Device` on an NVIDIA GPU, through Numba.

Never imported where grading happens: `grader.kinds.kernel_timing_child` runs it in a process of
its own. What of it has been run on hardware stands in `docs/kernels.md`.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from grader.kernels.launch import Launch
from grader.kernels.timing.records import Contestant, Sample

FINGERPRINT_ENTRIES = 4096
# Long enough that a launch is queued behind it before it ends: Python needs some 50 us for one.
BLOCKER_NS = 500_000
FILL_BLOCKS, FILL_THREADS = 1024, 256
# Where a device doesn't say how large its second-level cache is: more than any has today.
CACHE_BYTES = 256 << 20

OWN_KERNELS = """
from numba import cuda

@cuda.jit
def fill(buffer, value):
    for i in range(cuda.grid(1), buffer.size, cuda.gridsize(1)):
        buffer[i] = value

@cuda.jit
def copy(target, source):
    for i in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        target[i] = source[i]

@cuda.jit
def turn(target, source, offset):
    for i in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        target[i] = source[(i + offset) % target.size]

@cuda.jit
def gather(target, source, stride):
    for i in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        target[i] = source[i * stride % source.size]

@cuda.jit
def wait(least_ns):
    for _ in range(10):
        cuda.nanosleep(least_ns // 10)
"""
"""The grader's own; as text, because Numba is imported nowhere but in the process that times."""


class GpuDevice:
    """Implements `grader.kernels.timing.protocol.Device`; owns arrays, launches and events.

    `kernels` are dispatchers by contestant; `draw` gives a launch's arguments on the host;
    `outputs` are the positions that kernels fill; `is_same` compares an output with the
    reference's, by position.
    """

    def __init__(
        self,
        *,
        kernels: Mapping[str, Any],
        plan_launch: Callable[[Mapping[str, int]], Launch],
        draw: Callable[[Mapping[str, int]], Sequence[Any]],
        outputs: Sequence[int],
        is_same: Callable[[int, Any, Any], bool],
    ) -> None:
        import numpy as np

        self._np: Any = np
        cuda: Any = import_module("numba.cuda")
        self._cuda = cuda
        self._own: dict[str, Any] = {}
        exec(OWN_KERNELS, self._own)
        self._kernels = dict(kernels)
        self._plan_launch, self._draw = plan_launch, draw
        self._outputs, self._is_same = tuple(outputs), is_same
        self._stream = cuda.stream()
        self._start, self._end = cuda.event(), cuda.event()
        size = int(getattr(cuda.current_context().device, "L2_CACHE_SIZE", CACHE_BYTES))
        self._flush = cuda.device_array(max(1, 2 * size // 4), np.float32)
        self._prints = cuda.device_array(FINGERPRINT_ENTRIES, np.float64)
        self._seed = 0

    def describe(self) -> dict[str, str]:
        """The device, the driver, versions, clocks, and who else is using it."""
        device = self._cuda.current_context().device
        driver: Any = import_module("numba.cuda.cudadrv.driver")
        found = {
            "gpu": say(device.name),
            "uuid": say(getattr(device, "uuid", "")),
            "capability": ".".join(map(str, device.compute_capability)),
            "driver": ".".join(map(str, driver.driver.get_version())),
            "numba": import_module("numba").__version__,
            "numba_cuda": self._cuda.__version__ if hasattr(self._cuda, "__version__") else "",
            "numpy": self._np.__version__,
        }
        return found | describe_by_nvml(device.id)

    def prepare(self, sizes: Mapping[str, int]) -> None:
        """Arrays for these sizes, and every contestant compiled for them, once."""
        np, cuda = self._np, self._cuda
        self._launch = self._plan_launch(sizes)
        host = list(self._draw(sizes))
        self._numbers = {i: each for i, each in enumerate(host) if not isinstance(each, np.ndarray)}
        self._bases = {i: cuda.to_device(each.reshape(-1)) for i, each in enumerate(host)
                       if isinstance(each, np.ndarray)}  # fmt: skip
        self._arrays = {i: cuda.to_device(host[i]) for i in self._bases}
        half = sum(host[i].nbytes for i in self._bases) // 2
        self._source = cuda.to_device(np.ones(max(1, half // 4), np.float32))
        self._target = cuda.device_array(max(1, half // 4), np.float32)
        for contestant in (*self._kernels, "copy"):
            self._run(contestant)
        cuda.synchronize()
        self._compiled = {name: len(k.overloads) for name, k in self._kernels.items()}

    def refresh(self, seed: int) -> None:
        """Turn every input round by some entries: other values at the same addresses."""
        self._seed = seed
        source = random.Random(seed)
        for position, array in self._arrays.items():
            flat, offset = array.reshape(array.size), source.randrange(max(1, array.size))
            self._start_own("turn", flat, self._bases[position], offset)

    def time(self, contestant: str | None) -> Sample:
        """Poison, flush, hold the stream until all is queued, then one launch between events."""
        self._poison()
        self._start_own("fill", self._flush, random.random())
        self._cuda.synchronize()
        self._own["wait"][1, 1, self._stream](BLOCKER_NS)
        self._start.record(self._stream)
        if contestant is not None:
            self._run(contestant)
        self._end.record(self._stream)
        self._end.synchronize()
        ended = time.perf_counter()
        self._cuda.synchronize()
        tail_us = (time.perf_counter() - ended) * 1e6
        elapsed_us = float(self._start.elapsed_time(self._end)) * 1000
        kernel = self._kernels.get(contestant or "")
        grown = kernel is not None and len(kernel.overloads) != self._compiled[contestant or ""]
        return Sample(elapsed_us=elapsed_us, tail_us=tail_us, compiled_again=grown)

    def is_right(self, contestant: Contestant) -> bool:
        """Its outputs as they lie there, beside the reference's on the same inputs made anew."""
        saw = {i: self._arrays[i].copy_to_host() for i in self._outputs}
        self.refresh(self._seed)
        self._poison()
        self._run("reference")
        self._cuda.synchronize()
        return all(self._is_same(i, saw[i], self._arrays[i].copy_to_host()) for i in self._outputs)

    def print_outputs(self) -> str:
        """A hash of some thousand entries spread over each output."""
        digest = hashlib.sha256()
        for position in self._outputs:
            array = self._arrays[position]
            if array.size:
                flat = array.reshape(array.size)
                self._start_own("gather", self._prints, flat, max(1, array.size // 4096))
                digest.update(self._prints.copy_to_host().tobytes())
        return digest.hexdigest()

    def is_throttled(self) -> bool:
        """As NVML says; without it nobody knows, and no round is dropped."""
        return bool(name_throttling(self._cuda.current_context().device.id))

    def _run(self, contestant: str) -> None:
        if contestant == "copy":
            self._start_own("copy", self._target, self._source)
            return
        arguments = [self._arrays.get(i, self._numbers.get(i))
                     for i in range(len(self._arrays) + len(self._numbers))]  # fmt: skip
        launch = self._launch
        configured = self._kernels[contestant][
            launch.grid, launch.block, self._stream, launch.dynamic_shared_bytes
        ]
        configured(*arguments)

    def _poison(self) -> None:
        for position in self._outputs:
            array = self._arrays[position]
            if array.size:
                self._start_own("fill", array.reshape(array.size), random.randrange(90, 120))

    def _start_own(self, name: str, *arguments: Any) -> None:
        self._own[name][FILL_BLOCKS, FILL_THREADS, self._stream](*arguments)


def describe_by_nvml(device_id: int) -> dict[str, str]:
    """Clocks, ECC, MIG and the number of other processes, where NVML can be asked."""
    if find_spec("pynvml") is None:
        return {"nvml": "not installed: throttled rounds can't be seen"}
    nvml: Any = import_module("pynvml")
    nvml.nvmlInit()
    handle = nvml.nvmlDeviceGetHandleByIndex(device_id)
    asked: dict[str, Callable[[], Any]] = {
        "sm_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        "memory_clock_mhz": lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
        "ecc": lambda: nvml.nvmlDeviceGetEccMode(handle)[0],
        "mig": lambda: nvml.nvmlDeviceGetMigMode(handle)[0],
        "processes": lambda: len(nvml.nvmlDeviceGetComputeRunningProcesses(handle)),
        "temperature": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
    }
    found = {}
    for name, ask in asked.items():
        try:
            found[name] = str(ask())
        except nvml.NVMLError:
            found[name] = "not known"
    return found


def name_throttling(device_id: int) -> int:
    """NVML's reasons for a clock held back, idling left out; 0 where there are none."""
    if find_spec("pynvml") is None:
        return 0
    nvml: Any = import_module("pynvml")
    nvml.nvmlInit()
    handle = nvml.nvmlDeviceGetHandleByIndex(device_id)
    try:
        reasons: int = int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))
    except nvml.NVMLError:
        return 0
    harmless = (
        nvml.nvmlClocksThrottleReasonGpuIdle
        | nvml.nvmlClocksThrottleReasonApplicationsClocksSetting
    )
    return reasons & ~int(harmless)


def say(text: Any) -> str:
    return text.decode() if isinstance(text, bytes) else str(text)
