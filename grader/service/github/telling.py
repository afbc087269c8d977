"""What came of a commit, told as a check run: found again after a broken try, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.report import json as report_json
from grader.service.github.checks import Request, make_refusal, make_requests
from grader.service.github.client import GitHubClient, GitHubRefused
from grader.service.settings import Settings
from grader.store.admission import find_run
from grader.store.blobs import read_blob
from grader.store.commits import hold_results, put_off
from grader.store.database import Store
from grader.store.forges import CommitResult, HandedInCommit, ResultState
from grader.store.schema import RunState

OURS = "The grader failed on this three times. Staff have been told, and no points are lost."
STOPPED = {
    RunState.CANCELLED: "This grading was cancelled.",
    RunState.SUPERSEDED: "A later commit took its place before it was graded.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that is sent for one result."""

    result_id: int
    place: str
    sha: str
    installation: int | None
    is_second_try: bool
    external_id: str
    requests: list[Request]


class ResultTeller:
    """Posts check runs that are due."""

    def __init__(self, store: Store, settings: Settings, client: GitHubClient) -> None:
        self._store, self._settings, self._client = store, settings, client

    def tell_due(self) -> int:
        """Tell everything that is due; how many arrived."""
        told = 0
        for result in self._store.attempt(hold_results):
            try:
                with self._store.read() as session:
                    letter = self._write(session, result)
                number = self._send(letter)
            except GraderError as fault:
                pause_s = fault.pause_s if isinstance(fault, GitHubRefused) else 0
                self._store.attempt(partial(_note_fault, result.id, str(fault), pause_s))
                continue
            self._store.attempt(partial(_note_told, result.id, number))
            told += 1
        return told

    def _write(self, session: Session, result: CommitResult) -> Letter:
        commit = session.get_one(HandedInCommit, result.commit_id)
        external_id = f"fairmark-{result.id}"
        facts = {
            "head_sha": commit.sha,
            "external_id": external_id,
            "details_url": self._name_page(result.submission_id),
        }
        return Letter(
            result_id=result.id,
            place=commit.place,
            sha=commit.sha,
            installation=commit.installation,
            is_second_try=result.tries > 0 or result.check_run is not None,
            external_id=external_id,
            requests=_write_requests(session, result, facts),
        )

    def _name_page(self, submission_id: int | None) -> str:
        base = self._settings.public_url.rstrip("/")
        return f"{base}/submissions/{submission_id}" if base and submission_id else ""

    def _send(self, letter: Letter) -> int:
        first, *others = letter.requests
        made: Mapping[str, Any] | None = None
        if letter.is_second_try:
            made = self._client.find_check(
                letter.place, letter.sha, str(first["name"]), letter.external_id,
                letter.installation,
            )  # fmt: skip
        if made is None:
            made = self._client.make_check(letter.place, first, letter.installation)
            arrived = len(first["output"].get("annotations") or ())
        else:
            arrived = int((made.get("output") or {}).get("annotations_count") or 0)
        number = int(made["id"])
        sent = len(first["output"].get("annotations") or ())
        for each in others:
            sent += len(each["output"]["annotations"])
            if sent > arrived:
                self._client.add_to_check(letter.place, number, each, letter.installation)
        return number


def _write_requests(session: Session, result: CommitResult, facts: dict[str, str]) -> list[Request]:
    if result.submission_id is None:
        return make_refusal(result.assignment, result.words, **facts)
    run = find_run(session, result.submission_id)
    if run is None or run.student_report_sha is None:
        state = RunState(run.state) if run is not None else RunState.CANCELLED
        return make_refusal(
            result.assignment, STOPPED.get(state, OURS), **facts, conclusion="neutral"
        )
    report = report_json.read(read_blob(session, run.student_report_sha).decode())
    return make_requests(report, result.folder, **facts)


def _note_told(result_id: int, number: int, session: Session) -> None:
    result = session.get_one(CommitResult, result_id)
    result.state, result.check_run = ResultState.TOLD, number
    result.last_error, result.next_try_at = "", None


def _note_fault(result_id: int, fault: str, pause_s: float, session: Session) -> None:
    put_off(session.get_one(CommitResult, result_id), fault, pause_s)
