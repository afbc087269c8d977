"""Parameters: drawn from a student's name and a secret, the same wherever they are named."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.errors import SpecError, UsageError
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course
from grader.spec.params import Param, count_values, draw_values
from grader.spec.personal import describe_values, personalise

SPEC = """
    title: Stride <<stride>>
    prompt: An input of << width >> entries.
    params:
      stride: [2, 3, 4, 5, 6, 7]
      width: {low: 11, high: 31, step: 2}
    parts:
      outs:
        kind: value
        points: <<stride>>
        prompt: With stride <<stride>>, and $2 << 3$ left alone?
        answer: floor((<<width>> - 3)/<<stride>>) + 1
      every:
        kind: function
        signature: every(x)
        sizes: {n: <<width>>}
        checks:
          - {name: one, x: {draw: normal, shape: [n]}}
    """
REFERENCE = '''
    """Every so many."""
    stride: int = 2  # drawn
    twice = 2 * stride

    def every(x):
        return x[::stride]
    '''


def load(root: Path, spec: str = SPEC, reference: str = REFERENCE) -> LoadedAssignment:
    for folder, name, text in (
        ("problems", "conv.yaml", spec),
        ("reference", "conv.py", reference),
    ):
        path = root / folder / "hw1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return Course(root).load("hw1")


def test_statement_checks_and_reference_see_the_same_values(tmp_path: Path) -> None:
    own = personalise(load(tmp_path), "ana", "secret").problems[0]

    parts: Any = own.parts
    stride, width = own.values["stride"], own.values["width"]
    assert own.title == f"Stride {stride}"
    assert own.prompt == f"An input of {width} entries."
    assert parts["outs"].prompt == f"With stride {stride}, and $2 << 3$ left alone?"
    assert parts["outs"].answer == f"floor(({width} - 3)/{stride}) + 1"
    assert parts["outs"].points == stride
    assert parts["every"].sizes == {"n": width}
    assert f"stride: int = {stride}  # drawn\ntwice = 2 * stride" in own.reference


def test_a_student_always_draws_the_same_and_others_draw_differently(tmp_path: Path) -> None:
    loaded = load(tmp_path)

    first, again = (personalise(loaded, "ana", "secret").problems[0] for _ in range(2))
    others = [personalise(loaded, f"student {i}", "secret").problems[0] for i in range(30)]

    assert first == again
    assert len({str(other.values) for other in others}) > 15
    assert len({other.digest for other in others}) == len({str(other.values) for other in others})


def test_without_the_secret_no_value_can_be_foretold() -> None:
    params = {"n": Param(low=1, high=1000)}

    drawn = {draw_values(params, "hw1/a", "ana", f"secret {i}")["n"] for i in range(20)}

    assert len(drawn) > 15


def test_another_parameter_moves_no_value() -> None:
    one = {"n": Param(low=1, high=1000)}

    both = draw_values({"k": Param(of=(1, 2)), **one}, "hw1/a", "ana", "s")

    assert both["n"] == draw_values(one, "hw1/a", "ana", "s")["n"]


def test_every_value_is_drawn_and_the_ends_are_among_them() -> None:
    params = {"p": Param(low=0.1, high=0.5, step=0.1)}

    drawn = {draw_values(params, "hw1/a", f"student {i}", "s")["p"] for i in range(200)}

    assert drawn == {0.1, 0.2, 0.3, 0.4, 0.5}
    assert count_values(Param(low=1, high=10, step=4)) == 3


def test_a_student_has_to_be_named(tmp_path: Path) -> None:
    loaded = load(tmp_path)

    with pytest.raises(UsageError, match="add --student"):
        personalise(loaded, " ", "secret")


def test_what_is_drawn_already_stays(tmp_path: Path) -> None:
    own = personalise(load(tmp_path), "ana", "secret")

    assert personalise(own, "", "") is own
    assert describe_values(own)[0].startswith("your own values in hw1/conv: stride = ")


def test_an_assignment_without_parameters_is_everybodys(tmp_path: Path) -> None:
    loaded = load(tmp_path, "title: T\nparts: {a: {kind: value, answer: 1, prompt: '<<x>>'}}\n")

    assert personalise(loaded, "", "") is loaded
    assert loaded.problems[0].parts["a"].prompt == "<<x>>"
    assert describe_values(loaded) == ()


def test_a_value_that_makes_a_part_invalid_is_named_with_its_place(tmp_path: Path) -> None:
    spec = """
        title: T
        params: {n: [1, 2, 3, -1]}
        parts:
          a: {kind: value, points: <<n>>, answer: 1}
        """
    with pytest.raises(SpecError) as caught:
        loaded = load(tmp_path, spec, "")
        for i in range(20):
            personalise(loaded, f"student {i}", "")

    assert "4:28" in str(caught.value) or "5:28" in str(caught.value)
    assert "'points' should be at least 0, saw -1" in str(caught.value)


def test_a_remembered_assignment_draws_as_one_that_is_loaded(tmp_path: Path) -> None:
    load(tmp_path)
    memory = tmp_path / "memory"

    fresh, recalled = (Course(tmp_path).load("hw1", memory) for _ in range(2))

    assert personalise(recalled, "ana", "s") == personalise(fresh, "ana", "s")
