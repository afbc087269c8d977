"""What a kernel's time must be: ratios that hold on any GPU, and one figure against a CPU."""

from __future__ import annotations

from dataclasses import dataclass

from grader.kernels.timing.records import TimingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Each None where it is not asked for."""

    ratio: float
    """Times the reference tier's time, at most."""
    copy_share: float | None = None
    """Of the bandwidth of a copy in the same rounds, at least."""
    slope: tuple[float, float] | None = None
    """Of log time on log size, from and to."""
    cpu_speedup: float | None = None
    """Times as fast as the reference's CPU function at the same sizes, at least."""


def find_shortfalls(record: TimingRecord, asked: Thresholds) -> list[str]:
    """What was not reached, a line each; doubt is the student's gain."""
    found = []
    student = record.student
    assert student is not None and student.ratio is not None and student.low is not None
    if student.low > asked.ratio:
        found.append(
            f"saw  {student.ratio:.2f} times the reference's time ({student.low:.2f} at least); "
            f"expected at most {asked.ratio:g}"
        )
    if asked.copy_share is not None and (student.copy_share or 0.0) < asked.copy_share:
        found.append(
            f"saw  {student.copy_share or 0:.0%} of the bandwidth of a copy; "
            f"expected at least {asked.copy_share:.0%}"
        )
    if asked.slope is not None:
        low, high = asked.slope
        slope = record.scaling.slope if record.scaling else None
        if slope is None or not low <= slope <= high:
            saw = "none" if slope is None else f"{slope:.2f}"
            found.append(f"saw  a slope of {saw} on log-log axes; expected {low:g} to {high:g}")
    if asked.cpu_speedup is not None:
        speedup = find_speedup(record)
        if speedup is None or speedup < asked.cpu_speedup:
            saw = "no CPU time" if speedup is None else f"{speedup:.2f} times the CPU's speed"
            found.append(f"saw  {saw}; expected at least {asked.cpu_speedup:g} times")
    return found


def find_speedup(record: TimingRecord) -> float | None:
    """CPU time over the student's, at the sizes in the record."""
    if record.cpu_ms is None or not record.student_us:
        return None
    return 1000 * record.cpu_ms / record.student_us


def say_times(record: TimingRecord, reference: str) -> str:
    """The figures of a timing that was decided, shapes stated."""
    student = record.student
    assert student is not None and student.ratio is not None and record.student_us is not None
    sizes = ", ".join(f"{name} = {size}" for name, size in record.sizes.items())
    words = [
        f"{record.student_us:,.0f} us at {sizes} on {record.environment.get('gpu', 'this GPU')}: "
        f"{student.ratio:.2f} times {reference}'s time "
        f"(95 %: {student.low:.2f} to {student.high:.2f}, {len(student.rounds)} rounds)"
    ]
    if student.copy_share is not None:
        words.append(f"{student.copy_share:.0%} of the bandwidth of a copy")
    if record.scaling and record.scaling.slope is not None:
        words.append(f"slope {record.scaling.slope:.2f} on log-log axes")
    if (speedup := find_speedup(record)) is not None:
        words.append(f"{speedup:.1f} times as fast as NumPy on this machine's CPU")
    return "\n".join(words)
