"""Being somebody else, or more than one is: tokens, sessions, invitations, addresses."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from besieging import PLACE, Siege

from grader.service.web.visiting import FIELD, VISITOR, _sign
from grader.store.roster import make_token
from grader.store.schema import User
from grader.store.types import now

pytestmark = pytest.mark.sandbox

API = "/api/v1"


def steal_token(siege: Siege, person: str, *scopes: str, course: bool = False) -> dict[str, str]:
    """Headers of whoever found a token of somebody's, good for a day and for these scopes."""
    with siege.service.store.write() as session:
        _, text = make_token(
            session,
            session.get_one(User, siege.find_id(person)),
            scopes=scopes,
            expires_at=now() + dt.timedelta(days=1),
            course_id=siege.service.klass.course.id if course else None,
        )
    return {"Authorization": f"Bearer {text}"}


# What a page's form does, by who made up its cookie and so knows its token.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a-token-with-every-scope": (
        "/account/tokens", {"days": "366", "scope-admin:course": "1", "scope-operate": "1"},
    ),
    "a-password": ("/account/password", {"password": "another one", "again": "another one"}),
    "an-override": (
        f"{PLACE}/students/1/override", {"kind": "set", "points": "5", "reason": "because"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_B01_a_stolen_token_does_nothing_by_a_pages_form(siege: Siege, name: str) -> None:
    path, fields = FORMS[name]
    headers = steal_token(siege, "instructor", "read:own", "admin:course")
    headers |= {"Cookie": f"{VISITOR}=x", "Accept": "text/html"}

    response = siege.send("POST", path, headers=headers, data={FIELD: _sign("x"), **fields})

    assert response.status_code == 401
    assert "Sign in first" in response.text
    assert not re.search(r"grd_\w+", response.text)
    siege.require_honest()
