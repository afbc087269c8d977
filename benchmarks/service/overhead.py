"""What the queue adds to a grading.

Two figures. The strict one counts all but the judging itself as the queue's: also what any grading
needs, reading what was handed in and writing two reports. For the other the same slot is fed by
hand, without store or queue, and what it takes then is the grading's.
"""

from __future__ import annotations

import statistics
import time

from sqlalchemy import func, select

from benchmarks.measuring import print_row
from benchmarks.service.serving import (
    Deployment,
    PrivatePostgres,
    count,
    find_assignment,
    hand_in_directly,
    measure_processor_ms,
    name_store,
    serve,
    wait_until,
)
from grader.report.json import read
from grader.service.executing import Executor
from grader.service.settings import Settings
from grader.store.admission import add_run
from grader.store.blobs import read_blob
from grader.store.runs import claim
from grader.store.schema import GradingRun, Purpose, RunState, Submission

RUNS = 1000
"""Some seconds of them: in 200, what the first cost (statements planned, code run for the first
time) is a third of the figure."""
FED, WARMING = 200, 20


def measure_overhead(cluster: PrivatePostgres | None) -> None:
    """An engine's time for many gradings, less what the gradings themselves took."""
    with serve(cluster, students=RUNS, slots=1) as service:
        hand_in_directly(service, RUNS)
        service.start()
        wait_until(lambda: bool(service.find_minders()))
        (minder,) = service.find_minders()
        # Imports are no part of any run.
        wait_until(lambda: count(service.store, RunState.DONE) > 0, pause_s=0.01)
        before_ms = measure_processor_ms(minder)
        wait_until(lambda: count(service.store, RunState.DONE) == RUNS, pause_s=0.5)
        spent_ms = measure_processor_ms(minder) - before_ms
        fed_ms = statistics.mean(feed_by_hand(service))
        with service.store.read() as session:
            first, last = session.execute(
                select(func.min(GradingRun.started_at), func.max(GradingRun.finished_at))
            ).one()
            shas = session.scalars(select(GradingRun.staff_report_sha)).all()
            graded_ms = [
                (read(read_blob(session, sha)).graded_in_s or 0) * 1000 for sha in shas if sha
            ]
    whole_ms = (last - first).total_seconds() * 1000 / RUNS
    print_row(
        f"{name_store(cluster)}: queue overhead a run, ≤ 5 ms",
        f"{whole_ms - statistics.mean(graded_ms):.1f}",
        f"({whole_ms:.1f} whole)",
    )
    print_row(
        f"  the same, where reading and reports are the grading's ({fed_ms:.1f})",
        f"{whole_ms - fed_ms:.1f}",
    )
    print_row("  engine process: processor ms a run", f"{spent_ms / RUNS:.1f}")


def feed_by_hand(service: Deployment) -> list[float]:
    """Milliseconds that a slot takes for each of as many gradings, given one after another."""
    settings = Settings(folder=service.folder / "by-hand", database=service.url, slots=1)
    settings.folder.mkdir()
    executor = Executor(service.store, settings)
    with service.store.write() as session:
        submission = session.scalars(select(Submission).limit(1)).one()
        run = add_run(session, submission, session.merge(find_assignment(service)), Purpose.REGRADE)
    prepared = executor.take(lambda session: claim(session, run.id, "by hand"))
    assert prepared
    slot = executor.make_slot()
    took_ms = []
    try:
        for _ in range(WARMING + FED):
            started = time.perf_counter()
            slot.grade(
                prepared.request, limit_s=60, on_part=lambda part: None, may_go_on=lambda: True
            )
            took_ms.append((time.perf_counter() - started) * 1000)
    finally:
        slot.kill()
        executor.close()
    return took_ms[WARMING:]
