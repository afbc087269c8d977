"""An assignment's problems for its staff: as students see them, what is hidden, the proof."""

from __future__ import annotations

from fastapi import APIRouter, Response

from grader.authoring.certificate import Certificate
from grader.authoring.remembering import name_proof, recall
from grader.service.authorising import Action
from grader.service.versions import load_version
from grader.service.web.opening import PLACE, open_assignment_for
from grader.service.web.rendering import render
from grader.service.web.visiting import SignedIn
from grader.store.schema import ProblemVersion

router = APIRouter(prefix=PLACE + "/problems")


@router.get("")
def show_problems(visit: SignedIn, course: str, assignment: str) -> Response:
    """Every part with its checks, and by what bytes this version is known."""
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(
            session, visit, course, assignment, Action.SEE_STAFF_REPORT
        )
        loaded = load_version(session, wanted)
        version = session.get_one(ProblemVersion, wanted.version_id)
    proofs: dict[str, Certificate] = {}
    for problem in loaded.problems:
        certificate = recall(name_proof(loaded, problem))
        proofs |= {part.part: part for part in certificate.parts} if certificate else {}
    return render(
        visit, "problems.html", course=found, assignment=wanted, loaded=loaded, version=version,
        part_count=sum(1 for _ in loaded.parts()),
        proofs={name.rpartition("/")[2]: proof for name, proof in proofs.items()},
        zone_name=visit.timezone or found.timezone,
    )  # fmt: skip
