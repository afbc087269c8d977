"""Formats that other programs read: word for word, by their own readers, and under attack."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import PurePosixPath
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml, Properties

from grader.report import FORMATS, POINTING, render_report
from grader.report.findings import list_findings, locate
from grader.report.formats.classroom50 import make_result
from grader.report.formats.github import (
    ANNOTATIONS_LIMIT,
    choose_annotations,
    escape_message,
    escape_property,
    write_annotation,
)
from grader.report.formats.prairielearn import SIZE_LIMIT
from grader.report.models import Report
from grader.scoring import PartScore, score_part
from grader.verdicts import Outcome, Verdict, failed, passed

Golden = Callable[[str, str], None]
Make = Callable[..., Report]

ENDINGS = {
    "gradescope": "gradescope.json", "prairielearn": "prairielearn.json", "junit": "junit.xml",
    "check50": "check50.json", "github": "github.txt", "github-check": "github-check.json",
    "codequality": "codequality.json", "sarif": "sarif.json",
}  # fmt: skip
HOSTILE = (
    "::error::100 of 100", "\n::set-output name=score::61", "%0A::stop-commands::x",
    "]]>&<a b='c'>",
    "\x1b[31m\u202e\ufffe\x00", "a,b:c%", "../../../.github/workflows/grade.yml:1", "/etc/passwd:1",
    "'\"; DROP TABLE", "<script>alert(1)</script>", "##[error]forged",
)  # fmt: skip


@pytest.mark.parametrize("name", ENDINGS)
def test_each_format_is_word_for_word_as_before(name: str, golden: Golden, report: Report) -> None:
    golden(f"report.{ENDINGS[name]}", render_report(report, name, "hw2"))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_hidden_from_students_is_in_no_format(name: str, report: Report) -> None:
    shown = render_report(report, name)

    for secret in ("the hidden input was 77", "ValueError: secret", "no witness in 400 draws"):
        assert secret not in shown
        assert json.dumps(secret)[1:-1] not in shown


def make_hostile(make: Make, text: str) -> Report:
    outcome = failed(
        text, Verdict.CRASHED, text, location=text, output=text, hint=text, understood=text
    )
    return make(title=text, scores=(score_part("conv", "function", text, Fraction(1), [outcome]),))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_hostile_text_breaks_out_of_no_format(name: str, text: str, make: Make) -> None:
    shown = render_report(make_hostile(make, text), name, "hw2")

    if ENDINGS.get(name, "").endswith(".json"):
        json.loads(shown)
    if name == "junit":
        assert len(ElementTree.fromstring(shown).findall(".//testcase")) == 1
    if name == "github":
        for line in shown.splitlines():
            assert line.startswith(
                ("::error file=hw2/", "::notice file=hw2/", "::notice title=hw2")
            )
    if name in POINTING:
        assert ".github/workflows" not in shown or "file=" not in shown.partition(".github")[0]


def test_junit_is_read_by_its_own_parser(report: Report) -> None:
    suites = list(JUnitXml.fromstring(render_report(report, "junit").encode()))

    cases = {f"{suite.name}: {case.name}": case for suite in suites for case in suite}
    assert len(cases) == sum(len(part.checks) for part in report.parts)
    assert cases["hw2/conv-dims: answer"].is_passed
    assert cases["hw2/attn-rnn-k: k = 2"].is_failure
    assert cases["hw2/init-loss: loss"].is_error, "a fault of ours is an error, not a failure"
    assert cases["hw2/gated-rnn-gradients: rubric"].is_skipped
    scores = [
        float(prop.value)
        for suite in suites
        for case in suite
        for properties in case.iterchildren(Properties)
        for prop in properties
        if prop.name == "score"
    ]
    assert sum(scores) == pytest.approx(report.score)


def test_gradescope_gives_the_total_and_every_checks_points(report: Report) -> None:
    results = json.loads(render_report(report, "gradescope"))

    assert results["score"] == report.score
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(report.score)
    assert sum(test["max_score"] for test in results["tests"]) == pytest.approx(report.max_score)
    assert all(test["visibility"] == "visible" for test in results["tests"])
    opened = [test for test in results["tests"] if "status" not in test]
    assert {test["extra_data"]["verdict"] for test in opened} == {"undecided", "review", "void"}


def test_gradescope_hides_hidden_checks_in_a_staff_copy(make: Make) -> None:
    results = json.loads(render_report(make(audience="staff"), "gradescope"))

    shown = {test["name"]: test["visibility"] for test in results["tests"]}
    assert shown["One-dimensional convolution: large input"] == "hidden"
    assert shown["One-dimensional convolution: stride 2"] == "visible"


def test_prairielearn_takes_no_points_for_a_fault_of_ours(report: Report, make: Make) -> None:
    assert json.loads(render_report(report, "prairielearn"))["gradable"] is False

    sound = make(scores=(score_part("a", "value", "A", Fraction(4), [passed("answer")]),))
    results = json.loads(render_report(sound, "prairielearn"))
    assert (results["gradable"], results["score"]) == (True, 1)
    assert all("points" in test and "max_points" in test for test in results["tests"])


def test_prairielearn_results_stay_below_a_megabyte(make: Make) -> None:
    page = "\n".join("ß" * 45 for _ in range(80))
    scores = [
        score_part(
            f"part-{number}", "function", page, Fraction(1),
            [failed(f"{index}", Verdict.WRONG, page, output=page, hint=page) for index in range(8)],
        )
        for number in range(60)
    ]  # fmt: skip

    text = render_report(make(scores=scores), "prairielearn")

    assert len(text.encode()) <= SIZE_LIMIT
    assert len(json.loads(text)["tests"]) == 480


def make_many(number: int, verdict: Verdict = Verdict.CRASHED) -> list[PartScore]:
    return [
        score_part(
            f"part-{index:02}", "function", "", Fraction(index + 1),
            [failed("run", verdict, f"line {index}", location=f"hw.py:{index + 1}")],
        )
        for index in range(number)
    ]  # fmt: skip


def test_annotations_keep_to_githubs_limit_worst_first_and_say_how_many_more(make: Make) -> None:
    report = make(scores=make_many(22))
    lines = render_report(report, "github", "hw2").splitlines()

    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == ANNOTATIONS_LIMIT
    assert "line=22," in errors[0], "the most points were lost on the last one"
    assert "12 more in the report" in lines[-1]
    assert len(json.loads(render_report(report, "github-check"))["output"]["annotations"]) == 24


def test_a_check_run_says_how_many_annotations_it_left_out(make: Make) -> None:
    run = json.loads(render_report(make(scores=make_many(60)), "github-check"))

    assert len(run["output"]["annotations"]) == 50
    assert "12 more annotations" in run["output"]["summary"]


@settings(max_examples=200)
@given(st.text(), st.text())
def test_whatever_the_text_an_annotation_is_one_command(title: str, message: str) -> None:
    head, _, rest = f"::error title={escape_property(title)}::{escape_message(message)}"[
        2:
    ].partition("::")

    assert "\n" not in head + rest and "\r" not in head + rest
    decoded = rest.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert decoded == message
    assert "," not in head


def test_an_annotation_of_a_notebook_names_the_file_and_no_line(make: Make) -> None:
    outcome = failed("run", Verdict.CRASHED, "no", location="hw2.ipynb, cell 3, line 2")
    report = make(scores=[score_part("a", "function", "", Fraction(1), [outcome])])

    (finding,) = (each for each in list_findings(report, "hw2") if each.level == "error")

    assert (finding.path, finding.line) == ("hw2/hw2.ipynb", 0)
    assert write_annotation(finding).startswith("::error file=hw2/hw2.ipynb,title=")


@pytest.mark.parametrize(
    "location", ["../up.py:3", "a/../../b.py:1", "/etc/passwd:1", "a//b:2", "", "\\\\host\\x:1"]
)
def test_a_place_outside_the_folder_is_no_place(location: str) -> None:
    assert locate(location, "hw2") is None


def test_gitlab_finds_the_same_issue_again_when_its_line_moves(make: Make) -> None:
    def list_prints(line: int) -> list[str]:
        outcome = failed("run", Verdict.CRASHED, "no", location=f"hw.py:{line}")
        report = make(scores=[score_part("a", "function", "", Fraction(1), [outcome])])
        return [each["fingerprint"] for each in json.loads(render_report(report, "codequality"))]

    assert list_prints(3) == list_prints(30)
    assert len(set(list_prints(3))) == len(list_prints(3))


def test_classroom_50_gets_whole_numbers_that_add_up(make: Make) -> None:
    environ = {
        "CLASSROOM": "nets", "ASSIGNMENT": "hw2", "SUBMISSION_TAG": "submit/2026-10-12-ab",
        "COMMIT_URL": "https://example.org/commit/ab", "RELEASE_URL": "https://example.org/release",
    }  # fmt: skip
    third = Outcome(check="a", verdict=Verdict.PARTIAL, share=Fraction(1, 3))
    report = make(scores=[score_part("a", "value", "", Fraction(1), [third])])

    result = make_result(report, environ, datetime(2026, 10, 12, 20, tzinfo=UTC))

    assert (result["schema"], result["datetime"]) == (
        "classroom50/result/v1", "2026-10-12T20:00:00Z",
    )  # fmt: skip
    assert (result["score"], result["max-score"]) == (33, 100)
    assert result["tests"] == [
        {"test-name": "a", "passed": False, "score": 33, "max-score": 100, "verdict": "partial"}
    ]
    texts = ("classroom", "assignment", "submission", "commit", "release", "review")
    assert all(isinstance(result[name], str) and result[name] for name in texts)


def test_check50s_own_renderers_show_every_check(report: Report) -> None:
    from check50 import renderer

    document = json.loads(render_report(report, "check50"))
    given = {name: document[name] for name in ("slug", "results", "version")}

    terminal, page = renderer.to_ansi(**given), html.unescape(renderer.to_html(**given))

    for result in document["results"]:
        assert result["description"] in terminal and result["description"] in page
        mark = {True: ":)", False: ":(", None: ":|"}[result["passed"]]
        assert f"{mark} {result['description']}" in terminal
        if result["cause"]:
            assert result["cause"]["rationale"] in terminal


def test_sarif_is_read_by_a_model_of_the_standard(report: Report) -> None:
    from sarif_pydantic import Sarif

    (run,) = Sarif.model_validate_json(render_report(report, "sarif", "hw2")).runs

    findings = [finding for finding in list_findings(report, "hw2") if finding.line]
    assert len(run.results or ()) == len(findings) > 0


def test_sarif_has_what_the_standard_requires(report: Report) -> None:
    log = json.loads(render_report(report, "sarif", "student work"))

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        path = PurePosixPath(unquote(place["artifactLocation"]["uri"]))
        assert path.parts[0] == "student work" and " " not in place["artifactLocation"]["uri"]


def test_the_worst_findings_are_kept(make: Make) -> None:
    findings = list_findings(make(scores=make_many(12)))

    kept = choose_annotations(findings)

    lost = [each.lost_points for each in kept if each.level == "error"]
    assert lost == sorted(lost, reverse=True)
    assert min(lost) == 3
