"""What the documentation says is so: links lead somewhere, specs load, commands parse."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from grader.authoring.beginning import begin_problem, list_kinds
from grader.authoring.field_pages import write_field_page
from grader.cli import LazyGroup, cli
from grader.spec.loading import Course
from grader.spec.personal import personalise

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
ALL = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
# Pages that end on other sites are checked by whoever follows them.
ABROAD = ("http://", "https://", "mailto:")


def read_blocks(path: Path, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text("utf-8"), re.M | re.S)
    return [text for language, text in found if language in languages]


def list_anchors(path: Path) -> set[str]:
    """Ids of headings, as MkDocs and GitHub make them."""
    anchors = set()
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        named = re.search(r"\{#([\w-]+)\}", heading)
        plain = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
        anchors.add(named[1] if named else re.sub(r"\s+", "-", plain))
    return anchors


def list_links() -> Iterator[tuple[str, Path, str]]:
    for page in ALL:
        text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not target.startswith(ABROAD):
                yield f"{page.name}:{target}", page, target


LINKS = list(list_links())


@pytest.mark.parametrize(
    ("page", "target"), [each[1:] for each in LINKS], ids=[x[0] for x in LINKS]
)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page

    assert found.exists()
    assert not anchor or anchor in list_anchors(found)


def list_commands() -> list[str]:
    found = []
    for page in ALL:
        for block in read_blocks(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                words = line.strip().removeprefix("$ ").removeprefix(".venv/bin/")
                if words.startswith("grade ") and "…" not in words:
                    found.append(words)
    return sorted(set(found))


@pytest.mark.parametrize("line", list_commands())
def test_a_command_is_one_that_there_is(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="grade")
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]

    # Paths in examples need not be here: those that have to be are left out.
    parser = command.make_parser(context)
    _, rest, _ = parser.parse_args(args=list(words))

    takes_more = any(isinstance(each, click.Argument) for each in command.params)
    assert takes_more or not rest


def find_specs() -> Iterator[tuple[str, str, str]]:
    """Problem specs with the reference that stands below them, if one does."""
    for page in (*PAGES, ROOT / "README.md"):
        blocks = re.findall(r"^```(yaml|python)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
        for index, (language, text) in enumerate(blocks):
            if language == "yaml" and re.search(r"^parts:", text, re.M):
                after = blocks[index + 1] if index + 1 < len(blocks) else ("", "")
                yield f"{page.stem} {index}", text, after[1] if after[0] == "python" else ""


SPECS = list(find_specs())


def write_course(root: Path, spec: str, reference: str) -> Course:
    for folder, name, text in (("problems", "it.yaml", spec), ("reference", "it.py", reference)):
        if text:
            path = root / folder / "hw1" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return Course(root)


@pytest.mark.parametrize(("spec", "reference"), [s[1:] for s in SPECS], ids=[s[0] for s in SPECS])
def test_a_spec_can_be_loaded(spec: str, reference: str, tmp_path: Path) -> None:
    if not reference and "kind: function" in spec:
        # A spec alone: its functions are made up, so that what it says of them can be read.
        named = re.findall(r"signature: (\w+)|like: (\w+)", spec)
        reference = "\n\n".join(f"def {a or b}(*arguments): ..." for a, b in named)

    loaded = personalise(write_course(tmp_path, spec, reference).load("hw1"), "ana", "secret")

    assert next(loaded.parts())


def test_an_assignment_file_can_be_loaded(tmp_path: Path) -> None:
    headers = [
        text
        for page in PAGES
        for text in read_blocks(page, "yaml")
        if re.search(r"^(due|policies|problems):", text, re.M) and "parts:" not in text
    ]
    assert headers
    for header in headers:
        course = write_course(tmp_path, "title: T\nparts: {a: {kind: value, answer: 1}}\n", "")
        (tmp_path / "problems" / "hw1" / "it.yaml").rename(
            tmp_path / "problems" / "hw1" / "centre.yaml"
        )
        (tmp_path / "problems" / "hw1" / "assignment.yaml").write_text(header, "utf-8")

        assert course.load("hw1").title


@pytest.mark.parametrize("kind", list_kinds())
def test_a_problem_of_each_kind_is_shown_as_it_is_written(kind: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "kinds.md").read_text("utf-8")
    stem = re.search(rf"^grade new hw1/([\w-]+) --kind {kind}$", page, re.M)
    assert stem, f"docs/kinds.md begins no problem of kind {kind}"

    files = begin_problem(Course(tmp_path), "hw1", stem[1], kind, "")

    for file in files:
        assert file.text.strip() in page, f"docs/kinds.md shows another {file.path.name}"


def test_every_key_of_a_spec_is_on_its_page() -> None:
    path = ROOT / "docs" / "fields.md"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(write_field_page(), "utf-8")

    written = path.read_text("utf-8")
    assert written == write_field_page(), "UPDATE_GOLDEN=1 rewrites docs/fields.md"


def test_every_page_is_in_the_contents() -> None:
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")

    assert {page.name for page in PAGES} == set(re.findall(r": ([\w-]+\.md)$", contents, re.M))


def test_every_command_is_told_of() -> None:
    assert isinstance(cli, LazyGroup)
    told = {line.split()[1] for line in list_commands()}

    missing = {"submit", "batch", "check", "try", "new", "preview", "publish", "doctor"} - told
    assert not missing


@pytest.mark.sandbox
def test_the_problems_of_the_instructors_page_have_certificates(tmp_path: Path) -> None:
    page = ROOT / "docs" / "instructors.md"
    specs = [(spec, reference) for name, spec, reference in SPECS if name.startswith(page.stem)]
    for number, (spec, reference) in enumerate(specs):
        for folder, text, ending in (("problems", spec, "yaml"), ("reference", reference, "py")):
            path = tmp_path / folder / "hw1" / f"p{number}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    shown = subprocess.run(
        [sys.executable, "-m", "grader", "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (shown.returncode, len(specs)) == (0, 2), shown.stdout + shown.stderr
