"""A device whose kernels are numbers: durations that drift together and jitter apart."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.kernels.timing.records import Contestant, Sample

EMPTY_US = 4.0


@dataclass
class FakeDevice:
    """Implements `Device`; `time_us` are kernels' own times at size 1, growing with `power`."""

    time_us: dict[str, float] = field(default_factory=dict)
    power: float = 0.0
    student_power: float | None = None
    jitter: float = 0.005
    throttled: float = 0.0
    tail_us: float = 0.0
    compiles_at: int = -1
    wrong_from: int = 10**9
    repeats: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        usual = {"student": 100.0, "reference": 100.0, "copy": 80.0, "slow": 300.0}
        self.time_us = usual | self.time_us
        self.time_us["again"] = self.time_us.get("again", self.time_us["reference"])
        self.source = random.Random(self.seed)
        self.asked: list[Contestant | None] = []
        self.prepared: list[dict[str, int]] = []
        self.refreshed: list[int] = []
        self.checked = 0

    def describe(self) -> dict[str, str]:
        return {"gpu": "numbers"}

    def prepare(self, sizes: Mapping[str, int]) -> None:
        self.prepared.append(dict(sizes))

    def refresh(self, seed: int) -> None:
        self.refreshed.append(seed)

    def time(self, contestant: Contestant | None) -> Sample:
        self.asked.append(contestant)
        noise = 1 + self.source.gauss(0, self.jitter)
        drift = 1 + 0.2 * math.sin(len(self.asked) / 400)
        elapsed = EMPTY_US
        if contestant is not None:
            size = max(self.prepared[-1].values())
            is_student = contestant == "student" and self.student_power is not None
            power = self.student_power if is_student else self.power
            elapsed += self.time_us[contestant] * size ** (power or 0.0) * drift * noise
        return Sample(
            elapsed_us=elapsed,
            tail_us=self.tail_us if contestant == "student" else 0.0,
            compiled_again=len(self.asked) == self.compiles_at,
        )

    def is_right(self, contestant: Contestant) -> bool:
        self.checked += 1
        return self.checked < self.wrong_from

    def print_outputs(self) -> str:
        return "same" if self.repeats else str(self.refreshed[-1])

    def is_throttled(self) -> bool:
        return self.source.random() < self.throttled
