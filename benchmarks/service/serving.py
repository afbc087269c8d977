"""A service with a class in it, and what its processes use."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "service"))

from deployments import Deployment  # noqa: E402
from private_postgresql import PrivatePostgres  # noqa: E402
from school import COURSE, Class  # noqa: E402

from grader.store.admission import HandedIn, Limits, take_submission  # noqa: E402
from grader.store.database import Store, name_sqlite  # noqa: E402
from grader.store.delivery import deliver  # noqa: E402
from grader.store.migrating import migrate  # noqa: E402
from grader.store.schema import Assignment, GradingRun, Role, RunState  # noqa: E402

__all__ = ["COURSE", "Class", "Deployment", "PrivatePostgres"]

ANSWER = b"## depth\nb\n\n## why\nLayers build on one another.\n"
PATH = "/api/v1/courses/dl/assignments/quick/submissions?file=answers.md"


def name_store(cluster: PrivatePostgres | None) -> str:
    """For the tables."""
    return "PostgreSQL" if cluster else "SQLite"


@contextmanager
def serve(cluster: PrivatePostgres | None, students: int, **more: Any) -> Iterator[Deployment]:
    """A service with a class, on SQLite without a cluster; nothing is started yet."""
    folder = Path(tempfile.mkdtemp(prefix="fairmark-bench-"))
    url = cluster.make_database() if cluster else name_sqlite(folder / "grade.db")
    store = Store(url)
    migrate(store)
    klass = Class(store)
    with store.write() as session:
        for number in range(students):
            klass.add(session, f"s{number}", Role.STUDENT)
    made = Deployment(url, folder, klass, is_distributed=cluster is not None, **more)
    made.settings = {"GRADE_HEARTBEAT_S": "1", "GRADE_STALE_S": "6", "GRADE_SWEEP_S": "2",
                     "GRADE_LOG_LEVEL": "warning"}  # fmt: skip
    for number in range(students):
        made.token(f"s{number}")
    try:
        yield made
    finally:
        made.stop()
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def hand_in_directly(service: Deployment, number: int) -> None:
    """Submissions of the first students in the store, as if they had come in, and their jobs."""
    with service.store.write() as session:
        made = [
            take_submission(
                session,
                session.merge(service.klass.assignments["quick"]),
                service.klass.people[f"s{index}"].id,
                make_answer(),
                limits=Limits(),
            ).run
            for index in range(number)
        ]
        if service.is_distributed:
            deliver(session, made)


def make_answer() -> HandedIn:
    """What everybody hands in."""
    return HandedIn(archive=ANSWER, archive_name="answers.md", name="answers.md",
                    content_hash="sha256:x", manifest=[])  # fmt: skip


def find_assignment(service: Deployment) -> Assignment:
    """The one whose grading takes milliseconds."""
    return service.klass.assignments["quick"]


def count(store: Store, state: RunState | None = None) -> int:
    """Gradings, of one state or all."""
    with store.read() as session:
        wanted = select(func.count()).select_from(GradingRun)
        if state:
            wanted = wanted.where(GradingRun.state == state)
        return session.scalar(wanted) or 0


def wait_until(check: Callable[[], bool], limit_s: float = 900, pause_s: float = 0.1) -> None:
    """Ask now and then, until it is so."""
    given_up_at = time.monotonic() + limit_s
    while not check():
        if time.monotonic() > given_up_at:
            raise TimeoutError("the service did not get done")
        time.sleep(pause_s)


def measure_memory(pid: int) -> float:
    """MiB that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure_processor_ms(pid: int) -> float:
    """Processor time that a process itself has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000
