from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from staging import Stage

from grader.sandbox.pool import Sandbox

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
