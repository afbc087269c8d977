"""The page of a preview: each part with its statement, an answer box and the last verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from grader.authoring.preview.markup import render_markdown
from grader.authoring.starters import write_starter
from grader.authoring.statement import list_part_lines
from grader.errors import Fault
from grader.kinds import BY_CODE
from grader.report.html import read_marks, read_style
from grader.spec.loaded import LoadedProblem
from grader.spec.personal import show_values

HERE = Path(__file__).parent


def write_page(problem: LoadedProblem, version: str) -> str:
    """The whole page of one problem."""
    main = "\n".join(_write_main(problem))
    return _fill(problem.title, problem.id, main, version)


def write_faults(problem_id: str, faults: Sequence[Fault], version: str) -> str:
    """The page of a problem that cannot be loaded: what is wrong, and where."""
    items = "".join(
        f"<li><code>{escape(fault.file)}:{fault.line}:{fault.column}</code>"
        f'<p class="said">{escape(fault.message)}</p>'
        + (f"<pre><code>{escape(fault.excerpt)}</code></pre>" if fault.excerpt else "")
        + "</li>"
        for fault in faults
    )
    main = f'<h2>This can\'t be loaded</h2>\n<ul class="faults">{items}</ul>'
    return _fill("Not valid yet", problem_id, main, version)


def _fill(title: str, problem_id: str, main: str, version: str) -> str:
    page = Template((HERE / "page.html").read_text("utf-8"))
    return page.substitute(
        title=escape(title),
        problem=escape(problem_id),
        marks=read_marks(),
        main=main,
        version=escape(version),
    )


def read_asset(name: str) -> bytes:
    """The page's own style or script."""
    text = (HERE / name).read_text("utf-8")
    return (read_style() + "\n" + text if name.endswith(".css") else text).encode()


def _write_main(problem: LoadedProblem) -> Iterator[str]:
    if problem.values:
        yield f'<p class="quiet">Drawn: {escape(show_values(problem.values))}</p>'
    if problem.prompt.strip():
        yield f'<div class="statement lead">{render_markdown(problem.prompt)}</div>'
    for part_id, part in problem.parts.items():
        yield _write_part(problem, part_id, part)


def _write_part(problem: LoadedProblem, part_id: str, part: Any) -> str:
    statement = render_markdown("\n".join(list_part_lines(part_id, part)))
    is_code = part.kind in BY_CODE
    begun = write_starter(problem, part_id, part) if is_code else ""
    rows = min(24, max(6, begun.count("\n") + 2)) if is_code else 6
    label = "Python" if is_code else f"Below the heading ## {part_id}"
    return f"""<section class="asked" id="part-{escape(part_id)}">
<div class="statement">{statement}</div>
<form class="trial" data-part="{escape(part_id)}">
<label for="answer-{escape(part_id)}">{escape(label)}</label>
<textarea id="answer-{escape(part_id)}" name="text" rows="{rows}" spellcheck="false" \
autocapitalize="off" autocomplete="off">{escape(begun)}</textarea>
<p class="row"><button>Try it</button>
<label class="inline"><input type="checkbox" name="staff"> as staff see it</label>
<span class="quiet">Ctrl+Enter</span></p>
<div class="verdict-box" role="status" aria-live="polite"></div>
</form>
</section>"""


def as_json(**values: object) -> bytes:
    return json.dumps(values).encode()
