"""What the queue adds to a grading."""

from __future__ import annotations

import statistics

from sqlalchemy import func, select

from benchmarks.measuring import print_row
from benchmarks.service.serving import (
    PrivatePostgres,
    count,
    hand_in_directly,
    measure_processor_ms,
    name_store,
    serve,
    wait_until,
)
from grader.report.json import read
from grader.store.blobs import read_blob
from grader.store.schema import GradingRun, RunState

RUNS = 200


def measure_overhead(cluster: PrivatePostgres | None) -> None:
    """An engine's time for many gradings, less what the gradings themselves took."""
    with serve(cluster, students=RUNS, slots=1) as service:
        hand_in_directly(service, RUNS)
        service.start()
        wait_until(lambda: bool(service.find_minders()))
        (minder,) = service.find_minders()
        before_ms = measure_processor_ms(minder)
        wait_until(lambda: count(service.store, RunState.DONE) == RUNS, pause_s=0.5)
        spent_ms = measure_processor_ms(minder) - before_ms
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
    print_row("  engine process: processor ms a run", f"{spent_ms / RUNS:.1f}")
