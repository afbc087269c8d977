"""Points are exact, bounded, and never lost to a fault of ours."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from grader.scoring import score_part, sum_parts
from grader.verdicts import Outcome, Verdict, failed, passed

SHARES = st.fractions(min_value=0, max_value=1, max_denominator=12)


def outcome(verdict: Verdict, share: Fraction | None, points: int = 1) -> Outcome:
    return Outcome(check="a", verdict=verdict, share=share, points=Fraction(points))


def score(*outcomes: Outcome, points: int = 6):  # type: ignore[no-untyped-def]
    return score_part("a", "value", "", Fraction(points), outcomes)


def test_checks_share_a_parts_points_by_their_weights() -> None:
    part = score(
        passed("a", points=Fraction(1)), failed("b", Verdict.WRONG, "", points=Fraction(2))
    )

    assert (part.earned, part.verdict) == (2, Verdict.PARTIAL)


def test_checks_without_points_count_alike() -> None:
    part = score(
        passed("a", points=Fraction(0)), failed("b", Verdict.WRONG, "", points=Fraction(0))
    )

    assert part.earned == 3


def test_a_void_check_leaves_its_points_open() -> None:
    part = score(passed("a"), failed("b", Verdict.VOID, ""))

    assert (part.earned, part.open_points, part.verdict) == (3, 3, Verdict.VOID)
    assert not sum_parts([part]).is_final


def test_a_part_that_earned_nothing_is_named_after_its_most_serious_check() -> None:
    part = score(failed("a", Verdict.SKIPPED, ""), failed("b", Verdict.CRASHED, ""))

    assert part.verdict is Verdict.CRASHED


def test_a_part_with_one_check_has_its_verdict() -> None:
    assert score(outcome(Verdict.INEFFICIENT, Fraction(1, 2))).verdict is Verdict.INEFFICIENT


@given(st.lists(st.tuples(SHARES, st.integers(1, 9)), min_size=1, max_size=8), st.integers(0, 50))
def test_a_score_is_bounded_and_exact(rows: list[tuple[Fraction, int]], points: int) -> None:
    outcomes = [outcome(Verdict.PARTIAL, share, weight) for share, weight in rows]

    part = score(*outcomes, points=points)

    weight = sum(each for _, each in rows)
    assert part.earned == sum(share * each for share, each in rows) * points / Fraction(weight)
    assert 0 <= part.earned <= points


@given(st.lists(SHARES, min_size=1, max_size=6), SHARES)
def test_a_better_check_never_lowers_a_score(shares: list[Fraction], better: Fraction) -> None:
    before = score(*(outcome(Verdict.PARTIAL, share) for share in shares))
    shares[0] = max(shares[0], better)

    after = score(*(outcome(Verdict.PARTIAL, share) for share in shares))

    assert after.earned >= before.earned


@given(st.permutations([Fraction(0), Fraction(1, 3), Fraction(1)]))
def test_the_order_of_checks_does_not_matter(shares: list[Fraction]) -> None:
    assert score(*(outcome(Verdict.PARTIAL, share) for share in shares)).earned == Fraction(8, 3)
