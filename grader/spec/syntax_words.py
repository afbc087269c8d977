"""The YAML parser's complaints, in words that say what to write instead."""

from __future__ import annotations

from typing import Any

from grader.spec.positions import split_lines


def explain_syntax(error: Any, text: str) -> tuple[int, int, str]:
    """Line and column, counted from 1, and what is wrong there.

    `error` is a MarkedYAMLError of libyaml or of PyYAML's own parser; their words differ.
    """
    problem = error.problem or "this is not YAML"
    mark = error.problem_mark or error.context_mark
    lines = split_lines(text)
    line, column = mark.line, mark.column
    seen = lines[line][column : column + 1] if line < len(lines) else ""
    opened = error.context_mark.line + 1 if error.context_mark else line + 1

    def at_problem(message: str) -> tuple[int, int, str]:
        return line + 1, column + 1, message

    def at_opening(message: str) -> tuple[int, int, str]:
        return error.context_mark.line + 1, error.context_mark.column + 1, message

    if "tab character" in problem or (seen == "\t" and "cannot start" in problem):
        return at_problem("a tab cannot indent YAML; use spaces")
    if "cannot start any token" in problem:
        return at_problem(f"text cannot start with '{seen}'; put it in quotes")
    if "mapping values are not allowed" in problem:
        return at_problem(
            "a ':' is not expected here; quote text that holds ': ', or check the indentation"
        )
    if "sequence entries are not allowed" in problem:
        return at_problem("a list item '- ' cannot stand here; put it on a line of its own")
    if "could not find expected ':'" in problem:
        return at_opening("a ':' is missing after this key")
    if "',' or ']'" in problem:
        return at_problem(
            f"expected ',' or ']' in the list that opens on line {opened};"
            " quote items that hold brackets"
        )
    if "',' or '}'" in problem:
        return at_problem(
            f"expected ',' or '}}' in the mapping that opens on line {opened};"
            " quote values that hold brackets"
        )
    if "quoted scalar" in (error.context or "") and "end of stream" in problem:
        return at_opening("this quote is never closed")
    if "quoted" in (error.context or "") and "document indicator" in problem:
        return at_opening("this quote is never closed")
    if "unknown escape" in problem or "hexade" in problem or "hexdec" in problem:
        return at_problem(
            "a backslash starts an escape in double quotes; use single quotes, or '\\\\'"
        )
    if "alphabetic or numeric" in problem:
        return at_opening("text cannot start with '*' or '&'; put it in quotes")
    if "block scalar" in (error.context or ""):
        return at_problem("text after '|' or '>' starts on the next line")
    if "node content" in problem:
        if seen in (",", "]", "}"):
            return at_problem(f"a value is missing before '{seen}', or it needs quotes")
        return at_problem("a value is missing here")
    if "document start" in problem:
        return at_problem("this line does not belong to what stands before; check the indentation")
    if "incompatible YAML" in problem or "directive" in problem:
        return at_problem("directives such as %YAML and %TAG are not read; remove them")
    if "while scanning a tag" in (error.context or "") or "tag handle" in problem:
        return at_problem("text cannot start with '!'; put it in quotes")
    before = lines[line][:column].rstrip() if line < len(lines) else ""
    if seen == ":":
        return at_problem("a key is missing before ':'")
    if before.endswith(("'", '"')) and seen not in ("", "]", "}"):
        return at_problem("text cannot go on after a closing quote; quote all of it")
    if "expected key" in problem or "<block end>" in problem or "'-' indicator" in problem:
        kind = "list" if "collection" in (error.context or "") else "mapping"
        return at_problem(
            f"this does not continue the {kind} that starts on line {opened};"
            " check the indentation and the quotes"
        )
    return at_problem(f"this is not YAML: {problem}")
