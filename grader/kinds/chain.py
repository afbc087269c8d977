"""A derivation, step by step: the first one that does not follow is named."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.chain_gaps import find_gap, find_large_step, shows_something
from grader.kinds.expression import as_text
from grader.kinds.marking import ANSWER, explain, fall_short, find_mistake, leave_open
from grader.kinds.protocol import Bench, HandedIn
from grader.maths.connections import MEANING, connect
from grader.maths.definitions import define
from grader.maths.mutations import name_mistake
from grader.maths.normal_form import normal_form
from grader.maths.step_verdicts import StepVerdict, judge_step
from grader.maths.steps import STATEMENTS, Derivation, Side, Step, read_derivation
from grader.maths.subscripts import align
from grader.maths.tree import Node
from grader.maths.truth_tables import judge_implication
from grader.spec.models import Mistake, Symbol
from grader.spec.parts import ChainPart
from grader.submission.models import Answer
from grader.values import FormulaText, Value
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed

SHOWN = {"<=": "≤", ">=": "≥"}


def judge(part: ChainPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Right where every step follows and the last line is the one asked for."""
    assert handed_in.answer is not None
    symbols = _all_symbols(part)
    definitions = _read_definitions(part, part_id, symbols)
    target = _read_listed(part, part_id, part.answer, symbols, definitions)
    solves = target.op in STATEMENTS
    read = read_derivation(handed_in.answer.text, symbols, definitions, solves=solves)
    if isinstance(read, maths.Unreadable):
        return (failed(ANSWER, Verdict.REFUSED, read.show()),)
    verdicts = _judge_all(part, read, bench.seed)
    understood = _show(read)
    arrival = _arrive(part, read, target, bench.seed)
    wrong = [one for one in verdicts if one.comparison.agreement is maths.Agreement.DIFFERENT]
    if wrong:
        earned = Fraction(0)
        first = replace(read, sides=read.sides[:1], steps=())
        is_from_start = not part.start or _starts_right(
            part, part_id, first, symbols, definitions, bench.seed
        )
        if arrival.is_equal and is_from_start and shows_something(verdicts, read):
            earned = part.end_credit
        is_right_end = arrival.is_equal
        return (
            _explain_step(
                part, part_id, wrong[0], is_right_end, earned, understood, symbols, bench.seed
            ),
        )
    open_steps = [one for one in verdicts if not one.comparison.is_equal]
    if part.start and not _starts_right(part, part_id, read, symbols, definitions, bench.seed):
        last = maths.show(read.sides[-1].tree)
        words = explain(
            f"a derivation from {maths.show(read.sides[0].tree)} to {last}: something else",
            f"a derivation from {part.start} to {as_text(part.answer)}",
            "a person will look at it",
        )
        return (leave_open(words, understood, "it starts elsewhere"),)
    if arrival.agreement is maths.Agreement.DIFFERENT:
        words = explain(
            f"every step follows, but it ends with {maths.show(read.sides[-1].tree)}",
            f"a derivation of {maths.show(target)}",
            _witness_words(arrival),
        )
        return (fall_short(words, understood, counterexample=_counterexample(arrival)),)
    if open_steps or arrival.agreement is maths.Agreement.UNDECIDED:
        return (_leave_open(open_steps, arrival, understood),)
    start = _read_listed(part, part_id, part.start, symbols, definitions) if part.start else None
    whole = read
    if start is not None and not solves:
        read = _cut_to_start(part, read, start, target, bench.seed)
    if problem := find_gap(part, read, start, target):
        if read is not whole:
            return (leave_open(problem, understood, "lines above the start may be its steps"),)
        return (fall_short(problem, understood),)
    if not solves and (outcome := _check_way(part, read, verdicts, start, target, bench.seed)):
        return (replace(outcome, understood=understood),)
    if read.unread:
        words = explain(read.unread, "", "a person will look at it: words beside a formula")
        return (leave_open(words, understood, "a line of words holds a formula"),)
    if problem := find_large_step(part, part_id, read, symbols, definitions):
        # The start and the end, which the question gives away, are no work.
        share = part.end_credit if len(read.steps) > 1 else Fraction(0)
        return (fall_short(problem, understood, share=share),)
    return (passed(ANSWER, understood=understood),)


def _check_way(
    part: ChainPart,
    read: Derivation,
    verdicts: list[StepVerdict],
    start: Node | None,
    target: Node,
    seed: int,
) -> Outcome | None:
    """What is wrong with the way as a whole, where every step of it holds; None if nothing is."""

    def is_equal(side: Side, tree: Node) -> bool:
        return _compare(part, side.formula, tree, seed).is_equal

    arrived = _find_arrival(part, read, target, seed)[0]
    shown, afresh = connect(read, verdicts, start, arrived, is_equal)
    earned = part.end_credit if shows_something(verdicts, read) else Fraction(0)
    if afresh is not None and not shown:
        words = explain(
            f"line {afresh.line}: {maths.show(afresh.tree)} follows from no line before it",
            f"a way from {part.start} to {as_text(part.answer)}",
            "show the step to this line",
        )
        if earned:
            return leave_open(words, "", f"line {afresh.line} starts afresh")
        return fall_short(words, "", share=earned)
    is_equation = start is not None and _compare(part, maths.Formula(start), target, seed).is_equal
    if ("=" in shown) if is_equation else shown:
        return None
    turning = _find_turning(read, "=" if is_equation else "")
    if turning is None:
        return None
    claim = f"step {read.steps.index(turning) + 1}, line {turning.right.line}"
    relation = SHOWN.get(turning.relation, turning.relation)
    left, right = maths.show(turning.left.tree), maths.show(turning.right.tree)
    first = part.start or maths.show(read.sides[0].tree)
    words = explain(
        f"{claim}: {left} {relation} {right}",
        f"{first} = {maths.show(target)}" if is_equation else "steps in one direction",
        f"the step holds, but with it the way does not lead from {first} to the last line",
    )
    return replace(fall_short(words, "", share=earned), location=str(turning.right.line))


def _find_turning(read: Derivation, wanted: str) -> Step | None:
    """The first step in another relation than the one wanted, or than the first one."""
    for step in read.steps:
        meaning = MEANING[step.relation]
        if meaning == "=":
            continue
        if wanted and meaning != wanted:
            return step
        wanted = wanted or meaning
    return None


def judge_steps(part: ChainPart, part_id: str, text: str, seed: int) -> list[StepVerdict]:
    """Every step by itself, for whoever wants to see why; empty for what cannot be read."""
    symbols = _all_symbols(part)
    definitions = _read_definitions(part, part_id, symbols)
    target = _read_listed(part, part_id, part.answer, symbols, definitions)
    read = read_derivation(text, symbols, definitions, solves=target.op in STATEMENTS)
    if isinstance(read, maths.Unreadable):
        return []
    return _judge_all(part, read, seed)


def _judge_all(part: ChainPart, read: Derivation, seed: int) -> list[StepVerdict]:
    return [
        judge_step(
            step,
            position + 1,
            part.symbols,
            seed=seed,
            boundary=part.boundary,
            approximation=part.approximation,
            proportional_in=part.proportional_in,
        )
        for position, step in enumerate(read.steps)
    ]


def _all_symbols(part: ChainPart) -> dict[str, Symbol]:
    """Declared symbols, and the defined names beside them."""
    return {**part.symbols, **{name: Symbol() for name in part.where if name not in part.symbols}}


def _read_definitions(part: ChainPart, part_id: str, symbols: dict[str, Symbol]) -> dict[str, Node]:
    definitions: dict[str, Node] = {}
    for name, text in part.where.items():
        read = maths.read(text, symbols)
        if isinstance(read, maths.Unreadable):
            raise BrokenReference(f"{part_id}: where {name}: {read}")
        definitions[name] = read.tree
    return definitions


def _read_listed(
    part: ChainPart,
    part_id: str,
    answer: object,
    symbols: dict[str, Symbol],
    definitions: dict[str, Node],
) -> Node:
    """The last side of an answer in the spec, with definitions filled in."""
    read = maths.read(as_text(answer), symbols)
    if isinstance(read, maths.Unreadable):
        raise BrokenReference(f"{part_id}: the answer {answer!r}: {read}")
    return define(read.tree, definitions, symbols)


def _arrive(part: ChainPart, read: Derivation, target: Node, seed: int) -> maths.Comparison:
    return _find_arrival(part, read, target, seed)[1]


def _find_arrival(
    part: ChainPart, read: Derivation, target: Node, seed: int
) -> tuple[Side, maths.Comparison]:
    """Whether the derivation ends where it should; a decimal behind ≈ may follow the end."""
    last = read.sides[-1]
    found = _compare(part, last.formula, target, seed)
    for step in reversed(read.steps):
        if found.is_equal or step.relation != "≈" or step.right is not last:
            break
        last = step.left
        found = _compare(part, last.formula, target, seed)
    return last, found


def _compare(part: ChainPart, student: maths.Formula, target: Node, seed: int) -> maths.Comparison:
    return maths.compare(
        maths.Formula(student.tree, other=student.other, doubtful=student.doubtful),
        maths.Formula(target),
        part.symbols,
        seed=seed,
        boundary=part.boundary,
    )


def _explain_step(
    part: ChainPart,
    part_id: str,
    verdict: StepVerdict,
    is_right_end: bool,
    earned: Fraction,
    understood: str,
    symbols: dict[str, Symbol],
    seed: int,
) -> Outcome:
    """Name the first step that does not follow."""
    step = verdict.step
    left, right = maths.show(step.left.tree), maths.show(step.right.tree)
    claim = f"step {verdict.number}, line {step.right.line}: {left} {step.relation} {right}"
    mistake = _find_known(part, part_id, step.right, symbols, seed)
    named = ""
    if mistake is None and step.relation == "=":
        sides = align(step.right.tree, step.left.tree, part.symbols)
        named = name_mistake(*sides, part.symbols, seed)
    ending = "the last line is right, but this step does not follow" if is_right_end else ""
    words = explain(
        claim,
        _witness_words(verdict.comparison, step.relation) or "a step that follows",
        " ".join(filter(None, (named, verdict.comparison.note, ending))),
    )
    outcome = fall_short(
        words,
        understood,
        mistake=mistake or (Mistake(say=named) if named else None),
        share=earned,
        counterexample=_counterexample(verdict.comparison),
    )
    return replace(outcome, location=str(step.right.line))


def _find_known(
    part: ChainPart, part_id: str, side: Side, symbols: dict[str, Symbol], seed: int
) -> Mistake | None:
    definitions = _read_definitions(part, part_id, symbols)
    return find_mistake(
        part.mistakes,
        lambda wrong: (
            _compare(
                part, side.formula, _read_listed(part, part_id, wrong, symbols, definitions), seed
            ).is_equal
        ),
    )


def _witness_words(found: maths.Comparison, relation: str = "=") -> str:
    if found.witness is None:
        return ""
    values = ", ".join(f"{name} = {value}" for name, value in found.witness.values.items())
    at = f" at {values}" if values else ""
    if relation == "∝":
        ratios = f"it is {found.witness.reference}, then {found.witness.student}"
        return f"one ratio of the left side to the right{at}: {ratios}"
    sides = f"the left side is {found.witness.reference}, the right side {found.witness.student}"
    return f"equal values{at}: {sides}"


def _counterexample(found: maths.Comparison) -> Counterexample | None:
    if found.witness is None:
        return None
    return Counterexample(
        inputs=tuple(found.witness.values.items()),
        saw=found.witness.student,
        expected=found.witness.reference,
        difference=found.note,
    )


def _leave_open(
    open_steps: list[StepVerdict], arrival: maths.Comparison, understood: str
) -> Outcome:
    if open_steps:
        first = open_steps[0]
        claim = f"step {first.number}, line {first.step.right.line}"
        note = f"{claim}: {first.comparison.note or first.comparison.method}"
    else:
        claim, note = "the last line", arrival.note or arrival.method
    words = explain(f"{claim} could not be decided", "", "a person will look at it")
    return leave_open(words, understood, note)


def _starts_right(
    part: ChainPart,
    part_id: str,
    read: Derivation,
    symbols: dict[str, Symbol],
    definitions: dict[str, Node],
    seed: int,
) -> bool:
    """Whether the first line is the start, or, read from the end, the target."""
    start = _read_listed(part, part_id, part.start, symbols, definitions)
    first = read.sides[0].tree
    if first.op in STATEMENTS or start.op in STATEMENTS:
        if first.op not in STATEMENTS or start.op not in STATEMENTS:
            return False
        found = judge_implication(start, first, "⇔", part.symbols, seed)
        return found.agreement is not maths.Agreement.DIFFERENT
    target = _read_listed(part, part_id, part.answer, symbols, definitions)
    return _find_start(part, read, start, target, seed) is not None


def _find_start(
    part: ChainPart, read: Derivation, start: Node, target: Node, seed: int
) -> Side | None:
    """The first side that is the start; below other lines only one that is worked on."""
    first = read.sides[0]
    if _compare(part, first.formula, start, seed).is_equal:
        return first
    end = normal_form(target)
    left = {id(step.left) for step in read.steps} - {id(first)}
    later = [side for side in read.openings if id(side) in left and normal_form(side.tree) != end]
    return next(
        (side for side in later if _compare(part, side.formula, start, seed).is_equal), None
    )


def _cut_to_start(
    part: ChainPart, read: Derivation, start: Node, target: Node, seed: int
) -> Derivation:
    """The derivation without lines above its start: they are work for it, but no steps of it."""
    first = _find_start(part, read, start, target, seed)
    return read if first in (None, read.sides[0]) else read.cut_before(first)


def _show(read: Derivation) -> str:
    """The derivation as it was understood, a line a side."""
    relations = {id(step.right): step.relation for step in read.steps}
    lines = []
    for side in read.sides:
        relation = relations.get(id(side), "")
        lines.append(f"{SHOWN.get(relation, relation)} {maths.show(side.tree)}".strip())
    return "\n".join(lines)


def read_value(part: ChainPart, answer: Answer) -> Value:
    """The last line, as text that the grammar reads."""
    read = read_derivation(answer.text, _all_symbols(part))
    return None if isinstance(read, maths.Unreadable) else FormulaText(read.sides[-1].text)


def right_value(part: ChainPart) -> Value:
    """What the derivation arrives at."""
    return FormulaText(as_text(part.answer))


def describe(part: ChainPart) -> str:
    """How to hand in an answer."""
    return (
        "Write the derivation, a step a line, with =, ≈, ≤, <, ∝, ⇒ or ⇔ between its sides:"
        " as plain maths or as LaTeX (`align` as well)."
    )
