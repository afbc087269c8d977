"""Marks of people: what they count after a problem was edited, and whose answers still wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from essays import BOTH, DEPTH, Essays
from school import Class

from grader.store.database import Store

REWORDED = {"Layers build on one another.": 1, "Functions are put one after another.": 2}


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


def test_an_answer_waits_until_all_its_items_are_marked(klass: Class) -> None:
    essays = Essays(klass)
    number = essays.hand_in(why="Words.")
    essays.mark(number, Layers=1)
    assert essays.score() == (DEPTH + 1, 2)
    assert essays.waiting() == [(number, "why", "counts")]
    essays.mark(number, Functions=0)
    assert essays.score() == (DEPTH + 1, 0)
    assert essays.waiting() == []


def test_a_mark_that_came_since_is_not_written_over_unseen(klass: Class) -> None:
    essays = Essays(klass)
    number = essays.hand_in(why="Words.")
    assert essays.mark(number, seen=0, Layers=1, Functions=2)
    assert not essays.mark(number, seen=0, by="instructor", Layers=0, Functions=0)
    assert essays.score() == (DEPTH + 3, 0)
    assert essays.mark(number, by="instructor", Layers=0, Functions=0)
    assert essays.score() == (DEPTH, 0)


def test_what_is_marked_is_what_the_student_was_asked(klass: Class) -> None:
    essays = Essays(klass)
    old = essays.hand_in(why="Words.")
    essays.ask(why={"It is deep.": 3})
    new = essays.hand_in("grader", why="Words.")
    essays.mark(old, Layers=1, Functions=2)
    essays.mark(new, It=3)
    assert essays.score() == (DEPTH + 3, 0)
    assert essays.score("grader") == (DEPTH + 3, 0)


def test_marks_outlive_other_words_for_an_item(klass: Class) -> None:
    essays = Essays(klass)
    number = essays.hand_in(why="Words.")
    essays.mark(number, Layers=1, Functions=2)
    moves = essays.regrade(essays.ask(why=REWORDED))
    assert moves == []
    judged = essays.judge()
    assert (judged.score, judged.open_points) == (DEPTH + 3, 0)
    assert (
        "why, Functions are put one after another.: marked 2"
        " (given when it read 'Functions are composed.')"
    ) in judged.steps
    essays.mark(number, Functions=1)
    assert essays.score() == (DEPTH + 2, 0)


@pytest.mark.parametrize(
    "rubric",
    [
        {"Layers build on one another.": 1, "Functions are composed twice.": 1},
        {"Functions are composed at length.": 2, "Layers build on one another.": 1},
        {"Layers build on one another.": 1, "Of something else.": 2, "Functions in turn.": 2},
    ],
    ids=["other points", "another place", "longer list"],
)
def test_a_mark_slips_to_no_item_that_may_ask_something_else(
    klass: Class, rubric: dict[str, int]
) -> None:
    essays = Essays(klass)
    number = essays.hand_in(why="Words.")
    essays.mark(number, Layers=1, Functions=2)
    (move,) = essays.regrade(essays.ask(why=rubric))
    assert (move.before, move.after, move.lost_marks) == (DEPTH + 3, DEPTH + 1, 1)
    points, open_points = essays.score()
    assert (points, open_points > 0) == (DEPTH + 1, True)
    # It waits to be marked again, and the marker sees the items as they are now.
    assert essays.waiting() == [(number, "why", "counts")]


def test_never_lowers_compares_what_counts_with_its_marks(klass: Class) -> None:
    essays = Essays(klass)
    marked, bare = essays.hand_in(depth=2, why="Words."), essays.hand_in("grader", 2, why="Words.")
    essays.mark(marked, Layers=1, Functions=2)
    moves = essays.regrade(essays.ask(why={"It is deep.": 3}), depth=3, never_lowers=True)
    # The machine gives one more; without its marks the first would lose two all the same.
    assert [(move.before, move.after) for move in moves] == [(2, 3)]
    assert essays.score() == (5, 0)
    assert essays.score("grader") == (3, 3)
    essays.mark(bare, It=3)
    assert essays.score("grader") == (6, 0)


def test_where_the_best_counts_a_better_essay_waits_too(klass: Class) -> None:
    essays = Essays(klass, counts="best")
    first = essays.hand_in(depth=2, why="No words.")
    good = essays.hand_in(depth=0, why="A good essay.")
    assert essays.waiting() == [(first, "why", "counts"), (good, "why", "could count")]
    essays.mark(first, Layers=1, Functions=0)
    # With everything that is open the other reaches no more than this one has.
    assert essays.waiting() == []
    essays.mark(first, Layers=0)
    essays.mark(good, Layers=1, Functions=2)
    assert essays.score() == (3, 0)
    assert essays.judge().submission_id == good


def test_any_submission_is_marked_when_it_is_asked_for(klass: Class) -> None:
    essays = Essays(klass, why=BOTH)
    first, second = essays.hand_in(depth=2, why="One."), essays.hand_in(depth=2, why="Two.")
    assert essays.waiting() == [(second, "why", "counts")]
    assert (first, "why", "does not count") in essays.waiting(also=first)


def test_an_answer_that_came_again_unchanged_keeps_its_marks(klass: Class) -> None:
    essays = Essays(klass)
    first = essays.hand_in(depth=1, why="Words.")
    essays.mark(first, comment="See chapter 4.", Layers=1, Functions=2)
    essays.hand_in(depth=3, why="Words.")
    judged = essays.judge()
    assert (judged.score, judged.open_points) == (3 + 3, 0)
    assert (
        "why, Functions are composed.: marked 2"
        " (carried over from submission 1, whose answer is the same)"
    ) in judged.steps
    assert essays.waiting() == []
    # Whoever corrects the mark, or takes it back, does so everywhere.
    essays.mark(first, Functions=1)
    assert essays.score() == (3 + 2, 0)
    essays.take_back(first, "Functions are composed.")
    assert essays.score() == (3 + 1, 2)


def test_an_answer_that_changed_waits_again_and_its_student_is_told(klass: Class) -> None:
    essays = Essays(klass)
    first = essays.hand_in(why="Words.")
    essays.mark(first, Layers=1, Functions=2)
    second = essays.hand_in(why="Other words.")
    judged = essays.judge()
    assert (judged.score, judged.open_points) == (DEPTH, 3)
    assert "why: marked in submission 1; this one waits to be marked" in judged.steps
    assert essays.waiting() == [(second, "why", "counts")]


def test_an_answer_that_reports_do_not_quote_in_full_is_not_taken_for_the_same(
    klass: Class,
) -> None:
    essays = Essays(klass)
    first = essays.hand_in(why=f"{'Words. ' * 2000} One end.{' And so on.' * 200}")
    essays.mark(first, Layers=1, Functions=2)
    second = essays.hand_in(why=f"{'Words. ' * 2000} Two end.{' And so on.' * 200}")
    assert essays.waiting() == [(second, "why", "counts")]


def test_same_answers_are_marked_together_and_own_marks_stay(klass: Class) -> None:
    essays = Essays(klass, counts="best")
    numbers = [essays.hand_in(depth=depth, why="Words.") for depth in (3, 2, 1)]
    essays.mark(numbers[0], Layers=1, Functions=1)
    assert essays.waiting() == []
    essays.mark(numbers[1], Layers=1, Functions=2)
    essays.mark(numbers[0], Layers=0, Functions=0)
    assert essays.score() == (2 + 3, 0)


def test_marks_for_another_rubric_are_not_carried_to_a_new_submission(klass: Class) -> None:
    essays = Essays(klass)
    essays.mark(essays.hand_in(why="Words."), Layers=1, Functions=2)
    essays.ask(why={"It is deep.": 3})
    second = essays.hand_in(depth=3, why="Words.")
    assert essays.waiting() == [(second, "why", "counts")]
    assert essays.count_marks(second) == 0
