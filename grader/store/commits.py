"""Commits from a code host: whose they are, taken once, and what is still to be told of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from grader.errors import Conflict, NotAllowed, NotFound
from grader.store.forges import (
    CommitResult,
    CommitState,
    HandedInCommit,
    ResultState,
    SignedMessage,
    StudentRepository,
)
from grader.store.schema import Course, GradingRun, RunState, User
from grader.store.types import now

AT_ONCE = 20
HELD = dt.timedelta(minutes=5)
"""Whoever takes a commit to fetch it has this long; then another may."""
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 6 * 3600
TRIES = 14
"""Three days: a host, or an app's rights in it, is mended by then or nobody is going to."""
_NAME = re.compile(r"[a-z0-9_.-]{1,100}/[a-z0-9_.-]{1,100}")
_FOLDER = re.compile(r"(?:[A-Za-z0-9_.+-]{1,100}/){0,8}[A-Za-z0-9_.+-]{1,100}")


def add_repository(
    session: Session,
    course: Course,
    user: User,
    name: str,
    *,
    assignment: str = "",
    folder: str = "",
    branch: str = "",
    actors: Iterable[str] = (),
) -> StudentRepository:
    """Say whose work a repository's commits are.

    Errors   Conflict for a name that is none, or is somebody's already.
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise Conflict(f"'{name[:80]}' is no repository; write owner/name")
    folder = folder.strip("/")
    if folder and (not _FOLDER.fullmatch(folder) or {".", ".."} & set(folder.split("/"))):
        raise Conflict(f"'{folder[:80]}' is no folder of a repository; write it as hw2 or work/hw2")
    if session.scalar(select(StudentRepository.id).where(StudentRepository.name == name)):
        raise Conflict(f"{name} is somebody's already; take it out first")
    made = StudentRepository(
        course_id=course.id,
        user_id=user.id,
        name=name,
        assignment=assignment,
        folder=folder,
        branch=branch.removeprefix("refs/heads/"),
        actors=sorted({each.strip().lower() for each in actors if each.strip()}),
    )
    session.add(made)
    session.flush()
    return made


def remove_repository(session: Session, course_id: int, name: str) -> StudentRepository:
    """Take a repository out; what was handed in from it stays.

    Errors   NotFound.
    """
    found = session.scalar(
        select(StudentRepository).where(
            StudentRepository.course_id == course_id, StudentRepository.name == name.lower()
        )
    )
    if found is None:
        raise NotFound(f"this course has no repository '{name[:80]}'")
    forget_repositories(session, [found.id])
    return found


def forget_repositories(session: Session, ids: Sequence[int]) -> None:
    """Delete repositories, and what is known of their commits."""
    commits = select(HandedInCommit.id).where(HandedInCommit.repository_id.in_(ids))
    session.execute(delete(CommitResult).where(CommitResult.commit_id.in_(commits)))
    session.execute(delete(HandedInCommit).where(HandedInCommit.repository_id.in_(ids)))
    session.execute(delete(StudentRepository).where(StudentRepository.id.in_(ids)))


def list_repositories(session: Session, course_id: int) -> list[StudentRepository]:
    """A course's, by name."""
    return list(
        session.scalars(
            select(StudentRepository)
            .where(StudentRepository.course_id == course_id)
            .order_by(StudentRepository.name)
        )
    )


def find_repository(session: Session, name: str, number: int) -> StudentRepository | None:
    """Whose commits these are, by the host's number; the first message under a name gives it.

    Errors   NotAllowed where the name has passed to another repository.
    """
    name = name.lower()
    known = session.scalar(select(StudentRepository).where(StudentRepository.number == number))
    if known is not None:
        return known
    named = session.scalar(select(StudentRepository).where(StudentRepository.name == name))
    if named is None:
        return None
    if named.number is not None:
        raise NotAllowed(f"{name} is another repository than the one that was registered")
    named.number = number
    session.flush()
    return named


def is_first(session: Session, *marks: str, expires_at: dt.datetime | None = None) -> bool:
    """Whether a message is seen for the first time, and from now on never again.

    A signature covers a message's body and not its delivery's name, so each has a mark.
    """
    moment = now()
    session.execute(delete(SignedMessage).where(SignedMessage.expires_at < moment))
    digests = [sha256(mark.encode()).hexdigest() for mark in marks]
    if session.scalar(select(SignedMessage.digest).where(SignedMessage.digest.in_(digests))):
        return False
    session.add_all(SignedMessage(digest=each, expires_at=expires_at) for each in set(digests))
    session.flush()
    return True


def take_commit(
    session: Session,
    repository: StudentRepository,
    *,
    sha: str,
    ref: str,
    event: str,
    place: str,
    installation: int | None,
) -> HandedInCommit:
    """Note a commit to be fetched; older ones of the same repository need not be any more."""
    session.execute(
        update(HandedInCommit)
        .where(
            HandedInCommit.repository_id == repository.id,
            HandedInCommit.state == CommitState.WAITING,
        )
        .values(state=CommitState.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )
    made = HandedInCommit(
        repository_id=repository.id,
        sha=sha,
        ref=ref[:300],
        event=event,
        place=place,
        installation=installation,
    )
    session.add(made)
    session.flush()
    return made


def hold_commits(session: Session) -> list[HandedInCommit]:
    """Commits that are due to be fetched, held for a while by whoever takes them."""
    moment = now()
    due = HandedInCommit.next_try_at.is_(None) | (HandedInCommit.next_try_at <= moment)
    found = session.scalars(
        select(HandedInCommit)
        .where(HandedInCommit.state == CommitState.WAITING, due)
        .order_by(HandedInCommit.id)
        .limit(AT_ONCE)
    ).all()
    return [each for each in found if _hold(session, HandedInCommit, each.id, due, moment)]


def hold_results(session: Session) -> list[CommitResult]:
    """Results that can be told now: their grading has ended, or there is none."""
    moment = now()
    due = CommitResult.next_try_at.is_(None) | (CommitResult.next_try_at <= moment)
    run = aliased(GradingRun)
    is_open = exists().where(
        run.submission_id == CommitResult.submission_id,
        run.regrade_id.is_(None),
        run.state.in_((RunState.QUEUED, RunState.RUNNING)),
    )
    found = session.scalars(
        select(CommitResult)
        .where(
            CommitResult.state == ResultState.WAITING,
            due,
            or_(CommitResult.submission_id.is_(None), ~is_open),
        )
        .order_by(CommitResult.id)
        .limit(AT_ONCE)
    ).all()
    return [each for each in found if _hold(session, CommitResult, each.id, due, moment)]


def _hold(session: Session, table: Any, row_id: int, due: Any, moment: dt.datetime) -> bool:
    held: Any = session.execute(
        update(table)
        .where(table.id == row_id, due)
        .values(next_try_at=moment + HELD)
        .execution_options(synchronize_session=False)
    )
    return bool(held.rowcount == 1)


def put_off(row: HandedInCommit | CommitResult, fault: str, pause_s: float = 0) -> None:
    """Try again later, ever more seldom, and in the end no more."""
    row.tries += 1
    row.last_error = fault[:2000]
    wait_s = max(pause_s, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (row.tries - 1)))
    row.next_try_at = now() + dt.timedelta(seconds=wait_s)
    if row.tries >= TRIES:
        is_commit = isinstance(row, HandedInCommit)
        row.state = CommitState.REFUSED if is_commit else ResultState.GIVEN_UP
