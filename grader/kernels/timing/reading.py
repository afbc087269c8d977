"""Records of a timing from bytes that a student's kernel may have had a hand in.

Every field is there, is of its type and within bounds, and figures that follow from others do.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from typing import Any, get_args

from grader.kernels.timing.records import Comparison, Scaling, Status, TimedRound, TimingRecord

MOST_ROUNDS = 2000
"""Four times what the protocol ever takes."""
MOST_TEXT = 500
MOST_FIELDS = 64
MOST_US = 1e9
"""A quarter of an hour; the process ends after minutes."""
DIGITS = 19
ROUNDED = 0.02
"""Rounds travel with two decimals; below a microsecond their ratio is then off by this much."""


class MalformedRecord(Exception):
    """The bytes are no record of a timing."""


def read_record(answer: bytes) -> TimingRecord:
    """A record from its JSON.

    Errors   MalformedRecord, and nothing else, whatever the bytes are.
    """
    found = take(parse(answer), TimingRecord)
    return TimingRecord(
        status=read_status(found["status"]),
        reason=read_text(found["reason"]),
        environment={read_text(k): read_text(v) for k, v in read_table(found["environment"])},
        sizes={read_text(k): read_count(v) for k, v in read_table(found["sizes"])},
        empty_us=read_time(found["empty_us"]),
        reference_us=read_time(found["reference_us"]),
        itself=read_comparison(found["itself"]),
        slow=read_comparison(found["slow"]),
        student=read_comparison(found["student"]),
        scaling=read_scaling(found["scaling"]),
        cpu_ms=None if found["cpu_ms"] is None else read_time(found["cpu_ms"]),
    )


def read_times(answer: bytes, names: Sequence[str], count: int) -> dict[str, Any]:
    """What a curve is drawn from: `gpu`, `times_us` by name, and `cpu`.

    Errors   MalformedRecord, as above.
    """
    found = parse(answer)
    if set(found) != {"gpu", "times_us", "cpu"}:
        raise MalformedRecord("fields")
    times = dict(read_table(found["times_us"]))
    if list(times) != list(names):
        raise MalformedRecord("names")
    cpu = None if found["cpu"] is None else read_row(found["cpu"], count)
    return {
        "gpu": read_text(found["gpu"]),
        "times_us": {name: read_row(row, count) for name, row in times.items()},
        "cpu": cpu,
    }


def read_comparison(found: Any) -> Comparison | None:
    if found is None:
        return None
    found = take(found, Comparison)
    if type(found["rounds"]) is not list or len(found["rounds"]) > MOST_ROUNDS:
        raise MalformedRecord("rounds")
    rows = [read_row(row, 3) for row in found["rounds"]]
    rounds = tuple(TimedRound(left_us=a, right_us=b, copy_us=c, order=()) for a, b, c in rows)
    quartiles = None if found["quartiles"] is None else read_row(found["quartiles"], 2)
    comparison = Comparison(
        left=read_text(found["left"]),
        right=read_text(found["right"]),
        status=read_status(found["status"]),
        ratio=read_ratio(found["ratio"]),
        low=read_ratio(found["low"]),
        high=read_ratio(found["high"]),
        quartiles=None if quartiles is None else (quartiles[0], quartiles[1]),
        copy_share=read_ratio(found["copy_share"]),
        rounds=rounds,
        discarded=read_count(found["discarded"]),
        checked=read_count(found["checked"]),
        reason=read_text(found["reason"]),
    )
    require_consistent(comparison)
    return comparison


def require_consistent(comparison: Comparison) -> None:
    """The ratio is the median of the rounds', and lies in its interval."""
    if comparison.ratio is None:
        return
    if not comparison.rounds or min(each.right_us for each in comparison.rounds) <= 0:
        raise MalformedRecord("a ratio of no rounds")
    measured = statistics.median(each.ratio for each in comparison.rounds)
    low, high = comparison.low, comparison.high
    is_inside = low is None or high is None or low <= comparison.ratio <= high
    if not is_inside or not math.isclose(comparison.ratio, measured, rel_tol=ROUNDED):
        raise MalformedRecord("a ratio that its rounds don't have")


def read_scaling(found: Any) -> Scaling | None:
    if found is None:
        return None
    found = take(found, Scaling)
    sizes, times = found["sizes"], found["times_us"]
    if type(sizes) is not list or not 0 < len(sizes) <= MOST_FIELDS:
        raise MalformedRecord("sizes")
    return Scaling(
        sizes=tuple(read_count(each) for each in sizes),
        times_us=tuple(read_row(times, len(sizes))),
        slope=None if found["slope"] is None else read_number(found["slope"], -MOST_US),
    )


def parse(answer: bytes) -> dict[str, Any]:
    """A JSON object without numbers of endless digits.

    Errors   MalformedRecord.
    """
    try:
        found = json.loads(answer, parse_constant=refuse, parse_int=read_digits)
    except (ValueError, RecursionError):
        raise MalformedRecord("no JSON") from None
    if type(found) is not dict:
        raise MalformedRecord("no object")
    return found


def refuse(text: str) -> float:
    raise MalformedRecord(text)


def read_digits(text: str) -> int:
    if len(text) > DIGITS:
        raise MalformedRecord("digits")
    return int(text)


def take(found: Any, record: Any) -> dict[str, Any]:
    """An object with exactly the fields of a record."""
    if type(found) is not dict or set(found) != set(record.__dataclass_fields__):
        raise MalformedRecord(f"fields of a {record.__name__}")
    return found


def read_status(found: Any) -> Status:
    if found not in get_args(Status):
        raise MalformedRecord("a status")
    status: Status = found
    return status


def read_text(found: Any) -> str:
    if type(found) is not str or len(found) > MOST_TEXT:
        raise MalformedRecord("a text")
    return found


def read_table(found: Any) -> list[tuple[str, Any]]:
    if type(found) is not dict or len(found) > MOST_FIELDS:
        raise MalformedRecord("a table")
    return list(found.items())


def read_count(found: Any) -> int:
    if type(found) is not int or found < 0:
        raise MalformedRecord("a count")
    return found


def read_number(found: Any, least: float) -> float:
    if type(found) not in (int, float) or not least <= found <= MOST_US:
        raise MalformedRecord("a number")
    return float(found)


def read_time(found: Any) -> float:
    return read_number(found, 0)


def read_ratio(found: Any) -> float | None:
    return None if found is None else read_number(found, 0)


def read_row(found: Any, count: int) -> list[float]:
    if type(found) is not list or len(found) != count:
        raise MalformedRecord("a row")
    return [read_time(each) for each in found]
