"""Who visits a page, and forms that only our own pages can have sent."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from grader.errors import NotAllowed, NotSignedIn
from grader.service.acting import COOKIE, find_signed_in
from grader.service.authorising import Action, Thing, may
from grader.service.intake import TooLarge
from grader.service.running import Service, find_service
from grader.store.roster import Known
from grader.store.schema import User
from grader.submission.files import show_size

VISITOR = "grade_visitor"
"""A cookie for whoever is not signed in yet: the sign-in form's token hangs on it."""
FIELD = "csrf"
VISIT_S = 86_400
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
PLAIN_FORM_BYTES = 1 << 20
"""A form without files: a page of answers is far smaller."""
MOST_FIELDS = 2_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one visitor."""

    service: Service
    known: Known | None
    timezone: str
    csrf: str
    path: str
    is_light: bool = False
    """A fragment for a page that is shown already."""

    @property
    def person(self) -> Known:
        """Errors   NotSignedIn."""
        if self.known is None:
            raise NotSignedIn
        return self.known

    def may(self, action: str, course_id: int | None = None, owner_id: int | None = None) -> bool:
        """For templates: whether to show a link."""
        return self.known is not None and may(
            self.known, Action(action), Thing(course_id, owner_id)
        )


def visit_anyway(request: Request) -> Visit:
    """A visit by whoever it is."""
    service = find_service(request)
    known = find_signed_in(request)
    timezone = ""
    if known is not None:
        with service.store.read() as session:
            user = session.get(User, known.user_id)
            timezone = user.timezone if user else ""
    return Visit(
        service=service,
        known=known,
        timezone=timezone,
        csrf=derive_token(request),
        path=request.url.path,
        is_light=request.headers.get("hx-request") == "true",
    )


def visit_signed_in(visit: Annotated[Visit, Depends(visit_anyway)]) -> Visit:
    """A visit by a known person.

    Errors   NotSignedIn; its page leads to the sign-in.
    """
    if visit.known is None:
        raise NotSignedIn
    return visit


Anybody = Annotated[Visit, Depends(visit_anyway)]
SignedIn = Annotated[Visit, Depends(visit_signed_in)]


def derive_token(request: Request) -> str:
    """What a form must hold to be ours: only who knows the cookie can compute it."""
    cookie = request.cookies.get(COOKIE) or request.cookies.get(VISITOR) or ""
    return _sign(cookie) if cookie else ""


def _sign(cookie: str) -> str:
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def show_to_stranger(request: Request, visit: Visit, show: Callable[[Visit], Response]) -> Response:
    """A page with a form for whoever has no cookie yet, and the cookie that its token hangs on."""
    if visit.csrf:
        return show(visit)
    cookie = secrets.token_urlsafe(24)
    response = show(replace(visit, csrf=_sign(cookie)))
    set_cookie(request, response, VISITOR, cookie, VISIT_S)
    return response


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """A cookie that scripts can't read, and that goes over plain HTTP on this machine only."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="lax", secure=needs_https(request)
    )


def needs_https(request: Request) -> bool:
    """Whether cookies must only go over HTTPS: everywhere but on this machine."""
    public = find_service(request).settings.public_url
    if public:
        return public.startswith("https:")
    return request.url.scheme == "https" or request.url.hostname not in LOCAL_HOSTS


class Form(Mapping[str, str]):
    """What was filled in: texts by their names, and files."""

    def __init__(self, found: FormData) -> None:
        self.files: dict[str, list[UploadFile]] = {}
        self._texts: dict[str, str] = {}
        for name, value in found.multi_items():
            if isinstance(value, UploadFile):
                self.files.setdefault(name, []).append(value)
            else:
                # A NUL is no text to PostgreSQL, and nobody types one.
                self._texts[name] = value.replace("\0", "")

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Any:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def read(self, name: str, limit: int = 2_000) -> str:
        """A text, stripped and cut; '' where there is none."""
        return self._texts.get(name, "").strip()[:limit]


async def read_form(request: Request) -> Form:
    """A form that our own page sent.

    Errors   NotAllowed without its token; TooLarge.
    """
    form = await _read(request, PLAIN_FORM_BYTES)
    require_token(request, form)
    return form


async def read_upload(request: Request) -> Form:
    """The same with files, as large as a submission may be."""
    largest = find_service(request).settings.upload_bytes
    form = await _read(request, largest + PLAIN_FORM_BYTES, largest)
    require_token(request, form)
    return form


async def read_foreign_form(request: Request) -> Form:
    """A form that another site sends on purpose, as platforms do: it proves itself otherwise."""
    return await _read(request, PLAIN_FORM_BYTES)


def require_token(request: Request, form: Form) -> None:
    """Errors   NotAllowed."""
    expected = derive_token(request)
    if not expected or not hmac.compare_digest(form.get(FIELD, "").encode(), expected.encode()):
        raise NotAllowed("this page was open for too long, or is not ours; load it again")


async def _read(request: Request, limit: int, files: int = 0) -> Form:
    stated = request.headers.get("content-length", "")
    if not stated.isascii() or not stated.isdigit() or int(stated) > limit:
        # A browser always states the length of a form; only then is it bounded before it is read.
        advice = "; hand in code and answers only, without data and pictures" if files else ""
        raise TooLarge(f"this is larger than {show_size(files or limit)}{advice}")
    found = await request.form(
        max_files=200, max_fields=MOST_FIELDS, max_part_size=PLAIN_FORM_BYTES
    )
    return Form(found)


PageForm = Annotated[Form, Depends(read_form)]
UploadForm = Annotated[Form, Depends(read_upload)]
ForeignForm = Annotated[Form, Depends(read_foreign_form)]
