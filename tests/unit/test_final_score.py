"""What lateness, attempts and a dropped problem do to a score, and how it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.final_score import (
    Circumstances,
    ProblemScore,
    adjust,
    choose_attempt,
    drop_lowest,
    judge_attempt,
    judge_lateness,
)
from grader.spec.models import Attempts, Late, Policies

DUE = "2026-10-12 23:59"
NOON = datetime(2026, 10, 12, 23, 59, tzinfo=UTC)
DAILY = Late(grace_minutes=15, loss=Fraction(1, 10), per="day", cut_off_hours=72)


def late(minutes: float, policy: Late = DAILY, earned: int = 40) -> Fraction:
    found = judge_lateness(Fraction(earned), policy, NOON, NOON + timedelta(minutes=minutes))
    return found.points if found else Fraction(0)


@pytest.mark.parametrize(
    ("minutes", "lost"),
    [
        (-60, 0), (0, 0), (15, 0),
        (15.1, -4),  # the first day has begun
        (24 * 60, -4), (24 * 60 + 1, -8), (72 * 60, -12),
        (72 * 60 + 1, -40),  # after the cut-off
    ],
)  # fmt: skip
def test_each_day_begun_costs_a_tenth_of_what_was_earned(minutes: float, lost: int) -> None:
    assert late(minutes) == lost


def test_a_day_is_one_by_the_clock_on_the_wall_though_it_has_25_hours() -> None:
    zone = ZoneInfo("America/New_York")
    due = datetime(2026, 10, 31, 23, 59, tzinfo=zone)
    on_time = datetime(2026, 11, 1, 23, 59, tzinfo=zone).astimezone(UTC)

    def lose(moment: datetime) -> Fraction:
        found = judge_lateness(Fraction(40), DAILY, due, moment)
        assert found
        return found.points

    assert lose(on_time) == -4
    assert lose(on_time + timedelta(minutes=1)) == -8
    # The hour that comes twice: later, though the clock says earlier.
    due = datetime(2026, 11, 1, 1, 30, tzinfo=zone)
    assert lose(datetime(2026, 11, 1, 1, 20, fold=1, tzinfo=zone).astimezone(UTC)) == -4


def test_by_the_hour_and_never_below_zero() -> None:
    hourly = Late(loss=Fraction(1, 4), per="hour")

    assert [late(minutes, hourly) for minutes in (1, 61, 181, 9999)] == [-10, -20, -40, -40]


def test_a_loss_is_explained_in_one_line() -> None:
    found = judge_lateness(Fraction(40), DAILY, NOON, NOON + timedelta(days=1, hours=3))

    assert found is not None
    assert found.explanation == ("1 day 3 h after the due date, 2 days begun: 20 % of 40 points")


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (timedelta(minutes=16), "16 min"), (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"), (timedelta(days=2), "2 days"),
    ],
)  # fmt: skip
def test_a_delay_is_said_as_people_say_it(delay: timedelta, said: str) -> None:
    found = judge_lateness(Fraction(1), DAILY, NOON, NOON + delay)

    assert found is not None
    assert found.explanation.startswith(f"{said} after the due date")


POLICIES = Policies(
    timezone="Europe/Berlin",
    late=DAILY,
    extensions={"zoe": "2026-10-14 23:59"},
    attempts=Attempts(free=2, loss=Fraction(1, 20), most=5),
)


def count(student: str, moment: datetime, attempt: int = 1) -> Fraction:
    problems = [ProblemScore(id="hw2/a", earned=Fraction(40), points=Fraction(60))]
    given = Circumstances(student=student, submitted_at=moment, attempt=attempt)
    return 40 + sum((each.points for each in adjust(problems, POLICIES, DUE, given)), Fraction(0))


def test_a_due_date_without_a_zone_is_in_the_assignments() -> None:
    # 23:59 in Berlin is 21:59 in UTC: half an hour later is late there.
    assert count("max", datetime(2026, 10, 12, 21, 50, tzinfo=UTC)) == 40
    assert count("max", datetime(2026, 10, 12, 22, 30, tzinfo=UTC)) == 36


def test_an_extension_is_one_students_own() -> None:
    moment = datetime(2026, 10, 14, 12, tzinfo=UTC)

    assert count("zoe", moment) == 40
    assert count("max", moment) == 32


def test_further_attempts_lose_after_lateness_and_end_with_the_last() -> None:
    moment = datetime(2026, 10, 12, 22, 30, tzinfo=UTC)

    assert count("max", moment, attempt=4) == Fraction(36) * Fraction(9, 10)
    assert count("max", moment, attempt=6) == 0
    found = judge_attempt(Fraction(36), POLICIES.attempts, 4)  # type: ignore[arg-type]
    assert found is not None
    assert found.explanation == "attempt 4, 2 are free: 10 % of 36 points"


def test_without_a_time_nothing_is_lost() -> None:
    problems = [ProblemScore(id="hw2/a", earned=Fraction(40), points=Fraction(60))]

    assert adjust(problems, POLICIES, DUE, Circumstances(student="max")) == ()


@pytest.mark.parametrize(("counts", "chosen"), [("best", 1), ("last", 3)])
def test_the_best_or_the_last_attempt_counts(counts: str, chosen: int) -> None:
    assert choose_attempt([3, 7, 7, 5], counts) == chosen


def make_problems(*earned: tuple[int, int], open_points: int = 0) -> list[ProblemScore]:
    return [
        ProblemScore(
            id=f"hw2/p{index}", earned=Fraction(got), points=Fraction(points),
            open_points=Fraction(open_points),
        )
        for index, (got, points) in enumerate(earned)
    ]  # fmt: skip


def test_the_smallest_share_is_left_out_and_the_rest_counts_for_all() -> None:
    found = drop_lowest(make_problems((9, 10), (2, 20), (5, 10)), 1)

    assert found is not None
    assert found.points == 28 - 16
    assert found.explanation == "lowest left out (p1): 14 of 20 in the rest count as 28 of 40"


def test_nothing_is_dropped_while_points_are_open() -> None:
    found = drop_lowest(make_problems((9, 10), (2, 20), open_points=1), 1)

    assert found is not None
    assert found.points == 0
    assert "open" in found.explanation


def test_the_only_problem_is_never_dropped() -> None:
    assert drop_lowest(make_problems((2, 20)), 3) is None


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
    st.integers(0, 3),
    st.floats(-100, 200),
    st.integers(1, 8),
)
def test_no_policy_gives_more_than_there_is_or_less_than_nothing(
    pairs: list[tuple[int, int]], dropped: int, hours: float, attempt: int
) -> None:
    problems = make_problems(*((min(pair), max(pair)) for pair in pairs))
    policies = Policies(late=DAILY, attempts=POLICIES.attempts, drop_lowest=dropped)
    given = Circumstances(submitted_at=NOON + timedelta(hours=hours), attempt=attempt)

    changes = adjust(problems, policies, DUE, given)

    total = sum(problem.earned for problem in problems) + sum(each.points for each in changes)
    assert 0 <= total <= sum(problem.points for problem in problems)
    assert all(each.explanation and "\n" not in each.explanation for each in changes)
