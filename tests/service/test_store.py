"""What the store keeps, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from school import Class
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from grader.errors import Conflict, NotAllowed, SystemFault, TooMany
from grader.report.models import CheckReport, PartReport, Report
from grader.store import admission, audit, blobs, finishing, roster, runs, scores, withdrawing
from grader.store.admission import HandedIn, Limits, Taken
from grader.store.dashboard import read_dashboard
from grader.store.database import Store
from grader.store.migrating import find_revisions, migrate, require_current, undo_migrations
from grader.store.schema import (
    AuditEntry,
    Base,
    Course,
    Extension,
    GradingRun,
    Purpose,
    RubricMark,
    RunState,
    ScoreOverride,
    Submission,
)
from grader.store.types import now
from grader.verdicts import Verdict

LIMITS = Limits()
IN_TIME = dt.datetime(2026, 3, 1, 11, 0, tzinfo=dt.UTC)


def hand_in(
    klass: Class,
    person: str = "student",
    content: str = "b",
    assignment: str = "quick",
    at: dt.datetime | None = None,
    limits: Limits = LIMITS,
) -> Taken:
    handed_in = HandedIn(
        archive=f"## depth\n{content}\n".encode(),
        archive_name="answers.md",
        name="answers.md",
        content_hash=f"sha256:{content}",
        manifest=[{"name": "answers.md", "sha256": "0" * 64, "size": 12}],
    )
    with klass.store.write() as session:
        return admission.take_submission(
            session, klass.assignments[assignment], klass.people[person].id, handed_in,
            limits=limits, at=at,
        )  # fmt: skip


def report(earned: float = 2, open_points: float = 3) -> Report:
    check = CheckReport(name="answer", verdict=Verdict.PASSED, score=earned, max_score=2)
    parts = (
        PartReport(id="quick/depth", title="Depth", kind="choice", verdict=Verdict.PASSED,
                   score=earned, max_score=2, open_points=0, checks=(check,)),
        PartReport(id="quick/why", title="Why", kind="text", verdict=Verdict.REVIEW,
                   score=0, max_score=3, open_points=open_points, checks=()),
    )  # fmt: skip
    return Report(
        assignment="quick", submission="sha256:0", score=earned, max_score=5,
        open_points=open_points, status="pending", parts=parts, isolation="full",
    )  # fmt: skip


def finish(klass: Class, run_id: int, earned: float = 2) -> bool:
    with klass.store.write() as session:
        lease = runs.claim(session, run_id, "test")
        assert lease is not None
        result = finishing.describe(report(earned), report(earned))
        return finishing.finish(session, [finishing.Graded(lease, result)]) == [RunState.DONE]


def finish_void(klass: Class, run_id: int) -> RunState | None:
    """A grading in which one part could not be judged, through a fault of ours."""
    check = CheckReport(name="answer", verdict=Verdict.VOID, score=0, max_score=2,
                        staff_note="MemoryError: the reference")  # fmt: skip
    part = PartReport(id="quick/depth", title="Depth", kind="choice", verdict=Verdict.VOID,
                      score=0, max_score=2, open_points=2, checks=(check,))  # fmt: skip
    staff = report().model_copy(update={"parts": (part,), "score": 0, "open_points": 2})
    with klass.store.write() as session:
        lease = runs.claim(session, run_id, "test")
        assert lease is not None
        (state,) = finishing.finish(
            session, [finishing.Graded(lease, finishing.describe(staff, staff))]
        )
        return state


def test_what_we_could_not_judge_is_graded_again_once_and_then_shown_to_staff(
    klass: Class,
) -> None:
    run_id = hand_in(klass).run.id
    assert finish_void(klass, run_id) is RunState.QUEUED
    assert score_of(klass)[1] == "pending"
    assert finish_void(klass, run_id) is RunState.DONE

    with klass.store.read() as session:
        run = session.get_one(GradingRun, run_id)
        shown = read_dashboard(session, klass.assignments["quick"]).faults
    assert run.fault == "could not be judged: depth; MemoryError: the reference"
    assert [each.id for each in shown] == [run_id]
    assert score_of(klass)[:2] == (0, "pending")


def test_a_grading_that_goes_well_the_second_time_leaves_no_fault(klass: Class) -> None:
    run_id = hand_in(klass).run.id
    assert finish_void(klass, run_id) is RunState.QUEUED
    assert finish(klass, run_id)

    with klass.store.read() as session:
        run = session.get_one(GradingRun, run_id)
    assert (run.state, run.fault, run.starts, run.score) == (RunState.DONE, "", 2, 2)


def score_of(klass: Class, person: str = "student") -> tuple[Decimal, str, str]:
    with klass.store.read() as session:
        judged = scores.explain_standing(
            session, klass.assignments["quick"], klass.people[person].id
        )
        return round(Decimal(float(judged.score)), 4), judged.state, "\n".join(judged.steps)


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


def test_every_migration_goes_up_and_down_and_makes_what_the_models_say(empty_store: Store) -> None:
    for revision in find_revisions():
        migrate(empty_store, revision)
    require_current(empty_store)
    made = inspect(empty_store.engine)
    tables = _find_own(made.get_table_names())
    assert tables == set(Base.metadata.tables)
    for name, table in Base.metadata.tables.items():
        assert {column["name"] for column in made.get_columns(name)} == set(table.columns.keys())
        wanted = {index.name for index in table.indexes}
        assert wanted <= {index["name"] for index in made.get_indexes(name)} | {
            "ix_grading_run_waiting"
        }
    undo_migrations(empty_store)
    assert not _find_own(inspect(empty_store.engine).get_table_names())


def _find_own(tables: list[str]) -> set[str]:
    """Without those of Alembic and of the queue, which look after themselves."""
    return {
        name
        for name in tables
        if name not in ("alembic_version", "delivery_step")
        and not name.startswith("procrastinate_")
    }


def test_an_old_database_is_not_served(empty_store: Store) -> None:
    with pytest.raises(SystemFault, match="grade admin init"):
        require_current(empty_store)


def test_sqlite_syncs_every_commit_and_checks_references(store: Store) -> None:
    if not store.is_sqlite:
        pytest.skip("about SQLite")
    with store.read() as session:
        found = [session.scalar(text(f"pragma {name}")) for name in
                 ("journal_mode", "synchronous", "foreign_keys")]  # fmt: skip
    assert found == ["wal", 2, 1]


def test_a_broken_reference_between_rows_is_refused(klass: Class) -> None:
    with pytest.raises(IntegrityError), klass.store.write() as session:
        session.add(Extension(assignment_id=99, user_id=1, reason="x", author_id=1))


def test_the_same_files_again_are_the_same_submission(klass: Class) -> None:
    first, second = hand_in(klass), hand_in(klass)

    assert (first.is_new, second.is_new) == (True, False)
    assert second.submission.id == first.submission.id
    assert second.run.id == first.run.id


def begin(klass: Class, taken: Taken, *, is_telling: bool = False) -> None:
    """Start a grading, which tells of its first part or of none."""
    with klass.store.write() as session:
        lease = runs.claim(session, taken.run.id, "test")
        assert lease is not None
        if is_telling:
            runs.note_parts(session, lease, [{"id": "quick/depth", "verdict": "wrong"}])


def withdraw(klass: Class, taken: Taken, person: str = "student") -> None:
    """Have a grading cancelled, and stopped where it runs."""
    with klass.store.write() as session:
        submission = session.get_one(Submission, taken.submission.id)
        withdrawing.withdraw(
            session, submission, klass.assignments["quick"], by=klass.people[person].id
        )
        run = session.get_one(GradingRun, taken.run.id)
        if run.state == RunState.RUNNING:
            run.state = RunState.CANCELLED


def set_attempts(klass: Class, **policy: object) -> None:
    with klass.store.write() as session:
        assignment = session.merge(klass.assignments["quick"])
        assignment.counts = str(policy.get("counts", "best"))
        assignment.policies = {"attempts": policy}
    klass.assignments["quick"] = assignment


def test_what_was_cancelled_is_taken_again_when_it_is_handed_in_again(klass: Class) -> None:
    set_attempts(klass, counts="last")
    first = hand_in(klass)
    withdraw(klass, first)
    second = hand_in(klass)

    assert second.is_new
    assert second.run.id != first.run.id
    assert finish(klass, second.run.id)
    assert score_of(klass)[0] == 2


def test_whoever_has_seen_verdicts_cannot_take_the_last_submission_back(klass: Class) -> None:
    set_attempts(klass, counts="last")
    assert finish(klass, hand_in(klass, content="a").run.id)
    silent = hand_in(klass, content="c")
    begin(klass, silent)
    withdraw(klass, silent)
    told = hand_in(klass, content="b")
    begin(klass, told, is_telling=True)

    with pytest.raises(Conflict, match=r"last submission counts.*hand in another"):
        withdraw(klass, told)

    withdraw(klass, told, person="instructor")
    score, state, steps = score_of(klass)
    # Nobody will grade it any more: what was graded before is no longer open for its sake.
    assert (score, "not graded yet" in steps) == (2, False)
    assert state == "pending"  # The words of this course wait for a person.


def test_where_the_best_counts_a_grading_may_be_cancelled_and_was_an_attempt(klass: Class) -> None:
    set_attempts(klass, counts="best", free=1, loss=0.5)
    seen = hand_in(klass, content="a")
    begin(klass, seen, is_telling=True)
    withdraw(klass, seen)
    assert score_of(klass)[:2] == (0, "pending")
    assert "was cancelled" in score_of(klass)[2]

    assert finish(klass, hand_in(klass, content="b").run.id)

    assert score_of(klass)[0] == 1


def test_what_was_taken_back_unseen_was_no_attempt(klass: Class) -> None:
    set_attempts(klass, counts="best", free=1, loss=0.5)
    hand_in(klass, content="a")
    superseding = hand_in(klass, content="b")
    withdraw(klass, superseding)

    assert finish(klass, hand_in(klass, content="c").run.id)

    assert score_of(klass)[0] == 2


def test_nothing_is_taken_beyond_the_most_attempts_and_what_counts_stays(klass: Class) -> None:
    set_attempts(klass, counts="last", most=2)
    hand_in(klass, content="taken back by the next one")
    for content in "ab":
        assert finish(klass, hand_in(klass, content=content).run.id)

    with pytest.raises(NotAllowed, match=r"2 of at most 2 attempts at quick are used"):
        hand_in(klass, content="c")

    assert score_of(klass)[0] == 2
    set_attempts(klass, counts="last", most=1)
    score, _, steps = score_of(klass)
    assert score == 2
    assert "submission 3 came after the 1 that count" in steps


def test_a_grading_that_we_took_back_uses_up_no_attempt(klass: Class) -> None:
    set_attempts(klass, counts="last", free=1, loss=0.5, most=1)
    lost = hand_in(klass, content="a")
    with klass.store.write() as session:
        lease = runs.claim(session, lost.run.id, "a host")
        assert lease
        runs.bury(session, lost.run.id, lease.token, "its host is gone", host_died=True)

    assert finish(klass, hand_in(klass, content="b").run.id)

    assert score_of(klass)[0] == 2


def test_an_archived_course_takes_nothing(klass: Class) -> None:
    with klass.store.write() as session:
        session.get_one(Course, klass.course.id).archived_at = now()

    with pytest.raises(NotAllowed, match="the course of quick is archived"):
        hand_in(klass)


def test_returning_to_an_earlier_version_is_a_new_submission(klass: Class) -> None:
    first, _, third = hand_in(klass, content="b"), hand_in(klass, content="a"), hand_in(klass)

    assert third.is_new
    assert third.submission.ordinal == 3
    assert third.submission.archive_sha == first.submission.archive_sha


def test_an_older_waiting_grading_of_the_same_student_is_superseded(klass: Class) -> None:
    first = hand_in(klass, content="a")
    other = hand_in(klass, person="grader", content="a")
    hand_in(klass, content="b")

    with klass.store.read() as session:
        assert session.get_one(GradingRun, first.run.id).state == RunState.SUPERSEDED
        assert session.get_one(GradingRun, other.run.id).state == RunState.QUEUED


def test_too_many_submissions_within_an_hour_are_refused_with_the_time_to_wait(
    klass: Class,
) -> None:
    limits = Limits(per_hour=2)
    for content in "ab":
        finish(klass, hand_in(klass, content=content, limits=limits).run.id)

    with pytest.raises(TooMany, match="2 are allowed") as refused:
        hand_in(klass, content="c", limits=limits)
    assert 3500 < refused.value.retry_after_s <= 3601
    assert hand_in(klass, person="grader", content="c", limits=limits).is_new


def test_nothing_is_taken_after_the_end_except_with_an_extension(klass: Class) -> None:
    with klass.store.write() as session:
        session.merge(klass.assignments["quick"]).closes_at = IN_TIME
    klass.assignments["quick"].closes_at = IN_TIME
    late = IN_TIME + dt.timedelta(hours=1)
    with pytest.raises(NotAllowed, match="closed"):
        hand_in(klass, at=late)
    with klass.store.write() as session:
        session.add(
            Extension(assignment_id=klass.assignments["quick"].id,
                      user_id=klass.people["student"].id, due_at=late + dt.timedelta(hours=1),
                      reason="ill", author_id=klass.people["instructor"].id)
        )  # fmt: skip
    assert hand_in(klass, at=late).is_new


def test_a_result_under_a_lease_that_was_taken_away_changes_nothing(klass: Class) -> None:
    run_id = hand_in(klass).run.id
    with klass.store.write() as session:
        late = runs.claim(session, run_id, "slow host")
        assert late is not None
        runs.bury(session, run_id, late.token, "thought dead")
    assert finish(klass, run_id, earned=2)

    with klass.store.write() as session:
        graded = finishing.Graded(late, finishing.describe(report(0), report(0)))
        assert finishing.finish(session, [graded]) == [None]
    with klass.store.read() as session:
        run = session.get_one(GradingRun, run_id)
        assert (run.state, run.score) == (RunState.DONE, Decimal(2))


def test_a_run_is_claimed_once(klass: Class) -> None:
    run_id = hand_in(klass).run.id
    with klass.store.write() as session:
        assert runs.claim(session, run_id, "one") is not None
        assert runs.claim(session, run_id, "two") is None
        assert runs.claim_next(session, ["cpu"], "three") is None


def test_the_third_death_is_quarantine_and_no_score(klass: Class) -> None:
    run_id = hand_in(klass).run.id
    became = []
    for _ in range(3):
        with klass.store.write() as session:
            lease = runs.claim(session, run_id, "test")
            assert lease is not None
            became.append(runs.bury(session, run_id, lease.token, "killed by signal 9"))

    assert became == [RunState.QUEUED, RunState.QUEUED, RunState.QUARANTINED]
    assert score_of(klass)[1] == "pending"
    with klass.store.write() as session:
        assert session.get_one(GradingRun, run_id).fault == "killed by signal 9"
        runs.release_from_quarantine(session, run_id)
    assert finish(klass, run_id)


def test_a_host_that_is_lost_is_not_the_gradings_fault_until_it_is_the_tenth(
    klass: Class,
) -> None:
    run_id = hand_in(klass).run.id
    became = []
    for _ in range(10):
        with klass.store.write() as session:
            lease = runs.claim(session, run_id, "test")
            assert lease is not None
            became.append(runs.bury(session, run_id, lease.token, "lost", host_died=True))
    assert set(became[:9]) == {RunState.QUEUED}
    assert became[9] is RunState.QUARANTINED


def test_urgent_work_goes_first_and_a_big_course_delays_no_small_one(klass: Class) -> None:
    with klass.store.write() as session:
        small = Course(slug="small", title="Small", secret="s")
        session.add(small)
        session.flush()
        small_id = small.id
    taken = [hand_in(klass, person=name, content=name) for name in ("student", "grader")]
    with klass.store.write() as session:
        other = admission.find_priority(
            session,
            session.merge(klass.assignments["slow"]),
            Purpose.INTERACTIVE,
        )
        assignment = session.merge(klass.assignments["slow"])
        assignment.course_id = small_id
        session.flush()
        alone = admission.find_priority(session, assignment, Purpose.INTERACTIVE)
        regrade = admission.find_priority(session, assignment, Purpose.REGRADE)
    assert alone > taken[0].run.priority - 1
    assert alone > taken[1].run.priority > other > regrade


def test_the_audit_trail_notices_a_change_and_a_gap(klass: Class) -> None:
    for number in range(5):
        with klass.store.write() as session:
            audit.note(session, 1, "override", f"submission {number}", points=number)
    with klass.store.read() as session:
        assert audit.verify_trail(session) == (5, "")
    with klass.store.write() as session:
        session.execute(text("update audit_entry set thing = 'submission 9' where id = 3"))
    with klass.store.read() as session:
        assert "entry 3 is not what was written" in audit.verify_trail(session)[1]
    with klass.store.write() as session:
        session.delete(session.get_one(AuditEntry, 3))
    with klass.store.read() as session:
        assert "entry 4 does not follow" in audit.verify_trail(session)[1]


def test_tokens_are_known_by_their_text_and_kept_as_a_digest(klass: Class) -> None:
    with klass.store.write() as session:
        user = session.merge(klass.people["student"])
        token, words = roster.make_token(
            session, user, scopes=["submit"], expires_at=now() + dt.timedelta(days=1)
        )
        assert words.partition("_")[2] not in str(vars(token))
        assert roster.find_token(session, words) is not None
        assert roster.find_token(session, words[:-1] + "x") is None
        token.expires_at = now()
        session.flush()
        assert roster.find_token(session, words) is None
        token.expires_at = now() + dt.timedelta(days=1)
        roster.revoke_token(session, token.id, user.id)
        assert roster.find_token(session, words) is None


def test_bytes_are_kept_once_and_damage_is_noticed(klass: Class) -> None:
    with klass.store.write() as session:
        name = blobs.keep_blob(session, b"homework")
        assert blobs.keep_blob(session, b"homework") == name
        assert blobs.read_blob(session, name) == b"homework"
        session.execute(
            text("update blob set content = :c where sha256 = :s"),
            {"c": b"x\x9c\x03\x00\x00\x00\x00\x01", "s": name},
        )
    with klass.store.read() as session, pytest.raises(SystemFault, match="damaged"):
        blobs.read_blob(session, name)


def test_a_score_is_what_the_parts_earned_until_a_person_marks_the_rest(klass: Class) -> None:
    taken = hand_in(klass, at=IN_TIME)
    finish(klass, taken.run.id)
    assert score_of(klass)[:2] == (Decimal(2), "pending")

    with klass.store.write() as session:
        for item, points in (("Layers build on one another.", 1), ("Functions are composed.", 2)):
            session.add(
                RubricMark(submission_id=taken.submission.id, part="why", item=item,
                           points=Decimal(points), author_id=klass.people["grader"].id)
            )  # fmt: skip
    score, state, words = score_of(klass)
    assert (score, state) == (Decimal(5), "graded")
    assert "why, Functions are composed.: marked 2" in words


def test_late_work_loses_a_tenth_a_day_and_an_extension_gives_it_back(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME + dt.timedelta(hours=5)).run.id)
    score, _, words = score_of(klass)
    assert score == Decimal("1.8")
    assert "4 h after the due date" in words

    with klass.store.write() as session:
        session.add(
            Extension(assignment_id=klass.assignments["quick"].id,
                      user_id=klass.people["student"].id, due_at=IN_TIME + dt.timedelta(days=1),
                      reason="ill", author_id=klass.people["instructor"].id)
        )  # fmt: skip
    assert score_of(klass)[0] == Decimal(2)


def test_an_override_counts_until_it_is_withdrawn_and_both_stay(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)

    def override(kind: str, points: int | None, part: str = "") -> None:
        with klass.store.write() as session:
            session.add(
                ScoreOverride(assignment_id=klass.assignments["quick"].id,
                              user_id=klass.people["student"].id, kind=kind, part=part,
                              points=None if points is None else Decimal(points),
                              reason="misread", author_id=klass.people["instructor"].id)
            )  # fmt: skip

    override("set", 3, part="why")
    assert score_of(klass)[:2] == (Decimal(5), "graded")
    override("add", 1)
    assert score_of(klass)[0] == Decimal(6)
    override("withdraw", None)
    assert score_of(klass)[0] == Decimal(5)
    override("withdraw", None, part="why")
    assert score_of(klass)[0] == Decimal(2)
    override("excuse", None)
    assert score_of(klass)[1] == "excused"
    override("set", 2)
    assert score_of(klass)[:2] == (Decimal(2), "graded"), "the later decision counts"
    override("add", 1)
    assert score_of(klass)[0] == Decimal(3)
    override("set", 2)
    assert score_of(klass)[0] == Decimal(2)
    override("add", -9)
    assert score_of(klass)[0] == Decimal(0), "nobody owes points"
    with klass.store.read() as session:
        assert session.query(ScoreOverride).count() == 9


def test_the_last_submission_counts_or_the_best_as_the_assignment_says(klass: Class) -> None:
    finish(klass, hand_in(klass, content="b", at=IN_TIME).run.id, earned=2)
    finish(klass, hand_in(klass, content="a", at=IN_TIME).run.id, earned=0)
    assert score_of(klass)[0] == Decimal(0)

    klass.assignments["quick"].counts = "best"
    assert score_of(klass)[0] == Decimal(2)


def test_the_copy_for_the_gradebook_is_what_is_computed_anew(klass: Class) -> None:
    finish(klass, hand_in(klass, at=IN_TIME).run.id)
    with klass.store.read() as session:
        from grader.store.schema import Standing

        copy = session.get_one(
            Standing, (klass.assignments["quick"].id, klass.people["student"].id)
        )
        assert (copy.score, copy.max_score, copy.state) == (Decimal(2), Decimal(5), "pending")


def test_a_submission_is_never_changed_by_its_grading(klass: Class) -> None:
    taken = hand_in(klass, at=IN_TIME)
    columns = [column.name for column in Submission.__table__.columns]
    before = {name: getattr(taken.submission, name) for name in columns}
    finish(klass, taken.run.id)
    with klass.store.read() as session:
        after = session.get_one(Submission, taken.submission.id)
        assert {name: getattr(after, name) for name in columns} == before
