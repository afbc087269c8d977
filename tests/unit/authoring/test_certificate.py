from __future__ import annotations

import os
from pathlib import Path

import pytest
from building import make_course, part

from grader.authoring.certificate import Certificate, Claim, MutantReport, ProblemCertificate
from grader.authoring.choosing import choose_problems, split_path
from grader.authoring.claims import check_statement
from grader.authoring.remembering import name_proof, recall, remember
from grader.authoring.showing import show_certificate, show_total
from grader.cache import name_key
from grader.errors import UnknownAssignment

KEY = name_key(["proof"])
VALUE = """
title: T
parts:
  {name}: {{kind: value, prompt: How many?, answer: {answer}}}
"""


def certify(*fates: str, holds: bool = True) -> Certificate:
    mutants = tuple(
        MutantReport(name=f"m{i}", fate=fate, diff="-a\n+b", advice="draw more")  # type: ignore[arg-type]
        for i, fate in enumerate(fates)
    )
    claim = Claim(name="statement", holds=holds, words="no prompt")
    return Certificate(part="p", kind="value", points=1, claims=(claim,), mutants=mutants)


def test_the_score_counts_neither_equal_nor_waived_mutants() -> None:
    found = certify("caught", "caught", "caught", "survived", "equal", "waived")

    assert found.mutation_score == 0.75


def test_without_mutants_there_is_no_score() -> None:
    assert certify().mutation_score is None


def test_a_claim_that_does_not_hold_is_shown_with_its_words() -> None:
    lines = list(show_certificate(certify(holds=False)))

    assert lines[0].startswith("  ✗ p")
    assert lines[1] == "      ✗ statement: no prompt"


def test_a_survivor_is_shown_as_a_diff_with_the_check_to_add() -> None:
    text = "\n".join(show_certificate(certify("survived", "equal")))

    assert "survived: m0\n          - a\n          + b\n          try: draw more" in text
    assert "equal: m1" not in text


def test_everything_is_shown_when_asked_for() -> None:
    text = "\n".join(show_certificate(certify("equal"), verbose=True))

    assert "✓ statement" in text
    assert "equal: m0" in text


def test_the_total_counts_problems_and_mutants() -> None:
    problems = [
        ProblemCertificate(problem="hw1/a", parts=(certify("caught", "survived"),)),
        ProblemCertificate(problem="hw1/b", parts=(certify(holds=False),)),
    ]

    assert list(show_total(problems)) == [
        "1 of 2 problems proved, 2 parts; mutants 1/2 caught (50.0%)"
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hw2", ("hw2", "")),
        ("hw2/", ("hw2", "")),
        ("hw2/softmax", ("hw2", "softmax")),
        ("problems/hw2/softmax.yaml", ("hw2", "softmax")),
        ("/course/problems/hw2/softmax.yaml", ("hw2", "softmax")),
        ("./problems/hw2", ("hw2", "")),
    ],
)
def test_a_path_names_an_assignment_or_a_problem(path: str, expected: tuple[str, str]) -> None:
    assert split_path(path) == expected


def test_all_problems_are_meant_where_none_is_named(tmp_path: Path) -> None:
    course = make_course(
        tmp_path, one=VALUE.format(name="a", answer=1), two=VALUE.format(name="b", answer=2)
    )

    assert choose_problems(course, ()) == {"hw1": ["one", "two"]}
    assert choose_problems(course, ["hw1/two"]) == {"hw1": ["two"]}


def test_a_problem_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    course = make_course(tmp_path, double=VALUE.format(name="a", answer=1))

    with pytest.raises(UnknownAssignment, match="did you mean 'double'"):
        choose_problems(course, ["hw1/duoble"])


def test_a_proof_is_remembered_until_the_problem_changes(tmp_path: Path) -> None:
    course = make_course(tmp_path, one=VALUE.format(name="a", answer=1))
    loaded = course.load("hw1")
    key = name_proof(loaded, loaded.problems[0])
    remember(key, ProblemCertificate(problem="hw1/one", parts=(certify(),)), tmp_path)

    make_course(tmp_path, one=VALUE.format(name="a", answer=2))
    changed = course.load("hw1")
    found = recall(key, tmp_path)

    assert found
    assert found.is_remembered
    assert recall(name_proof(changed, changed.problems[0]), tmp_path) is None


def test_what_is_not_proved_is_not_remembered(tmp_path: Path) -> None:
    remember(KEY, ProblemCertificate(problem="p", parts=(certify(holds=False),)), tmp_path)

    assert recall(KEY, tmp_path) is None


def test_a_certificate_that_was_cut_off_is_unknown(tmp_path: Path) -> None:
    remember(KEY, ProblemCertificate(problem="p", parts=(certify(),)), tmp_path)
    assert recall(KEY, tmp_path)
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file())
    whole = path.read_bytes()
    for damaged in (whole[:-9], b"", whole.replace(b"true", b"tru3"), bytes(99)):
        path.write_bytes(damaged)
        assert recall(KEY, tmp_path) is None


def test_certificates_that_nobody_asked_for_in_a_term_are_forgotten(tmp_path: Path) -> None:
    remember(KEY, ProblemCertificate(problem="p", parts=(certify(),)), tmp_path)
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file())
    for each in (path, tmp_path):
        os.utime(each, (0, 0))

    remember(name_key(["other"]), ProblemCertificate(problem="q", parts=(certify(),)), tmp_path)

    assert recall(KEY, tmp_path) is None
    assert recall(name_key(["other"]), tmp_path)


def test_a_formula_that_cannot_be_read_is_named() -> None:
    pytest.importorskip("latex2mathml", reason="needs the extra [preview]")
    pytest.importorskip("mdit_py_plugins", reason="needs the extra [preview]")
    asked = part("value", prompt=r"With $\frac{a}{b}$ and $\frac{a$, for $5 or $6?", answer=1)

    claim = check_statement(asked, "")

    assert not claim.holds
    assert r"$\frac{a$" in claim.words
    assert check_statement(part("value", prompt="With $a$?", answer=1), "").holds
