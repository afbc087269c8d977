"""One contract for both engines: what is handed in is graded once, whatever dies."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployments import Deployment, wait_for
from school import Class
from sqlalchemy import func, select

from grader.store.admission import add_run
from grader.store.database import Store, name_sqlite
from grader.store.schema import (
    Assignment,
    CheckOutcome,
    GradingRun,
    PartOutcome,
    Purpose,
    Role,
    RunState,
    Submission,
)

pytestmark = pytest.mark.sandbox

RIGHT = "## depth\nb\n\n## why\nLayers build on one another.\n"


@pytest.fixture(params=["embedded", "distributed"])
def service(
    request: pytest.FixtureRequest, tmp_path: Path, make_class: Callable[[Store], Class]
) -> Iterator[Deployment]:
    is_distributed = request.param == "distributed"
    if is_distributed:
        template = request.getfixturevalue("postgres_template")
        url = request.getfixturevalue("postgres").make_database(template)
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "grade.db")
        url = name_sqlite(tmp_path / "grade.db")
    store = Store(url)
    deployment = Deployment(url, tmp_path, make_class(store), is_distributed=is_distributed)
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


def test_grades_what_is_handed_in_once_however_often_it_comes(service: Deployment) -> None:
    first = service.hand_in(RIGHT)
    service.wait(first)
    again = service.hand_in(RIGHT)

    assert again["id"] == first["id"]
    report = service.ask("GET", f"/submissions/{first['id']}/report").json
    assert (report["score"], report["max_score"], report["open_points"]) == (2, 5, 3)
    assert (report["audience"], report["isolation"]) == ("student", "full")
    run = service.run_of(first)
    assert (run.starts, run.deaths) == (1, 0)


def test_an_engine_killed_in_the_middle_grades_again_and_counts_once(service: Deployment) -> None:
    running = service.sleep_for(2)
    waiting = service.hand_in(RIGHT, person="grader")
    service.wait(running, "running")
    service.kill_engine()
    service.start_engine()

    service.wait(running)
    service.wait(waiting, person="grader")
    run = service.run_of(running)
    assert (run.starts, run.deaths) == (2, 0)
    with service.store.read() as session:
        rows = [
            session.scalar(select(func.count()).select_from(table).where(table.run_id == run.id))
            for table in (PartOutcome, CheckOutcome)
        ]
    assert rows == [1, 2]


@pytest.mark.parametrize("service", ["embedded"], indirect=True)
def test_a_service_outlives_the_process_that_minds_its_gradings(service: Deployment) -> None:
    running = service.sleep_for(2)
    service.wait(running, "running")
    (minder,) = service.find_minders()
    os.kill(minder, signal.SIGKILL)

    service.wait(running)
    run = service.run_of(running)
    assert (run.starts, run.deaths) == (2, 0)
    assert service.find_minders() != [minder]


def test_the_third_death_is_quarantine_which_staff_see_as_our_fault(service: Deployment) -> None:
    poison = service.sleep_for(30)
    for deaths in range(3):
        wait_for(lambda: service.run_of(poison).state == RunState.RUNNING, "a start")
        wait_for(
            lambda wanted=deaths + 1: service.run_of(poison).starts == wanted, "the next start"
        )
        (slot,) = wait_for(service.find_slots, "a slot")
        os.kill(slot, signal.SIGKILL)
        wait_for(
            lambda wanted=deaths + 1: service.run_of(poison).deaths == wanted,
            "the death to be noted",
        )
    healthy = service.hand_in(RIGHT, person="grader")
    service.wait(healthy, person="grader")

    seen = service.ask("GET", f"/submissions/{poison['id']}").json["run"]
    assert seen["state"] == "quarantined"
    assert "no points are lost" in seen["note"]
    assert seen["fault"] == ""
    staff = service.ask("GET", f"/submissions/{poison['id']}", "grader").json["run"]
    assert "ended with code -9" in staff["fault"]
    assert service.run_of(poison).score is None
    assert service.ask("GET", f"/submissions/{poison['id']}/report").status == 409


def test_cancels_what_waits_at_once_and_what_runs_soon(service: Deployment) -> None:
    running = service.sleep_for(30)
    service.wait(running, "running")
    waiting = service.hand_in(RIGHT)

    assert service.ask("POST", f"/submissions/{waiting['id']}/cancel").status == 200
    assert service.state(waiting) == "cancelled"
    assert service.ask("POST", f"/submissions/{running['id']}/cancel").status == 200
    service.wait(running, "cancelled")
    assert service.run_of(running).deaths == 0
    assert service.ask("POST", f"/submissions/{running['id']}/cancel").status == 409
    later = service.hand_in(RIGHT, person="grader")
    service.wait(later, person="grader")


def test_a_newer_submission_takes_the_older_ones_place_in_the_queue(service: Deployment) -> None:
    busy = service.sleep_for(1.5, person="grader")
    service.wait(busy, "running", person="grader")
    older = service.hand_in("## depth\na\n")
    newer = service.hand_in(RIGHT)

    assert service.state(older) == "superseded"
    service.wait(newer)
    assert service.run_of(older).starts == 0


def test_a_students_submission_goes_before_a_regrade(service: Deployment) -> None:
    done = service.hand_in(RIGHT, person="grader")
    service.wait(done, person="grader")
    busy = service.sleep_for(1.5, person="instructor")
    service.wait(busy, "running", person="instructor")
    with service.store.write() as session:
        submission = session.get_one(Submission, done["id"])
        assignment = session.get_one(Assignment, submission.assignment_id)
        regrades = [add_run(session, submission, assignment, Purpose.REGRADE) for _ in range(3)]
        if service.is_distributed:
            from grader.store.delivery import deliver

            deliver(session, regrades)
    urgent = service.hand_in(RIGHT)

    service.wait(urgent)
    wait_for(lambda: service.run_of(done).state == RunState.DONE, "the regrades")
    began = service.run_of(urgent).started_at
    with service.store.read() as session:
        others = [session.get_one(GradingRun, run.id).started_at for run in regrades]
    assert began is not None
    assert all(other is not None and began < other for other in others)


def test_told_to_stop_it_ends_what_is_short_and_gives_back_what_is_long(
    service: Deployment,
) -> None:
    # Long enough for a short one, however much else this machine has to do.
    started = time.monotonic()
    service.wait(service.sleep_for(0.2, person="instructor"), person="instructor")
    drain_s = 2 + 2 * (time.monotonic() - started)
    service.stop()
    service.settings["GRADE_DRAIN_S"] = str(drain_s)
    service.slots = 2
    service.start()
    long, short = service.sleep_for(drain_s + 50), service.sleep_for(0.3, person="grader")
    for submission in (long, short):
        wait_for(lambda one=submission: service.run_of(one).state != RunState.QUEUED, "a start")
    assert service.terminate_engine(drain_s + 60) == 0

    assert service.run_of(short).state == RunState.DONE
    run = service.run_of(long)
    assert (run.state, run.starts, run.deaths) == (RunState.QUEUED, 0, 0)


def test_everything_is_graded_once_though_engine_and_database_are_killed_again_and_again(
    service: Deployment, request: pytest.FixtureRequest
) -> None:
    with service.store.write() as session:
        for number in range(24):
            service.klass.add(session, f"student{number}", Role.STUDENT)
    handed_in = [service.hand_in(RIGHT, person=f"student{number}") for number in range(12)]
    for number in range(3):
        time.sleep(0.2)
        service.kill_engine()
        if service.is_distributed and number == 1:
            cluster = request.getfixturevalue("postgres")
            cluster.crash()
            cluster.start()
        if service.is_distributed:
            handed_in.append(service.hand_in(RIGHT, person=f"student{12 + number}"))
        service.start_engine()
        handed_in.append(service.hand_in(RIGHT, person=f"student{16 + number}"))
    ids = [submission["id"] for submission in handed_in]

    def are_done() -> bool:
        with service.store.read() as session:
            states = session.scalars(
                select(GradingRun.state).where(GradingRun.submission_id.in_(ids))
            ).all()
        return len(states) == len(ids) and set(states) == {RunState.DONE}

    wait_for(are_done, "all to be done")
    with service.store.read() as session:
        outcomes = session.scalar(select(func.count()).select_from(PartOutcome))
        scores = set(session.scalars(select(GradingRun.score)))
    assert outcomes == 2 * len(ids)
    assert scores == {2}
