"""An assignment that people mark: essays beside one answer that a machine graded, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from school import Class
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.report.models import CheckReport, PartReport, Report
from grader.store import admission, awaiting, deciding, finishing, marking, regrading, runs, scores
from grader.store.admission import HandedIn, Limits
from grader.store.regrading import Move
from grader.store.schema import (
    Assignment,
    GradingRun,
    ProblemVersion,
    Regrade,
    RunState,
    Submission,
)
from grader.store.standing import Judged
from grader.verdicts import Verdict

Rubric = Mapping[str, int]
DEPTH = 4
"""Points of the answer that a machine graded."""
COUNT = itertools.count()
BOTH = {"Layers build on one another.": 1, "Functions are composed.": 2}


class Essays:
    """`quick` of the test course with other parts; nobody grades it but this."""

    def __init__(self, klass: Class, counts: str = "last", **rubrics: Rubric) -> None:
        self.klass, self.store = klass, klass.store
        self.rubrics: dict[int, dict[str, Rubric]] = {}
        with self.store.write() as session:
            assignment = self.find(session)
            assignment.due_at, assignment.policies = None, {}
            assignment.queue, assignment.counts = "nobody's", counts
        self.ask(**(rubrics or {"why": BOTH}))

    def find(self, session: Session) -> Assignment:
        return session.get_one(Assignment, self.klass.assignments["quick"].id)

    def ask(self, is_current: bool = True, **rubrics: Rubric) -> int:
        """Another version of the assignment, with these parts that a person marks."""
        outline: list[dict[str, Any]] = [
            {"id": "depth", "problem": "words", "title": "Depth", "kind": "choice",
             "points": str(DEPTH), "rubric": []}
        ]  # fmt: skip
        for part, rubric in rubrics.items():
            items = [{"item": item, "points": str(points)} for item, points in rubric.items()]
            outline.append({"id": part, "problem": "words", "title": part.title(), "kind": "text",
                            "points": str(sum(rubric.values()) or 3), "rubric": items})  # fmt: skip
        with self.store.write() as session:
            assignment = self.find(session)
            known = session.get_one(ProblemVersion, assignment.version_id)
            version = ProblemVersion(
                assignment_id=assignment.id, content_hash=f"{next(COUNT):064}",
                bundle_sha=known.bundle_sha, environment={}, outline=outline, note="",
            )  # fmt: skip
            session.add(version)
            session.flush()
            if is_current:
                assignment.version_id = version.id
            self.rubrics[version.id] = rubrics
        return version.id

    def hand_in(self, person: str = "student", depth: float = DEPTH, **answers: str) -> int:
        """Something handed in and graded; the submission's number."""
        text = "".join(f"## {part}\n{words}\n\n" for part, words in answers.items())
        text = f"## depth\n{depth}\n\n{text}"
        handed_in = HandedIn(
            archive=text.encode(), archive_name="answers.md", name="answers.md",
            content_hash=f"sha256:{abs(hash(text)):064x}",
            manifest=[{"name": "answers.md", "sha256": "0" * 64, "size": len(text)}],
        )  # fmt: skip
        with self.store.write() as session:
            taken = admission.take_submission(
                session, self.find(session), self.klass.people[person].id, handed_in,
                limits=Limits(per_hour=1000),
            )  # fmt: skip
        self.grade(taken.run.id, depth, answers)
        return taken.submission.id

    def grade(self, run_id: int, depth: float, answers: Mapping[str, str]) -> None:
        with self.store.write() as session:
            lease = runs.claim(session, run_id, "test")
            assert lease is not None
            rubrics = self.rubrics[session.get_one(GradingRun, run_id).version_id]
            report = _report(depth, rubrics, answers)
            result = finishing.describe(report, report)
            assert finishing.finish(session, [finishing.Graded(lease, result)]) == [RunState.DONE]

    def mark(
        self, submission_id: int, part: str = "why", seen: int = 10**9, comment: str = "",
        by: str = "grader", **items: float,
    ) -> bool:  # fmt: skip
        """Give points to the items whose words begin so; `whole` for the part."""
        with self.store.write() as session:
            submission = session.get_one(Submission, submission_id)
            asked = deciding.find_asked(session, submission, part)["rubric"]
            given = {
                next((each["item"] for each in asked if each["item"].startswith(name)), ""): points
                for name, points in items.items()
            }
            return marking.keep_marks(
                session, submission, part,
                {item: Decimal(str(points)) for item, points in given.items()},
                comment=comment, author_id=self.klass.people[by].id, seen=seen,
            )  # fmt: skip

    def take_back(self, submission_id: int, item: str, part: str = "why") -> None:
        with self.store.write() as session:
            deciding.mark(
                session, session.get_one(Submission, submission_id), part=part, item=item,
                points=None, comment="", reason="", author_id=self.klass.people["grader"].id,
            )  # fmt: skip

    def regrade(
        self, version_id: int, depth: float = DEPTH, never_lowers: bool = False,
        is_published: bool = True,
    ) -> list[Move]:  # fmt: skip
        """Grade everybody again with a version; what the dry run said."""
        author = self.klass.people["instructor"].id
        with self.store.write() as session:
            regrade, made = regrading.begin_regrade(
                session, self.find(session), version_id=version_id, reason="mended",
                author_id=author, never_lowers=never_lowers, sample=None,
            )  # fmt: skip
        for run in made:
            self.grade(run.id, depth, dict.fromkeys(self.rubrics[version_id], "Words."))
        with self.store.write() as session:
            moves = regrading.find_moves(session, regrade)
            if is_published:
                regrade = session.get_one(Regrade, regrade.id)
                regrading.apply_regrade(session, regrade, author)
                regrading.publish_regrade(session, regrade, author)
        return moves

    def judge(self, person: str = "student") -> Judged:
        with self.store.read() as session:
            return scores.explain_standing(
                session, self.find(session), self.klass.people[person].id
            )

    def score(self, person: str = "student") -> tuple[Fraction, Fraction]:
        """Points, and those that are open."""
        judged = self.judge(person)
        return judged.score, judged.open_points

    def waiting(self, also: int = 0) -> list[tuple[int, str, str]]:
        """Which answers wait: submission, part, and whether it counts."""
        with self.store.read() as session:
            found = awaiting.list_waiting(session, self.find(session), also=also)
            return [(each.submission_id, each.part, each.claim) for each in found if each.is_open]

    def count_marks(self, submission_id: int) -> int:
        from grader.store.schema import RubricMark

        with self.store.read() as session:
            rows = select(RubricMark.id).where(RubricMark.submission_id == submission_id)
            return len(session.scalars(rows).all())


def _report(depth: float, rubrics: Mapping[str, Rubric], answers: Mapping[str, str]) -> Report:
    check = CheckReport(name="answer", verdict=Verdict.PASSED, score=depth, max_score=DEPTH)
    parts = [
        PartReport(id="quick/depth", title="Depth", kind="choice", verdict=Verdict.PASSED,
                   score=depth, max_score=DEPTH, open_points=0, checks=(check,))
    ]  # fmt: skip
    for part, rubric in rubrics.items():
        points = sum(rubric.values()) or 3
        waits = CheckReport(name="answer", verdict=Verdict.REVIEW, score=0, max_score=points,
                            understood=answers.get(part, ""))  # fmt: skip
        parts.append(
            PartReport(id=f"quick/{part}", title=part.title(), kind="text", verdict=Verdict.REVIEW,
                       score=0, max_score=points, open_points=points, checks=(waits,))
        )  # fmt: skip
    return Report(
        assignment="quick", submission="sha256:0", score=depth,
        max_score=sum(part.max_score for part in parts),
        open_points=sum(part.open_points for part in parts), status="pending",
        parts=tuple(parts), isolation="full",
    )  # fmt: skip
