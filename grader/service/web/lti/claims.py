"""Names of what a launch says, and of what may be asked of a platform.

Source   https://www.imsglobal.org/spec/lti/v1p3  (core: claims, roles)
         https://www.imsglobal.org/spec/lti-dl/v2p0, lti-nrps/v2p0, lti-ags/v2p0
"""

from __future__ import annotations

from collections.abc import Iterable

from grader.store.schema import Role

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
READ_MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
WRITE_SCORES = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"


def read_role(roles: Iterable[object]) -> Role | None:
    """What somebody is in the platform's course; None for those who only look on.

    Roles of the institution say nothing of the course, so only those of membership count.
    """
    found = {str(role) for role in roles}
    short = {each.removeprefix(f"{MEMBERSHIP}#") for each in found}
    if f"{MEMBERSHIP}/Instructor#TeachingAssistant" in found or "TeachingAssistant" in short:
        return Role.GRADER
    if short & {"Instructor", "Administrator"}:
        return Role.INSTRUCTOR
    if "Learner" in short:
        return Role.STUDENT
    return None
