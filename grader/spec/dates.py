"""Due dates and extensions: what was written, as moments in time."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.errors import Fault
    from grader.spec.models import Assignment
    from grader.spec.positions import Document


def read_time(text: str, timezone: str) -> datetime:
    """A moment; a date alone means the end of that day.

    Errors   ValueError for what is neither date nor time, or an unknown time zone.
    """
    moment = datetime.fromisoformat(text.strip())
    if len(text.strip()) <= len("2026-10-12"):
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment if moment.tzinfo else moment.replace(tzinfo=find_timezone(timezone))


def find_timezone(name: str) -> tzinfo:
    """A time zone by its name in the IANA database.

    Errors   ValueError where there is none of that name.
    """
    from datetime import UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name == "UTC":
        # Also on machines without a database.
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone '{name}'") from None


def check_dates(header: Assignment, document: Document, faults: list[Fault]) -> None:
    """Every date of an assignment must be one, and policies about lateness need a due date."""
    policies = header.policies
    try:
        find_timezone(policies.timezone)
    except ValueError:
        message = f"there is no time zone '{policies.timezone}'; write one as 'Europe/Berlin'"
        faults.append(document.fault(("policies", "timezone"), message))
        return
    if header.due:
        _check_time(header.due, "'due'", ("due",), policies.timezone, document, faults)
    for name, due in policies.extensions.items():
        place = ("policies", "extensions", name)
        _check_time(due, f"the extension of '{name}'", place, policies.timezone, document, faults)
    for key in ("late", "extensions"):
        if getattr(policies, key) and not header.due:
            message = f"'{key}' needs a due date: add due: '2026-10-12 23:59'"
            faults.append(document.fault(("policies", key), message, at_key=True))


def _check_time(
    text: str,
    what: str,
    place: tuple[str, ...],
    timezone: str,
    document: Document,
    faults: list[Fault],
) -> None:
    try:
        read_time(text, timezone)
    except ValueError:
        message = f"{what} should be a date or a time, as '2026-10-12 23:59', saw '{text}'"
        faults.append(document.fault(place, message))
