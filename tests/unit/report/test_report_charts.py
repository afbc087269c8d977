"""Charts on log-log axes: what is drawn, and where."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from grader.report import html, json
from grader.report.build import build_report
from grader.report.charts import LIGHT, describe, draw, draw_file
from grader.report.models import ChartReport, CurveReport
from grader.scoring import score_part
from grader.submission.models import Submission
from grader.verdicts import Chart, Curve, passed

SIZES = (64, 128, 256)


def make_curve(name: str, role: str, power: int, **more: object) -> CurveReport:
    costs = tuple(float(size**power) for size in SIZES)
    return CurveReport(name=name, role=role, costs=costs, slope=float(power), **more)


CHART = ChartReport(
    title="Work",
    size_name="n",
    unit="statements",
    sizes=SIZES,
    curves=(
        make_curve("one CPU core", "cpu", 3),
        make_curve("tiled & quick", "tier", 2),
        make_curve("plain", "tier", 3),
        make_curve("yours", "student", 3),
    ),
)


def read(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", drawing))


def find_marks(drawing: ElementTree.Element, role: str) -> list[tuple[float, float]]:
    """Where the marks of a curve stand, without the one in its key."""
    group = next(each for each in drawing.iter("g") if each.get("class") == role)
    places = [each.get("transform", "") for each in group.findall("path[@class='mark']")]
    return [tuple(map(float, place[10:-1].split())) for place in places]  # type: ignore[misc]


def test_a_power_law_is_a_straight_line() -> None:
    marks = find_marks(read(draw(CHART)), "student")

    assert len(marks) == 3
    (x0, y0), (x1, y1), (x2, y2) = marks
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y0 > y2  # Upwards on the page is downwards in its numbers.


def test_marks_stay_within_the_frame() -> None:
    drawing = read(draw(CHART))
    width, height = map(float, drawing.get("viewBox", "").split()[2:])

    for role in ("cpu", "tier", "student"):
        for x, y in find_marks(drawing, role):
            assert 0 < x < width
            assert 0 < y < height


def test_every_curve_is_named_with_its_slope() -> None:
    texts = [each.text for each in read(draw(CHART)).iter("text")]

    for curve in CHART.curves:
        assert curve.name in texts
    assert texts.count("3.00") == 3
    assert texts.count("2.00") == 1


def test_no_two_curves_look_alike_without_colour() -> None:
    groups = [each for each in read(draw(CHART)).iter("g") if each.get("class") != "key"]
    looks = []
    for group in groups:
        line, mark = group.find("path[@class='curve']"), group.find("path[@class='mark']")
        assert line is not None and mark is not None
        looks.append((line.get("stroke-dasharray"), mark.get("d")))

    assert len(set(looks)) == len(CHART.curves)


def test_a_size_at_which_a_kernel_was_stopped_has_no_mark() -> None:
    short = CurveReport(name="yours", role="student", costs=(5.0, 25.0, 0.0), slope=2.3)
    none = CurveReport(name="yours", role="student", costs=(0.0, 0.0, 0.0), slope=None)

    some_drawn = read(draw(CHART.model_copy(update={"curves": (short,)})))
    none_drawn = read(draw(CHART.model_copy(update={"curves": (none,)})))

    assert len(find_marks(some_drawn, "student")) == 2
    assert find_marks(none_drawn, "student") == []
    assert "stopped" in [each.text for each in none_drawn.iter("text")]


def test_a_file_of_its_own_holds_all_charts_and_their_style() -> None:
    drawing = draw_file([CHART, CHART])

    assert len(list(read(drawing).iter("svg"))) == 3
    assert "prefers-color-scheme:dark" in drawing


def test_plain_colours_need_no_variables() -> None:
    drawing = draw_file([CHART], plain=True)

    assert "var(" not in drawing
    assert LIGHT["student"] in drawing


def test_who_cannot_see_it_is_told_the_slopes() -> None:
    assert "tiled & quick 2.00" in describe(CHART)
    assert "tiled &amp; quick 2.00" in draw(CHART)


def test_a_report_carries_its_charts_to_the_page_and_to_json() -> None:
    curve = Curve(name="yours <b>", role="student", costs=(1.0, 4.0, 16.0), slope=2.0004)
    chart = Chart(title="Work", size_name="n", unit="sectors", sizes=SIZES, curves=(curve,))
    score = score_part("matmul", "kernel", "Product", Fraction(4),
                       [passed("efficient", charts=(chart,))])  # fmt: skip
    handed_in = Submission(id="sha256:0", name="x")
    report = build_report(assignment="hw4", title="", submission=handed_in,
                          scores=[score], isolation="full")  # fmt: skip

    page = html.render(report)

    assert '<svg class="chart"' in page
    assert "yours &lt;b&gt;" in page and "yours <b>" not in page
    assert json.read(json.render(report)).parts[0].checks[0].charts[0].curves[0].slope == 2.0
