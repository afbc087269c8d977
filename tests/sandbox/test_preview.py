"""`grade preview` as a browser meets it: the page, its verdicts, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]

SPEC = r"""
    title: Rates <b>&
    prompt: "With $\\frac{a}{b}$ and <script>alert(1)</script>, for $5 or $6."
    params: {a: [2, 3]}
    parts:
      slope:
        kind: expression
        points: 2
        prompt: The slope of <<a>>x².
        symbols: {x: real}
        answer: 2*<<a>>*x
        mistakes: [{answer: <<a>>*x, say: Twice that.}]
      double:
        kind: function
        signature: double(x)
        checks:
          - {name: seen, x: 1}
          - {name: unseen, hidden: true, x: 741}
    """


class Preview:
    """A running preview of hw1/rates."""

    def __init__(self, course: Path, address: str) -> None:
        self.course, self.address = course, address
        self.host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
        self.port = int(port)

    def ask(
        self, path: str, question: object = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection(self.host, self.port, timeout=60)
        sent = {"Host": f"{self.host}:{self.port}"}
        body = None
        if question is not None:
            body = json.dumps(question)
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST" if body else "GET", path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def judge(self, part: str, text: str, staff: bool = False) -> str:
        _, _, answer = self.ask("/judge", {"part": part, "text": text, "staff": staff})
        return str(json.loads(answer)["html"])


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    course = tmp_path_factory.mktemp("course")
    for folder, name, text in (
        ("problems", "rates.yaml", SPEC),
        ("reference", "rates.py", "def double(x):\n    return 2 * x\n"),
    ):
        path = course / folder / "hw1" / name
        path.parent.mkdir(parents=True)
        path.write_text(dedent(text), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "grader", "preview", "hw1/rates", "--port", "0"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(course / ".cache")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        yield Preview(course, line.partition(" at ")[2].split(" ")[0])
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_the_statement_is_shown_with_formulas_and_without_foreign_markup(preview: Preview) -> None:
    status, headers, page = preview.ask("/")

    assert status == 200
    assert "Rates &lt;b&gt;&amp;" in page
    formula = page.replace("<mrow>", "").replace("</mrow>", "")
    assert "<mfrac><mi>a</mi><mi>b</mi></mfrac>" in formula
    assert "for $5 or $6" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<<a>>" not in page
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "http://" not in page.replace("http://www.w3.org/1998/Math/MathML", "")


def test_the_page_holds_nothing_secret_and_no_script_of_its_own(preview: Preview) -> None:
    _, _, page = preview.ask("/")

    assert "741" not in page
    assert "Twice that" not in page
    assert page.count("<script") == page.count('<script src="/preview.js" defer>') == 1
    assert "onclick" not in page


def test_an_answer_is_judged_in_the_sandbox_and_explained(preview: Preview) -> None:
    a = 2 if "The slope of 2x²" in preview.ask("/")[2] else 3

    assert "passed" in preview.judge("slope", f"x + {2 * a - 1} x")
    assert "Twice that." in preview.judge("slope", f"{a} x")
    code = "def double(x):\n    return open('/etc/passwd').read()\n"
    assert "root:" not in preview.judge("double", code)
    assert "passed" in preview.judge("double", "def double(x):\n    return x + x\n")


def test_hidden_inputs_are_shown_to_staff_alone(preview: Preview) -> None:
    wrong = "def double(x):\n    return 2 if x == 1 else 0\n"

    assert "741" not in preview.judge("double", wrong)
    assert "741" in preview.judge("double", wrong, staff=True) or "1482" in preview.judge(
        "double", wrong, staff=True
    )


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example:80"}, {"Origin": "http://evil.example"}, {"Host": "127.0.0.1"}],
)
def test_pages_of_others_are_refused(preview: Preview, headers: dict[str, str]) -> None:
    question = {"part": "slope", "text": "x", "staff": True}

    assert preview.ask("/", **headers)[0] == 403
    assert preview.ask("/judge", question, **headers)[0] == 403


@pytest.mark.parametrize(
    "question",
    [{}, [], {"part": "nothing", "text": "", "staff": False}, {"part": 1, "text": 2, "staff": 3}],
)
def test_what_is_no_question_is_refused(preview: Preview, question: object) -> None:
    assert preview.ask("/judge", question or {"x": 1})[0] == 400
    assert preview.ask("/judge", {"part": "slope"}, Content_Type="text/plain")[0] == 400
    assert preview.ask("/../problems/hw1/rates.yaml")[0] == 404


def test_a_change_is_seen_and_a_fault_is_shown_with_its_place(preview: Preview) -> None:
    path = preview.course / "problems" / "hw1" / "rates.yaml"
    before = preview.ask("/version")[2]
    whole = path.read_text("utf-8")

    path.write_text(whole.replace("points: 2", "pionts: 2"), "utf-8")
    changed, faulty = preview.ask("/version")[2], preview.ask("/")[2]
    path.write_text(whole, "utf-8")

    assert changed != before
    assert "rates.yaml:8:5" in faulty
    assert "did you mean &#x27;points&#x27;" in faulty
    assert "The slope of" in preview.ask("/")[2]


def test_one_problem_is_asked_for(preview: Preview) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "grader", "preview", "hw1/nothing"],
        cwd=preview.course,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 2
    assert "hw1 has no problem 'nothing'" in asked.stderr
