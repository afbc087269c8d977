"""SARIF 2.1.0, for findings that have a source line.

Source   https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from grader import __version__
from grader.report.findings import Finding, list_findings
from grader.report.models import Report

LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def render(report: Report, folder: str = "") -> str:
    """One run; a rule is a part."""
    findings = [finding for finding in list_findings(report, folder) if finding.line]
    titles = {part.id: part.title or part.id for part in report.parts}
    rules = sorted({finding.rule for finding in findings})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "fairmark",
                        "version": __version__,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": titles.get(rule, rule)}}
                            for rule in rules
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_make_result(finding, rules) for finding in findings],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _make_result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    print_of = sha256("\0".join((finding.path, finding.rule, finding.check)).encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": LEVELS[finding.level],
        "message": {"text": f"{finding.title}\n{finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path)},
                    "region": {"startLine": finding.line},
                }
            }
        ],
        "partialFingerprints": {"fairmark/v1": print_of},
    }
