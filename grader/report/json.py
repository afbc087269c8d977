"""The report as JSON, and the schema it keeps to."""

from __future__ import annotations

import json
from typing import Any

from grader.record import find_model
from grader.report.models import SCHEMA, Report


def render(report: Report) -> str:
    """One JSON object; fields keep their names and order."""
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


def read(text: str | bytes) -> Report:
    """A report from its JSON.

    Errors   ValueError (pydantic's ValidationError) for anything that is not one.
    """
    return Report.model_validate_json(text)


def report_schema() -> dict[str, Any]:
    """The published JSON Schema of a report."""
    schema = find_model(Report).model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **schema,
    }


def render_schema() -> str:
    """The schema as text, for editors and other programs."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"
