"""What runs inside Gradescope's and PrairieLearn's containers.

`python -I -m grader.ci.run_autograder gradescope /autograder`: exit codes are those of `grade`;
where nothing could be graded on our account no results are written, and none are a zero.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from grader.cache import find_cache_folder
from grader.ci.autograder import write_results
from grader.ci.gradescope_metadata import Metadata, read_metadata
from grader.errors import GraderError, InstructorError, SubmissionError
from grader.expected import ExpectedValues
from grader.final_score import Circumstances, choose_attempt
from grader.grading import grade
from grader.killable import run_watched
from grader.report import render_report
from grader.report.adjusting import adjust_report
from grader.report.models import AdjustmentReport, Report
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course
from grader.submission import read_submission

INVALID_SPEC, OUR_FAULT = 3, 5


def run_gradescope(root: Path) -> None:
    """Grade `submission/` with the course in `source/`.

    Errors   NoIsolation, SpecError: then there are no results.
    """
    settings = _read_json(root / "source" / "autograder.json")
    metadata = read_metadata(_read_json(root / "submission_metadata.json"))
    loaded = Course(root / "source" / "course").load(settings["assignment"])
    try:
        report = _grade(loaded, root / "submission", metadata.circumstances, settings["secret"])
    except SubmissionError as trouble:
        refused = {"score": 0, "output": str(trouble), "stdout_visibility": "hidden", "tests": []}
        write_results(json.dumps(refused) + "\n", root / "results")
        return
    report = keep_best(report, loaded, metadata)
    write_results(render_report(report, "gradescope"), root / "results")


def run_prairielearn(root: Path) -> None:
    """Grade `student/` with the course in `tests/`.

    Errors   NoIsolation, SpecError: then there are no results.
    """
    settings = _read_json(root / "tests" / "autograder.json")
    loaded = Course(root / "tests" / "course").load(settings["assignment"])
    try:
        report = _grade(loaded, root / "student", Circumstances(), settings["secret"])
    except SubmissionError as trouble:
        refused = {"gradable": False, "score": 0.0, "format_errors": [str(trouble)]}
        write_results(json.dumps(refused) + "\n", root / "results")
        return
    write_results(render_report(report, "prairielearn"), root / "results")


PLATFORMS = {"gradescope": run_gradescope, "prairielearn": run_prairielearn}


def keep_best(report: Report, assignment: LoadedAssignment, metadata: Metadata) -> Report:
    """Where the best counts, or no more do, an earlier one that was better stands."""
    policy = assignment.policies.attempts
    if policy is None:
        return report
    every = enumerate((*metadata.earlier_scores, report.score), 1)
    scored = [(number, score) for number, score in every if score is not None]
    if policy.most is not None:
        scored = [pair for pair in scored if pair[0] <= policy.most] or scored
    number, score = scored[choose_attempt([score for _, score in scored], policy.counts)]
    if score <= report.score:
        return report
    words = f"{policy.counts} of {len(scored)} attempts: number {number}"
    gain = AdjustmentReport(points=score - report.score, explanation=words)
    return report.model_copy(update={"adjustments": (*report.adjustments, gain), "score": score})


def _grade(
    loaded: LoadedAssignment, folder: Path, circumstances: Circumstances, secret: str
) -> Report:
    submission = read_submission(folder)
    with Sandbox() as sandbox:
        sandbox.prove()
        expected = ExpectedValues(find_cache_folder())
        report = grade(
            loaded,
            submission,
            sandbox,
            student=circumstances.student,
            expected=expected,
            secret=secret,
        )
    return adjust_report(report, loaded, circumstances)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def main(platform: str, root: str) -> int:
    """Run, and turn an error into one line and an exit code."""
    try:
        PLATFORMS[platform](Path(root))
    except GraderError as error:
        print(f"grade: {error}", file=sys.stderr)
        return INVALID_SPEC if isinstance(error, InstructorError) else OUR_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(run_watched(lambda: main(*sys.argv[1:3])))
