"""Opening the store that `grade admin` works on, and finding people in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from grader.cli.serve import require_service
from grader.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from grader.service.settings import Settings
    from grader.store.database import Store
    from grader.store.schema import User


def read_given(context: click.Context) -> Settings:
    """The settings that `grade admin` was started with."""
    require_service()
    from grader.service.settings import read_settings

    given: dict[str, Any] = dict(context.obj)
    return read_settings(given.pop("config"), **given)


@contextmanager
def open_store(context: click.Context, *, is_new: bool | None = False) -> Iterator[Store]:
    """The store that the settings name, with its tables as this version needs them.

    New, it gets them; with None it may have others, or none.
    """
    settings = read_given(context)
    from grader.store.database import Store
    from grader.store.explaining import explain_database
    from grader.store.migrating import migrate, require_current

    with explain_database(settings.database_url):
        if is_new:
            settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(Store(settings.database_url)) as store:
            if is_new:
                migrate(store)
            elif is_new is False:
                require_current(store)
            yield store


def find_person(session: Session, email: str) -> User:
    """Errors   NotFound for an address that nobody has."""
    from grader.store import roster

    person = roster.find_user(session, email)
    if person is None:
        raise NotFound(f"nobody has the address {email}; add them: grade admin user add")
    return person
