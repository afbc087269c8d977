"""The timing protocol on a device of numbers: what it decides, and when it says nothing."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from fake_device import EMPTY_US, FakeDevice

from grader.kernels.timing.intervals import (
    ROUNDS_AT_LEAST,
    ROUNDS_AT_MOST,
    bound_median,
    conclude,
    is_enough,
)
from grader.kernels.timing.protocol import Plan, Rounds, measure
from grader.kernels.timing.records import Contestant, Sample, TimedRound, TimingRecord
from grader.kernels.timing.thresholds import Thresholds, find_shortfalls, find_speedup, say_times

PLAN = Plan(sizes={"n": 1}, target_us=60, ratio=1.3, slow_ratio=1.3, seed=5)


def ask(device: FakeDevice, plan: Plan = PLAN) -> TimingRecord:
    return measure(device, plan)


def make_rounds(ratios: list[float]) -> list[TimedRound]:
    return [
        TimedRound(left_us=100 * ratio, right_us=100.0, copy_us=80.0, order=()) for ratio in ratios
    ]


def test_a_kernel_as_fast_as_the_reference_has_ratio_one_in_spite_of_drift() -> None:
    record = ask(FakeDevice())

    assert record.status == "decided"
    assert record.student is not None and record.student.ratio is not None
    assert record.student.ratio == pytest.approx(1.0, abs=0.01)
    assert find_shortfalls(record, Thresholds(ratio=1.3)) == []


def test_a_slow_kernel_falls_short_after_the_fewest_rounds() -> None:
    record = ask(FakeDevice({"student": 400.0}))

    assert record.student is not None
    assert len(record.student.rounds) == ROUNDS_AT_LEAST
    (line,) = find_shortfalls(record, Thresholds(ratio=1.3))
    assert "times the reference's time" in line and "at most 1.3" in line


def test_what_an_empty_pair_of_events_takes_is_taken_off() -> None:
    # Without it the ratio of 60 to 100 would be (60 + 4) / (100 + 4).
    record = ask(FakeDevice({"student": 60.0, "copy": 40.0}, jitter=0.0))

    assert record.empty_us == EMPTY_US
    assert record.student is not None
    assert record.student.ratio == pytest.approx(0.6, abs=0.002)


def test_contestants_take_turns_in_changing_order_on_changing_inputs() -> None:
    device = FakeDevice()
    record = ask(device)

    assert record.student is not None
    orders = [each.order for each in record.student.rounds]
    assert all(sorted(order) == ["copy", "reference", "student"] for order in orders)
    assert len(set(orders)) > 3
    assert len(set(device.refreshed)) == len(device.refreshed)


def test_the_order_of_rounds_is_that_of_the_timings() -> None:
    device = FakeDevice()
    record = ask(device)

    assert record.student is not None
    asked = [each for each in device.asked if each is not None]
    said = list(itertools.chain.from_iterable(each.order for each in record.student.rounds))
    assert asked[-len(said) :] == said


def test_throttled_rounds_are_dropped_and_too_many_decide_nothing() -> None:
    device = FakeDevice(throttled=0.6)
    found = Rounds(device=device, empty_us=EMPTY_US, seed=1)
    device.prepare({"n": 1})

    comparison = found.compare("student", "reference", 1.3)

    assert comparison.discarded > 0
    assert comparison.status == "inconclusive"
    assert len(comparison.rounds) + comparison.discarded <= ROUNDS_AT_MOST


def test_noise_around_the_threshold_decides_nothing() -> None:
    found = conclude("student", "reference", make_rounds([1.1, 1.5] * 15), 1.3, 1)

    assert found.status == "inconclusive"
    assert found.low is not None and found.high is not None
    assert found.low < 1.3 < found.high


def test_an_inconclusive_comparison_is_repeated_once() -> None:
    class Wavering(FakeDevice):
        """Fit as a machine; the student's times fall on both sides of the threshold."""

        def time(self, contestant: Contestant | None) -> Sample:
            if contestant == "student":
                self.time_us["student"] = 60.0 if self.asked.count("student") % 2 else 240.0
            return super().time(contestant)

    device = Wavering({"copy": 50.0})
    record = ask(device)

    assert record.status == "inconclusive"
    assert device.asked.count("student") > 2 * ROUNDS_AT_LEAST


@pytest.mark.parametrize(
    ("device", "word"),
    [
        (FakeDevice({"student": 5.0}), "ten times"),
        (FakeDevice({"student": 70.0}), "copying"),
        (FakeDevice(tail_us=500.0), "still at work"),
        (FakeDevice(repeats=True), "same outputs"),
    ],
    ids=["too fast", "beyond the bandwidth", "goes on after its end", "cached outputs"],
)
def test_too_good_to_be_true_is_flagged_and_not_passed(device: FakeDevice, word: str) -> None:
    if device.repeats:
        # The reference repeats as well where the fake does: only the student is in question.
        device.prepare({"n": 1})
        found = Rounds(device=device, empty_us=EMPTY_US, seed=1)
        comparison = found.compare("student", "reference", 1.3)
        assert (comparison.status, word in comparison.reason) == ("suspicious", True)
        return
    record = ask(device)

    assert record.status == "suspicious"
    assert word in record.reason


def test_wrong_outputs_found_while_timing_end_it() -> None:
    device = FakeDevice(wrong_from=3)
    device.prepare({"n": 1})
    comparison = Rounds(device=device, empty_us=EMPTY_US, seed=1).compare(
        "student", "reference", 1.3
    )
    assert comparison.status == "wrong"
    assert comparison.checked == 3


def test_about_a_quarter_of_the_rounds_is_checked() -> None:
    device = FakeDevice({"student": 130.0}, jitter=0.3)
    device.prepare({"n": 1})

    comparison = Rounds(device=device, empty_us=EMPTY_US, seed=1).compare(
        "student", "reference", 1.3
    )

    assert 0.1 < comparison.checked / len(comparison.rounds) < 0.45


def test_a_kernel_compiled_while_it_is_timed_voids_the_timing() -> None:
    device = FakeDevice(compiles_at=30)
    device.prepare({"n": 1})

    comparison = Rounds(device=device, empty_us=EMPTY_US, seed=1).compare(
        "student", "reference", 1.3
    )

    assert comparison.status == "void"


def test_sizes_double_until_the_reference_takes_long_enough() -> None:
    device = FakeDevice(power=1.0)
    plan = Plan(sizes={"m": 1, "n": 2}, target_us=1000, ratio=1.3, slow_ratio=1.3)

    record = ask(device, plan)

    assert record.status == "decided"
    assert record.sizes == {"m": 8, "n": 16}
    assert record.reference_us == pytest.approx(1600, rel=0.05)


def test_a_kernel_that_stays_too_short_is_never_timed() -> None:
    record = ask(FakeDevice({"reference": 20.0, "student": 20.0}))

    assert record.status == "unfit"
    assert "50 are needed" in record.reason
    assert record.student is None


@pytest.mark.parametrize(
    ("times", "word"),
    [({"again": 108.0}, "beside itself gives 1.08"), ({"slow": 110.0}, "slow twin gives 1.1")],
)
def test_a_machine_that_fails_its_self_test_judges_nobody(
    times: dict[str, float], word: str
) -> None:
    record = ask(FakeDevice(times))

    assert record.status == "unfit"
    assert word in record.reason
    assert record.student is None


def test_slopes_are_of_the_student_alone() -> None:
    sizes = tuple({"n": size} for size in (64, 128, 256, 512))
    plan = Plan(sizes={"n": 64}, target_us=60, ratio=1.3, slow_ratio=1.3, slope_sizes=sizes)
    record = ask(FakeDevice(power=0.0), plan)
    cubic = ask(FakeDevice({"student": 1 / 64**2.5 * 110}, student_power=2.5), plan)

    assert record.scaling is not None and cubic.scaling is not None
    assert record.scaling.slope == pytest.approx(0.0, abs=0.1)
    assert cubic.scaling.slope == pytest.approx(2.5, abs=0.1)
    assert find_shortfalls(record, Thresholds(ratio=1.3, slope=(2.7, 3.3)))
    assert not find_shortfalls(cubic, Thresholds(ratio=1.3, slope=(2.2, 2.8)))


def test_the_share_of_a_copy_is_a_threshold_of_its_own() -> None:
    record = ask(FakeDevice({"student": 120.0}))

    assert find_shortfalls(record, Thresholds(ratio=1.3, copy_share=0.6)) == []
    (line,) = find_shortfalls(record, Thresholds(ratio=1.3, copy_share=0.9))
    assert "67%" in line and "90%" in line


def test_the_figure_against_a_cpu_states_its_shape() -> None:
    record = replace(ask(FakeDevice()), cpu_ms=0.46)

    assert find_speedup(record) == pytest.approx(4.6, rel=0.3)  # The device drifts by a fifth.
    assert find_shortfalls(record, Thresholds(ratio=1.3, cpu_speedup=2)) == []
    assert find_shortfalls(record, Thresholds(ratio=1.3, cpu_speedup=20))
    words = say_times(record, "matmul")
    assert "at n = 1 on numbers" in words
    assert "as fast as NumPy" in words


def test_the_interval_holds_the_median_and_is_the_same_for_the_same_seed() -> None:
    values = [1 + k / 100 for k in range(50)]
    low, high = bound_median(values, 4)

    assert (low, high) == bound_median(values, 4)
    assert low < 1.245 < high
    # The order statistics of a binomial give 1.17 to 1.32 for the median of these 50.
    assert low == pytest.approx(1.17, abs=0.03)
    assert high == pytest.approx(1.32, abs=0.03)


def test_rounds_stop_when_the_interval_is_narrow_or_off_the_threshold() -> None:
    narrow, wide = [1.0, 1.001] * 20, [0.8, 1.2] * 20

    assert is_enough(narrow, 1.0, 1)
    assert not is_enough(wide, 1.0, 1)
    assert is_enough(wide, 1.6, 1)
    assert not is_enough(narrow[:10], 1.6, 1)


def test_doubt_is_the_students_gain() -> None:
    found = conclude("student", "reference", make_rounds([1.29, 1.31] * 20), 1.3, 1)
    record = TimingRecord(status=found.status, student=found)

    assert found.status == "decided"
    assert find_shortfalls(record, Thresholds(ratio=1.3)) == []


def test_everything_measured_is_in_the_record() -> None:
    record = ask(FakeDevice())

    found = json.loads(json.dumps(record.as_json()))

    assert record.student is not None
    assert len(found["student"]["rounds"]) == len(record.student.rounds)
    assert found["environment"] == {"gpu": "numbers"}
    assert found["itself"]["ratio"] == pytest.approx(1, abs=0.03)
    assert found["slow"]["low"] > 1.3
