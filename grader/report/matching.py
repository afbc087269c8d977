"""Which row of a platform's file is whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.report.gradebooks import Result

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows by their place, with whose they are."""

    results: Mapping[int, Result]
    without_row: tuple[Result, ...]
    doubled: tuple[Result, ...]
    """Several rows fit, or several students one row: a person must say which."""
    without_student: tuple[str, ...]


def match_rows(
    rows: Sequence[Mapping[str, str]],
    people: Sequence[str],
    results: Sequence[Result],
    keys: Sequence[str],
) -> Matched:
    """Who is meant by which row, by the names that are surest first.

    First whatever is the same as a whole, then the platform's own number (the last of `keys`),
    then a bare name that is what stands before the @ of the other's address; two addresses that
    differ are two people. What fits more than one is left to a person, and nothing weaker is tried
    for it. `people` is what each row's person is called; a row without is no student's.
    """
    logins = [_read_names(row, keys[:-1]) for row in rows]
    numbers = [_read_names(row, keys[-1:]) for row in rows]
    known = [
        frozenset(name.strip().casefold() for name in each.names or (each.student,)) - {""}
        for each in results
    ]
    steps: tuple[tuple[Sequence[Names], Callable[[Names], Names]], ...] = (
        (logins, lambda names: names),
        (numbers, lambda names: names),
        ([_cut(names) for names in logins], _keep_bare),
        ([_keep_bare(names) for names in logins], _cut),
    )
    open_rows = {index for index, name in enumerate(people) if name}
    waiting = set(range(len(results)))
    found: dict[int, Result] = {}
    doubled: set[int] = set()
    for of_rows, choose in steps:
        places: dict[str, set[int]] = defaultdict(set)
        for index in open_rows:
            for name in of_rows[index]:
                places[name].add(index)
        fits = {
            number: set[int]().union(*(places.get(name, ()) for name in choose(known[number])))
            for number in waiting
        }
        wanted: dict[int, list[int]] = defaultdict(list)
        for number, indexes in fits.items():
            for index in indexes:
                wanted[index].append(number)
        for number, indexes in fits.items():
            if not indexes:
                continue
            waiting.discard(number)
            open_rows -= indexes
            if len(indexes) == 1 and len(wanted[min(indexes)]) == 1:
                found[min(indexes)] = results[number]
            else:
                doubled.add(number)
    nobody = [people[index] for index in sorted(open_rows) if logins[index] or numbers[index]]
    return Matched(
        found,
        tuple(results[number] for number in sorted(waiting)),
        tuple(results[number] for number in sorted(doubled)),
        tuple(nobody),
    )


def _read_names(row: Mapping[str, str], keys: Sequence[str]) -> Names:
    return frozenset(row.get(key, "").strip().casefold() for key in keys) - {""}


def _cut(names: Names) -> Names:
    """What stands before the @ of addresses."""
    return frozenset(name.partition("@")[0] for name in names if "@" in name) - {""}


def _keep_bare(names: Names) -> Names:
    return frozenset(name for name in names if "@" not in name)
