"""The page can be read: by day, by night, and without telling colours apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.report import html, html_parts
from grader.report.words import VERDICTS
from grader.verdicts import Verdict

TONES = ("right", "partly", "wrong", "blank", "open")
READABLE = 4.5
"""WCAG 2.2, level AA, for text of ordinary size."""
VISIBLE = 3.0
"""The same for icons."""


def read_colours(scheme: str) -> dict[str, str]:
    """The custom properties of one scheme: the first `:root` block is light, the second dark."""
    style = Path(html.__file__).with_name("page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark))


def measure_contrast(first: str, second: str) -> float:
    """WCAG's ratio of relative luminances, 1 to 21."""

    def measure_luminance(colour: str) -> float:
        channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((measure_luminance(first), measure_luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    colours = read_colours(scheme)
    pairs = [(ink, paper) for ink in ("ink", "soft", "link") for paper in ("paper", "sheet")]
    pairs += [("ink", "sunk"), ("soft", "sunk")]
    pairs += [(tone, paper) for tone in TONES for paper in ("paper", "sheet")]
    pairs += [("ink", f"{tone}-tint") for tone in TONES] + [("open", "open-tint")]

    faint = {
        pair: round(measure_contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if measure_contrast(colours[pair[0]], colours[pair[1]]) < READABLE
    }

    assert faint == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_icons_stand_out_from_the_sheet_and_their_marks_from_them(scheme: str) -> None:
    colours = read_colours(scheme)

    for tone in TONES:
        fill = colours[f"{tone}-fill"]
        assert measure_contrast(fill, colours["sheet"]) >= VISIBLE, tone
        assert tone == "blank" or measure_contrast(fill, "#ffffff") >= VISIBLE, tone


@pytest.mark.parametrize("verdict", Verdict)
def test_verdict_is_an_icon_of_its_tone_and_a_word(verdict: Verdict) -> None:
    drawn = html_parts.render_verdict(verdict)

    assert f'href="#mark-{VERDICTS[verdict].tone}"' in drawn
    assert 'aria-hidden="true"' in drawn
    assert drawn.endswith(f"{verdict}</span>")
