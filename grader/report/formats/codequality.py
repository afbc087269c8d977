"""GitLab's code quality report.

Source   https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from hashlib import sha256

from grader.report.findings import list_findings
from grader.report.models import Report

SEVERITIES = {"error": "major", "warning": "minor", "notice": "info"}


def render(report: Report, folder: str = "") -> str:
    """An issue for every finding.

    Its fingerprint leaves out the line: one that only moved is still the same.
    """
    issues = [
        {
            "description": f"{finding.title}: {finding.message}",
            "check_name": finding.rule,
            "fingerprint": sha256(
                "\0".join((finding.path, finding.rule, finding.check)).encode()
            ).hexdigest(),
            "severity": SEVERITIES[finding.level],
            "location": {"path": finding.path, "lines": {"begin": finding.line or 1}},
        }
        for finding in list_findings(report, folder)
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
