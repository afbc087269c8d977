"""Whether a course with thousands waiting delays the others."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks.measuring import find_percentile, print_row
from benchmarks.service.serving import (
    COURSE,
    Deployment,
    PrivatePostgres,
    count,
    find_assignment,
    hand_in_directly,
    make_answer,
    name_store,
    serve,
    wait_until,
)
from grader.spec.loading import Course as CourseFolder
from grader.store.admission import Limits, add_run, take_submission
from grader.store.catalogue import add_course, register_assignment
from grader.store.delivery import deliver
from grader.store.schema import Enrolment, GradingRun, Purpose, Role, RunState, Submission

REGRADED, COURSES, EACH = 2000, 20, 5


def measure_fairness(cluster: PrivatePostgres | None) -> None:
    """A regrade of 2,000 waits; then 20 small courses hand in 5 each."""
    students = COURSES * EACH
    with serve(cluster, students=students, slots=2) as service:
        hand_in_directly(service, students)
        _regrade(service)
        service.start()
        wait_until(lambda: count(service.store, RunState.DONE) > students + 20)
        small = [run for number in range(COURSES) for run in _hand_in(service, number)]
        wait_until(lambda: _count_done(service, small) == len(small))
        left = count(service.store, RunState.QUEUED)
        with service.store.read() as session:
            rows = session.execute(
                select(GradingRun.queued_at, GradingRun.finished_at).where(GradingRun.id.in_(small))
            )
            waits = sorted((ended - queued).total_seconds() for queued, ended in rows if ended)
    print_row(
        f"{name_store(cluster)}: small courses behind a regrade ({left} left), ≤ 1 s",
        f"{find_percentile(waits, 50):.2f}", f"{waits[-1]:.2f}",
    )  # fmt: skip


def _regrade(service: Deployment) -> None:
    with service.store.write() as session:
        assignment = session.merge(find_assignment(service))
        submissions = session.scalars(select(Submission)).all()
        runs = [
            add_run(session, submissions[index % len(submissions)], assignment, Purpose.REGRADE)
            for index in range(REGRADED)
        ]
        if service.is_distributed:
            deliver(session, runs)


def _hand_in(service: Deployment, number: int) -> list[int]:
    """A small course appears, and its students hand in; their gradings."""
    with service.store.write() as session:
        course = add_course(session, f"small{number}", "Small")
        loaded = CourseFolder(COURSE).load("quick")
        assignment, _, _ = register_assignment(session, course, loaded, COURSE)
        made = []
        for index in range(EACH):
            user = service.klass.people[f"s{number * EACH + index}"]
            session.add(Enrolment(course_id=course.id, user_id=user.id, role=Role.STUDENT))
            session.flush()
            taken = take_submission(session, assignment, user.id, make_answer(), limits=Limits())
            made.append(taken.run)
        if service.is_distributed:
            deliver(session, made)
        return [run.id for run in made]


def _count_done(service: Deployment, runs: list[int]) -> int:
    with service.store.read() as session:
        found = session.scalar(
            select(func.count()).where(GradingRun.id.in_(runs), GradingRun.state == RunState.DONE)
        )
        return found or 0
