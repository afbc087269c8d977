"""The published schema, and that reports keep to it."""

from __future__ import annotations

import json as standard_json
import subprocess
import sys
from collections.abc import Callable

import jsonschema
import pytest

from grader.report import json
from grader.report.models import Report


def test_schema_is_as_published(golden: Callable[[str, str], None]) -> None:
    golden("report-1.schema.json", json.render_schema())


def test_schema_describes_every_report(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(json.report_schema())

    jsonschema.validate(standard_json.loads(json.render(report)), json.report_schema())


def test_schema_refuses_what_is_no_report(report: Report) -> None:
    record = standard_json.loads(json.render(report))

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record, "grade": "A"}, json.report_schema())


def test_stable_names_are_in_the_record(report: Report) -> None:
    record = standard_json.loads(json.render(report))

    assert record["schema"] == "fairmark-report/1"
    assert {"assignment", "submission", "score", "max_score", "open_points", "status"} <= set(
        record
    )
    part = record["parts"][1]
    assert {"id", "kind", "verdict", "score", "max_score", "checks", "feedback"} <= set(part)
    assert part["counterexample"]["inputs"][0] == {"name": "H", "value": "6"}


def test_report_survives_the_way_through_json(report: Report) -> None:
    assert json.read(json.render(report)) == report


def test_text_from_elsewhere_is_cleaned_when_read(report: Report) -> None:
    record = standard_json.loads(json.render(report))
    record["title"] = "\x1b[2Jgone"

    assert json.read(standard_json.dumps(record)).title == "gone"


def test_importing_reports_loads_nothing_heavy() -> None:
    code = (
        "import sys, grader.report.build, grader.report.terminal, grader.report.live;"
        "print(sorted({'rich', 'numpy', 'torch', 'sympy', 'numba', 'nbformat'} & set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
