from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from staging import Stage

from grader.sandbox.pool import Sandbox

if TYPE_CHECKING:
    from besieging import Siege

CANARIES = {"GITHUB_TOKEN": "CANARY-TOKEN", "AWS_SECRET_ACCESS_KEY": "CANARY-KEY"}


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One sandbox for all attacks, started by somebody whose environment holds secrets."""
    before = dict(os.environ)
    os.environ.update(CANARIES)
    try:
        # `GRADE_ISOLATION=separate pytest tests/attacks` tries them all on another tier.
        own_code = os.environ.get("ATTACKED_TIER") == "own code"
        with Sandbox(isolated=not own_code, slots=2) as sandbox:
            yield Stage(sandbox)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One service for all attacks on it."""
    from besieging import Siege

    begun = Siege.begin(tmp_path_factory.mktemp("siege"))
    yield begun
    begun.end()
