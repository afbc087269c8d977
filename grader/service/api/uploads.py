"""Uploads in pieces, named by the SHA-256 of the whole: a broken connection goes on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from grader.errors import NotAllowed
from grader.service.acting import Asker
from grader.service.authorising import SCOPE_OF, Action
from grader.service.intake import TooLarge
from grader.service.running import find_service
from grader.store.roster import Known
from grader.store.uploads import add_chunk, forget_upload, measure_upload

router = APIRouter(tags=["uploads"])

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
CHUNK_BYTES = 4 << 20
"""A piece that a phone sends within seconds, and a small row in the database."""


class UploadView(BaseModel):
    """How much has come."""

    sha256: str
    size: int


@router.get("/uploads/{sha256}")
def read_upload_size(request: Request, known: Asker, sha256: Sha256) -> UploadView:
    """How many bytes of this upload of yours have come: go on from there."""
    with find_service(request).store.read() as session:
        return UploadView(sha256=sha256, size=measure_upload(session, known.user_id, sha256))


@router.patch("/uploads/{sha256}")
async def add_to_upload(
    request: Request,
    known: Asker,
    sha256: Sha256,
    upload_offset: Annotated[int, Header(ge=0, lt=2**40)],
) -> UploadView:
    """Send the next piece, up to 4 MiB; `Upload-Offset` is the size so far."""
    _require_may_upload(known)
    service = find_service(request)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > CHUNK_BYTES:
            raise TooLarge(f"a piece may have {CHUNK_BYTES} bytes; send more, smaller ones")
    limit = service.settings.upload_bytes

    def add(session: Session) -> int:
        return add_chunk(session, known.user_id, sha256, upload_offset, bytes(content), limit)

    size = await run_in_threadpool(service.store.attempt, add)
    return UploadView(sha256=sha256, size=size)


@router.delete("/uploads/{sha256}", status_code=204)
def give_up_upload(request: Request, known: Asker, sha256: Sha256) -> None:
    """Forget what has come."""
    find_service(request).store.attempt(
        lambda session: forget_upload(session, known.user_id, sha256)
    )


def _require_may_upload(known: Known) -> None:
    if not known.roles or (
        known.scopes is not None and SCOPE_OF[Action.SUBMIT] not in known.scopes
    ):
        raise NotAllowed("you are in no course, or your token has no scope 'submit'")
