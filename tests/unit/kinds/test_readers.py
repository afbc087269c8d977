"""Whatever is typed, every reader gives an answer or says why it can't."""

import pytest
from asking import PARTS, ReferenceBench, hand_in, judge_all, part
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.errors import BrokenReference
from grader.kinds import KINDS, find_kind
from grader.kinds.fields import split_fields
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.kinds.reading_answers import read_number
from grader.kinds.reading_arrays import read_array
from grader.kinds.reading_intervals import read_set
from grader.kinds.reading_text import LONGEST_ANSWER, Unread, plain, undress
from grader.kinds.real_sets import complement, intersect, pick, show_set, subtract, unite
from grader.submission.models import Source
from grader.verdicts import Verdict

ASKED = {
    "value": part("value", answer="-ln(1/4)"),
    "array": part("array", answer=[[1, 2], [3, 4]]),
    "shape": part("shape", answer=["m", 2], symbols={"m": "positive integer"}),
    "choice": part(
        "choice", options={"yes": "It does.", "no": "It doesn't.", "b": ""}, answer="no"
    ),
    "multi": part("multi", options={"one": "", "two": "", "g3": ""}, answer=["one", "g3"]),
    "order": part("order", items={"a": "", "bee": "", "c": ""}, answer=["a", "bee", "c"]),
    "interval": part("interval", answer="[1, 4)"),
    "set": part("set", answer=[1, 2]),
    "text": part("text", rubric=[{"item": "something"}]),
}
FRAGMENTS = (
    "1", "4", "0.5", "-", "−", "+", "*", "/", "^", "**", "(", ")", "[", "]", "{", "}", ",", ";",
    ":", "=", "<", ">", "<=", "≥", "≤", "∈", "∪", "∞", "|", "&", "\\\\", "\\frac",
    "\\begin{pmatrix}", "\\end{pmatrix}", "\\left", "\\le", "$", "$$", "`", "**", "_", "\n", " ",
    "\t", "x", "λ", "m", "R", "yes", "no", "and", "or", "between", "to", "%", "×", "e", "1e9",
    "10^", "nats", "tensor(", "é",
    "\u200b", "\u202e", "\x00", "🙂", "一", "½", "²", "- [x] ", "- ", "1. ", "bee", "one", "#", "'",
)  # fmt: skip
ANSWERS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(" ".join),
)


@pytest.mark.parametrize("kind", sorted(ASKED))
@given(text=ANSWERS)
@example(text="(" * 5000)
@example(text="[" * 10000)
@example(text="9" * 20000)
@example(text="1," * 9999)
@example(text="-" * 20000)
@example(text="**" * 9000 + "a")
@example(text=" (aaa" * 4000)
@example(text="a " * 9999)
@example(text="\\begin{pmatrix}" * 1000)
@example(text="x<1 or " * 2000)
@example(text="$" * 19999)
@example(text="é" * 30000)
@example(text="9^9^9^9^9")
@example(text="1e400")
@example(text="0^0")
@example(text="[٣, 四]")
@settings(max_examples=120, deadline=None)
def test_no_text_breaks_a_kind(kind, text):
    (outcome,) = judge_all(ASKED[kind], text)

    assert (outcome.share is None) == outcome.verdict.is_open
    assert outcome.share is None or 0 <= outcome.share <= 1
    assert (outcome.verdict is Verdict.PASSED) == (outcome.share == 1)
    assert outcome.feedback or outcome.verdict is Verdict.PASSED


@pytest.mark.parametrize("kind", sorted(ASKED))
@given(text=ANSWERS)
@settings(max_examples=40, deadline=None)
def test_a_value_is_read_whenever_an_answer_is_judged(kind, text):
    if not text.strip():
        return
    (outcome,) = judge_all(ASKED[kind], text)
    value = find_kind(kind).read_value(ASKED[kind], hand_in(text).answer)

    if outcome.verdict is Verdict.PASSED:
        assert value is not None


@given(text=ANSWERS)
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_fields(text):
    found = split_fields(text, ("x", "one", "h-2")).found

    assert set(found) <= {"x", "one", "h-2"}


@given(text=ANSWERS)
@settings(max_examples=200, deadline=None)
def test_undressing_twice_changes_nothing_visible(text):
    assert plain(plain(text)) == plain(text)
    assert isinstance(undress(text), str)


@given(low=st.integers(-50, 50), width=st.integers(1, 50), left=st.booleans(), right=st.booleans())
def test_brackets_and_inequalities_say_the_same(low, width, left, right):
    high = low + width
    brackets = f"{'[' if left else '('}{low}, {high}{']' if right else ')'}"
    chain = f"{low} {'≤' if left else '<'} x {'<=' if right else '<'} {high}"

    one, other = read_set(brackets), read_set(chain)

    assert not isinstance(one, Unread)
    assert not isinstance(other, Unread)
    assert one.numbers == other.numbers
    assert read_set(show_set(one.numbers)).numbers == one.numbers


ENDS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.booleans()), max_size=4)


def _build(ends):
    return unite(((0, a, int(closed)), (0, b, int(not closed))) for a, b, closed in ends)


@given(one=ENDS, other=ENDS)
def test_sets_obey_the_laws_of_sets(one, other):
    a, b = _build(one), _build(other)

    assert complement(complement(a)) == a
    assert intersect(a, b) == intersect(b, a)
    assert complement(unite([*a, *b])) == intersect(complement(a), complement(b))
    assert unite([*subtract(a, b), *intersect(a, b)]) == a


@given(one=ENDS)
def test_a_picked_number_lies_in_its_span(one):
    for low, high in (*_build(one), *complement(_build(one))):
        value = pick((low, high))

        assert low <= (0, value, 0) < (0, value, 1) <= high


@given(number=st.decimals(-(10**6), 10**6, places=4))
def test_a_decimal_is_read_exactly(number):
    (read,) = read_number(f"answer = {number}")

    assert read.value == number


@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(-99, 99), min_size=width, max_size=width), min_size=2, max_size=4
        )
    )
)
def test_a_matrix_reads_the_same_in_every_layout(rows):
    python = str(rows)
    latex = (
        r"\begin{bmatrix}" + r" \\ ".join(" & ".join(map(str, r)) for r in rows) + r"\end{bmatrix}"
    )
    matlab = "[" + "; ".join(" ".join(map(str, row)) for row in rows) + "]"
    shapes = {read_array(text).shape for text in (python, latex, matlab)}
    entries = {
        tuple(entry.value for entry in read_array(text).entries) for text in (python, latex, matlab)
    }

    assert shapes == {(len(rows), len(rows[0]))}
    assert entries == {tuple(entry for row in rows for entry in row)}


def test_an_answer_of_a_megabyte_is_refused_at_once():
    for kind, asked in ASKED.items():
        (outcome,) = judge_all(asked, "1 " * 500_000)

        assert outcome.verdict in ("refused", "review"), kind
    assert LONGEST_ANSWER < 1_000_000


def test_a_function_where_words_are_wanted_is_said():
    source = Source(name="answers.py", text="def question(): return 1")
    (outcome,) = judge_part(ASKED["value"], "question", HandedIn(source=source), ReferenceBench())

    assert outcome.verdict == "missing"
    assert "answers.py" in outcome.feedback


def test_every_short_answer_kind_says_how_to_hand_in():
    for kind, asked in ASKED.items():
        sentence = find_kind(kind).describe(asked)

        assert sentence.startswith(("Write", "List"))
        assert sentence.endswith(".")
    assert set(ASKED) <= set(KINDS)


def test_a_right_answer_that_cannot_be_read_is_never_the_students_fault():
    for kind, answer in (("value", "?"), ("array", "?"), ("shape", "?"), ("interval", "?")):
        asked = PARTS.validate_python({"kind": kind, "answer": answer})
        with pytest.raises(BrokenReference):
            judge_all(asked, "1")
