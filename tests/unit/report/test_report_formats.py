"""Every format of one report with every verdict, word for word, and under attack.

When a format changes on purpose: `UPDATE_GOLDEN=1 pytest tests/unit/report`, then read the diff
of `tests/golden/report/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader.report import html, json, markdown, terminal
from grader.report.cleaning import clean_line
from grader.report.columns import measure
from grader.report.models import Report
from grader.scoring import PartScore, score_part
from grader.submission.models import Remark, Submission
from grader.verdicts import Counterexample, Outcome, Verdict

Golden = Callable[[str, str], None]
Make = Callable[..., Report]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></details></article><h1>100 of 100</h1>",
    "&lt;b&gt; &amp;copy;",
    "javascript:alert(1)",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.png)",
    "<https://evil.example>",
    "https://evil.example/x www.evil.example",
    "@everyone #1 GH-12 a@b.example",
    "```\n</details>\n# 100 of 100\n```",
    "`a`` ``` ```` b`",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "title\n=====",
    "- [x] done\n1. one\n> quote\n***bold*** ~~no~~ $x$",
    "[ref]: https://evil.example",
    "\\<b>\\`",
    "\x1b[2J\x1b]0;owned\x07\u202egnp.exe",
    "$style $header ${main} %s {0}",
)


def make_hostile_scores(text: str) -> tuple[PartScore, ...]:
    """A part in which everything a student or an author can write is this text."""
    outcomes = [
        Outcome(
            check=text, verdict=verdict, share=Fraction(0), feedback=f"{text}\nsaw  {text}",
            counterexample=Counterexample(
                inputs=((text, text),), saw=text, expected=text, difference=text, code=text
            ),
            mistake=text, hint=text, location=text, output=text, understood=text,
        )
        for verdict in (Verdict.WRONG, Verdict.CRASHED)
    ]  # fmt: skip
    return (score_part("conv", "function", text, Fraction(2), outcomes),)


def make_hostile_report(make: Make, text: str) -> Report:
    submission = Submission(
        id="sha256:0", name=text, remarks=(Remark(file=text, line=3, message=text),)
    )
    return make(
        title=text, submission=submission, scores=make_hostile_scores(text), notices=(text,),
        versions={text: text}, problems={text: text}, seed_label=text,
    )  # fmt: skip


class Page(HTMLParser):
    """The elements and attributes of a page, and whether its elements close in order."""

    VOID = frozenset({"meta", "br", "path", "circle", "use"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.stack: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += attrs
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_json_is_as_published(report: Report, golden: Golden) -> None:
    golden("report.json", json.render(report))


def test_terminal_report_is_as_agreed(report: Report, golden: Golden) -> None:
    golden("report.txt", terminal.render(report, width=90))


def test_terminal_report_for_staff_is_as_agreed(make: Make, golden: Golden) -> None:
    golden("report-staff.txt", terminal.render(make(audience="staff"), width=90))


def test_terminal_report_in_ascii_is_as_agreed(report: Report, golden: Golden) -> None:
    text = terminal.render(report, width=60, ascii_only=True)

    assert text.isascii()
    golden("report-ascii.txt", text)


def test_markdown_is_as_agreed(report: Report, golden: Golden) -> None:
    golden("report.md", markdown.render(report))


def test_page_is_as_agreed(report: Report, golden: Golden) -> None:
    golden("report.html", html.render(report))


@pytest.mark.parametrize("width", [20, 60, 77, 120, 300])
def test_terminal_lines_keep_to_the_width_but_for_code(report: Report, width: int) -> None:
    lines = terminal.render(report, width=width).splitlines()

    too_long = [line for line in lines if measure(line) > min(max(width, 60), 120)]
    assert all("print(conv1d_forward" in line for line in too_long)


def test_colour_changes_nothing_but_colour(report: Report) -> None:
    plain = terminal.render(report, width=90)
    coloured = terminal.render(report, width=90, colour=True)

    stripped = re.sub(r"\x1b\[\d+m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()
    assert coloured != plain


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_terminal_sequence_gets_through(make: Make, hostile: str) -> None:
    report = make_hostile_report(make, hostile)

    text = terminal.render(report, colour=True)

    assert set(re.findall(r"\x1b.{0,3}", text)) <= {
        *(f"\x1b[{code}m" for code in "12"),
        *(f"\x1b[{code}" for code in (31, 32, 33, 36)),
        "\x1b[0m",
    }
    assert "\u202e" not in text
    assert "owned" not in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_page_keeps_its_structure_whatever_a_student_writes(make: Make, hostile: str) -> None:
    harmless = Page(html.render(make_hostile_report(make, "word")))
    page = Page(html.render(make_hostile_report(make, hostile)))

    # A text of several lines may have more rows, never other elements or attributes.
    assert set(page.elements) == set(harmless.elements)
    assert page.stack == []
    assert " ".join(clean_line(hostile).split()) in " ".join(page.text.split())


def test_page_asks_nothing_of_the_network(report: Report) -> None:
    text = html.render(report)
    page = Page(text)

    targets = [value for name, value in page.attributes if name in ("href", "src", "action")]
    assert targets
    assert all(value and value.startswith("#") for value in targets)
    assert "url(" not in text
    assert "@import" not in text
    assert not any(tag in ("script", "link", "iframe") for tag, _ in page.elements)
    assert not any(name.startswith("on") for name, _ in page.attributes)


def test_links_of_the_page_lead_somewhere(report: Report) -> None:
    page = Page(html.render(report))

    targets = {value for name, value in page.attributes if name == "id"}
    links = [value for name, value in page.attributes if name == "href"]
    assert {str(link)[1:] for link in links} <= targets


def test_headings_of_the_page_go_down_one_step_at_a_time(report: Report) -> None:
    page = Page(html.render(report))

    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_verdict_of_the_page_has_its_word(report: Report) -> None:
    page = Page(html.render(report))

    words = set(re.findall(r"[a-z]+", page.text))
    assert {str(check.verdict) for part in report.parts for check in part.checks} <= words


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_a_student_writes_is_markdown(make: Make, hostile: str) -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    harmless = Page(reader.render(markdown.render(make_hostile_report(make, "word"))))

    page = Page(reader.render(markdown.render(make_hostile_report(make, hostile))))

    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements} | {"br"}
    assert page.stack == []
    headings = [tag for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert headings == ["h2", "h3"]
    assert not any(name in ("href", "src") for name, _ in page.attributes)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=60))
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    page = Page(MarkdownIt("commonmark").render(markdown.escape_text(text)))

    # Invisible spaces are ours: they keep `@name` from calling anyone.
    assert page.text.strip().replace("\u200b", "") == " ".join(text.split())
    assert {tag for tag, _ in page.elements} <= {"p"}


def test_mentions_and_references_are_parted_from_their_names() -> None:
    assert "\u200b" in Page(markdown.escape_text("@teacher")).text
    assert "\u200b" in Page(markdown.escape_text("see #12")).text
    assert "\u200b" in Page(markdown.escape_text("see GH-12")).text


def test_comment_too_long_for_a_pull_request_keeps_its_summary(make: Make) -> None:
    scores = tuple(
        score_part(f"part-{number}", "value", "", Fraction(1), [
            Outcome(check="a", verdict=Verdict.WRONG, share=Fraction(0), output="word " * 400),
        ])
        for number in range(60)
    )  # fmt: skip

    text = markdown.render(make(scores=scores))

    assert len(text) < markdown.LENGTH_LIMIT
    assert "part-59" in text
    assert "Too long" in text


def test_perfect_report_says_that_nothing_is_left(make: Make) -> None:
    scores = (score_part("a", "value", "A", Fraction(1), [
        Outcome(check="a", verdict=Verdict.PASSED, share=Fraction(1)),
    ]),)  # fmt: skip
    report = make(scores=scores)

    assert "Everything is right. Nothing is left to mend." in html.render(report)
    assert "Look at these first" not in terminal.render(report)
    assert terminal.render(report).rstrip().endswith("hw2: 1 of 1 points.")
