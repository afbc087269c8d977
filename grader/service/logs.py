"""Structured logs: one JSON object a line, with the request's id through to the worker."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}

log = logging.getLogger("grader.service")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was given as `extra` stands beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        document |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            document["trace"] = self.formatException(record.exc_info)
        return json.dumps(document, default=str)


class Complaint:
    """What is said of a round that fails: a trace, or that the database is away, once each time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_said = False

    def tell(self, trouble: Exception) -> None:
        """Say it, unless it was said of the round before."""
        if not isinstance(trouble, OperationalError | InterfaceError):
            log.error("%s failed; it goes on", self._name, exc_info=trouble)
        elif not self._is_said:
            log.warning("the database is away; %s waits for it", self._name)
            self._is_said = True

    def forget(self) -> None:
        """A round went well."""
        self._is_said = False


def configure_logs(level: str) -> None:
    """Send all logs to standard error, as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("grader", "uvicorn", "procrastinate"):
        logging.getLogger(name).setLevel(level.upper())
    # Its trace of a fault that was answered: ours stands beside it, with the request's id.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: record.getMessage() != "Exception in ASGI application\n"
    )
    # Each migration step is of no interest.
    logging.getLogger("alembic").setLevel(logging.WARNING)
