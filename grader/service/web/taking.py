"""A form handed in: what its page showed, what it keeps from before, what is taken."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from grader.errors import SubmissionError, TooMany
from grader.service.api.handing_in import REFUSED, take
from grader.service.api.showing import SubmissionView
from grader.service.intake import look_at, make_folder
from grader.service.web.answered import Reconciled
from grader.service.web.handing_in import Filled, pack
from grader.service.web.uploads import Brought, read_earlier, read_uploads
from grader.service.web.visiting import Form, Visit
from grader.spec.loaded import LoadedAssignment
from grader.store.blobs import read_blob
from grader.store.schema import Submission
from grader.submission.names import Use, show_name


def read_archive(session: Session, submission: Submission | None) -> Brought:
    """The files of an earlier submission; none once they were removed."""
    if submission is None or submission.archive_sha is None:
        return Brought()
    content = read_blob(session, submission.archive_sha)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / submission.archive_name
        path.write_bytes(content)
        return read_earlier(path)


def name_shown(submission: Submission | None) -> str:
    """What the form says of the submission that its page shows."""
    return str(submission.id) if submission else "none"


def find_shown(session: Session, form: Form, latest: Submission | None) -> Submission | None:
    """The submission that the form's page showed."""
    named = form.read("shown", 9) or name_shown(latest)
    if latest is None or named == name_shown(latest):
        return latest
    found = session.get(Submission, int(named)) if named.isascii() and named.isdigit() else None
    is_theirs = found and found.user_id == latest.user_id
    return found if found and is_theirs and found.assignment_id == latest.assignment_id else None


def take_form(
    request: Request,
    visit: Visit,
    form: Form,
    course: str,
    assignment: str,
    loaded: LoadedAssignment,
    meant: Reconciled,
    seen: Brought,
    newest: Brought,
) -> SubmissionView:
    """Pack what the form means, and let it be graded.

    Errors   GraderError in words for whoever sent it.
    """
    uploads: Sequence[UploadFile] = form.files.get("files", ())
    person = str(visit.person.user_id)
    if has_chosen(form) and (wait_s := REFUSED.look(person)):
        raise TooMany(f"too many uploads that cannot be read; wait {wait_s} s", wait_s)
    settings = visit.service.settings
    with make_folder(settings.folder) as folder:
        try:
            brought = read_uploads(Path(folder), uploads, settings.upload_bytes)
            kept = _choose_kept(newest, seen, is_kept=bool(form.get("keep")))
            path = pack(
                Path(folder),
                brought,
                kept,
                Filled(texts=meant.texts, changed=meant.changed),
                loaded,
            )
            called = show_name(_name(form)) if path == brought.sole_archive else "your hand-in"
            handed_in = look_at(path, _name(form), called)
        except SubmissionError:
            if has_chosen(form):
                REFUSED.take(person)
            raise
    view, _ = take(
        visit.service, visit.person, course, assignment, handed_in, bool(form.get("practice")),
        request.state.request_id, "page",
    )  # fmt: skip
    return view


def _choose_kept(newest: Brought, seen: Brought, *, is_kept: bool) -> Brought:
    """Written answers always, for the fields show them; the rest where the page was told to.

    A page that showed no such files asked nothing about those that came since.
    """
    was_asked = any(file.use is not Use.ANSWERS for file in seen.files)
    if is_kept or not was_asked:
        return newest
    return Brought(files=[file for file in newest.files if file.use is Use.ANSWERS])


def say_disputed(meant: Reconciled, latest: Submission | None, *, has_files: bool) -> str:
    """Why a form was not taken that another one came before."""
    names = ", ".join(meant.disputed)
    ordinal = latest.ordinal if latest else ""
    again = ", choose your files again" if has_files else ""
    return (
        f"nothing was handed in: submission {ordinal} came since this page was opened and answers"
        f" {names} otherwise; both answers are shown below: keep the one that you mean{again} and"
        " hand in again"
    )


def _name(form: Form) -> str:
    uploads = form.files.get("files", ())
    names = [upload.filename.replace("\0", "") for upload in uploads if upload.filename]
    if not names:
        return "typed answers"
    return names[0][:200] if len(names) == 1 else f"{names[0][:150]} and {len(names) - 1} more"


def has_chosen(form: Form) -> bool:
    """Whether files were chosen."""
    return any(upload.filename for upload in form.files.get("files", ()))
