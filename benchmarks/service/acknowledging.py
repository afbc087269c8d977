"""How soon a submission is acknowledged, and how soon its grading begins."""

from __future__ import annotations

from sqlalchemy import select

from benchmarks.measuring import find_percentile, print_row
from benchmarks.service.serving import (
    ANSWER,
    PATH,
    Deployment,
    PrivatePostgres,
    count,
    measure_memory,
    measure_processor_ms,
    name_store,
    serve,
    wait_until,
)
from benchmarks.service.students import hand_in_steadily
from grader.store.schema import GradingRun, RunState

RATE, SECONDS = 50, 12
WARMING, IDLE = 40, 30


def measure_acknowledging(cluster: PrivatePostgres | None, *, grades: bool) -> None:
    """Submissions at a steady rate from another process, whatever the answers take.

    Without `grades` nothing grades them: the web process by itself.
    """
    total = RATE * SECONDS
    with serve(cluster, students=total + WARMING, slots=1) as service:
        if not grades:
            service.settings["GRADE_QUEUES"] = "nobody"
        service.start()
        assert service.web
        tokens = [service.token(f"s{number}") for number in range(total + WARMING)]
        hand_in_steadily(service.address, PATH, ANSWER, tokens[total:], RATE)
        if grades:
            wait_until(lambda: count(service.store, RunState.DONE) == WARMING)
        pid = service.web.pid
        memory, spent_ms = measure_memory(pid), measure_processor_ms(pid)
        seen = hand_in_steadily(service.address, PATH, ANSWER, tokens[:total], RATE)
        spent_ms = measure_processor_ms(pid) - spent_ms
        assert seen.statuses == {"201": total}, seen.statuses
        if grades:
            wait_until(lambda: count(service.store, RunState.DONE) == total + WARMING)
        memory_after = measure_memory(pid)
    words = "graded meanwhile" if grades else "nothing graded"
    kind = name_store(cluster)
    print_row(
        f"{kind}: acknowledged at {RATE}/s, {words}, ms",
        f"{find_percentile(seen.waits_ms, 50):.1f}",
        f"p99 {find_percentile(seen.waits_ms, 99):.1f}",
    )
    print_row("  web process: processor ms a submission", f"{spent_ms / total:.1f}")
    print_row(
        f"  web process: MiB before and after {total}", f"{memory:.0f}", f"{memory_after:.0f}"
    )


def measure_pickup(cluster: PrivatePostgres | None) -> None:
    """From acknowledged to begun, one at a time, when nothing else is to be done."""
    with serve(cluster, students=IDLE + 5, slots=1) as service:
        service.start()
        for number in range(IDLE + 5):
            _hand_in_and_wait(service, number)
        with service.store.read() as session:
            rows = session.execute(
                select(GradingRun.queued_at, GradingRun.started_at)
                .order_by(GradingRun.id.desc())
                .limit(IDLE)
            )
            pickups = sorted(
                (began - queued).total_seconds() * 1000 for queued, began in rows if began
            )
    print_row(
        f"{name_store(cluster)}: idle pickup, p50 ≤ 30 ms",
        f"{find_percentile(pickups, 50):.1f}", f"{pickups[-1]:.1f}",
    )  # fmt: skip


def _hand_in_and_wait(service: Deployment, number: int) -> None:
    service.hand_in(ANSWER.decode(), person=f"s{number}")
    wait_until(lambda: count(service.store, RunState.DONE) == number + 1)
