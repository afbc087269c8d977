"""Who may do what: one table, and one function that reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from grader.errors import NotAllowed, NotFound
from grader.store.roster import Known
from grader.store.schema import Role

Reach = Literal["own", "any"]


class Action(StrEnum):
    """What can be done to a course and the things in it."""

    SEE_COURSE = "see-course"
    SEE_UNPUBLISHED = "see-unpublished"
    SUBMIT = "submit"
    SEE_SUBMISSION = "see-submission"
    """Its status, its files and the student's report."""
    SEE_STAFF_REPORT = "see-staff-report"
    CANCEL = "cancel"
    SEE_SCORE = "see-score"
    SEE_GRADEBOOK = "see-gradebook"
    MARK = "mark"
    OVERRIDE = "override"
    EXTEND = "extend"
    REGRADE = "regrade"
    SEE_PEOPLE = "see-people"
    MANAGE_PEOPLE = "manage-people"
    MANAGE_COURSE = "manage-course"
    EXPORT = "export"
    ERASE = "erase"
    SEE_AUDIT = "see-audit"
    OPERATE = "operate"
    """Workers, queues, quarantine, disk."""


_OWN: Reach = "own"
_ANY: Reach = "any"

RULES: dict[Action, dict[Role, Reach]] = {
    Action.SEE_COURSE: dict.fromkeys(Role, _ANY),
    Action.SEE_UNPUBLISHED: {Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY, Role.OPERATOR: _ANY},
    Action.SUBMIT: {Role.STUDENT: _OWN, Role.GRADER: _OWN, Role.INSTRUCTOR: _OWN},
    Action.SEE_SUBMISSION: {Role.STUDENT: _OWN, Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY},
    Action.SEE_STAFF_REPORT: {Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY},
    Action.CANCEL: {Role.STUDENT: _OWN, Role.GRADER: _OWN, Role.INSTRUCTOR: _ANY,
                    Role.OPERATOR: _ANY},
    Action.SEE_SCORE: {Role.STUDENT: _OWN, Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY},
    Action.SEE_GRADEBOOK: {Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY},
    Action.MARK: {Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY},
    Action.OVERRIDE: {Role.INSTRUCTOR: _ANY},
    Action.EXTEND: {Role.INSTRUCTOR: _ANY},
    Action.REGRADE: {Role.INSTRUCTOR: _ANY},
    Action.SEE_PEOPLE: {Role.GRADER: _ANY, Role.INSTRUCTOR: _ANY, Role.OPERATOR: _ANY},
    Action.MANAGE_PEOPLE: {Role.INSTRUCTOR: _ANY, Role.OPERATOR: _ANY},
    Action.MANAGE_COURSE: {Role.INSTRUCTOR: _ANY, Role.OPERATOR: _ANY},
    Action.EXPORT: {Role.INSTRUCTOR: _ANY},
    Action.ERASE: {Role.OPERATOR: _ANY},
    Action.SEE_AUDIT: {Role.INSTRUCTOR: _ANY, Role.OPERATOR: _ANY},
    Action.OPERATE: {Role.OPERATOR: _ANY},
}  # fmt: skip
"""An operator keeps the service going and reads nobody's work; a role that is not named may not."""

SCOPE_OF: dict[Action, str] = {
    Action.SEE_COURSE: "",
    Action.SEE_UNPUBLISHED: "grade",
    Action.SUBMIT: "submit",
    Action.SEE_SUBMISSION: "read:own",
    Action.SEE_STAFF_REPORT: "grade",
    Action.CANCEL: "submit",
    Action.SEE_SCORE: "read:own",
    Action.SEE_GRADEBOOK: "grade",
    Action.MARK: "grade",
    Action.OVERRIDE: "admin:course",
    Action.EXTEND: "admin:course",
    Action.REGRADE: "admin:course",
    Action.SEE_PEOPLE: "grade",
    Action.MANAGE_PEOPLE: "admin:course",
    Action.MANAGE_COURSE: "admin:course",
    Action.EXPORT: "admin:course",
    Action.ERASE: "operate",
    Action.SEE_AUDIT: "admin:course",
    Action.OPERATE: "operate",
}
"""What a token needs, besides its owner's role; what a course asks, any of its tokens may read."""

OTHERS_SCOPE = "grade"
"""What a token needs to see what is not its owner's."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What an action is done to."""

    course_id: int | None
    """None for the service as a whole."""
    owner_id: int | None = None
    """Whose work it is; None for what belongs to the course."""


def may(known: Known, action: Action, thing: Thing) -> bool:
    """Whether this person, with this token, may do this to that. Everything asks here."""
    role = Role.OPERATOR if known.is_operator else None
    if thing.course_id is not None and thing.course_id in known.roles:
        role = known.roles[thing.course_id]
    reaches = [RULES[action].get(each) for each in _gather(role, known)]
    owns = thing.owner_id is not None and thing.owner_id == known.user_id
    if "any" not in reaches and not ("own" in reaches and owns):
        return False
    if known.scopes is None:
        return True
    if SCOPE_OF[action] and SCOPE_OF[action] not in known.scopes:
        return False
    return (
        thing.owner_id is None
        or owns
        or OTHERS_SCOPE in known.scopes
        or (SCOPE_OF[action] not in ("read:own", "submit"))
    )


def _gather(role: Role | None, known: Known) -> list[Role]:
    """The role in the course, and that of whoever runs the service."""
    roles = [role] if role is not None else []
    if known.is_operator and role is not Role.OPERATOR:
        roles.append(Role.OPERATOR)
    return roles


def require(known: Known, action: Action, thing: Thing) -> None:
    """Errors   NotFound where even its being there is no business of theirs; else NotAllowed."""
    if may(known, action, thing):
        return
    if thing.course_id is not None and not may(known, Action.SEE_COURSE, Thing(thing.course_id)):
        raise NotFound
    if thing.owner_id is not None and thing.owner_id != known.user_id:
        raise NotFound
    what = action.replace("-", " ")
    if known.scopes is not None and may(replace(known, scopes=None), action, thing):
        scope = SCOPE_OF[action] if SCOPE_OF[action] not in known.scopes else OTHERS_SCOPE
        raise NotAllowed(f"this token lacks the scope '{scope}' ({what}); make one that has it")
    raise NotAllowed(f"your role does not allow this here ({what})")
