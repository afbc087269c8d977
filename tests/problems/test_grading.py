"""Every problem through the real grading: its answers, its mistakes, and what students hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from known_answers import (
    BY_FUNCTION,
    ROOT,
    function_name,
    hand_over,
    load,
    python_file,
    reference_file,
    show,
    slip,
    twin_file,
    write_answer,
    write_answers,
    write_value,
)
from verdicts import MISSING, SAMPLES, WITNESSED

from grader.submission import read_submission
from grader.verdicts import Verdict

pytestmark = pytest.mark.sandbox


def said(part: Any) -> str:
    """Everything that the report says about a part."""
    texts = [part.feedback, part.mistake]
    for check in part.checks:
        texts += [check.feedback, check.mistake, check.hint]
        if check.counterexample:
            texts += [check.counterexample.saw, check.counterexample.expected]
            texts += [check.counterexample.difference]
    return "\n".join(texts)


def test_right_answers_earn_everything(homework: Any, mark: Any) -> None:
    sources = tuple(reference_file(problem) for problem in homework.problems if problem.reference)

    parts = mark(homework, hand_over(write_answers(homework), sources))

    for part_id, part in parts.items():
        if part.kind == "text":
            assert part.verdict == Verdict.REVIEW
        else:
            assert (part_id, part.verdict, said(part)) == (part_id, Verdict.PASSED, said(part))
            assert part.score == part.max_score


def test_nothing_handed_in_earns_nothing_and_is_missing(homework: Any, mark: Any) -> None:
    parts = mark(homework, hand_over())

    assert {part.verdict for part in parts.values()} == {Verdict.MISSING}
    assert {part.score for part in parts.values()} == {0}
    assert {part.open_points for part in parts.values()} == {0}


def test_other_right_answers_are_accepted(asked: Any, mark: Any, narrow: Any) -> None:
    homework, problem, part_id, part = asked
    small = narrow(homework, part_id)

    for submission in other_right_answers(problem, part_id, part):
        marked = mark(small, submission)[part_id]

        assert marked.verdict == Verdict.PASSED, said(marked)


def other_right_answers(problem: Any, part_id: str, part: Any) -> list[Any]:
    if part.kind in ("function", "fix"):
        return [hand_over({}, (twin_file(problem, part, twin),)) for twin in part.equivalents]
    found = [
        hand_over({part_id: write_value(part.kind, part, other)})
        for other in getattr(part, "equivalents", ())
    ]
    for name, field in getattr(part, "fields", {}).items():
        right = {
            key: write_value(part.kind, each, each.answer) for key, each in part.fields.items()
        }
        for other in getattr(field, "equivalents", ()):
            lines = right | {name: show(other)}
            text = "\n".join(f"{key}: {value}" for key, value in lines.items())
            found.append(hand_over({part_id: text}))
    return found


def test_each_known_mistake_in_writing_earns_its_credit_and_its_words(
    asked: Any, mark: Any, narrow: Any
) -> None:
    homework, _, part_id, part = asked
    small = narrow(homework, part_id)
    if part.kind in BY_FUNCTION:
        return

    for name, question in {"": part, **getattr(part, "fields", {})}.items():
        for mistake in getattr(question, "mistakes", ()):
            if mistake.answer is None:
                continue
            text = write_mistake(part, question, mistake)
            key = f"{part_id}.{name}" if name else part_id
            marked = mark(small, hand_over({key: text}))[part_id]

            check = next(c for c in marked.checks if not name or c.name == name)
            assert mistake.say in check.mistake, (text, said(marked))
            if "credit" in mistake.model_fields_set or part.kind not in ("multi", "chain"):
                assert check.score == pytest.approx(check.max_score * float(mistake.credit))


def write_mistake(part: Any, question: Any, mistake: Any) -> str:
    if part.kind == "chain":
        return slip(part, mistake.answer)
    return str(write_value(part.kind, question, mistake.answer))


def test_each_known_mistake_in_code_earns_its_credit_and_its_words(
    asked: Any, mark: Any, narrow: Any
) -> None:
    homework, problem, part_id, part = asked
    small = narrow(homework, part_id)
    if part.kind not in ("function", "fix"):
        return

    for mistake in part.mistakes:
        marked = mark(small, hand_over({}, (twin_file(problem, part, mistake.like),)))[part_id]

        failed = [check for check in marked.checks if check.verdict != Verdict.PASSED]
        assert failed, f"{mistake.like} passes every check"
        for check in failed:
            if check.verdict == Verdict.SKIPPED:
                continue
            assert (mistake.like, check.mistake) == (mistake.like, mistake.say), said(marked)
            assert check.score == pytest.approx(float(mistake.credit) * check.max_score)


def test_code_to_repair_earns_nothing_as_it_is(asked: Any, mark: Any, narrow: Any) -> None:
    homework, _, part_id, part = asked
    if part.kind != "fix":
        return
    small = narrow(homework, part_id)
    name = function_name(part)
    # Under other names inside, so that it is judged by what it does.
    moved = part.starter.replace(f"def {name}(", "def as_given(")
    moved += f"\n\ndef {name}(*arguments):\n    return as_given(*arguments)\n"

    for text in (part.starter, moved):
        marked = mark(small, hand_over({}, (python_file("mine.py", text),)))[part_id]

        assert (marked.verdict, marked.score) == (Verdict.WRONG, 0)


def test_each_known_mistake_in_a_kernel_gets_its_verdicts_and_its_words(
    asked: Any, mark: Any, narrow: Any
) -> None:
    homework, problem, part_id, part = asked
    small = narrow(homework, part_id)
    if part.kind != "kernel":
        return

    for mistake in part.mistakes:
        marked = mark(small, hand_over({}, (twin_file(problem, part, mistake.like),)))[part_id]

        verdicts = {
            check.name: str(check.verdict)
            for check in marked.checks
            if check.verdict != Verdict.PASSED
        }
        assert (mistake.like, verdicts) == (mistake.like, mistake.verdicts)
        assert mistake.say in said(marked)


def test_the_sample_is_marked_as_a_person_would(homework: Any, mark: Any) -> None:
    folder = ROOT / "submissions" / homework.id / "sample"

    parts = mark(homework, read_submission(folder))

    marks = SAMPLES[homework.id]
    assert marks.keys() <= parts.keys()
    for part_id, part in parts.items():
        # A part that the student's sheet did not have is not in the table.
        person = marks.get(part_id, MISSING)
        assert (part_id, person_says(part)) == (part_id, person.verdict), said(part)
        for words in person.words:
            assert words in said(part), part_id
        if person.share is not None:
            assert part.score == pytest.approx(person.share * part.max_score)
    for part_id in WITNESSED.get(homework.id, ()):
        witness = next(c.counterexample for c in parts[part_id].checks if c.counterexample)
        assert witness.inputs
        assert witness.saw


def person_says(part: Any) -> str:
    """A report's verdict in a human marker's words."""
    if part.verdict in (Verdict.REVIEW, Verdict.MISSING, Verdict.UNDECIDED, Verdict.VOID):
        return str(part.verdict)
    if part.score == part.max_score:
        return "right"
    return "partial" if part.score else "wrong"


def test_the_perfect_submission_earns_everything(homework: Any, mark: Any) -> None:
    folder = ROOT / "submissions" / homework.id / "perfect"

    parts = mark(homework, read_submission(folder))

    for part_id, part in parts.items():
        right = Verdict.REVIEW if part.kind == "text" else Verdict.PASSED
        assert (part_id, part.verdict) == (part_id, right), said(part)


def test_the_hostile_submission_earns_nothing_and_does_no_harm(homework: Any, mark: Any) -> None:
    folder = ROOT / "submissions" / homework.id / "hostile"
    before = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    homes = sorted(Path.home().iterdir())

    parts = mark(homework, read_submission(folder))

    assert {part_id: part.score for part_id, part in parts.items() if part.score} == {}
    assert Verdict.VOID not in {part.verdict for part in parts.values()}
    assert {path: path.read_bytes() for path in sorted(folder.iterdir())} == before
    assert sorted(Path.home().iterdir()) == homes
    assert not Path("/tmp/fairmark-was-here").exists()
    assert not any("\x1b" in said(part) for part in parts.values())
    # The next student is graded by the same workers as if nothing had happened.
    after = mark(homework, hand_over(write_answers(homework)))
    for _, part_id, part in homework.parts():
        if write_answer(part) is not None and part.kind != "text":
            assert (part_id, after[part_id].verdict) == (part_id, Verdict.PASSED)


def test_a_function_that_raises_is_told_where(homework: Any, mark: Any, narrow: Any) -> None:
    part_id, part = next(
        (part_id, part) for _, part_id, part in homework.parts() if part.kind == "function"
    )
    text = f"def {function_name(part)}(*arguments):\n    raise ValueError('not yet')\n"

    marked = mark(narrow(homework, part_id), hand_over({}, (python_file("mine.py", text),)))

    assert marked[part_id].verdict == Verdict.CRASHED
    assert "not yet" in said(marked[part_id])
    assert marked[part_id].checks[0].location == "mine.py:2"


def test_an_early_slip_costs_its_points_once(mark: Any, narrow: Any) -> None:
    tiny = narrow(load("hw4"), "tiny-dw1", "tiny-dw2", "tiny-dw3", "tiny-step", "tiny-loss")
    written = {
        "tiny-dw1": "5.7",
        "tiny-dw2": "5.7",
        "tiny-dw3": "5.7",
        "tiny-step": "[0.943, 2.243, 5.643]",
        "tiny-loss": "17.979",
    }

    parts = mark(tiny, hand_over(written))

    verdicts = {part_id: str(part.verdict) for part_id, part in parts.items()}
    assert verdicts == {**dict.fromkeys(written, "passed"), "tiny-dw3": "wrong"}
    assert "your own answer" in said(parts["tiny-step"])


def test_attention_over_a_students_own_states_is_right(mark: Any, narrow: Any) -> None:
    small = narrow(load("hw5"), "rnn-states", "rnn-attn-out")
    right = write_answers(small)
    states = right["rnn-states"].replace("k2: [1, 1]", "k2: [-1, -1]")

    parts = mark(small, hand_over({"rnn-states": states, "rnn-attn-out": "[4, -2]"}))

    assert parts["rnn-states"].score == parts["rnn-states"].max_score - 1
    assert parts["rnn-attn-out"].verdict == Verdict.PASSED
