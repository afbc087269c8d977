"""What time it is: the host's own clock, corrected where the database's says something else.

Leases are given and swept by time. A host whose clock is minutes off would think every other one
dead, or be thought dead itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from grader.store.database import Store

NOTICED_S = 2.0
"""Clocks that are kept by NTP differ by milliseconds; a busy database answers within a second."""


def read_host_clock() -> dt.datetime:
    """What the host says, in UTC."""
    return dt.datetime.now(dt.UTC)


class Clock:
    """The time of one process, by `read_host` and the database."""

    def __init__(self, read_host: Callable[[], dt.datetime] = read_host_clock) -> None:
        self._read_host = read_host
        self.ahead_s = 0.0
        """Of the database's; 0 where it is nothing to speak of."""

    def read(self) -> dt.datetime:
        """This moment, in UTC."""
        return self._read_host() - dt.timedelta(seconds=self.ahead_s)

    def compare(self, store: Store) -> float:
        """Ask the database for its time; how many seconds this host is ahead, 0 for a few."""
        if store.is_sqlite:
            return 0.0
        with store.read() as session:
            before = self._read_host()
            theirs: dt.datetime = session.execute(text("select clock_timestamp()")).scalar_one()
            after = self._read_host()
        ahead_s = (before + (after - before) / 2 - theirs).total_seconds()
        self.ahead_s = ahead_s if abs(ahead_s) >= NOTICED_S else 0.0
        return self.ahead_s


CLOCK = Clock()
