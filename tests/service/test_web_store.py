"""What the pages ask of the store, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from school import Class
from sqlalchemy import select

from grader.errors import NotAllowed
from grader.service.web.dashboard import count_shares, write_percent
from grader.service.web.lti.outbox import note_changes, settle, take_due
from grader.service.web.lti.people import expect_score
from grader.store import pending
from grader.store.dashboard import read_dashboard
from grader.store.database import Store
from grader.store.deciding import override
from grader.store.schema import (
    Identity,
    Passback,
    Platform,
    PlatformLink,
    Role,
    Submission,
)
from grader.store.types import now


@pytest.fixture
def klass(store: Store, make_class: Callable[[Store], Class]) -> Class:
    return make_class(store)


def test_a_score_waits_in_the_outbox_until_it_has_arrived(klass: Class) -> None:
    quick, student = klass.assignments["quick"], klass.people["student"]
    with klass.store.write() as session:
        platform = Platform(
            name="P", issuer="https://p", client_id="c", deployments=["1"], login_url="",
            token_url="", keys_url="",
        )  # fmt: skip
        session.add(platform)
        session.flush()
        session.add(
            PlatformLink(
                platform_id=platform.id,
                resource="r",
                assignment_id=quick.id,
                scores_url="https://p/1",
            )
        )
        session.add(Identity(user_id=student.id, issuer="https://p", subject="s"))
        expect_score(session, quick, student.id)
        assert note_changes(session) == 0
        override(
            session, session.merge(quick), student.id, kind="set", part="", points=Decimal("3.5"),
            reason="By hand", author_id=klass.people["instructor"].id,
        )  # fmt: skip
    with klass.store.write() as session:
        note_changes(session)
        (parcel,) = take_due(session)
        assert (parcel.score, parcel.subject) == (3.5, "s")
        # Whoever comes second finds it taken.
        assert take_due(session) == []
        settle(session, parcel, "closed")
    with klass.store.write() as session:
        row = session.scalars(select(Passback)).one()
        assert (row.tries, row.last_error) == (1, "closed")
        assert row.next_try_at is not None
        assert row.next_try_at > now()
        row.next_try_at = now() - dt.timedelta(seconds=1)
        session.flush()
        (parcel,) = take_due(session)
        settle(session, parcel, "")
        row.next_try_at = None
        assert take_due(session) == []
        assert note_changes(session) == 0


def test_a_pending_sign_in_is_taken_up_once(klass: Class) -> None:
    with klass.store.write() as session:
        state = pending.begin(session, "oidc", browser="b", place="/")
        with pytest.raises(NotAllowed):
            pending.take_up(session, "lti", state)
        found = pending.take_up(session, "oidc", state)
        assert pending.is_same_browser(found, "b")
        assert not pending.is_same_browser(found, "c")
        with pytest.raises(NotAllowed):
            pending.take_up(session, "oidc", state)


def test_a_dashboard_of_nothing_says_so(klass: Class) -> None:
    with klass.store.read() as session:
        found = read_dashboard(session, klass.assignments["quick"])
    assert found.students == 1
    assert [name for _, name in found.absent] == ["Student"]
    assert found.checks == found.flakes == found.faults == ()
    assert found.median_share is None


def test_a_dashboards_figures_are_the_whole_class_each_student_once(klass: Class) -> None:
    quick = klass.assignments["quick"]
    author = klass.people["instructor"].id
    with klass.store.write() as session:
        people = [klass.add(session, f"d{number}", Role.STUDENT).id for number in range(8)]
        assignment = session.merge(quick)
        for user_id, kind, points in zip(
            people, ("set", "set", "set", "set", "excuse"), (1, 2, 4, 5, None), strict=False
        ):
            override(
                session, assignment, user_id, kind=kind, part="", reason="By hand",
                points=None if points is None else Decimal(points), author_id=author,
            )  # fmt: skip
        for user_id, is_practice in ((people[5], False), (people[6], True)):
            session.add(
                Submission(
                    assignment_id=quick.id, user_id=user_id, ordinal=1, content_hash="h",
                    archive_name="a", name="a", manifest=[], is_practice=is_practice,
                )
            )  # fmt: skip
    with klass.store.read() as session:
        found = read_dashboard(session, quick)
    assert found.places == {
        "graded": 4, "excused": 1, "waiting": 1, "practised": 1, "absent": 2,
    }  # fmt: skip
    assert found.students == found.places.total() == 9
    assert [name for _, name in found.absent] == ["D7", "Student"]
    # Everybody with a score is in the histogram; between the two in the middle is the median.
    assert sum(column.count for column in count_shares(found.shares)) == 4
    assert found.median_share == pytest.approx((2 + 4) / 2 / float(quick.max_points))


def test_a_few_of_many_are_neither_none_nor_all() -> None:
    assert [write_percent(share) for share in (0, 1 / 368, 0.014, 0.5, 367 / 368, 1)] == [
        "0 %", "< 1 %", "1 %", "50 %", "> 99 %", "100 %",
    ]  # fmt: skip
