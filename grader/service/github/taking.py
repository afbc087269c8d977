"""A commit's files as submissions of whoever the course's table says it is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.ci.choosing import find_left_out
from grader.errors import Conflict, GraderError, NotAllowed, SubmissionError, TooMany
from grader.service.authorising import Action, Thing, may
from grader.service.engine import Engine
from grader.service.github.client import GitHubClient, GitHubRefused
from grader.service.github.trees import cut_folder, list_folders
from grader.service.intake import look_at, make_folder
from grader.service.settings import Settings
from grader.store.admission import HandedIn, take_submission
from grader.store.catalogue import list_assignments
from grader.store.commits import hold_commits, put_off
from grader.store.database import Store
from grader.store.forges import (
    CommitResult,
    CommitState,
    HandedInCommit,
    ResultState,
    StudentRepository,
)
from grader.store.roster import recognise
from grader.store.schema import Assignment, User
from grader.store.types import now
from grader.submission.tar import list_tar

GONE = "this repository's student is not in the course any more"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a commit holds for one assignment."""

    assignment: str
    folder: str
    handed_in: HandedIn | None = None
    words: str = ""


class CommitTaker:
    """Fetches commits that are due; what it meets in them is never run or checked out."""

    def __init__(
        self, store: Store, settings: Settings, engine: Engine, client: GitHubClient
    ) -> None:
        self._store, self._settings = store, settings
        self._engine, self._client = engine, client

    def take_due(self) -> int:
        """Take every commit that is due; how many became submissions."""
        taken = 0
        for commit in self._store.attempt(hold_commits):
            try:
                pieces = self._fetch(commit)
                self._store.attempt(partial(self._keep, commit_id=commit.id, pieces=pieces))
                taken += 1
            except TooMany as later:
                self._put_off(commit.id, str(later), later.retry_after_s)
            except GitHubRefused as refused:
                self._put_off(commit.id, str(refused), refused.pause_s)
            except GraderError as fault:
                self._put_off(commit.id, str(fault))
        if taken:
            self._engine.wake()
        return taken

    def _put_off(self, commit_id: int, fault: str, pause_s: float = 0) -> None:
        def note(session: Session) -> None:
            commit = session.get_one(HandedInCommit, commit_id)
            if commit.state == CommitState.WAITING:
                put_off(commit, fault, pause_s)

        self._store.attempt(note)

    def _fetch(self, commit: HandedInCommit) -> list[Piece]:
        with self._store.read() as session:
            repository = session.get_one(StudentRepository, commit.repository_id)
            known = [
                each.slug
                for each in list_assignments(session, repository.course_id)
                if each.is_visible and each.version_id
            ]
        with make_folder(self._settings.folder) as scratch:
            path = Path(scratch) / "commit.tar.gz"
            try:
                self._client.fetch_tree(
                    commit.place, commit.sha, commit.installation, path,
                    self._settings.upload_bytes,
                )  # fmt: skip
                places = _place(repository, known, path)
            except SubmissionError as trouble:
                names = [repository.assignment] if repository.assignment else known[-1:]
                return [Piece(name, repository.folder, words=str(trouble)) for name in names]
            name = f"{repository.name.partition('/')[2]}@{commit.sha[:12]}"
            return [_read_piece(path, slug, folder, name) for slug, folder in places.items()]

    def _keep(self, session: Session, commit_id: int, pieces: list[Piece]) -> None:
        commit = session.get_one(HandedInCommit, commit_id, with_for_update=True)
        if commit.state != CommitState.WAITING:
            return
        repository = session.get_one(StudentRepository, commit.repository_id)
        for piece in pieces:
            result = CommitResult(
                commit_id=commit.id, assignment=piece.assignment, folder=piece.folder
            )
            if not self._client.is_app:
                result.state = ResultState.KEPT
            if piece.handed_in is None:
                result.words = piece.words
            else:
                self._submit(session, commit, repository, piece.handed_in, result)
            session.add(result)
        commit.state, commit.last_error, commit.next_try_at = CommitState.TAKEN, "", None

    def _submit(
        self, session: Session, commit: HandedInCommit, repository: StudentRepository,
        handed_in: HandedIn, result: CommitResult,
    ) -> None:  # fmt: skip
        """Errors   TooMany: all of the commit comes again later, and nothing of it twice."""
        user = session.get_one(User, repository.user_id)
        known = recognise(session, user)
        if (
            user.disabled_at
            or user.erased_at
            or not may(known, Action.SUBMIT, Thing(repository.course_id, user.id))
        ):
            result.words = GONE
            return
        wanted = session.scalars(
            select(Assignment).where(
                Assignment.course_id == repository.course_id, Assignment.slug == result.assignment
            )
        ).one_or_none()
        if wanted is None:
            result.words = f"this course has no assignment '{result.assignment}'"
            return
        try:
            taken = take_submission(
                session, wanted, user.id, handed_in,
                limits=self._settings.limits, source="github",
                request_id=f"commit-{commit.id}", at=min(commit.received_at, now()),
            )  # fmt: skip
        except (NotAllowed, Conflict) as refused:
            result.words = str(refused)
            return
        if taken.is_new:
            self._engine.enqueue(session, [taken.run])
        result.submission_id = taken.submission.id


def _place(repository: StudentRepository, known: list[str], tarball: Path) -> dict[str, str]:
    """Assignment to folder."""
    if repository.assignment:
        return {repository.assignment: repository.folder}
    folders = list_folders(tarball) if not repository.folder else frozenset(known)
    places = {
        slug: "/".join(filter(None, (repository.folder, slug))) for slug in known if slug in folders
    }
    return {slug: folder for slug, folder in places.items() if _holds(tarball, folder)}


def _holds(tarball: Path, folder: str) -> bool:
    try:
        return bool(cut_folder(tarball, folder))
    except SubmissionError:
        return False


def _read_piece(tarball: Path, assignment: str, folder: str, name: str) -> Piece:
    with tempfile.TemporaryDirectory(dir=tarball.parent) as scratch:
        path = Path(scratch) / "work.tar"
        try:
            path.write_bytes(cut_folder(tarball, folder))
            handed_in = look_at(path, name)
            paths = [entry.name for entry in list_tar(path)]
            inner = find_left_out(paths, [file["name"] for file in handed_in.manifest])
            return Piece(assignment, "/".join(filter(None, (folder, inner))), handed_in)
        except SubmissionError as trouble:
            words = str(trouble).replace(str(path), folder or "the commit")
            return Piece(assignment, folder, words=words.replace(path.name, folder or "the commit"))
