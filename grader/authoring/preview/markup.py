"""Statements to HTML: Markdown with $formulas$ as MathML, nothing of it from a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from grader.errors import UsageError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def render_markdown(text: str) -> str:
    """HTML of a statement; raw HTML in it stays text.

    Errors   UsageError where what renders it is not installed.
    """
    return str(_prepare().render(text))


def render_line(text: str) -> str:
    """HTML of a label or an option, which is a part of a line."""
    return str(_prepare().renderInline(text))


@cache
def _prepare() -> MarkdownIt:
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError:
        raise UsageError(
            "previews need two more packages; pip install 'fairmark[preview]'"
        ) from None
    # Pictures would be fetched from wherever they are.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    # A price is no formula: '$5 and $6' stays as it is.
    markdown.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=render_formula)
    return markdown


def find_unread_formulas(text: str) -> Iterator[str]:
    """Formulas of a statement that would be shown as they were written.

    Nothing is found where what renders them is not installed.
    """
    if "$" not in text:
        return
    try:
        tokens = _prepare().parse(text)
    except UsageError:
        return
    for token in (inner for each in tokens for inner in (each, *(each.children or ()))):
        if token.type.startswith("math") and not _convert(token.content, "inline"):
            yield token.content


def render_formula(latex: str, options: dict[str, Any]) -> str:
    """MathML; what can't be read as LaTeX is shown as it was written."""
    display = "block" if options.get("display_mode") else "inline"
    return _convert(latex, display) or f'<code class="unread">{escape(latex)}</code>'


def _convert(latex: str, display: str) -> str:
    """MathML; empty for what is no LaTeX, or has a command that is not known."""
    from latex2mathml.converter import convert

    braces = re.sub(r"\\.", "", latex)
    if braces.count("{") != braces.count("}"):
        return ""
    try:
        found = str(convert(latex, display=display))
    except Exception:
        return ""
    return "" if "<mi>\\" in found else found
