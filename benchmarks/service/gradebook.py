"""A large course's gradebook, over HTTP."""

from __future__ import annotations

import time

from sqlalchemy import insert, select

from benchmarks.measuring import find_percentile, print_row
from benchmarks.service.serving import (
    Deployment,
    PrivatePostgres,
    measure_processor_ms,
    name_store,
    serve,
)
from grader.store.schema import Assignment, Course, Enrolment, Role, Standing, User

STUDENTS, ASSIGNMENTS, TIMES = 2000, 12, 15


def measure_gradebook(cluster: PrivatePostgres | None) -> None:
    """2,000 students and 12 assignments."""
    with serve(cluster, students=0, slots=1) as service:
        _fill(service)
        service.start()
        assert service.web
        taken = []
        for number in range(TIMES + 2):
            if number == 2:
                spent_ms = measure_processor_ms(service.web.pid)
                taken.clear()
            started = time.perf_counter()
            reply = service.ask("GET", "/courses/dl/gradebook", "instructor")
            taken.append((time.perf_counter() - started) * 1000)
            assert reply.status == 200
        spent_ms = measure_processor_ms(service.web.pid) - spent_ms
        rows = reply.json["rows"]
        assert len(rows) == STUDENTS + 1
        assert len(rows[-1]["cells"]) == ASSIGNMENTS
    taken.sort()
    print_row(
        f"{name_store(cluster)}: gradebook of {STUDENTS:,} × {ASSIGNMENTS}, ≤ 300 ms",
        f"{find_percentile(taken, 50):.0f}", f"{taken[-1]:.0f}",
    )  # fmt: skip
    print_row("  web process: processor ms a page", f"{spent_ms / TIMES:.0f}")


def _fill(service: Deployment) -> None:
    with service.store.write() as session:
        course = session.scalars(select(Course)).one()
        there = len(service.klass.assignments)
        session.add_all(
            Assignment(course_id=course.id, slug=f"hw{number}", title="x", position=number)
            for number in range(ASSIGNMENTS - there)
        )
        people = [
            User(name=f"Student {number}", email=f"p{number}@x.edu") for number in range(STUDENTS)
        ]
        session.add_all(people)
        session.flush()
        session.execute(
            insert(Enrolment),
            [{"course_id": course.id, "user_id": each.id, "role": Role.STUDENT}
             for each in people],
        )  # fmt: skip
        session.execute(
            insert(Standing),
            [
                {"assignment_id": assignment_id, "user_id": each.id, "state": "graded",
                 "score": 7.5, "max_score": 10, "open_points": 0}
                for assignment_id in session.scalars(select(Assignment.id)).all()
                for each in people
            ],
        )  # fmt: skip
