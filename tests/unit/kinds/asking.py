"""Builders for short-answer tests: a part from a dict, an answer from text, a bench of lambdas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from grader.errors import BrokenReference
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn, Inputs
from grader.sandbox.records import Ending, Run
from grader.spec.models import Limits
from grader.spec.parts import AnyPart
from grader.submission.models import Answer
from grader.verdicts import Outcome

PARTS: TypeAdapter[Any] = TypeAdapter(AnyPart)


def part(kind: str, **keys: object) -> Any:
    return PARTS.validate_python({"kind": kind, **keys})


def written(text: str, name: str = "question") -> Answer:
    return Answer(part=name, text=text, file="answers.md", line=3)


def hand_in(text: str, **fields: str) -> HandedIn:
    return HandedIn(
        answer=written(text),
        fields={name: written(words, f"question.{name}") for name, words in fields.items()},
    )


class ReferenceBench:
    """Calls the reference's functions right here; students' functions have no place in it."""

    seed = 7

    def __init__(self, functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.functions = functions or {}

    def call_student(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        limits: Limits,
        modules: tuple[str, ...] = (),
        return_arguments: bool = False,
    ) -> list[Run]:
        raise AssertionError("a short answer calls no function of a student's")

    def call_reference(
        self, function: str, inputs: Sequence[Inputs], *, modules: tuple[str, ...] = ()
    ) -> list[Run]:
        if function not in self.functions:
            raise BrokenReference(f"no function {function}")
        try:
            return [
                Run(ending=Ending.RETURNED, value=self.functions[function](**given))
                for given in inputs
            ]
        except Exception as problem:
            raise BrokenReference(str(problem)) from problem


def judge_all(asked: Any, text: str, **functions: Callable[..., Any]) -> tuple[Outcome, ...]:
    return judge_part(asked, "question", hand_in(text), ReferenceBench(functions))


def judge_one(asked: Any, text: str, **functions: Callable[..., Any]) -> Outcome:
    outcomes = judge_all(asked, text, **functions)
    assert len(outcomes) == 1
    return outcomes[0]
