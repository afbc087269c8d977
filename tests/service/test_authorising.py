"""Who may do what, as a table: a line an action, a column a role."""

from __future__ import annotations

import pytest

from grader.errors import NotAllowed, NotFound
from grader.service.authorising import OTHERS_SCOPE, SCOPE_OF, Action, Thing, may, require
from grader.store.roster import SCOPES, Known
from grader.store.schema import Role

COURSE, ELSEWHERE, ME, OTHER = 1, 2, 10, 11
ROLES = ("student", "grader", "instructor", "operator", "nobody")

# own: of their own work; any: of everybody's; -: never. Written out, and not read off the code.
TABLE = """
see-course         any  any  any  any  -
see-unpublished    -    any  any  any  -
submit             own  own  own  -    -
see-submission     own  any  any  -    -
see-staff-report   -    any  any  -    -
cancel             own  own  any  any  -
see-score          own  any  any  -    -
see-gradebook      -    any  any  -    -
mark               -    any  any  -    -
override           -    -    any  -    -
extend             -    -    any  -    -
regrade            -    -    any  -    -
see-people         -    any  any  any  -
manage-people      -    -    any  any  -
manage-course      -    -    any  any  -
export             -    -    any  -    -
erase              -    -    -    any  -
see-audit          -    -    any  any  -
operate            -    -    -    any  -
"""
CASES = [
    (Action(action), role, allowed)
    for action, *row in map(str.split, TABLE.strip().splitlines())
    for role, allowed in zip(ROLES, row, strict=True)
]


def known(role: str, **more: object) -> Known:
    roles = {} if role == "nobody" else {COURSE: Role(role)}
    return Known(user_id=ME, name="Me", roles=roles, **more)  # type: ignore[arg-type]


def test_the_table_names_every_action() -> None:
    assert {action for action, _, _ in CASES} == set(Action) == set(SCOPE_OF)


@pytest.mark.parametrize(("action", "role", "allowed"), CASES)
def test_may(action: Action, role: str, allowed: str) -> None:
    who = known(role)
    assert may(who, action, Thing(COURSE, ME)) is (allowed in ("own", "any"))
    assert may(who, action, Thing(COURSE, OTHER)) is (allowed == "any")
    assert may(who, action, Thing(COURSE)) is (allowed == "any")
    assert not may(who, action, Thing(ELSEWHERE, ME))


@pytest.mark.parametrize(("action", "role", "allowed"), CASES)
def test_a_token_allows_no_more_than_its_scopes(action: Action, role: str, allowed: str) -> None:
    wanted = SCOPE_OF[action]
    exactly = known(role, scopes=frozenset({wanted}))
    assert may(exactly, action, Thing(COURSE, ME)) is (allowed in ("own", "any"))
    if not wanted:
        # What a course asks, any token of its people may read: or none could hand anything in.
        return
    without = frozenset(SCOPES) - {wanted}
    assert not may(known(role, scopes=without), action, Thing(COURSE, ME))
    reads_others = wanted in (OTHERS_SCOPE, "admin:course", "operate")
    assert may(exactly, action, Thing(COURSE, OTHER)) is (allowed == "any" and reads_others)


def test_whoever_runs_the_service_is_an_operator_everywhere_and_reads_nobodys_work() -> None:
    who = known("nobody", is_operator=True)
    assert may(who, Action.OPERATE, Thing(None))
    assert may(who, Action.SEE_COURSE, Thing(ELSEWHERE))
    assert not may(who, Action.SEE_SUBMISSION, Thing(COURSE, OTHER))
    assert not may(who, Action.SEE_GRADEBOOK, Thing(COURSE))


def test_a_refusal_tells_nothing_of_what_is_not_theirs() -> None:
    with pytest.raises(NotFound):
        require(known("nobody"), Action.SEE_GRADEBOOK, Thing(COURSE))
    with pytest.raises(NotFound):
        require(known("student"), Action.SEE_SUBMISSION, Thing(COURSE, OTHER))
    with pytest.raises(NotAllowed, match="see gradebook"):
        require(known("student"), Action.SEE_GRADEBOOK, Thing(COURSE))
    with pytest.raises(NotAllowed, match="this token lacks the scope 'read:own'"):
        weak = known("student", scopes=frozenset({"submit"}))
        require(weak, Action.SEE_SUBMISSION, Thing(COURSE, ME))
