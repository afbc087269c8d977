"""Every table in one place, for migrations and for whoever needs all of them."""

from __future__ import annotations

from grader.store.coursework import Assignment, Blob, Course, ProblemVersion
from grader.store.federation import (
    PendingSignIn,
    Platform,
    PlatformContext,
    PlatformLink,
    ServiceKey,
)
from grader.store.forges import (
    CommitResult,
    HandedInCommit,
    SignedMessage,
    StudentRepository,
)
from grader.store.handed_in import (
    CheckOutcome,
    GradingRun,
    PartOutcome,
    Purpose,
    RunEvent,
    RunState,
    Submission,
    UploadChunk,
    Worker,
)
from grader.store.judgements import (
    AuditEntry,
    Extension,
    Passback,
    Regrade,
    RubricMark,
    ScoreOverride,
    Standing,
)
from grader.store.people import ApiToken, Enrolment, Identity, Role, SignIn, User
from grader.store.types import Base

__all__ = [
    "ApiToken",
    "Assignment",
    "AuditEntry",
    "Base",
    "Blob",
    "CheckOutcome",
    "CommitResult",
    "Course",
    "Enrolment",
    "Extension",
    "GradingRun",
    "HandedInCommit",
    "Identity",
    "PartOutcome",
    "Passback",
    "PendingSignIn",
    "Platform",
    "PlatformContext",
    "PlatformLink",
    "ProblemVersion",
    "Purpose",
    "Regrade",
    "Role",
    "RubricMark",
    "RunEvent",
    "RunState",
    "ScoreOverride",
    "ServiceKey",
    "SignIn",
    "SignedMessage",
    "Standing",
    "StudentRepository",
    "Submission",
    "UploadChunk",
    "User",
    "Worker",
]
