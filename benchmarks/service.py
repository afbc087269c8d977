"""The service under load and under attack: real processes, SQLite and a private PostgreSQL.

`python -m benchmarks.service` runs all; names of parts (`acknowledge fair gradebook chaos`) run
those. `python -m benchmarks.service chaos 200` makes a smaller chaos.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, insert, select

from benchmarks.measuring import find_percentile, print_row

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "service"))

from conftest import Class  # noqa: E402
from deployments import Deployment  # noqa: E402
from private_postgresql import PrivatePostgres  # noqa: E402

from grader.report.json import read  # noqa: E402
from grader.store.admission import HandedIn, Limits, add_run, take_submission  # noqa: E402
from grader.store.blobs import read_blob  # noqa: E402
from grader.store.catalogue import add_course, register_assignment  # noqa: E402
from grader.store.database import Store, name_sqlite  # noqa: E402
from grader.store.migrating import migrate  # noqa: E402
from grader.store.schema import (  # noqa: E402
    Assignment,
    CheckOutcome,
    Course,
    Enrolment,
    GradingRun,
    PartOutcome,
    Purpose,
    Role,
    RunState,
    Standing,
    Submission,
    User,
)

ANSWER = b"## depth\nb\n\n## why\nLayers build on one another.\n"
RATE, SECONDS = 50, 12
STEP = 10
"""Gradings between two kills, at least."""
PATH = "/api/v1/courses/dl/assignments/quick/submissions?file=answers.md"


@contextmanager
def serve(cluster: PrivatePostgres | None, students: int, **more: Any) -> Iterator[Deployment]:
    """A service with a class, on SQLite without a cluster."""
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


class Student:
    """Hands in over a connection that is kept, as browsers do."""

    def __init__(self, service: Deployment) -> None:
        self._service = service
        self._connection: http.client.HTTPConnection | None = None

    def hand_in(self, person: str, content: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            netloc = urlsplit(self._service.address).netloc
            self._connection = http.client.HTTPConnection(netloc, timeout=20)
        headers = {"Authorization": f"Bearer {self._service.tokens[person]}"}
        try:
            self._connection.request("POST", PATH, content, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise


def count(store: Store, state: RunState | None = None) -> int:
    with store.read() as session:
        wanted = select(func.count()).select_from(GradingRun)
        if state:
            wanted = wanted.where(GradingRun.state == state)
        return session.scalar(wanted) or 0


def wait_until(check: Callable[[], bool], limit_s: float = 600) -> None:
    given_up_at = time.monotonic() + limit_s
    while not check():
        if time.monotonic() > given_up_at:
            raise TimeoutError("the service did not get done")
        time.sleep(0.05)


def measure_memory(service: Deployment) -> float:
    """MiB that the web process holds."""
    assert service.web
    status = Path(f"/proc/{service.web.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure_acknowledging(cluster: PrivatePostgres | None) -> None:
    """Submissions at a steady rate, whatever the answers take; then one at a time, when idle."""
    total = RATE * SECONDS
    with serve(cluster, students=total + 40, slots=1) as service:
        service.start()
        local = threading.local()

        def hand_in(number: int, due: float) -> float:
            if not hasattr(local, "student"):
                local.student = Student(service)
            time.sleep(max(0.0, due - time.perf_counter()))
            status, content = local.student.hand_in(f"s{number}", ANSWER)
            assert status == 201, content
            # From when it was due: a server that falls behind can't hide it.
            return (time.perf_counter() - due) * 1000

        for number in range(total, total + 10):
            hand_in(number, time.perf_counter())
        wait_until(lambda: count(service.store, RunState.DONE) == 10)
        before = measure_memory(service)
        with ThreadPoolExecutor(24) as pool:
            start = time.perf_counter() + 0.3
            waits = [pool.submit(hand_in, number, start + number / RATE) for number in range(total)]
            taken = sorted(wait.result() for wait in waits)
        wait_until(lambda: count(service.store, RunState.DONE) == total + 10)
        after = measure_memory(service)
        pickups = []
        for number in range(total + 10, total + 40):
            status, _ = Student(service).hand_in(f"s{number}", ANSWER)
            assert status == 201
            wait_until(lambda number=number: count(service.store, RunState.DONE) == number + 1)
        with service.store.read() as session:
            rows = session.execute(
                select(GradingRun.queued_at, GradingRun.started_at)
                .order_by(GradingRun.id.desc())
                .limit(30)
            )
            pickups = sorted((began - queued).total_seconds() * 1000 for queued, began in rows)
    kind = "PostgreSQL" if cluster else "SQLite"
    print_row(
        f"{kind}: acknowledged at {RATE}/s, p50 ≤ 15, p99 ≤ 100 ms",
        f"{find_percentile(taken, 50):.1f}", f"{find_percentile(taken, 99):.1f}",
    )  # fmt: skip
    print_row(
        f"{kind}: idle pickup, p50 ≤ 30 ms",
        f"{find_percentile(pickups, 50):.1f}", f"{find_percentile(pickups, 95):.1f}",
    )  # fmt: skip
    print_row(f"{kind}: web process, MiB before and after {total}", f"{before:.0f}", f"{after:.0f}")


def measure_overhead(cluster: PrivatePostgres | None) -> None:
    """What the queue adds to a run: an engine's time for many, less that of a bare slot."""
    runs_count = 200
    with serve(cluster, students=runs_count, slots=1) as service:
        hand_in_directly(service, runs_count)
        service.start()
        wait_until(lambda: count(service.store, RunState.DONE) == runs_count)
        with service.store.read() as session:
            first, last = session.execute(
                select(func.min(GradingRun.started_at), func.max(GradingRun.finished_at))
            ).one()
            shas = session.scalars(select(GradingRun.staff_report_sha)).all()
            graded_ms = [
                (read(read_blob(session, sha)).graded_in_s or 0) * 1000 for sha in shas if sha
            ]
    whole_ms = (last - first).total_seconds() * 1000 / runs_count
    kind = "PostgreSQL" if cluster else "SQLite"
    print_row(
        f"{kind}: queue overhead a run, ≤ 5 ms",
        f"{whole_ms - statistics.mean(graded_ms):.1f}",
        f"({whole_ms:.1f} whole)",
    )


def hand_in_directly(service: Deployment, number: int) -> None:
    """Submissions in the store before anything grades, and their jobs."""
    from grader.store.delivery import deliver

    klass = service.klass
    with service.store.write() as session:
        made = []
        for index in range(number):
            taken = take_submission(
                session,
                session.merge(klass.assignments["quick"]),
                klass.people[f"s{index}"].id,
                HandedIn(archive=ANSWER, archive_name="answers.md", name="answers.md",
                         content_hash="sha256:x", manifest=[]),
                limits=Limits(),
            )  # fmt: skip
            made.append(taken.run)
        if service.is_distributed:
            deliver(session, made)


def measure_fairness(cluster: PrivatePostgres | None) -> None:
    """A regrade of 2,000 waits; then 20 small courses hand in 5 each."""
    from grader.spec.loading import Course as CourseFolder
    from grader.store.delivery import deliver

    with serve(cluster, students=100, slots=2) as service:
        klass = service.klass
        course_folder = ROOT / "tests" / "service" / "course"
        loaded = CourseFolder(course_folder).load("quick")
        hand_in_directly(service, 100)
        with service.store.write() as session:
            first = session.scalars(select(GradingRun)).all()
            big = session.merge(klass.assignments["quick"])
            submissions = session.scalars(select(Submission)).all()
            regrades = [
                add_run(session, submissions[index % 100], big, Purpose.REGRADE)
                for index in range(2000)
            ]
            if service.is_distributed:
                deliver(session, regrades)
            assert first
        service.start()
        wait_until(lambda: count(service.store, RunState.DONE) > 150)
        small: list[int] = []
        for number in range(20):
            with service.store.write() as session:
                course = add_course(session, f"small{number}", "Small")
                assignment, _, _ = register_assignment(session, course, loaded, course_folder)
                made = []
                for index in range(5):
                    user = klass.people[f"s{number * 5 + index}"]
                    session.add(Enrolment(course_id=course.id, user_id=user.id, role="student"))
                    session.flush()
                    taken = take_submission(
                        session,
                        assignment,
                        user.id,
                        HandedIn(archive=ANSWER, archive_name="answers.md", name="x",
                                 content_hash="sha256:y", manifest=[]),
                        limits=Limits(),
                    )  # fmt: skip
                    made.append(taken.run)
                if service.is_distributed:
                    deliver(session, made)
                small += [run.id for run in made]

        def are_done() -> bool:
            with service.store.read() as session:
                return (
                    session.scalar(
                        select(func.count()).where(
                            GradingRun.id.in_(small), GradingRun.state == RunState.DONE
                        )
                    )
                    == 100
                )

        wait_until(are_done)
        left = count(service.store, RunState.QUEUED)
        with service.store.read() as session:
            rows = session.execute(
                select(GradingRun.queued_at, GradingRun.finished_at).where(GradingRun.id.in_(small))
            )
            waits = sorted((ended - queued).total_seconds() for queued, ended in rows)
    kind = "PostgreSQL" if cluster else "SQLite"
    print_row(
        f"{kind}: 20 small courses behind a regrade ({left} left), ≤ 1 s",
        f"{find_percentile(waits, 50):.2f}", f"{find_percentile(waits, 99):.2f}",
    )  # fmt: skip


def measure_gradebook(cluster: PrivatePostgres | None) -> None:
    """2,000 students and 12 assignments, over HTTP."""
    with serve(cluster, students=0, slots=1) as service:
        with service.store.write() as session:
            course = session.scalars(select(Course)).one()
            wanted = [
                Assignment(course_id=course.id, slug=f"hw{number}", title="x", position=number)
                for number in range(10)
            ]
            session.add_all(wanted)
            people = [User(name=f"Student {number}", email=f"p{number}@x.edu")
                      for number in range(2000)]  # fmt: skip
            session.add_all(people)
            session.flush()
            session.execute(
                insert(Enrolment),
                [{"course_id": course.id, "user_id": each.id, "role": "student"}
                 for each in people],
            )  # fmt: skip
            assignments = session.scalars(
                select(Assignment.id).order_by(Assignment.id).limit(12)
            ).all()
            session.execute(
                insert(Standing),
                [
                    {"assignment_id": assignment_id, "user_id": each.id, "state": "graded",
                     "score": 7.5, "max_score": 10, "open_points": 0}
                    for assignment_id in assignments
                    for each in people
                ],
            )  # fmt: skip
        service.start()
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            reply = service.ask("GET", "/courses/dl/gradebook", "instructor")
            taken.append((time.perf_counter() - started) * 1000)
            assert reply.status == 200
        assert len(reply.json["rows"]) == 2001
        taken = sorted(taken[2:])
    kind = "PostgreSQL" if cluster else "SQLite"
    print_row(
        f"{kind}: gradebook of 2,000 × {len(assignments)}, ≤ 300 ms",
        f"{find_percentile(taken, 50):.0f}", f"{taken[-1]:.0f}",
    )  # fmt: skip


def make_chaos(cluster: PrivatePostgres | None, total: int) -> None:
    """Everything is killed while a class hands in; then it is counted what became of it."""
    dice = random.Random(7)
    with serve(cluster, students=total, slots=1 if cluster else 2) as service:
        service.start_web()
        for _ in range(4 if cluster else 0):
            service.start_worker()
        acknowledged: set[str] = set()
        is_over = threading.Event()
        kills = {"workers": 0, "database": 0, "web": 0}
        lock = threading.Lock()
        started = time.monotonic()

        def hand_in(numbers: range) -> None:
            student = Student(service)
            for number in numbers:
                while not is_over.is_set():
                    with contextlib.suppress(OSError, http.client.HTTPException):
                        status, _ = student.hand_in(f"s{number}", ANSWER)
                        if status in (200, 201):
                            with lock:
                                acknowledged.add(f"s{number}")
                            break
                    time.sleep(0.05)

        def break_things() -> None:
            rounds, before = 0, 0
            while not is_over.wait(1.5 + dice.random()):
                # On a busy machine a start takes long: something is done between two kills.
                with contextlib.suppress(Exception):
                    done = count(service.store, RunState.DONE)
                    if done < before + STEP:
                        continue
                    before = done
                rounds += 1
                if cluster:
                    victim = dice.randrange(len(service.workers))
                    service.workers[victim].kill()
                    service.workers.pop(victim).wait()
                    service.start_worker()
                    kills["workers"] += 1
                    if rounds in (3, 8):
                        cluster.crash()
                        cluster.start()
                        kills["database"] += 1
                if not cluster or rounds in (2, 6):
                    assert service.web
                    service.web.kill()
                    service.web.wait()
                    service.start_web()
                    kills["web"] += 1

        breaker = threading.Thread(target=break_things, daemon=True)
        breaker.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                step = -(-total // 8)
                waits = [
                    pool.submit(hand_in, range(low, min(total, low + step)))
                    for low in range(0, total, step)
                ]
                for wait in waits:
                    wait.result()

            def is_settled() -> bool:
                with contextlib.suppress(Exception):
                    waiting = count(service.store, RunState.QUEUED)
                    return waiting + count(service.store, RunState.RUNNING) == 0
                return False

            while not is_settled() and time.monotonic() - started < 540:
                time.sleep(0.2)
            is_over.set()
            breaker.join()
            wait_until(is_settled)
            elapsed_s = time.monotonic() - started
        finally:
            is_over.set()
            breaker.join()
        with service.store.read() as session:
            done = session.execute(
                select(User.email, GradingRun.id, GradingRun.starts, GradingRun.staff_report_sha)
                .select_from(GradingRun)
                .join(Submission, Submission.id == GradingRun.submission_id)
                .join(User, User.id == Submission.user_id)
                .where(GradingRun.state == RunState.DONE)
            ).all()
            outcomes = session.scalar(select(func.count()).select_from(PartOutcome))
            checks = session.scalar(select(func.count()).select_from(CheckOutcome))
            quarantined = count(service.store, RunState.QUARANTINED)
        graded = [email.partition("@")[0] for email, *_ in done]
        lost = len(acknowledged - set(graded))
        twice = len(graded) - len(set(graded)) + max(0, (outcomes or 0) - 2 * len(graded))
        incomplete = sum(not row[3] for row in done) + max(0, 2 * len(graded) - (outcomes or 0))
        again = sum(row[2] - 1 for row in done)
    kind = "PostgreSQL, 4 workers" if cluster else "SQLite, embedded"
    print_row(f"{kind}: chaos, {len(acknowledged)} handed in, {elapsed_s:.0f} s", "lost",
              "twice", "incomplete", "quarantined")  # fmt: skip
    print_row(f"  killed: {kills}; {again} gradings were begun again, {checks} checks",
              str(lost), str(twice), str(incomplete), str(quarantined))  # fmt: skip
    assert (lost, twice, incomplete) == (0, 0, 0)


PARTS = ("acknowledge", "overhead", "fair", "gradebook", "chaos")


def main() -> None:
    wanted = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    total = next((int(word) for word in sys.argv[1:] if word.isdigit()), 1000)
    durable = PrivatePostgres(is_durable=True)
    steps: dict[str, Callable[[PrivatePostgres | None], None]] = {
        "acknowledge": measure_acknowledging,
        "overhead": measure_overhead,
        "fair": measure_fairness,
        "gradebook": measure_gradebook,
        "chaos": lambda cluster: make_chaos(cluster, total),
    }
    print_row(f"the service, {dt.datetime.now():%F}", "median", "worst")
    try:
        for name in wanted:
            for cluster in (None, durable):
                steps[name](cluster)
    finally:
        durable.stop()


if __name__ == "__main__":
    main()
