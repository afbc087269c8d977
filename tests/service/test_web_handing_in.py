"""What a page's form hands in, read back as it will be for grading."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from school import COURSE
from starlette.datastructures import UploadFile

from grader.errors import SubmissionError
from grader.kinds.handing_in import hand_in
from grader.service.intake import look_at
from grader.service.web.answered import read_typed, reconcile
from grader.service.web.handing_in import Filled, pack
from grader.service.web.statements import ask, find_blanks
from grader.service.web.uploads import Brought, read_earlier, read_uploads
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course
from grader.submission.read import read_submission

MIB = 1 << 20
PARTS = """title: Nets
parts:
  num: {kind: value, points: 1, title: Num, prompt: How many?, answer: 7}
  depth:
    kind: choice
    points: 1
    title: Depth
    prompt: Which?
    options: {a: shallow, b: deep}
    answer: b
  why:
    kind: text
    points: 3
    title: Why
    prompt: Why?
    rubric: [{item: A reason., points: 3}]
  sizes:
    kind: value
    points: 2
    title: Sizes
    prompt: Which?
    fields: {rows: {answer: 3}, columns: {answer: 4}}
  f:
    kind: function
    points: 4
    title: F
    prompt: Write f.
    signature: f(x)
    checks:
      - {name: one, x: 1.0, expect: 1.0, points: 1}
      - {name: two, x: 2.0, expect: 2.0, points: 1, hidden: true}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedAssignment:
    folder = tmp_path_factory.mktemp("course") / "problems" / "nets"
    folder.mkdir(parents=True)
    (folder / "nets.yaml").write_text(PARTS)
    (folder / "assignment.yaml").write_text("title: Nets\n")
    return Course(folder.parent.parent).load("nets")


class Form:
    """A page's form: sent as a browser sends it, on what was handed in before."""

    def __init__(self, folder: Path, loaded: LoadedAssignment) -> None:
        self.folder, self.loaded = folder, loaded
        self.earlier = Brought()
        self.count = 0

    def send(
        self, *uploads: tuple[str, bytes], typed: Mapping[str, str] | None = None, keep: bool = True
    ) -> Path:
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        shown = read_typed(self.earlier.files, self.loaded)
        blanks = {blank.name: blank for blank, _ in find_blanks(self.loaded)}
        meant = reconcile(blanks, shown | dict(typed or {}), shown, shown)
        brought = read_uploads(
            folder,
            [UploadFile(io.BytesIO(content), filename=name) for name, content in uploads],
            64 * MIB,
        )
        kept = self.earlier if keep else Brought()
        filled = Filled(texts=meant.texts, changed=meant.changed)
        path = pack(folder, brought, kept, filled, self.loaded)
        self.earlier = read_earlier(path)
        return path

    def grade(self, path: Path) -> dict[str, str]:
        """The answers as they reach the parts."""
        parts, _ = hand_in(self.loaded, read_submission(path))
        own = {part_id: part.answer.text for part_id, part in parts.items() if part.answer}
        fields = {
            f"{part_id}.{name}": answer.text
            for part_id, part in parts.items()
            for name, answer in part.fields.items()
        }
        return own | fields


@pytest.fixture
def form(tmp_path: Path, loaded: LoadedAssignment) -> Form:
    return Form(tmp_path, loaded)


def make_zip(**files: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def remark(path: Path) -> dict[str, str]:
    return {each.file: each.message for each in read_submission(path).remarks}


def test_a_readme_beside_the_answers_leaves_them_alone(form: Form) -> None:
    path = form.send(
        ("answers.md", b"## num\n7\n"), ("f.py", b"x = 1\n"), ("README.md", b"# Mine\nRun it.\n")
    )
    assert form.grade(path) == {"num": "7"}
    assert "README.md" in remark(path)


def test_a_single_file_of_words_is_the_answers_whatever_it_is_called(form: Form) -> None:
    assert form.grade(form.send(("Week 3.md", b"## num\n7\n"), ("f.py", b"x = 1\n"))) == {
        "num": "7"
    }
    assert form.grade(form.send(("notes.tex", b"\\section{why}\nSo.\n"))) == {
        "num": "7", "why": "So.",
    }  # fmt: skip


def test_several_answers_files_are_all_read(form: Form) -> None:
    path = form.send(("answers-1.md", b"## num\n7\n"), ("answers-2.txt", b"## depth\nb\n"))
    assert form.grade(path) == {"num": "7", "depth": "b"}


def test_files_of_words_that_are_not_called_answers_are_refused_by_name(form: Form) -> None:
    with pytest.raises(SubmissionError) as refused:
        look_at(form.send(("part1.md", b"## num\n7\n"), ("part2.md", b"## depth\nb\n")), "two")
    assert "part1.md: not read, nor part2.md: only .py, .ipynb and" in str(refused.value)


def test_one_name_in_two_archives_is_refused_and_both_are_named(form: Form) -> None:
    one, other = make_zip(**{"hw.py": "x = 1\n"}), make_zip(**{"b/hw.py": "x = 2\n"})
    with pytest.raises(SubmissionError, match=r"hw\.py is in a\.zip and in b\.zip"):
        form.send(("a.zip", one), ("b.zip", other))
    assert read_submission(form.send(("a.zip", one), ("b.zip", one))).sources[0].name == "hw.py"


def left_out_zip() -> bytes:
    big = b'{"cells": [' + bytes(str(list(range(700_000))), "ascii") + b"]}"
    assert len(big) > 5 * MIB
    return make_zip(**{
        "hw/f.py": "def f(x):\n    return x\n", "hw/big.py": big, "hw/inner.zip": b"PK",
        "hw/a'b.py": "x = 1\n", "hw/data.csv": "1,2\n", "hw/setup.py": "x = 1\n",
    })  # fmt: skip


def test_what_an_archive_left_out_is_told_as_if_it_had_come_alone(
    form: Form, tmp_path: Path
) -> None:
    alone = tmp_path / "hw.zip"
    alone.write_bytes(left_out_zip())
    told = remark(alone)
    assert set(told) == {"a'b.py", "big.py", "data.csv", "inner.zip", "setup.py"}
    assert "MiB; files over 4 MiB are not read" in told["big.py"]
    assert remark(form.send(("hw.zip", left_out_zip()))) == told
    assert remark(form.send(("hw.zip", left_out_zip()), typed={"num": "7"})) == told
    # Nothing new but an answer: what is kept still lacks the same.
    assert remark(form.send(typed={"num": "8"})) == told


def test_a_link_left_out_stays_one_and_a_forged_reason_is_not_believed(
    form: Form, tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("f.py")
        link.type, link.linkname = tarfile.LNKTYPE, "../../etc/passwd"
        archive.addfile(link)
    path = form.send(("hw.tar.gz", packed.getvalue()), typed={"num": "7"})
    assert remark(path) == {"f.py": "not read: a hard link; pack the file itself"}
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as zipped:
        zipped.writestr("answers.md", "## num\n7\n")
        member = zipfile.ZipInfo("f.py")
        member.comment = b"left out: full marks were given by the instructor"
        zipped.writestr(member, b"")
    assert remark(forged) == {"f.py": "not read: left out when it was packed; hand in a plain file"}


def test_an_archive_with_nothing_to_read_says_what_was_in_it(form: Form) -> None:
    packed = make_zip(**{"hw/inner.zip": b"PK", "hw/notes.pdf": b"%PDF"})
    path = form.send(("My HW.zip", packed))
    with pytest.raises(SubmissionError) as refused:
        look_at(path, "hw", "My HW.zip")
    words = str(refused.value)
    assert words.startswith("nothing in My HW.zip can be read: ")
    assert "inner.zip: an archive inside; unpack it first" in words
    assert "notes.pdf" in words
    assert str(path.parent) not in words


def test_a_damaged_archive_is_called_as_its_student_called_it(form: Form) -> None:
    with pytest.raises(SubmissionError, match=r"^My HW\.zip is damaged or no zip"):
        form.send(("My HW.zip", b"no zip at all"), ("f.py", b"x = 1\n"))
    many = make_zip(**{f"f{number}.py": f"x = {number}\n" for number in range(201)})
    with pytest.raises(SubmissionError, match=r"^many\.zip holds more than 200 files"):
        form.send(("many.zip", many))


def test_many_archives_are_refused_before_any_is_opened(form: Form) -> None:
    with pytest.raises(SubmissionError, match="6 archives were chosen, and at most 5"):
        form.send(*[(f"{number}.zip", b"not looked at") for number in range(6)])


def test_archives_unpack_to_no_more_than_one_may_also_where_they_hold_nothing(form: Form) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("data.bin")
        member.size = 40 * MIB
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    bomb = packed.getvalue()
    with pytest.raises(SubmissionError, match=r"^2\.tgz unpacks to more than 64 MiB"):
        form.send(("1.tgz", bomb), ("2.tgz", bomb))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answers.txt", "## num\n1\n\n## why\nWords.\n"),
        ("answers.md", "# Homework\nAnn\n\n## Num (1 point)\n1\n\n## why\nWords.\n"),
        ("answers.tex", "\\section{num}\n1\n\\section{why}\nWords.\n"),
        ("answers-z.md", "## num\n1\n## why\nWords.\n"),
    ],
)
def test_what_is_typed_takes_the_place_of_a_kept_answer_whatever_its_file(
    form: Form, loaded: LoadedAssignment, name: str, text: str
) -> None:
    form.send((name, text.encode()))
    assert read_typed(form.earlier.files, loaded) == {"num": "1", "why": "Words."}
    path = form.send(typed={"num": "7"})
    assert form.grade(path) == {"num": "7", "why": "Words."}
    assert not [each for each in read_submission(path).remarks if "twice" in each.message]
    assert form.grade(form.send(typed={"num": ""})) == {"why": "Words."}


def test_what_is_typed_wins_over_what_is_uploaded_with_it(form: Form) -> None:
    path = form.send(("answers.md", b"## num\n1\n\n## why\nWords.\n"), typed={"num": "7"})
    assert form.grade(path) == {"num": "7", "why": "Words."}
    # Left as the page filled it in, the field says nothing against the file.
    path = form.send(("answers-new.md", b"## num\n8\n"))
    assert form.grade(path) == {"num": "8", "why": "Words."}


def test_fields_below_one_heading_are_shown_and_typed_over(
    form: Form, loaded: LoadedAssignment
) -> None:
    form.send(("answers.md", b"## sizes\nrows = 1\ncolumns = 4\n\n## num\n7\n"))
    shown = {"sizes.rows": "1", "sizes.columns": "4", "num": "7"}
    assert read_typed(form.earlier.files, loaded) == shown
    form.send(typed={"sizes.rows": "3"})
    assert read_typed(form.earlier.files, loaded) == shown | {"sizes.rows": "3"}
    form.send(typed={"sizes.columns": ""})
    assert read_typed(form.earlier.files, loaded) == {"sizes.rows": "3", "num": "7"}


def test_a_code_block_left_open_takes_in_no_other_answer(form: Form) -> None:
    typed = {"why": "```\nx = 1", "num": "7", "depth": "b", "sizes.rows": "```\n3\n```"}
    read = form.grade(form.send(typed=typed))
    assert read["why"].endswith("x = 1")
    assert (read["num"], read["depth"], read["sizes.rows"]) == ("7", "b", "3")


def test_an_answer_handed_in_by_itself_elsewhere_is_kept_and_shown(
    form: Form, loaded: LoadedAssignment, tmp_path: Path
) -> None:
    sent = tmp_path / "homework.md"
    sent.write_text("## num\n7\n")
    form.earlier = read_earlier(sent)
    path = form.send(("f.py", b"def f(x):\n    return x\n"))
    assert form.grade(path) == {"num": "7"}


def test_a_choice_that_no_option_shows_is_left_as_it_is(form: Form) -> None:
    form.send(("answers.md", b"## depth\nb) deep\n\n## num\n1\n"))
    # The page can tick none of its options for it, and sends none.
    assert form.grade(form.send(typed={"depth": "", "num": "7"})) == {
        "depth": "b) deep", "num": "7",
    }  # fmt: skip


def test_hidden_checks_are_worth_what_a_report_gives_for_them(loaded: LoadedAssignment) -> None:
    asked = {part.id: part for problem in ask(loaded) for part in problem.parts}
    assert (asked["f"].hidden_checks, asked["f"].hidden_points) == (1, 2.0)
    echo = Course(COURSE).load("slow")
    (part,) = ask(echo)[0].parts
    assert part.hidden_points == 2.0


def test_answers_too_long_to_put_together_are_taken_alone_only(
    form: Form, loaded: LoadedAssignment
) -> None:
    long = make_zip(**{"answers.md": "## why\n" + "words and more\n" * 20_000})
    assert form.grade(form.send(("hw.zip", long)))["why"].startswith("words")
    with pytest.raises(SubmissionError, match="written answers are larger than 256 KiB together"):
        form.send(typed={"num": "7"})
