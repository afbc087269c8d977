"""Random and damaged answers read by the three grammars: a tree or a positioned error, in time.

    python -m benchmarks.fuzz_grammars --count 300000

Half of the texts are words of one grammar in random order, half are real answers of the tests
with characters dropped, doubled, exchanged or put in. Faults are printed with the text that
shows them, and make the exit code 1.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from benchmarks.measuring import print_row
from grader.maths import Formula, Unreadable, read, show
from grader.maths.answers import read_answer
from grader.maths.show_mathml import show_mathml
from grader.spec.parts import BigOPart

COUNT = 1_000_000
PROCESSES = 2
LIMIT_S = 0.05
MOST_FAULTS = 20
CASES = Path(__file__).parents[1] / "tests" / "maths_cases"
FILES = ("formulas.yaml", "held_out_formulas.yaml", "unseen_formulas.yaml", "code_formulas.yaml")
PYTHON = r"""x w y f ( ) [ ] , + - * / ** // % @ == < > <= != and or not if else for in range
exp sum Max Piecewise lambda .T 2 0.5 1e-3 & | ~ = : ; ' " _ . True None k np. sp. [:, 'ij,j->i'
np.einsum( .mean( axis=0 keepdims=True .reshape( -1 .shape[0] torch.clamp( min= [-1]"""
PLAIN = r"""x w y f λ ( ) { } [ ] | || + - * / ^ _ = < > , ; ' ! 2 0.5 1{ Σ Π ² ₁ √ ∂ ≤ ≠ · × ⊙ ᵀ
π ‖ ⟨ ⟩ ⌊ ⌋ ∞ ± ½ d/dx sum exp log max relu σ for where e 10% → x_1 E["""
LATEX = r"""x w y f ( ) { } [ ] | ^ _ = < > & \\ \frac \dfrac \sum \prod \left \right \begin{cases}
\end{cases} \begin{bmatrix} \end{bmatrix} \begin{align} \end{align} \sigma \mathbf \mathrm \text
\sqrt \| \hat \bar \top \odot \cdot \exp \log \max \mathbb{1} \mathbb{E} \partial \nabla \lVert
\rVert \langle \rangle \operatorname $ $$ \, \; \quad \limits ^{ _{ 2 1 \le \infty ' \circ"""
WORDS = {"Python": PYTHON.split(), "plain": [*PLAIN.split(), "\n"], "LaTeX": LATEX.split()}


@dataclass(slots=True)
class Tally:
    """What was seen of some texts."""

    texts: dict[str, int] = field(default_factory=dict)
    """How many, by grammar."""
    trees: int = 0
    slowest_ms: dict[str, float] = field(default_factory=dict)
    """In processor time, by grammar."""
    faults: list[str] = field(default_factory=list)


def make_texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Texts that nobody has typed, and texts that somebody mistyped, with their grammars."""
    generator = random.Random(seed)
    typed = [
        str(text)
        for file in FILES
        for case in yaml.safe_load((CASES / file).read_text(encoding="utf-8"))
        for verdict in ("equal", "different")
        for text in case.get(verdict, ())
    ]
    letters = [word for words in WORDS.values() for word in words]
    for number in range(count):
        if number % 2:
            grammar = generator.choice(tuple(WORDS))
            glue = generator.choice(("", " "))
            yield grammar, glue.join(generator.choices(WORDS[grammar], k=generator.randint(1, 16)))
        else:
            text = damage(generator.choice(typed), letters, generator)
            yield name_grammar(text), text


def name_grammar(text: str) -> str:
    """Which grammar a typed text is nearest to."""
    if "\\" in text:
        return "LaTeX"
    return "Python" if "**" in text or "@" in text or "*" in text else "plain"


def damage(text: str, letters: list[str], generator: random.Random) -> str:
    """A few characters dropped, doubled, exchanged or put in; or two texts' halves."""
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(text) + 1)
        match generator.randrange(5):
            case 0:
                text = text[:place] + text[place + 1 :]
            case 1:
                text = text[:place] + text[place : place + 1] * 2 + text[place + 1 :]
            case 2:
                text = text[:place] + generator.choice(letters) + text[place:]
            case 3:
                other = generator.randrange(len(text) + 1)
                first, last = min(place, other), max(place, other)
                text = text[:first] + text[first:last] * 2 + text[last:]
            case 4:
                text = text[place:] + text[:place]
    return text


def read_all(count: int, seed: int) -> Tally:
    """Read so many texts, and note every one that is not read as it should be."""
    part = BigOPart.model_validate(
        {"kind": "bigO", "symbols": {
            "x": "real", "w": "positive", "y": "real", "λ": "positive", "k": "integer",
            "f": {"domain": "function", "arguments": 1}, "n": "positive integer",
            "A": {"shape": ["n", "n"]}, "v": {"shape": ["n"]}, "x1": "real", "x2": "real"}}
    )  # fmt: skip
    tally = Tally()
    gc.disable()
    for number, (grammar, text) in enumerate(make_texts(count, seed)):
        tally.texts[grammar] = tally.texts.get(grammar, 0) + 1
        for reading in (read, read_answer):
            started = time.process_time()
            try:
                found = reading(text, part.symbols)
                formula = found if isinstance(found, Formula) else getattr(found, "formula", None)
                if formula is not None:
                    tally.trees += 1
                    show(formula)
                    show_mathml(formula)
                elif not isinstance(found, Unreadable) or not is_placed(found):
                    tally.faults.append(f"no place in the text: {text!r}: {found!r}")
            except Exception as fault:
                tally.faults.append(f"{type(fault).__name__}: {fault}: {text!r}")
            taken = time.process_time() - started
            tally.slowest_ms[grammar] = max(tally.slowest_ms.get(grammar, 0), taken * 1000)
            if taken > LIMIT_S:
                tally.faults.append(f"{taken * 1000:.0f} ms: {text!r}")
        if number % 5000 == 0:
            gc.collect()
    return tally


def is_placed(found: Unreadable) -> bool:
    """Whether the error has words and a column inside its text."""
    return bool(found.message) and 1 <= found.column <= len(found.text) + 1 and bool(found.show())


def fuzz(count: int, seed: int = 1) -> bool:
    """Read in two processes, print what was seen; whether nothing was wrong."""
    share = count // PROCESSES
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        tallies = pool.starmap(read_all, [(share, seed + turn) for turn in range(PROCESSES)])
    faults = [fault for tally in tallies for fault in tally.faults]
    for grammar in WORDS:
        count = sum(tally.texts.get(grammar, 0) for tally in tallies)
        slowest_ms = max(tally.slowest_ms.get(grammar, 0) for tally in tallies)
        print_row(f"{count} texts in {grammar}, read twice", f"{slowest_ms:.0f} ms worst")
    print_row(f"{sum(tally.trees for tally in tallies)} trees", f"{len(faults)} faults")
    for fault in faults[:MOST_FAULTS]:
        print(f"  {fault}")
    return not faults


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the three grammars.")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    sys.exit(0 if fuzz(chosen.count, chosen.seed) else 1)


if __name__ == "__main__":
    main()
