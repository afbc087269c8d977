"""Certificates that still hold: of problems that have not changed since they were proved."""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from grader.authoring.certificate import ProblemCertificate
from grader.bench import find_version
from grader.cache import find_cache_folder, name_key, read_entry, write_entry
from grader.spec.loaded import LoadedAssignment, LoadedProblem

LIBRARIES = ("numpy", "torch", "sympy", "numba")


def name_proof(assignment: LoadedAssignment, problem: LoadedProblem) -> str:
    """A key for everything that a proof rests on: the problem, those before it, the grader.

    The grader's own source counts, not its version: between releases it changes as well.
    """
    used = {name for part in problem.parts.values() for name in part.uses}
    digests = [
        each.digest for each in assignment.problems if each is problem or used & each.parts.keys()
    ]
    versions = [f"{name} {find_version(name)}" for name in LIBRARIES]
    return name_key([problem.id, *digests, sys.version, _digest_grader(), *versions])


def recall(key: str, folder: Path | None = None) -> ProblemCertificate | None:
    """The certificate that was given under this key; None if there is none."""
    text = read_entry(_find_folder(folder), key)
    if text is None:
        return None
    try:
        found = ProblemCertificate.model_validate_json(text)
    except ValidationError:
        return None
    return found.model_copy(update={"is_remembered": True})


def remember(key: str, certificate: ProblemCertificate, folder: Path | None = None) -> None:
    """Keep a certificate of a problem that is proved; a full disk only costs another proof."""
    if not certificate.is_proved:
        return
    write_entry(_find_folder(folder), key, certificate.model_dump_json().encode())


def _find_folder(folder: Path | None) -> Path:
    return folder or find_cache_folder("proved")


@cache
def _digest_grader() -> str:
    digest = sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()
