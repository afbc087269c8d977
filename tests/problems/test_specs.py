"""Every problem says what it means: points add up, references are there, words are said."""

from __future__ import annotations

import ast
from typing import Any

from known_answers import ROOT, function_name


def test_the_points_of_its_checks_or_fields_add_up_to_the_part(asked: Any) -> None:
    _, _, _, part = asked

    pieces = [*getattr(part, "checks", ()), *getattr(part, "fields", {}).values()]
    pieces += getattr(part, "rubric", ())

    if pieces:
        assert sum(piece.points for piece in pieces) == part.points


def test_every_function_it_names_is_in_the_reference(asked: Any) -> None:
    _, problem, _, part = asked
    if part.kind not in ("function", "fix"):
        return
    defined = {
        node.name for node in ast.parse(problem.reference).body if isinstance(node, ast.FunctionDef)
    }

    named = {function_name(part), *part.equivalents}
    named |= {mistake.like for mistake in part.mistakes if mistake.like}

    assert named <= defined


def test_every_part_tells_a_student_what_to_do(asked: Any) -> None:
    _, _, _, part = asked

    assert part.title
    assert part.prompt


def test_a_part_with_hidden_checks_also_shows_some(asked: Any) -> None:
    _, _, _, part = asked

    checks = getattr(part, "checks", ())

    assert not checks or any(not check.hidden for check in checks)


def test_no_two_parts_have_one_id(homework: Any) -> None:
    ids = [part_id for _, part_id, _ in homework.parts()]

    assert len(set(ids)) == len(ids)


def test_it_comes_with_a_sample_a_perfect_and_a_hostile_submission(homework: Any) -> None:
    for name in ("sample", "perfect", "hostile"):
        assert any((ROOT / "submissions" / homework.id / name).iterdir())
