from __future__ import annotations

from pathlib import Path

import pytest

from grader.authoring.beginning import begin_problem, list_kinds, list_problem, quote_title
from grader.errors import UsageError
from grader.kinds import KINDS
from grader.spec.loading import Course


def test_every_kind_has_a_template() -> None:
    assert list_kinds() == sorted(KINDS)


@pytest.mark.parametrize("kind", list_kinds())
def test_what_is_begun_can_be_loaded(kind: str, tmp_path: Path) -> None:
    begin_problem(Course(tmp_path), "hw2", "soft-max", kind, "")

    loaded = Course(tmp_path).load("hw2")

    ((_, part_id, part),) = loaded.parts()
    assert (part_id, part.kind, part.title) == ("soft-max", kind, "Soft max")


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    sample = tmp_path / "submissions" / "hw2" / "softmax-sample" / "answers.md"
    sample.parent.mkdir(parents=True)
    sample.write_text("mine")

    with pytest.raises(UsageError, match="is there already"):
        begin_problem(Course(tmp_path), "hw2", "softmax", "value", "")

    assert sample.read_text() == "mine"
    assert not (tmp_path / "problems").exists()


def test_a_part_of_the_same_name_is_refused(tmp_path: Path) -> None:
    begin_problem(Course(tmp_path), "hw2", "soft-max", "value", "")

    with pytest.raises(UsageError, match="a part 'soft-max' already"):
        begin_problem(Course(tmp_path), "hw2", "soft_max", "value", "")


@pytest.mark.parametrize("name", ["../up", "2nd", "a b", ""])
def test_a_name_that_is_no_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not an id"):
        begin_problem(Course(tmp_path), "hw2", name, "value", "")


@pytest.mark.parametrize(
    "title", ["Plain words", "It's: a #title", "yes", "0.5", "{x}", "ends with \\", "日本"]
)
def test_any_title_is_read_back(title: str, tmp_path: Path) -> None:
    begin_problem(Course(tmp_path), "hw2", "one", "value", title)

    assert Course(tmp_path).load("hw2").problems[0].title == title
    assert quote_title(title).strip("'").replace("''", "'") == title


def test_a_new_problem_is_added_to_the_order(tmp_path: Path) -> None:
    header = tmp_path / "problems" / "hw2" / "assignment.yaml"
    begin_problem(Course(tmp_path), "hw2", "one", "value", "")
    header.write_text("title: T\nproblems:\n  - one\n# the end\n")
    begin_problem(Course(tmp_path), "hw2", "two", "choice", "")

    assert list_problem(Course(tmp_path), "hw2", "two")

    assert header.read_text() == "title: T\nproblems:\n  - one\n  - two\n# the end\n"
    assert len(Course(tmp_path).load("hw2").problems) == 2


def test_an_order_in_another_form_is_left_to_its_author(tmp_path: Path) -> None:
    header = tmp_path / "problems" / "hw2" / "assignment.yaml"
    begin_problem(Course(tmp_path), "hw2", "one", "value", "")
    header.write_text("title: T\nproblems: [one]\n")

    assert not list_problem(Course(tmp_path), "hw2", "two")
    assert header.read_text() == "title: T\nproblems: [one]\n"
