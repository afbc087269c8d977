"""A closed form: read by our grammar, compared at points, known mistakes named."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, explain, fall_short, find_mistake, leave_open
from grader.kinds.protocol import Bench, HandedIn
from grader.maths.answers import Written, cut_shape, read_answer, read_beside
from grader.maths.evaluate import Point
from grader.maths.measured import REFERENCE, compare_measured
from grader.maths.mutations import name_mistake
from grader.maths.subscripts import align
from grader.maths.tree import free_names, walk
from grader.maths.vocabulary import FUNCTIONS
from grader.sandbox.records import Ending, Run
from grader.spec.models import Mistake
from grader.spec.parts import ExpressionPart
from grader.submission.models import Answer, Source
from grader.values import FormulaText, Value
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed


@dataclass(frozen=True, slots=True)
class Sought:
    """The part with its right answer, read."""

    part: ExpressionPart
    part_id: str
    reference: maths.Formula
    seed: int
    measured: tuple[Point, ...] = ()
    """Where the right answer is a program's gradient: the points at which it was taken."""

    def compare(self, student: maths.Formula, reference: maths.Formula) -> maths.Comparison:
        if self.measured and reference is self.reference:
            return self._compare_measured(student)
        return maths.compare(
            student,
            reference,
            self.part.symbols,
            seed=self.seed,
            boundary=self.part.boundary,
            up_to=self.part.up_to,
            rounding=self.part.rounding,
        )

    def _compare_measured(self, student: maths.Formula) -> maths.Comparison:
        found = [
            compare_measured(tree, self.reference.tree, self.measured, self.part.rounding)
            for tree in (student.tree, student.other, student.as_numpy)
            if tree is not None
        ]
        return next((one for one in found if one.is_equal), found[0])

    def name_slip(self, student: maths.Formula) -> str:
        """The mistake's name, where a small change makes the answer right."""
        reference, symbols = self.reference.tree, self.part.symbols
        if not self.measured:
            return name_mistake(*align(student.tree, reference, symbols), symbols, self.seed)

        def is_equal(one: maths.Node, other: maths.Node) -> bool:
            return compare_measured(one, other, self.measured).is_equal

        return name_mistake(student.tree, reference, symbols, self.seed, is_equal)

    def read_listed(self, answer: object) -> maths.Formula:
        """An answer from the spec.

        Errors   BrokenReference when the grammar cannot read it.
        """
        read = maths.read(as_text(answer), self.part.symbols)
        if isinstance(read, maths.Unreadable):
            raise BrokenReference(f"{self.part_id}: the answer {answer!r}: {read}")
        return read


def judge(
    part: ExpressionPart, part_id: str, handed_in: HandedIn, bench: Bench
) -> tuple[Outcome, ...]:
    """Right where the formula equals the reference on the declared domains."""
    text = _find_text(part, part_id, handed_in, bench)
    if isinstance(text, Outcome):
        return (text,)
    sought = seek(part, part_id, bench)
    shape_problem = check_shape(part, cut_shape(text)[0]) if part.shape is not None else ""
    written = read_written(part, text, sought)
    if isinstance(written, maths.Unreadable):
        return (_refuse(written, shape_problem),)
    if leaves_derivative(written.formula.tree):
        words = explain(
            maths.show(written.formula), "the derivative itself", "carry the derivative out"
        )
        return (failed(ANSWER, Verdict.REFUSED, words),)
    outcome = judge_formula(sought, written)
    known = None if sought.measured else sought.reference.tree
    wanted = find_wanted_form(part, written.formula.tree, known)
    if wanted and outcome.verdict is Verdict.PASSED:
        words = explain(outcome.understood, wanted, "the value is right")
        outcome = fall_short(words, outcome.understood)
    return (_add_shape(outcome, shape_problem) if shape_problem else outcome,)


def seek(part: ExpressionPart, part_id: str, bench: Bench) -> Sought:
    """The right answer: the formula of the spec, or the gradient of the reference's function.

    Errors   BrokenReference when there is none.
    """
    if part.gradient is not None and part.gradient.function is not None:
        from grader.kinds.measured_gradients import measure_gradient

        tree = transpose_of(REFERENCE) if part.gradient.layout == "numerator" else REFERENCE
        measured = measure_gradient(part, part_id, bench)
        return Sought(part, part_id, maths.Formula(tree), bench.seed, measured)
    return Sought(part, part_id, _read_reference(part, part_id), bench.seed)


def transpose_of(tree: maths.Node) -> maths.Node:
    return maths.Node("transpose", (tree,))


def read_written(part: ExpressionPart, text: str, sought: Sought) -> Written | maths.Unreadable:
    """What was written, behind the shape where one is asked for."""
    formula = cut_shape(text)[1] if part.shape is not None else text
    if part.up_to == "constant":
        from grader.maths.up_to import read_with_constant

        return read_with_constant(formula, part.symbols)
    return read_beside(formula, part.symbols, sought.reference.tree)


def leaves_derivative(tree: maths.Node) -> bool:
    """Whether the answer asks the grader to differentiate."""
    return any(node.op == "call" and node.value in ("diff", "gradient") for node in walk(tree))


def find_wanted_form(part: ExpressionPart, tree: maths.Node, reference: maths.Node | None) -> str:
    """The form that a right answer should have had; empty if it has it."""
    from grader.maths.forms import find_brackets, find_other_symbols

    if left_over := find_left_over(part, tree):
        return f"a form without {left_over}"
    others = find_other_symbols(tree, part.only, part.symbols) if part.only else ()
    if others:
        return f"a form in {', '.join(part.only)} only, without {', '.join(others)}"
    brackets = find_brackets(tree, reference) if part.form == "expanded" else ""
    return f"a form without brackets: multiply {brackets} out" if brackets else ""


def find_left_over(part: ExpressionPart, tree: maths.Node) -> str:
    """The first name or function that the answer must not hold; empty if it holds none."""
    held = free_names(tree) | {str(node.value) for node in walk(tree) if node.op == "call"}
    held |= {node.op for node in walk(tree) if node.op in ("sum", "prod", "div", "pow")}
    return next((one for one in part.without if FUNCTIONS.get(one, one) in held), "")


def judge_formula(sought: Sought, written: Written) -> Outcome:
    """Compare one formula with the reference, then with the known mistakes."""
    student = written.formula
    understood = maths.show(student)
    found = sought.compare(student, sought.reference)
    if written.unread and (written.is_changed or found.is_equal):
        advice = f"a person will look at this answer: '{written.unread}' is not read"
        return leave_open(explain(understood, "", advice), understood, "words beside the formula")
    if found.agreement is maths.Agreement.EQUAL:
        return _check_sides(sought, written, understood)
    listed = (sought.read_listed(answer) for answer in sought.part.equivalents)
    if found.agreement is maths.Agreement.UNDECIDED:
        if any(sought.compare(student, other).is_equal for other in listed):
            return passed(ANSWER, understood=understood)
        words = explain(understood, "", "a person will look at this answer")
        return leave_open(words, understood, found.note or found.method)
    mistake = find_mistake(
        sought.part.mistakes,
        lambda wrong: sought.compare(student, sought.read_listed(wrong)).is_equal,
    )
    counterexample = _make_counterexample(found)
    if mistake is None:
        if _is_transposed(sought, student):
            if sought.part.gradient is not None and sought.part.gradient.layout == "either":
                return passed(ANSWER, understood=understood)
            mistake = Mistake(say="This is the transpose of the right answer: the other layout.")
        elif named := sought.name_slip(student):
            mistake = Mistake(say=named)
    words = _explain_difference(understood, found)
    return fall_short(words, understood, mistake=mistake, counterexample=counterexample)


def _is_transposed(sought: Sought, student: maths.Formula) -> bool:
    if not any(symbol.shape for symbol in sought.part.symbols.values()):
        return False
    flipped = maths.Formula(transpose_of(student.tree), student.text)
    return sought.compare(flipped, sought.reference).is_equal


def _check_sides(sought: Sought, written: Written, understood: str) -> Outcome:
    """`a = b = right`: every side that can be read must be right as well."""
    pairs = [(side, sought.reference, written.formula) for side in written.sides]
    pairs += [(left, right, right) for left, right in written.claims]
    for side, expected, beside in pairs:
        if sought.compare(side, expected).agreement is maths.Agreement.DIFFERENT:
            words = explain(
                f"{maths.show(side)} = {maths.show(beside)}",
                "both sides equal",
                "the last side is right, an earlier one is not equal to it",
            )
            return leave_open(words, understood, "sides of one equation differ")
    return passed(ANSWER, understood=understood)


def _read_reference(part: ExpressionPart, part_id: str) -> maths.Formula:
    read = maths.read(as_text(part.answer), part.symbols)
    if isinstance(read, maths.Unreadable):
        raise BrokenReference(f"{part_id}: the answer {part.answer!r}: {read}")
    return read


def as_text(answer: object) -> str:
    """A right answer from the spec or from the reference function, as text."""
    if isinstance(answer, FormulaText):
        return answer.text
    if isinstance(answer, str | int | float | Fraction) and not isinstance(answer, bool):
        return str(answer)
    raise BrokenReference(f"the answer {answer!r} is no formula")


def _find_text(
    part: ExpressionPart, part_id: str, handed_in: HandedIn, bench: Bench
) -> str | Outcome:
    """What was written, or what the student's function returns for symbols."""
    if handed_in.answer is not None and handed_in.answer.text.strip():
        return handed_in.answer.text
    assert handed_in.source is not None
    function = part_id.split(".")[0].replace("-", "_")
    inputs = {spelling: FormulaText(spelling) for spelling in part.symbols}
    run = bench.call_student(function, [inputs], limits=part.limits, modules=("sympy",))[0]
    if run.ending is not Ending.RETURNED:
        return _explain_run(run, handed_in.source, part, function)
    if isinstance(run.value, FormulaText):
        return run.value.text
    if isinstance(run.value, str):
        return run.value
    if isinstance(run.value, int | float) and not isinstance(run.value, bool):
        return repr(run.value)
    words = explain(
        f"a {type(run.value).__name__} from {function}", "a formula", "return a SymPy expression"
    )
    return failed(ANSWER, Verdict.WRONG, words)


def _explain_run(run: Run, source: Source, part: ExpressionPart, function: str) -> Outcome:
    from grader.kinds.function_endings import explain_ending

    signature = f"{function}({', '.join(part.symbols)})"
    finding = explain_ending(run, source, part.limits, signature)
    return failed(
        ANSWER,
        finding.verdict,
        finding.feedback,
        location=finding.location,
        staff_note=finding.staff_note,
        output=run.output,
    )


def check_shape(part: ExpressionPart, stated: tuple[str, ...] | None) -> str:
    """What is wrong with the stated shape; empty if nothing is."""
    assert part.shape is not None
    wanted = " × ".join(str(size) for size in part.shape)
    if stated is None:
        return "no shape is stated; write it first, on a line of its own, as `2 × 3:`"
    if tuple(stated) == tuple(str(size) for size in part.shape):
        return ""
    return f"the stated shape is {' × '.join(stated)}, expected {wanted}"


def _add_shape(outcome: Outcome, problem: str) -> Outcome:
    if outcome.verdict is Verdict.PASSED:
        words = explain(problem, "", "the formula itself is right")
        return fall_short(words, outcome.understood)
    from dataclasses import replace

    return replace(outcome, feedback=f"{explain(problem)}\n{outcome.feedback}")


def _refuse(unread: maths.Unreadable, shape_problem: str) -> Outcome:
    words = unread.show()
    if shape_problem:
        words = f"{explain(shape_problem)}\n{words}"
    return failed(ANSWER, Verdict.REFUSED, words)


def _explain_difference(understood: str, found: maths.Comparison) -> str:
    expected = "a formula with other values"
    if found.method == "shapes" and found.witness is None:
        expected = "factors and terms whose shapes fit"
    if found.witness is not None:
        place = ", ".join(f"{name} = {value}" for name, value in found.witness.values.items())
        at = f"at {place}: " if place else ""
        expected = f"{at}{found.witness.reference}, yours gives {found.witness.student}"
    return explain(understood, expected, found.note)


def _make_counterexample(found: maths.Comparison) -> Counterexample | None:
    if found.witness is None:
        return None
    return Counterexample(
        inputs=tuple(found.witness.values.items()),
        saw=found.witness.student,
        expected=found.witness.reference,
        difference=found.note,
    )


def read_value(part: ExpressionPart, answer: Answer) -> Value:
    """The formula, as text that the grammar reads."""
    text = cut_shape(answer.text)[1] if part.shape is not None else answer.text
    written = read_answer(text, part.symbols)
    return None if isinstance(written, maths.Unreadable) else FormulaText(written.formula.text)


def right_value(part: ExpressionPart) -> Value:
    """The right formula in the same form."""
    return FormulaText(as_text(part.answer))


def describe(part: ExpressionPart) -> str:
    """How to hand in an answer."""
    names = ", ".join(part.symbols)
    first = "State the shape first, then write" if part.shape is not None else "Write"
    among = f" in {names}" if names else ""
    return (
        f"{first} one formula{among}: as plain maths, as Python or as LaTeX;"
        " or write a function that returns it with SymPy."
    )
