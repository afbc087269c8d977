"""Structured logs: one JSON object a line, with the request's id through to the worker."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


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
