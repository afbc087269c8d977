"""Runs that are claimed before a slot is free: held a moment, and never kept from anybody."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployments import wait_for
from school import Class
from sqlalchemy.orm import Session

from grader.errors import SystemFault
from grader.service import executing
from grader.service.claiming import Claimer
from grader.service.executing import Executor, Prepared
from grader.service.scratch import Scratch
from grader.service.settings import Settings
from grader.store import runs
from grader.store.admission import HandedIn, Limits, take_submission
from grader.store.clock import Clock
from grader.store.database import Store
from grader.store.delivery import claim_delivered, deliver
from grader.store.schema import Assignment, GradingRun, RunState

SHORT, LONG = 0.01, 60.0
PEOPLE = ("student", "grader", "instructor")


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


@pytest.fixture
def executor(store: Store, tmp_path: Path) -> Iterator[Executor]:
    def deliver_again(session: Session, run_id: int) -> None:
        if not store.is_sqlite:
            deliver(session, [session.get_one(GradingRun, run_id, populate_existing=True)])

    made = Executor(store, Settings(folder=tmp_path, slots=2), deliver_again)
    yield made
    made.close()


@pytest.fixture
def claimed() -> list[int]:
    """Runs, in the order in which they were claimed."""
    return []


@pytest.fixture
def claimer(
    request: pytest.FixtureRequest, store: Store, executor: Executor, claimed: list[int]
) -> Claimer:
    """One that waits a minute before it gives anything back, unless a test says otherwise."""

    def claim(session: Session) -> runs.Lease | None:
        lease = (runs.claim_next if store.is_sqlite else claim_delivered)(session, ["cpu"], "test")
        claimed.extend([lease.run_id] if lease else [])
        return lease

    made = Claimer(executor, claim, look_every_s=0.1, ahead_s=getattr(request, "param", 60))
    made.start()
    return made


def queue(klass: Class, person: str) -> int:
    with klass.store.write() as session:
        assignment: Assignment = session.merge(klass.assignments["quick"])
        handed_in = HandedIn(archive=b"## depth\nb\n", archive_name="answers.md", name="answers.md",
                             content_hash=person, manifest=[])  # fmt: skip
        run = take_submission(
            session, assignment, klass.people[person].id, handed_in, limits=Limits()
        ).run
        if not klass.store.is_sqlite:
            deliver(session, [run])
        return run.id


def find(klass: Class, run_id: int) -> tuple[str, int]:
    with klass.store.read() as session:
        run = session.get_one(GradingRun, run_id)
        return run.state, run.starts


def take(claimer: Claimer, last_took_s: float | None) -> Prepared:
    prepared = claimer.take(last_took_s)
    assert prepared is not None
    return prepared


def begin_a_stream(klass: Class, claimer: Claimer) -> tuple[list[Prepared], int]:
    """Two runs that slots took, and the one after them, claimed while both are under way."""
    first, second, third = (queue(klass, person) for person in PEOPLE)
    taken = [take(claimer, None), take(claimer, SHORT)]
    assert [each.lease.run_id for each in taken] == [first, second]
    wait_for(lambda: find(klass, third) == (RunState.RUNNING, 1), "the third to be claimed")
    return taken, third


def test_in_a_stream_the_next_is_there_at_once(klass: Class, claimer: Claimer) -> None:
    _, third = begin_a_stream(klass, claimer)
    prepared = take(claimer, SHORT)

    assert prepared.lease.run_id == third
    assert Path(prepared.request["archive"]).read_bytes() == b"## depth\nb\n"
    claimer.stop()
    assert find(klass, third) == (RunState.RUNNING, 1)


# Long enough to be seen on a machine that stands still for a moment.
@pytest.mark.parametrize("claimer", [2.0], indirect=True)
def test_what_no_slot_takes_soon_goes_back_and_is_graded_later(
    klass: Class, claimer: Claimer, executor: Executor
) -> None:
    _, third = begin_a_stream(klass, claimer)
    wait_for(lambda: find(klass, third) == (RunState.QUEUED, 0), "the third to go back")
    wait_for(lambda: len(executor.list_held()) == 2, "it to be let go")

    assert take(claimer, LONG).lease.run_id == third
    assert find(klass, third) == (RunState.RUNNING, 1)
    claimer.stop()


def test_told_to_stop_it_gives_back_what_no_slot_took(
    klass: Class, claimer: Claimer, executor: Executor
) -> None:
    taken, third = begin_a_stream(klass, claimer)
    claimer.stop()

    assert find(klass, third) == (RunState.QUEUED, 0)
    assert set(executor.list_held()) == {each.lease.token for each in taken}
    assert claimer.take(SHORT) is None


def test_cancelled_before_a_slot_took_it_a_run_is_not_queued_again(
    klass: Class, claimer: Claimer
) -> None:
    _, third = begin_a_stream(klass, claimer)
    with klass.store.write() as session:
        runs.cancel(session, third)
    claimer.stop()

    assert find(klass, third)[0] == RunState.CANCELLED


def test_while_a_long_one_is_graded_nothing_is_claimed_for_nobody(
    klass: Class, claimer: Claimer, claimed: list[int]
) -> None:
    first, second = queue(klass, "student"), queue(klass, "grader")
    assert take(claimer, LONG).lease.run_id == first
    claimer.wake()
    time.sleep(0.3)
    claimer.stop()

    assert claimed == [first]
    assert find(klass, second) == (RunState.QUEUED, 0)


def test_a_run_that_cannot_be_laid_out_goes_back_untouched(
    store: Store, klass: Class, executor: Executor, claimer: Claimer, claimed: list[int]
) -> None:
    run_id = queue(klass, "student")
    shutil.rmtree(executor._scratch.folder)

    with pytest.raises(FileNotFoundError):
        executor.take(claimer._claim)

    with store.read() as session:
        run = session.get_one(GradingRun, run_id)
        assert (run.state, run.starts) == (RunState.QUEUED, 0)
    assert executor.list_held() == []


def test_nothing_is_claimed_on_a_full_disk(
    klass: Class, executor: Executor, claimer: Claimer, claimed: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    queue(klass, "student")
    monkeypatch.setattr(executing, "FREE_MIB", 1 << 40)

    with pytest.raises(SystemFault, match=r"MiB are free in .* nothing is claimed until"):
        executor.take(claimer._claim)

    assert claimed == []


def test_what_a_killed_process_left_is_removed_and_what_is_used_stays(tmp_path: Path) -> None:
    used = Scratch(tmp_path)
    program = "import sys; from grader.service.scratch import *; made = Scratch(Path(sys.argv[1]));"
    program += "(made.make('0') / 'answers.md').write_text('mine'); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert list(tmp_path.glob("*/0/answers.md"))

    fresh = Scratch(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {used.folder.name, fresh.folder.name}
    used.remove()
    fresh.remove()
    assert not list(tmp_path.iterdir())


def test_a_host_whose_clock_is_wrong_goes_by_the_databases(store: Store) -> None:
    def read_wrong() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=3)

    clock = Clock(read_wrong)
    ahead_s = clock.compare(store)

    off_s = (clock.read() - dt.datetime.now(dt.UTC)).total_seconds()
    if store.is_sqlite:
        assert ahead_s == 0, "one host alone: its own clock is everybody's"
    else:
        assert ahead_s == pytest.approx(180, abs=30)
        assert abs(off_s) < 30
