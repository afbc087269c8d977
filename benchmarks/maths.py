"""Closed-form verdicts beside SymPy's simplify and equals, and Math-Verify where installed.

Every method sees the same triples of tests/maths_cases in one run, each in a
process of its own with a limit: a hang, None or an exception counts as undecided, and
undecided as not right.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from benchmarks.fuzz_grammars import fuzz
from benchmarks.measuring import find_percentile, print_row
from grader.maths import Agreement, Formula, compare, read
from grader.maths.answers import Written, read_beside
from grader.maths.to_sympy import NoSympyForm, to_sympy
from grader.spec.models import Tolerance
from grader.spec.parts import BigOPart

CASES = Path(__file__).parents[1] / "tests" / "maths_cases"
FILES = ("formulas.yaml", "held_out_formulas.yaml", "unseen_formulas.yaml", "code_formulas.yaml")
LIMIT_S = 5
"""Of every method; the grader's own worst case is 2 s for SymPy and 1 s for a slip's name."""
FUZZED = 1_000_000
Triple = dict[str, Any]


def load_triples() -> list[Triple]:
    """Every answer with its question and whether it is right."""
    triples = []
    read_all = (yaml.safe_load((CASES / file).read_text("utf-8")) for file in FILES)
    for case in chain.from_iterable(read_all):
        symbols = BigOPart.model_validate({"kind": "bigO", "symbols": case["symbols"]}).symbols
        reference = read(str(case["reference"]), symbols)
        assert isinstance(reference, Formula)
        for verdict in ("equal", "different"):
            triples.extend(
                {
                    **case,
                    "symbols": symbols,
                    "reference": reference,
                    "text": str(text),
                    "is_right": verdict == "equal",
                }
                for text in case.get(verdict, ())
            )
    return triples


def by_grader(triple: Triple) -> bool | None:
    written = read_beside(triple["text"], triple["symbols"], triple["reference"].tree)
    if not isinstance(written, Written):
        return None
    found = compare(
        written.formula,
        triple["reference"],
        triple["symbols"],
        seed=1,
        boundary=triple.get("boundary", "strict"),
        up_to=triple.get("up_to", "nothing"),
        rounding=Tolerance(**triple["rounding"]) if "rounding" in triple else None,
    )
    return {Agreement.EQUAL: True, Agreement.DIFFERENT: False}.get(found.agreement)


def _both(triple: Triple) -> tuple[Any, Any]:
    """SymPy forms of both sides, read by our grammar: the others start from perfect parsing."""
    written = read_beside(triple["text"], triple["symbols"], triple["reference"].tree)
    if not isinstance(written, Written):
        raise NoSympyForm("unreadable")
    return (
        to_sympy(written.formula.tree, triple["symbols"]),
        to_sympy(triple["reference"].tree, triple["symbols"]),
    )


def by_simplify(triple: Triple) -> bool | None:
    import sympy

    student, reference = _both(triple)
    return bool(sympy.simplify(student - reference) == 0)


def by_equals(triple: Triple) -> bool | None:
    student, reference = _both(triple)
    found = student.equals(reference)
    return None if found is None else bool(found)


def by_math_verify(triple: Triple) -> bool | None:
    import math_verify

    student, reference = _both(triple)
    return bool(math_verify.verify([reference], [student]))


def by_math_verify_latex(triple: Triple) -> bool | None:
    """Both sides as LaTeX that SymPy printed, the form that it is made for."""
    import math_verify
    import sympy

    student, reference = (f"${sympy.latex(side)}$" for side in _both(triple))
    return bool(math_verify.verify(math_verify.parse(reference), math_verify.parse(student)))


def _serve(method: Callable[[Triple], bool | None], channel: Connection) -> None:
    triples = load_triples()
    while True:
        position = channel.recv()
        started = time.perf_counter()
        try:
            said: bool | None | str = method(triples[position])
        except NoSympyForm:
            said = "out of scope"
        except Exception:
            said = None
        channel.send((said, (time.perf_counter() - started) * 1000))


class Worker:
    """A process that judges triples and is killed and replaced at the limit."""

    def __init__(self, method: Callable[[Triple], bool | None]) -> None:
        self.method = method
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.channel, inner = context.Pipe()
        self.process = context.Process(target=_serve, args=(self.method, inner), daemon=True)
        self.process.start()

    def judge(self, position: int) -> tuple[bool | None | str, float]:
        self.channel.send(position)
        if self.channel.poll(LIMIT_S):
            answer: tuple[bool | None | str, float] = self.channel.recv()
            return answer
        self.process.kill()
        self.start()
        return None, LIMIT_S * 1000


def measure(triples: list[Triple], positions: list[int]) -> None:
    """One row a method, on the same triples."""
    methods: dict[str, Callable[[Triple], bool | None]] = {
        "grader": by_grader, "simplify(a - b) == 0": by_simplify, "a.equals(b)": by_equals,
    }  # fmt: skip
    try:
        import math_verify  # noqa: F401

        methods["Math-Verify, on SymPy objects"] = by_math_verify
        methods["Math-Verify, on LaTeX"] = by_math_verify_latex
    except ImportError:
        print("Math-Verify is not installed, its rows are left out: pip install -e '.[bench]'")
    print_row("method", "right %", "accepts wrong", "median ms", "p99 ms", "worst ms", "over limit")
    for name, method in methods.items():
        worker = Worker(method)
        worker.judge(positions[0])
        answers = [(position, *worker.judge(position)) for position in positions]
        worker.process.kill()
        right = sum(said == triples[position]["is_right"] for position, said, _ in answers)
        false = sum(
            said is True and not triples[position]["is_right"] for position, said, _ in answers
        )
        times = sorted(taken for _, _, taken in answers)
        print_row(
            name,
            f"{100 * right / len(answers):.1f}",
            str(false),
            f"{find_percentile(times, 50):.1f}",
            f"{find_percentile(times, 99):.1f}",
            f"{times[-1]:.0f}",
            str(sum(taken >= LIMIT_S * 1000 for taken in times)),
        )


def main(fuzzed: int = FUZZED) -> None:
    triples = load_triples()
    in_scope = []
    for position, triple in enumerate(triples):
        try:
            _both(triple)
            in_scope.append(position)
        except NoSympyForm:
            continue
    print(f"\nClosed forms: {len(in_scope)} triples that SymPy can represent, each method's limit")
    measure(triples, in_scope)
    print(f"\nAll {len(triples)} triples, arrays and symbolic functions among them")
    times, right = [], 0
    for triple in triples:
        started = time.perf_counter()
        right += by_grader(triple) == triple["is_right"]
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    print_row("method", "right %", "median ms", "p99 ms", "worst ms")
    print_row(
        "grader, reading included",
        f"{100 * right / len(triples):.1f}",
        f"{find_percentile(times, 50):.1f}",
        f"{find_percentile(times, 99):.1f}",
        f"{times[-1]:.0f}",
    )
    print("\nFuzzing the grammars")
    fuzz(fuzzed)


if __name__ == "__main__":
    main()
