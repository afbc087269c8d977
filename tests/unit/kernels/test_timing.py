"""The timing protocol on a stopwatch of numbers: what it decides, and when it doesn't."""

from __future__ import annotations

import random

import pytest

from grader.kernels.ptx import read_ptx
from grader.kernels.timing import (
    ROUNDS_AT_LEAST,
    ROUNDS_AT_MOST,
    Contestant,
    TimedRound,
    bound_median,
    conclude,
    is_fit,
    run_rounds,
)


class Numbers:
    """Times that drift together and jitter apart."""

    def __init__(
        self, student: float, reference: float = 100.0, copy: float = 80.0, *,
        jitter: float = 0.01, throttled: float = 0.0,
    ) -> None:  # fmt: skip
        self.middle = {"student": student, "reference": reference, "copy": copy}
        self.jitter, self.throttled = jitter, throttled
        self.source = random.Random(1)
        self.asked: list[str] = []

    def time_us(self, contestant: Contestant) -> float:
        self.asked.append(contestant)
        drift = 1 + len(self.asked) / 300
        return self.middle[contestant] * drift * (1 + self.source.gauss(0, self.jitter))

    def is_throttled(self) -> bool:
        return self.source.random() < self.throttled


def test_a_kernel_as_fast_as_the_reference_has_ratio_one_in_spite_of_drift() -> None:
    result = run_rounds(Numbers(100.0), 1.3, seed=1)

    assert result.status == "decided"
    assert result.ratio == pytest.approx(1.0, abs=0.02)
    assert result.high < 1.3


def test_a_slow_kernel_fails_and_few_rounds_show_it() -> None:
    result = run_rounds(Numbers(400.0), 1.3, seed=1)

    assert result.low > 1.3
    assert len(result.rounds) == ROUNDS_AT_LEAST


def test_contestants_take_turns_in_changing_order() -> None:
    result = run_rounds(Numbers(100.0), 1.3, seed=1)

    assert len({each.order for each in result.rounds}) > 3
    assert all(sorted(each.order) == ["copy", "reference", "student"] for each in result.rounds)


def test_noise_around_the_threshold_decides_nothing() -> None:
    rounds = [
        TimedRound(student_us=time, reference_us=100.0, copy_us=80.0, order=())
        for time in (110.0, 150.0) * 15
    ]

    result = conclude(rounds, 0, 1.3, seed=1)

    assert result.status == "inconclusive"
    assert result.low < 1.3 < result.high


def test_throttled_rounds_are_dropped_and_too_many_decide_nothing() -> None:
    result = run_rounds(Numbers(100.0, throttled=0.6), 1.3, seed=1)

    assert result.discarded > 0
    assert result.status == "inconclusive"
    assert len(result.rounds) + result.discarded <= ROUNDS_AT_MOST


@pytest.mark.parametrize(("student", "word"), [(5.0, "ten times"), (70.0, "copying")])
def test_too_good_to_be_true_is_flagged_and_not_passed(student: float, word: str) -> None:
    result = run_rounds(Numbers(student), 1.3, seed=1)

    assert result.status == "suspicious"
    assert word in result.reason


def test_a_machine_judges_only_if_it_can_tell_a_slow_twin_from_itself() -> None:
    itself = run_rounds(Numbers(100.0), 1.3, seed=1)
    slow = run_rounds(Numbers(200.0), 1.3, seed=1)

    assert is_fit(itself, slow, 1.3)
    assert not is_fit(slow, slow, 1.3)
    assert not is_fit(itself, itself, 1.3)


def test_the_interval_is_the_same_for_the_same_seed() -> None:
    values = [random.Random(2).gauss(1, 0.1) for _ in range(50)]

    assert bound_median(values, 4) == bound_median(values, 4)


def test_ptx_facts_are_read_off_the_text() -> None:
    text = """
    .shared .align 4 .b8 tile[1024];
    ld.global.f32 %f1, [%rd1];
    st.shared.f32 [%r1], %f1;
    bar.sync 0;
    ld.shared.f32 %f2, [%r2];
    fma.rn.ftz.f32 %f3, %f1, %f2, %f3;
    fma.rn.f64 %fd1, %fd2, %fd3, %fd1;
    st.global.f32 [%rd2], %f3;
    """

    facts = read_ptx(text, (9, 0))

    assert (facts.global_loads, facts.global_stores) == (1, 1)
    assert (facts.shared_loads, facts.shared_stores, facts.barriers) == (1, 1, 1)
    assert (facts.fp64, facts.fused, facts.shared_bytes, facts.local_bytes) == (1, 1, 1024, 0)
