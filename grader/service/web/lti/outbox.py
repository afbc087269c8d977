"""Scores on their way to platforms: found when they change, sent, tried again, never forgotten."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import dataclass
from functools import partial

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.service.logs import Complaint
from grader.service.web.lti.keys import find_key
from grader.service.web.lti.services import PlatformClient
from grader.store.database import Store
from grader.store.schema import Identity, Passback, Platform, PlatformLink, Standing
from grader.store.types import now

LOOK_EVERY_S = 2.0
AT_ONCE = 50
HELD = dt.timedelta(minutes=2)
"""Whoever takes a score to send it has this long; then another may."""
FIRST_PAUSE_S = 30
LONGEST_PAUSE_S = 6 * 3600
"""Tried again after 30 s, 1 min, 2 min, … and four times a day from then on."""

log = logging.getLogger("grader.service")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One score, and where it goes."""

    assignment_id: int
    user_id: int
    version: int
    score: float
    most: float
    url: str
    subject: str
    platform: Platform


class Outbox:
    """Sends what has changed, from a thread of its own. Several processes may each have one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: PlatformClient | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)
        if self._client is not None:
            self._client.close()

    def _run(self) -> None:
        complaint = Complaint("the outbox")
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self.send_due()
                complaint.forget()
            except Exception as trouble:
                # What is due stays due.
                complaint.tell(trouble)

    def send_due(self) -> int:
        """Send everything that is due now; how many scores arrived."""
        with self._store.read() as session:
            if session.scalar(select(Passback.user_id).limit(1)) is None:
                return 0
        self._store.attempt(note_changes)
        if self._client is None:
            self._client = PlatformClient(find_key(self._store))
        sent = 0
        for parcel in self._store.attempt(take_due):
            if self._stopping.is_set():
                break
            fault = self._send(self._client, parcel)
            self._store.attempt(partial(settle, parcel=parcel, fault=fault))
            sent += not fault
        return sent

    def _send(self, client: PlatformClient, parcel: Parcel) -> str:
        try:
            client.send_score(
                parcel.platform, parcel.url, parcel.subject, parcel.score, parcel.most,
                now().isoformat(timespec="milliseconds"),
            )  # fmt: skip
        except GraderError as refused:
            log.warning("passback: %s", refused)
            return str(refused)
        return ""


def note_changes(session: Session) -> int:
    """Compare what was sent with the scores as they are; how many have changed."""
    rows = session.execute(
        select(Passback, Standing)
        .join(
            Standing,
            (Standing.assignment_id == Passback.assignment_id)
            & (Standing.user_id == Passback.user_id),
        )
        .where(
            Standing.state.in_(("graded", "pending")),
            or_(
                Standing.submission_id.is_not(None),
                Standing.is_adjusted,
            ),
            or_(
                Passback.score.is_(None),
                Passback.score != Standing.score,
                Passback.max_score != Standing.max_score,
            ),
        )
    ).all()
    for passback, standing in rows:
        passback.score, passback.max_score = standing.score, standing.max_score
        passback.version += 1
        passback.tries, passback.next_try_at, passback.changed_at = 0, None, now()
    return len(rows)


def take_due(session: Session) -> list[Parcel]:
    """Scores that are due, held for a while by whoever takes them."""
    moment = now()
    rows = session.execute(
        select(Passback, PlatformLink.scores_url, Identity.subject, Platform)
        .join(PlatformLink, PlatformLink.assignment_id == Passback.assignment_id)
        .join(Platform, Platform.id == PlatformLink.platform_id)
        .join(
            Identity, (Identity.user_id == Passback.user_id) & (Identity.issuer == Platform.issuer)
        )
        .where(
            Passback.version > Passback.sent_version,
            PlatformLink.scores_url != "",
            or_(Passback.next_try_at.is_(None), Passback.next_try_at <= moment),
        )
        .order_by(Passback.changed_at)
        .limit(AT_ONCE)
    ).all()
    parcels = []
    for passback, url, subject, platform in rows:
        held = session.execute(
            update(Passback)
            .where(
                Passback.assignment_id == passback.assignment_id,
                Passback.user_id == passback.user_id,
                or_(Passback.next_try_at.is_(None), Passback.next_try_at <= moment),
            )
            .values(next_try_at=moment + HELD)
            .execution_options(synchronize_session=False)
        )
        if held.rowcount != 1:  # type: ignore[attr-defined]
            continue
        parcels.append(
            Parcel(
                passback.assignment_id, passback.user_id, passback.version,
                float(passback.score or 0), float(passback.max_score or 0),
                url, subject, platform,
            )
        )  # fmt: skip
    return parcels


def settle(session: Session, parcel: Parcel, fault: str) -> None:
    """Note that a score arrived, or when it is tried again and why."""
    passback = session.get(Passback, (parcel.assignment_id, parcel.user_id), with_for_update=True)
    if passback is None:
        return
    passback.last_error = fault[:2000]
    if not fault:
        passback.sent_version = max(passback.sent_version, parcel.version)
        passback.tries, passback.next_try_at = 0, None
        return
    passback.tries += 1
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(passback.tries - 1, 12))
    passback.next_try_at = now() + dt.timedelta(seconds=pause_s)
