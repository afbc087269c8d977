"""Whether a derivation leads from one formula to another, through steps that hold.

Sides are places, steps that hold are ways between them: both ways for =, one way for ≤ and ≥.
What is shown of two sides is the relation that all steps of one way between them have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from grader.maths.normal_form import Form, normal_form
from grader.maths.step_verdicts import StepVerdict
from grader.maths.steps import STATEMENTS, Derivation, Side
from grader.maths.tree import Node

MEANING = {"=": "=", "≈": "=", "⇒": "=", "⇔": "=", "<": "≤", "<=": "≤", ">": "≥", ">=": "≥",
           "∝": "∝"}  # fmt: skip
OPPOSITE = {"=": "=", "≤": "≥", "≥": "≤", "∝": "∝"}
ANY = ("=", "≤", "≥", "∝")
MOST_BRIDGES = 4
"""Earlier lines that one which starts afresh is compared with."""


@dataclass(slots=True)
class Ways:
    """The sides of a derivation by their forms, and what holds between them."""

    edges: dict[Form, list[tuple[str, Form]]] = field(default_factory=dict)

    def add(self, left: Form, relation: str, right: Form) -> None:
        """Take a step that holds."""
        self.edges.setdefault(left, []).append((relation, right))
        self.edges.setdefault(right, []).append((OPPOSITE[relation], left))

    def reached(self, first: Form, relations: Collection[str]) -> set[Form]:
        """All that is reached through steps in one of the relations."""
        found, waiting = {first}, [first]
        while waiting:
            for relation, form in self.edges.get(waiting.pop(), ()):
                if relation in relations and form not in found:
                    found.add(form)
                    waiting.append(form)
        return found

    def shown(self, first: Form, last: Form) -> set[str]:
        """What is shown of two sides; both orders show that they are equal."""
        found = {
            relation for relation in ANY if last in self.reached(first, ("=", relation))
        }  # fmt: skip
        return found | {"="} if {"≤", "≥"} <= found else found


def connect(
    read: Derivation,
    verdicts: Collection[StepVerdict],
    origin: Node | None,
    arrived: Side,
    is_equal: Callable[[Side, Node], bool],
) -> tuple[set[str], Side | None]:
    """What is shown of the start and the last line, and the line that follows from nothing before.

    Without a given start (`origin`) it is the first side of the chain that the last line is in.
    A line that starts afresh goes on from an earlier one that it is equal to.
    """
    ways = Ways()
    for verdict in verdicts:
        step = verdict.step
        if verdict.comparison.is_equal and step.left.tree.op not in STATEMENTS:
            left, right = normal_form(step.left.tree), normal_form(step.right.tree)
            ways.add(left, MEANING[step.relation], right)
    target = normal_form(arrived.tree)
    openings = read.openings
    if origin is None:
        last = next(side for side in reversed(openings) if _precedes(read, side, arrived))
        return ways.shown(normal_form(last.tree), target), None
    start = normal_form(origin)
    if is_equal(openings[0], origin):
        ways.add(start, "=", normal_form(openings[0].tree))
    afresh: Side | None = None
    earlier = [openings[0]]
    for opening in openings[1:]:
        form = normal_form(opening.tree)
        if form not in ways.reached(start, ANY):
            bridge = _find_equal(read, opening, earlier, is_equal)
            if bridge is not None:
                ways.add(normal_form(bridge.tree), "=", form)
            elif target in ways.reached(form, ANY):
                afresh = afresh or opening
        earlier.append(opening)
    return ways.shown(start, target), afresh


def _precedes(read: Derivation, side: Side, other: Side) -> bool:
    places = {id(one): place for place, one in enumerate(read.sides)}
    return places[id(side)] <= places[id(other)]


def _find_equal(
    read: Derivation, opening: Side, earlier: list[Side], is_equal: Callable[[Side, Node], bool]
) -> Side | None:
    """The line before, or the start of a chain before, that a line is equal to."""
    place = next(number for number, side in enumerate(read.sides) if side is opening)
    before = [read.sides[place - 1], *reversed(earlier)][:MOST_BRIDGES]
    formulas = [side for side in before if side.tree.op not in STATEMENTS]
    return next((side for side in formulas if is_equal(opening, side.tree)), None)
