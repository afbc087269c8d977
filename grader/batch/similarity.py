"""Which submissions of a class are alike: evidence that a person looks at, not a verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from grader.batch.fingerprints import Fingerprint, find_fingerprints
from grader.errors import SubmissionError
from grader.report.similar_page import Side, SimilarPair
from grader.spec.loaded import LoadedAssignment
from grader.submission import read_submission

ALIKE = 0.5
"""Share of fingerprints in common from which a pair is shown: below, short functions to one
statement look alike by themselves."""
LEAST_SHARED = 4
"""Fingerprints: fewer are a loop that everybody writes."""
COMMON = 0.2
"""What more than this share of a class has is the statement's own shape, or the lecture's."""
COMMON_LEAST = 5
PAIRS = 40
"""Shown: more than anybody compares."""


def compare_class(
    assignment: LoadedAssignment, paths: Sequence[Path], labels: Sequence[str]
) -> tuple[SimilarPair, ...]:
    """The pairs that share most of their structure, the most alike first.

    What the course itself gives out, and what a good part of the class has, counts for nothing.

    Cost     linear in the class for reading; then in the fingerprints that two have in common.
    """
    given = {
        each.value for problem in assignment.problems for each in _read_given(problem.reference)
    }
    prints = [_read_fingerprints(path) for path in paths]
    holders: dict[int, set[int]] = defaultdict(set)
    for index, found in enumerate(prints):
        for each in found:
            if each.value not in given:
                holders[each.value].add(index)
    limit = max(COMMON_LEAST, COMMON * len(paths))
    told = {value: who for value, who in holders.items() if len(who) <= limit}
    own = Counter(index for who in told.values() for index in who)
    shared: Counter[tuple[int, int]] = Counter()
    for who in told.values():
        shared.update(combinations(sorted(who), 2))
    alike = [
        (2 * count / (own[first] + own[second]), count, first, second)
        for (first, second), count in shared.items()
        if count >= LEAST_SHARED
    ]
    chosen = sorted(
        (each for each in alike if each[0] >= ALIKE), key=lambda e: (-e[0], -e[1], e[2:])
    )
    return tuple(
        _make_pair(share, count, (first, second), paths, labels, told)
        for share, count, first, second in chosen[:PAIRS]
    )


def _read_given(source: str) -> Iterable[Fingerprint]:
    return find_fingerprints(source) if source else ()


def _read_fingerprints(path: Path) -> tuple[Fingerprint, ...]:
    return find_fingerprints(_read_source(path))


def _read_source(path: Path) -> str:
    """All Python of a submission, one file after another."""
    try:
        submission = read_submission(path)
    except SubmissionError:
        return ""
    return "\n".join(source.text for source in submission.sources)


def _make_pair(
    share: float,
    count: int,
    who: tuple[int, int],
    paths: Sequence[Path],
    labels: Sequence[str],
    told: dict[int, set[int]],
) -> SimilarPair:
    """Both texts, read again: not every text of a class is kept in memory."""
    common = {value for value, holders in told.items() if set(who) <= holders}
    sides = []
    for index in who:
        text = _read_source(paths[index])
        marked = {
            line
            for each in find_fingerprints(text)
            if each.value in common
            for line in range(each.first_line, each.last_line + 1)
        }
        sides.append(Side(label=labels[index], text=text, marked=frozenset(marked)))
    return SimilarPair(share=share, shared=count, first=sides[0], second=sides[1])
