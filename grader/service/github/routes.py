"""Where GitHub's events and workflows' tokens come in, and who a repository's work is."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from grader.errors import NotAllowed, NotFound, NotSignedIn, UsageError
from grader.report import json as report_json
from grader.service.acting import KNOWN, Asker
from grader.service.api.finding import open_course
from grader.service.api.shapes import Given, Id
from grader.service.authorising import Action, Thing, require
from grader.service.github.claims import Vouched, read_token
from grader.service.github.events import Pushed, SignedDigest, read_event, require_signature
from grader.service.intake import make_spool
from grader.service.running import Service, find_service
from grader.store import audit, commits
from grader.store.admission import find_run
from grader.store.blobs import read_blob
from grader.store.catalogue import find_assignment
from grader.store.forges import CommitResult, CommitState, HandedInCommit, StudentRepository
from grader.store.roster import find_user
from grader.store.schema import User

router = APIRouter(tags=["github"])
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class CommitView(BaseModel):
    """A commit that was handed in."""

    id: int
    sha: str
    state: CommitState


class ResultView(BaseModel):
    """What came of it in one assignment; `report` is the student's, once there is one."""

    assignment: str
    state: str
    words: str = ""
    report: dict[str, Any] | None = None


class OutcomeView(CommitView):
    """A commit and what came of it."""

    is_over: bool
    results: list[ResultView]


class RepositoryGiven(Given):
    """Whose work a repository's commits are."""

    name: Text
    """`owner/name`."""
    email: Text
    """The student's."""
    assignment: Text = ""
    folder: Text = ""
    branch: Text = ""
    actors: Annotated[list[Text], Field(max_length=20)] = Field(default_factory=list)


class RepositoryView(BaseModel):
    """A repository, and whose it is."""

    name: str
    number: int | None
    user_id: int
    email: str
    assignment: str
    folder: str
    branch: str
    actors: list[str]
    last_error: str
    """Of the latest commit; empty where all is well."""


@router.post("/github/webhook", status_code=202, include_in_schema=False)
async def take_event(request: Request) -> dict[str, str]:
    """An event of GitHub's; everything in it is believed for its signature's sake."""
    service = find_service(request)
    secret = service.settings.github_webhook_secret
    if not secret:
        raise NotFound("no webhook is set up here")
    signature = request.headers.get("x-hub-signature-256", "")
    require_signature(signature)
    with make_spool(service.settings.folder) as spool:
        # Nobody is known by the body's length: until it is seen to be signed, it is not in memory.
        digest = SignedDigest(secret)
        async for chunk in request.stream():
            spool.write(digest.add(chunk))
        digest.check(signature)
        spool.seek(0)
        body = await run_in_threadpool(spool.read)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise UsageError("this event is not JSON; choose application/json") from None
    pushed = read_event(request.headers.get("x-github-event", ""), document)
    if pushed is None:
        return {"said": "nothing is handed in by this event"}
    delivery = request.headers.get("x-github-delivery", "")
    marks = (f"delivery {delivery}", f"body {sha256(body).hexdigest()}")
    found = await run_in_threadpool(
        service.store.attempt, partial(_take, pushed=pushed, marks=marks)
    )
    request.app.state.courier.wake()
    return {"said": found if isinstance(found, str) else f"commit {found.sha[:12]} was taken"}


@router.post("/github/commits", status_code=202)
async def hand_in_commit(request: Request) -> CommitView:
    """Hand in the commit that a workflow runs on, by its OIDC token as bearer."""
    service = find_service(request)
    vouched = await run_in_threadpool(_read_bearer, service, request)
    found = await run_in_threadpool(
        service.store.attempt,
        lambda session: _take(
            session, vouched.pushed, (f"token {vouched.mark}",), expires_at=vouched.expires_at
        ),
    )
    if isinstance(found, str):
        raise NotAllowed(found)
    request.app.state.courier.wake()
    return CommitView(id=found.id, sha=found.sha, state=CommitState(found.state))


@router.get("/github/commits/{commit_id}")
def read_commit(request: Request, commit_id: Id) -> OutcomeView:
    """What came of a commit, for a workflow of the same repository."""
    service = find_service(request)
    vouched = _read_bearer(service, request)
    with service.store.read() as session:
        commit = session.get(HandedInCommit, commit_id)
        owner = commit and session.get_one(StudentRepository, commit.repository_id).number
        if commit is None or owner != vouched.pushed.number:
            raise NotFound("this repository handed in no such commit")
        results = session.scalars(
            select(CommitResult)
            .where(CommitResult.commit_id == commit.id)
            .order_by(CommitResult.assignment)
        ).all()
        shown = [_show_result(session, each) for each in results]
    state = CommitState(commit.state)
    is_over = state is not CommitState.WAITING and all(
        each.state not in ("queued", "running") for each in shown
    )
    return OutcomeView(id=commit.id, sha=commit.sha, state=state, is_over=is_over, results=shown)


@router.get("/courses/{course}/repositories")
def read_repositories(request: Request, known: Asker, course: str) -> list[RepositoryView]:
    """Whose work each repository's commits are."""
    with find_service(request).store.read() as session:
        found = open_course(session, known, course)
        require(known, Action.MANAGE_PEOPLE, Thing(found.id))
        return [
            show_repository(session, each) for each in commits.list_repositories(session, found.id)
        ]


@router.post("/courses/{course}/repositories", status_code=201)
def add_repository(
    request: Request, known: Asker, course: str, given: RepositoryGiven
) -> RepositoryView:
    """Say whose work a repository's commits are."""

    def work(session: Session) -> RepositoryView:
        found = open_course(session, known, course)
        require(known, Action.MANAGE_PEOPLE, Thing(found.id))
        user = find_user(session, given.email)
        if user is None:
            raise NotFound(f"nobody has the address {given.email}")
        if given.assignment:
            find_assignment(session, found, given.assignment)
        made = commits.add_repository(
            session, found, user, given.name,
            assignment=given.assignment, folder=given.folder, branch=given.branch,
            actors=given.actors,
        )  # fmt: skip
        audit.note(session, known.user_id, "add repository", f"user {user.id}", name=made.name)
        return show_repository(session, made)

    return find_service(request).store.attempt(work)


@router.delete("/courses/{course}/repositories/{owner}/{name}", status_code=204)
def remove_repository(request: Request, known: Asker, course: str, owner: str, name: str) -> None:
    """Take nothing more from a repository; what was handed in stays."""

    def work(session: Session) -> None:
        found = open_course(session, known, course)
        require(known, Action.MANAGE_PEOPLE, Thing(found.id))
        gone = commits.remove_repository(session, found.id, f"{owner}/{name}")
        audit.note(
            session, known.user_id, "remove repository", f"user {gone.user_id}", name=gone.name
        )

    find_service(request).store.attempt(work)


def _take(
    session: Session, pushed: Pushed, marks: tuple[str, ...], expires_at: Any = None
) -> HandedInCommit | str:
    """The commit, noted; or why it is not."""
    repository = commits.find_repository(session, pushed.repository, pushed.number)
    if repository is None:
        return f"{pushed.repository} is no student's repository here"
    branch = f"refs/heads/{repository.branch}" if repository.branch else ""
    is_wanted = pushed.ref == branch if branch else pushed.is_default_branch
    if pushed.event != "pull_request" and not is_wanted:
        return f"{pushed.ref[:100]} is not the branch that counts"
    if repository.actors and pushed.actor not in repository.actors:
        return f"pushes of {pushed.actor[:40]} do not count in {pushed.repository}"
    if not commits.is_first(session, *marks, expires_at=expires_at):
        return "this was taken before"
    return commits.take_commit(
        session, repository, sha=pushed.sha, ref=pushed.ref, event=pushed.event,
        place=pushed.place, installation=pushed.installation,
    )  # fmt: skip


def _read_bearer(service: Service, request: Request) -> Vouched:
    settings = service.settings
    if not settings.public_url:
        raise NotFound("workflows cannot hand in here: the setting public_url is empty")
    mark, _, token = request.headers.get("authorization", "").partition(" ")
    if mark.lower() != "bearer" or not token:
        raise NotSignedIn("send the workflow's OIDC token as bearer")
    found = read_token(token.strip(), settings.github_oidc_issuer, settings.public_url.rstrip("/"))
    setattr(request.state, KNOWN, True)
    return found


def _show_result(session: Session, result: CommitResult) -> ResultView:
    if result.submission_id is None:
        return ResultView(assignment=result.assignment, state="refused", words=result.words)
    run = find_run(session, result.submission_id)
    report = None
    if run is not None and run.student_report_sha:
        # Read and written again: what is not a report of a student's never leaves here.
        text = read_blob(session, run.student_report_sha).decode()
        report = json.loads(report_json.render(report_json.read(text)))
    state = run.state if run is not None else "refused"
    return ResultView(assignment=result.assignment, state=state, report=report)


def show_repository(session: Session, repository: StudentRepository) -> RepositoryView:
    """A repository with whose it is, and what went wrong last."""
    latest = session.scalar(
        select(HandedInCommit)
        .where(HandedInCommit.repository_id == repository.id)
        .order_by(HandedInCommit.id.desc())
        .limit(1)
    )
    untold = latest and session.scalar(
        select(CommitResult.last_error).where(
            CommitResult.commit_id == latest.id, CommitResult.last_error != ""
        )
    )
    user = session.get_one(User, repository.user_id)
    return RepositoryView(
        name=repository.name,
        number=repository.number,
        user_id=user.id,
        email=user.email or "",
        assignment=repository.assignment,
        folder=repository.folder,
        branch=repository.branch,
        actors=list(repository.actors),
        last_error=(latest.last_error if latest else "") or untold or "",
    )
