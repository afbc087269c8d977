"""The page of a class: what it tells, what it asks for, and what a student can't put into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from grader.report.class_page import render_class
from grader.report.class_statistics import ClassStatistics
from grader.report.models import Report
from grader.scoring import score_part
from grader.verdicts import Outcome, Verdict, failed, passed

Make = Callable[..., Report]


def make_class(make: Make) -> ClassStatistics:
    found = ClassStatistics("hw2", "Nets & loss")
    for number in range(7):
        wrong = Outcome(
            check="entries", verdict=Verdict.WRONG, share=Fraction(0),
            mistake="Rows and columns are swapped.", elapsed_ms=200.0 + number,
        )  # fmt: skip
        outcome = passed("entries", elapsed_ms=3.0) if number > 4 else wrong
        parts = [
            score_part("dw", "function", "Slope", Fraction(4), [outcome]),
            score_part("why", "text", "", Fraction(1), [failed("answer", Verdict.REVIEW, "")]),
        ]
        found.add(f"student-{number}", make(scores=parts, audience="staff"))
    void = failed("loss", Verdict.VOID, "", staff_note="reference raised ValueError")
    parts = [score_part("dw", "function", "Slope", Fraction(4), [void])]
    found.add("student-7", make(scores=parts, audience="staff"))
    found.add_trouble("broken", "unreadable: no text in it")
    return found


def test_the_page_says_where_the_class_stands(make: Make) -> None:
    page = re.sub(r"<[^>]+>", " ", render_class(make_class(make)))

    assert "Rows and columns are swapped." in page
    assert "student-0, student-1, student-2 and 2 more" in page
    assert "reference raised ValueError" in page
    assert "no text in it" in page
    assert "29%" in page, "two of the seven whose points are settled"
    assert page.index("void") < page.index("student-0 "), "what is to be mended comes first"


def test_the_histogram_counts_every_report(make: Make) -> None:
    found = make_class(make)

    assert sum(found.bins) == found.count == 8
    page = render_class(found)
    drawn = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', page)]
    assert sum(height > 0 for height in drawn) == sum(count > 0 for count in found.bins)


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(make: Make) -> None:
    page = render_class(make_class(make))

    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["'](?!#)|url\(|@import|<script""", page)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$style ${main}"]
)
def test_hostile_text_stays_text(make: Make, text: str) -> None:
    found = ClassStatistics(text, text)
    outcome = failed(text, Verdict.REVIEW, text, mistake=text, staff_note=text)
    part = score_part("a", "text", text, Fraction(1), [outcome])
    found.add(text, make(scores=[part], audience="staff"))
    found.add_trouble(text, text)

    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)

    Reader().feed(render_class(found))

    assert "script" not in seen and "img" not in seen


def test_a_class_without_any_report_still_makes_a_page() -> None:
    found = ClassStatistics("hw2", "")
    found.add_trouble("a", "unreadable: empty")

    assert "Without a report" in render_class(found)
