"""How far a student's code is kept apart: the tiers, the strongest first, and who may choose."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum

from grader.errors import UsageError


class Tier(StrEnum):
    """What stands between one call and everything else."""

    FULL = "full"
    """Bubblewrap, and in it namespaces, folders and a filter for every call."""
    SEPARATE = "separate"
    """Where namespaces can't be nested: a bubblewrap for every submission; Landlock, a folder
    and a filter for every call. As strong against a student as the full one."""
    CONTAINER = "container"
    """The operator's own container or virtual machine, thrown away after use; in it Landlock, a
    folder and a filter for every call. Only on the operator's word."""
    OWN_CODE = "own code"
    """Landlock, a folder and a filter on the machine itself. Only for code of one's own."""
    NONE = "none"
    """A process and limits, no more. Only for code of one's own, and only when asked for."""

    @property
    def has_bubblewrap(self) -> bool:
        return self in (Tier.FULL, Tier.SEPARATE)

    @property
    def is_fenced(self) -> bool:
        """Whether Landlock stands where the full tier has namespaces."""
        return self in (Tier.SEPARATE, Tier.CONTAINER, Tier.OWN_CODE)

    @property
    def is_for_strangers(self) -> bool:
        """Whether code of somebody else may be run."""
        return self in (Tier.FULL, Tier.SEPARATE, Tier.CONTAINER)


ABOUT = {
    Tier.FULL: "bubblewrap, and namespaces and a filter for every call",
    Tier.SEPARATE: "a bubblewrap for every submission, Landlock and a filter for every call",
    Tier.CONTAINER: "your own throw-away container, Landlock and a filter for every call",
    Tier.OWN_CODE: "Landlock and a filter for every call, for code of your own",
    Tier.NONE: "a process with limits, for code of your own",
}
WORD = "GRADE_ISOLATION"
"""The environment variable in which an operator names a tier."""

_WORDS = {
    "": (Tier.FULL, Tier.SEPARATE),
    "full": (Tier.FULL,),
    "separate": (Tier.SEPARATE,),
    "container": (Tier.CONTAINER,),
}


ASKED_FOR = {Tier.CONTAINER: f"{WORD}=container", Tier.OWN_CODE: "--trust-submission"}
"""Never taken unless somebody says so; how to say it."""


def choose_tiers(*, is_own_code: bool, environment: Mapping[str, str] = os.environ) -> list[Tier]:
    """The tiers to try, one after another; a weaker one is never among them unasked.

    Errors   UsageError for a word that names no tier.
    """
    word = environment.get(WORD, "")
    if word == "none":
        if is_own_code:
            return [Tier.NONE]
        raise UsageError(f"{WORD}=none is for code of your own: add --trust-submission")
    if word not in _WORDS:
        raise UsageError(f"{WORD}={word!r} is none of full, separate, container, none")
    if is_own_code and not word:
        return [Tier.OWN_CODE]
    return list(_WORDS[word])
