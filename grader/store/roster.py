"""People: adding and finding them, their roles, their tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound
from grader.store import audit
from grader.store.schema import ApiToken, Course, Enrolment, Identity, Platform, Role, User
from grader.store.types import now

SCOPES = ("submit", "read:own", "grade", "admin:course", "operate")
"""What a token may be used for, within what its owner may do."""
TOKEN_MARK = "grd"
LONGEST_ADDRESS = 254
"""Mail takes no longer ones."""
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_SEEN_EVERY = dt.timedelta(minutes=5)
"""When a token was last used is noted this often, not with every request."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who was recognised: who, their roles, and what the token allows."""

    user_id: int
    name: str
    roles: Mapping[int, Role]
    """By course."""
    is_operator: bool = False
    scopes: frozenset[str] | None = None
    """None where a person is signed in: all that their roles allow."""
    only_course: int | None = None
    """The course that the token is for; None for all."""
    until: dt.datetime | None = None
    """When the token ends; None where a person is signed in."""


def add_user(session: Session, email: str, name: str, *, is_operator: bool = False) -> User:
    """Add a person.

    Errors   Conflict when the address is taken, or is none.
    """
    email = email.strip().lower()
    if not _ADDRESS.fullmatch(email) or len(email) > LONGEST_ADDRESS:
        raise Conflict(f"'{email[:80]}' is no address; write it as ada@example.edu")
    if not name.strip():
        raise Conflict(f"{email} has no name")
    if find_user(session, email):
        raise Conflict(f"there is a person with the address {email} already")
    user = User(name=name, email=email, is_operator=is_operator)
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, email: str) -> User | None:
    """A person by address."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def require_proven(session: Session, user: User, role: Role) -> None:
    """Errors   Conflict for staff by an address that a learning platform alone has told.

    Platforms let people write any address into their profile: whoever is made staff by it must
    have it.
    """
    told = (
        select(Identity.id)
        .join(Platform, Platform.issuer == Identity.issuer)
        .where(Identity.user_id == user.id)
    )
    if role is not Role.STUDENT and session.scalar(told.limit(1)) is not None:
        raise Conflict(
            f"that {user.email} is {user.name}'s is a learning platform's word alone; make them"
            f" a {role} there, or let an operator do it here"
        )


def is_known_elsewhere(session: Session, user: User, course_id: int) -> bool:
    """Whether another course has the person, or an institution or a platform tells who they are."""
    elsewhere = select(Enrolment.course_id).where(
        Enrolment.user_id == user.id, Enrolment.course_id != course_id
    )
    identities = select(Identity.id).where(Identity.user_id == user.id)
    return any(session.scalar(each.limit(1)) is not None for each in (elsewhere, identities))


def correct_name(session: Session, user: User, name: str, course_id: int, *, by: int) -> bool:
    """Call a person otherwise, where nobody but this course says what they are called."""
    is_gone = user.disabled_at is not None or user.erased_at is not None
    is_others = user.is_operator or is_known_elsewhere(session, user, course_id)
    if is_gone or is_others:
        return False
    user.name = name
    audit.note(session, by, "rename", f"user {user.id}")
    session.flush()
    return True


def enrol(
    session: Session,
    course: Course,
    user: User,
    role: Role,
    *,
    section: str = "",
    external_id: str = "",
) -> Enrolment:
    """Give a person a role in a course, in place of any other."""
    enrolment = session.get(Enrolment, (course.id, user.id))
    if enrolment is None:
        enrolment = Enrolment(course_id=course.id, user_id=user.id)
        session.add(enrolment)
    enrolment.role = role
    enrolment.left_at = None
    enrolment.section = section or enrolment.section or ""
    enrolment.external_id = external_id or enrolment.external_id or ""
    session.flush()
    return enrolment


def recognise(
    session: Session, user: User, scopes: Iterable[str] | None = None, course_id: int | None = None
) -> Known:
    """A person with all their roles, or those in one course."""
    rows = session.execute(
        select(Enrolment.course_id, Enrolment.role).where(
            Enrolment.user_id == user.id, Enrolment.left_at.is_(None)
        )
    )
    return Known(
        user_id=user.id,
        name=user.name,
        roles={
            course: Role(role) for course, role in rows if course_id is None or course == course_id
        },
        is_operator=user.is_operator and course_id is None,
        scopes=None if scopes is None else frozenset(scopes),
    )


def make_token(
    session: Session,
    user: User,
    *,
    scopes: Iterable[str],
    expires_at: dt.datetime,
    label: str = "",
    course_id: int | None = None,
) -> tuple[ApiToken, str]:
    """A token, and its text, which is never to be had again."""
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown:
        raise Conflict(f"no scope '{unknown[0]}'; there are: {', '.join(SCOPES)}")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id,
        course_id=course_id,
        label=label,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        scopes=wanted,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return token, f"{TOKEN_MARK}_{prefix}_{secret}"


def find_token(session: Session, text: str) -> tuple[ApiToken, User] | None:
    """The token and its owner; None when it is unknown, expired, revoked or its owner is gone."""
    prefix, secret = _split_token(text)
    if not prefix:
        return None
    row = session.execute(
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.prefix == prefix)
    ).first()
    if row is None:
        return None
    token, user = row
    if not hmac.compare_digest(token.secret_hash, hash_secret(secret)):
        return None
    moment = now()
    if token.revoked_at or token.expires_at <= moment or user.disabled_at or user.erased_at:
        return None
    return token, user


def _split_token(text: str) -> tuple[str, str]:
    """What a token is found by, and what proves it; empty where it is none."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    return (prefix, secret) if mark == TOKEN_MARK and prefix and secret else ("", "")


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A token that was shown, and whose it is."""

    token_id: int
    known: Known
    wants_noting: bool
    """Whether its last use was noted too long ago."""


def recognise_token(session: Session, text: str) -> TokenUse | None:
    """Whose a token is, in one query; None as for `find_token`."""
    prefix, secret = _split_token(text)
    if not prefix:
        return None
    rows = session.connection().execute(_TOKEN_AND_ROLES, {"prefix": prefix}).all()
    if not rows or not hmac.compare_digest(rows[0].secret_hash, hash_secret(secret)):
        return None
    first, moment = rows[0], now()
    is_over = first.revoked_at is not None or first.expires_at <= moment
    if is_over or first.disabled_at is not None or first.erased_at is not None:
        return None
    known = Known(
        user_id=first.user_id,
        name=first.name,
        roles={
            row.enrolled_in: Role(row.role)
            for row in rows
            if row.enrolled_in is not None and first.course_id in (None, row.enrolled_in)
        },
        is_operator=first.is_operator and first.course_id is None,
        scopes=frozenset(first.scopes),
        only_course=first.course_id,
        until=first.expires_at,
    )
    used_at = first.last_used_at
    return TokenUse(first.id, known, used_at is None or moment - used_at > _SEEN_EVERY)


_TOKEN_AND_ROLES = (
    select(
        ApiToken.id,
        ApiToken.user_id,
        ApiToken.course_id,
        ApiToken.secret_hash,
        ApiToken.scopes,
        ApiToken.expires_at,
        ApiToken.revoked_at,
        ApiToken.last_used_at,
        User.name,
        User.is_operator,
        User.disabled_at,
        User.erased_at,
        Enrolment.course_id.label("enrolled_in"),
        Enrolment.role,
    )
    .join(User, User.id == ApiToken.user_id)
    .outerjoin(Enrolment, and_(Enrolment.user_id == User.id, Enrolment.left_at.is_(None)))
    .where(ApiToken.prefix == bindparam("prefix"))
)


def note_uses(session: Session, token_ids: Iterable[int]) -> None:
    """Note that tokens are in use, to a few minutes."""
    session.execute(
        update(ApiToken).where(ApiToken.id.in_(list(token_ids))).values(last_used_at=now())
    )


def revoke_token(session: Session, token_id: int, user_id: int | None) -> ApiToken:
    """Revoke a token, of one person or of anybody.

    Errors   NotFound.
    """
    token = session.get(ApiToken, token_id)
    if token is None or (user_id is not None and token.user_id != user_id):
        raise NotFound("there is no such token")
    token.revoked_at = token.revoked_at or now()
    session.flush()
    return token


def hash_secret(secret: str) -> str:
    """A digest; the secret has 256 random bits, so a fast one is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
