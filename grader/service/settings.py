"""What an operator may set: one TOML file, and the environment over it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from grader.errors import UsageError
from grader.store.admission import Limits
from grader.store.database import name_sqlite

FILE = "service.toml"
PREFIX = "GRADE_"
MIB = 1 << 20
DATABASES = "write sqlite:///… for a file, or postgresql://user@host/name"


class Settings(BaseModel):
    """Everything that can be set; each has a default that serves a course on one machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path = Path(".grade")
    """Where the service keeps what it owns: the database, unless it is elsewhere, and caches."""
    database: str = ""
    """A URL: `postgresql://host/name`; empty for a SQLite file in the folder."""
    engine: Literal["", "embedded", "distributed"] = ""
    """Empty: embedded with SQLite, distributed with PostgreSQL."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    """How people reach the service, `https://grade.example.edu`; cookies follow its scheme."""
    trusted_proxies: str = "127.0.0.1"
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    slots: int = Field(default=0, ge=0, le=256)
    """Gradings at once in this process; 0 for one a processor core."""
    queues: tuple[str, ...] = ("cpu",)
    """Resources that this host has."""
    upload_mib: int = Field(default=64, ge=1, le=512)
    """A year of one student's code is well under 1 MiB; notebooks carry their plots inside."""
    per_hour: int = Field(default=30, ge=1)
    waiting: int = Field(default=3, ge=1)
    run_minutes: float = Field(default=30, gt=0)
    """A grading that takes longer hangs: its parts all have limits of their own."""
    drain_s: float = Field(default=60, ge=0)
    """On SIGTERM gradings under way may end within this time; then they go back to the queue."""
    heartbeat_s: float = Field(default=5, gt=0)
    stale_s: float = Field(default=30, gt=0)
    """A worker that was not heard of for so long is dead: six missed beats."""
    sweep_s: float = Field(default=30, gt=0)
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    oidc_issuer: str = ""
    """Where people sign in elsewhere: `https://login.example.edu`; empty for local accounts."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "your university account"
    """What the button says: 'Sign in with …'."""
    github_webhook_secret: str = ""
    """What GitHub signs events with; empty takes none."""
    github_app_id: str = ""
    """The app that reads students' repositories and posts check runs; empty for neither."""
    github_app_key: Path | None = None
    """The file with the app's private key."""
    github_api: str = "https://api.github.com"
    github_oidc_issuer: str = "https://token.actions.githubusercontent.com"
    """Whose word on a workflow's commit is believed."""
    requests_per_minute: int = Field(default=600, ge=0)
    """Of the API, for one token or browser: ten a second; 0 for no limit."""
    strangers_per_minute: int = Field(default=60, ge=0)
    """The same for an address without a token that is known; 0 for no limit."""
    metrics_token: str = ""
    """Who may read /metrics: a bearer token; empty for this machine only."""

    @field_validator("database")
    @classmethod
    def _check_database(cls, text: str) -> str:
        """One that the store opens; what is wrong with it is said without its password."""
        kind, mark, rest = text.partition("://")
        if text and not mark:
            raise ValueError(f"this is no URL; {DATABASES}")
        if text and kind not in ("sqlite", "postgresql", "postgres"):
            raise ValueError(f"there is no '{kind}' here; {DATABASES}")
        if "," in rest.partition("?")[0].partition("/")[0]:
            raise ValueError("one host, not several; a name or a proxy may lead to the primary")
        try:
            make_url(text or "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError(f"this is no URL; {DATABASES}") from None
        return text

    @field_validator("queues", mode="before")
    @classmethod
    def _split_queues(cls, given: Any) -> Any:
        """A list, or its names with commas between."""
        names = given.split(",") if isinstance(given, str) else given
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError('write names: ["cpu", "gpu"]')
        names = tuple(name.strip() for name in names)
        if not names or "" in names:
            raise ValueError('write names: ["cpu", "gpu"]')
        return names

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, text: str) -> str:
        """Links and cookies are made of it."""
        try:
            place = urlsplit(text)
            is_well = place.scheme in ("http", "https") and bool(place.hostname) and not place.query
        except ValueError:
            is_well = False
        if text and not is_well:
            raise ValueError(f"'{text[:80]}' is no address; write https://grade.example.edu")
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, text: str) -> str:
        """Addresses and networks with commas between; `*` for everybody, empty for nobody."""
        for each in filter(None, (part.strip() for part in text.split(","))):
            try:
                is_well = each == "*" or bool(ip_network(each))
            except ValueError:
                is_well = False
            if not is_well:
                raise ValueError(f"'{each[:80]}' is no address; write 127.0.0.1, 10.0.0.0/8 or *")
        return text

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, given: Any) -> Any:
        return given.lower() if isinstance(given, str) else given

    @property
    def database_url(self) -> str:
        return self.database or name_sqlite(self.folder / "grade.db")

    @property
    def engine_name(self) -> str:
        if self.engine:
            return self.engine
        return "embedded" if self.database_url.startswith("sqlite") else "distributed"

    @property
    def slot_count(self) -> int:
        return self.slots or len(os.sched_getaffinity(0))

    @property
    def limits(self) -> Limits:
        return Limits(per_hour=self.per_hour, waiting=self.waiting)

    @property
    def upload_bytes(self) -> int:
        return self.upload_mib * MIB


def read_settings(
    path: Path | None = None, environment: Mapping[str, str] = os.environ, **given: Any
) -> Settings:
    """Settings from a file, over it the environment, over that what was given.

    `GRADE_DATABASE` sets `database`, and so on. Without a path, `service.toml` here is read if
    there is one.

    Errors   UsageError: which setting, what was seen, what it may be.
    """
    found: dict[str, Any] = {}
    path = path or (Path(environment["GRADE_CONFIG"]) if environment.get("GRADE_CONFIG") else None)
    if path is None and Path(FILE).is_file():
        path = Path(FILE)
    if path is not None:
        try:
            found = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
            raise UsageError(f"{path} cannot be read as settings: {trouble}") from None
    for name in Settings.model_fields:
        value = environment.get(PREFIX + name.upper())
        if value is not None:
            found[name] = value
    found |= {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(found)
    except ValidationError as trouble:
        first = trouble.errors()[0]
        place = ".".join(map(str, first["loc"]))
        known = ", ".join(Settings.model_fields)
        advice = f"; there are: {known}" if first["type"] == "extra_forbidden" else ""
        words = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"setting '{place}': {words}{advice}") from None
