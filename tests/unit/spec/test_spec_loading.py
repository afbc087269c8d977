"""Folders of problems become assignments: order, references, digests, and all faults at once."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from grader.errors import SpecError, UnknownAssignment
from grader.spec.loading import Course, find_course, load_assignment
from grader.spec.parts import Draw, FunctionPart
from grader.spec.problem_file import load_problem

ROOT = Path(__file__).parents[3]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Two problems, `first` and `second`, and no assignment.yaml."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "problems/hw7/first.yaml", value_problem("a"))
    put(tmp_path, "problems/hw7/second.yaml", value_problem("b"))
    return Course(tmp_path)


def put(root: Path, name: str, text: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def value_problem(part_id: str) -> str:
    return f"title: Problem {part_id}\nparts:\n  {part_id}: {{kind: value, answer: 1}}\n"


def faults_of(course: Course) -> list[str]:
    with pytest.raises(SpecError) as caught:
        course.load("hw7")
    return [str(fault).split("\n")[0] for fault in caught.value.faults]


def test_assignment_without_a_header_has_its_folders_name(course: Course) -> None:
    assignment = course.load("hw7")

    assert (assignment.id, assignment.title) == ("hw7", "hw7")
    assert [problem.id for problem in assignment.problems] == ["hw7/first", "hw7/second"]
    assert assignment.policies.counterexamples


def test_header_gives_title_and_order(course: Course) -> None:
    header = "title: Seven\ndue: '2026-10-12'\nproblems: [second, first]\n"
    put(course.root, "problems/hw7/assignment.yaml", header)

    assignment = course.load("hw7")

    assert (assignment.title, assignment.due) == ("Seven", "2026-10-12")
    assert [part_id for _, part_id, _ in assignment.parts()] == ["b", "a"]


def test_part_is_found_with_its_problem(course: Course) -> None:
    problem, part = course.load("hw7").find_part("b")

    assert problem.title == "Problem b"
    assert part.points == Fraction(1)


def test_unknown_part_is_told_the_nearest(course: Course) -> None:
    put(course.root, "problems/hw7/third.yaml", value_problem("conv-dims"))

    with pytest.raises(UnknownAssignment, match="hw7 has no part 'conv-dim'; did you mean 'conv-"):
        course.load("hw7").find_part("conv-dim")


def test_problem_that_is_listed_must_exist_and_the_other_way_round(course: Course) -> None:
    header = "title: Seven\nproblems: [first, secnd, first]\n"
    put(course.root, "problems/hw7/assignment.yaml", header)

    assert faults_of(course) == [
        "problems/hw7/assignment.yaml:2:1: 'second.yaml' is not in this list;"
        " add it or move the file away",
        "problems/hw7/assignment.yaml:2:19: there is no secnd.yaml in this folder;"
        " did you mean 'second'?",
        "problems/hw7/assignment.yaml:2:26: 'first' is listed twice",
    ]


def test_faults_of_all_files_come_together(course: Course) -> None:
    put(course.root, "problems/hw7/assignment.yaml", "titel: Seven\ndue: '12 October'\n")
    put(course.root, "problems/hw7/first.yaml", "title: A\n")
    put(course.root, "problems/hw7/third.yaml", "title: [\n")

    assert faults_of(course) == [
        "problems/hw7/assignment.yaml:1:1: required key 'title' is missing",
        "problems/hw7/assignment.yaml:1:1: unknown key 'titel'; did you mean 'title'?",
        "problems/hw7/first.yaml:1:1: required key 'parts' is missing",
        "problems/hw7/third.yaml:2:1: a value is missing here",
    ]


def test_due_must_be_a_date(course: Course) -> None:
    put(course.root, "problems/hw7/assignment.yaml", "title: Seven\ndue: next Monday\n")

    assert faults_of(course) == [
        "problems/hw7/assignment.yaml:2:6: 'due' should be a date or a time,"
        " as '2026-10-12 23:59', saw 'next Monday'"
    ]


def test_part_ids_are_unique_in_the_whole_assignment(course: Course) -> None:
    put(course.root, "problems/hw7/second.yaml", value_problem("A"))

    assert faults_of(course) == [
        "problems/hw7/second.yaml:3:3: there is another part 'a' in this assignment; rename one"
    ]


def test_part_may_use_one_of_an_earlier_problem(course: Course) -> None:
    uses = "title: B\nparts:\n  b: {kind: value, answer: 1, uses: [a]}\n"
    put(course.root, "problems/hw7/second.yaml", uses)

    _, part = course.load("hw7").find_part("b")

    assert part.uses == ("a",)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("third.yml", "third.yml:1:1: problem files end in .yaml; rename this one"),
        ("my copy.yaml", "my copy.yaml:1:1: 'my copy' is not an id; use letters, digits, - and _"),
        ("third.yaml/x", "third.yaml:1:1: cannot be read: Is a directory"),
    ],
)
def test_odd_files_are_named(course: Course, name: str, words: str) -> None:
    put(course.root, f"problems/hw7/{name}", value_problem("c"))

    assert any(words in fault for fault in faults_of(course))


def test_folder_without_problems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no problem file"):
        load_assignment(tmp_path, None)


def test_folder_that_is_not_there_is_named(course: Course) -> None:
    with pytest.raises(UnknownAssignment, match="there is no folder problems/hw8"):
        load_assignment(course.root / "problems/hw8", None)


def test_problem_that_is_not_there_is_named(course: Course) -> None:
    with pytest.raises(SpecError, match=r"third\.yaml:1:1: cannot be read: No such file"):
        load_problem(course.root / "problems/hw7/third.yaml")


def test_loose_files_and_empty_folders_are_no_assignments(course: Course) -> None:
    put(course.root, "problems/README.md", "x")
    (course.root / "problems/empty").mkdir()

    assert course.assignment_ids() == ("hw7",)


def test_reference_is_read_as_text_and_never_run(course: Course) -> None:
    source = "raise SystemExit('imported')\n"
    put(course.root, "reference/hw7/first.py", source)

    first, second = course.load("hw7").problems

    assert (first.reference, second.reference) == (source, "")
    assert first.reference_path == course.root / "reference/hw7/first.py"
    assert second.reference_path is None


def test_dashes_in_a_problems_name_are_underscores_in_its_reference(course: Course) -> None:
    put(course.root, "problems/hw7/two-words.yaml", value_problem("c"))
    put(course.root, "reference/hw7/two_words.py", "x = 1\n")

    assert course.load("hw7").problems[-1].reference == "x = 1\n"


def test_digest_names_the_problem_and_its_reference(course: Course) -> None:
    digests = []
    for reference in ("x = 1\n", "x = 2\n", "x = 1\n"):
        put(course.root, "reference/hw7/first.py", reference)
        digests.append([problem.digest for problem in course.load("hw7").problems])

    assert digests[0][0] != digests[1][0]
    assert digests[0][1] == digests[1][1]
    assert digests[0] == digests[2]
    assert len(digests[0][0]) == 64


def test_broken_reference_file_is_named(course: Course) -> None:
    put(course.root, "reference/hw7/first.py", b"x = '\xff'\n")
    put(course.root, "reference/hw7/second.py", b"#" * 300_000)

    assert faults_of(course) == [
        "reference/hw7/first.py:1:1: the reference is not UTF-8; save it as UTF-8",
        "reference/hw7/second.py:1:1: the reference is larger than 256 KiB",
    ]


def test_answer_may_come_from_the_reference(course: Course) -> None:
    put(course.root, "problems/hw7/first.yaml", "title: A\nparts:\n  how-far: {kind: value}\n")
    put(course.root, "reference/hw7/first.py", "def how_far():\n    return 3\n")

    _, part = course.load("hw7").find_part("how-far")

    assert part.model_dump()["answer"] is None


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return x\n",
        "def  f (x): return x\n",
        "f = max\n",
        "f: Function = max\n",
        "from elsewhere import f\n",
        "from elsewhere import (\n    g,\n    f,\n)\n",
        "from elsewhere import g as f\n",
        "if True:\n    pass\ndef f(x): ...\n",
    ],
)
def test_reference_defines_what_its_top_level_names(course: Course, source: str) -> None:
    problem = (
        "title: A\nparts:\n  f:\n    kind: function\n    signature: f(x)\n"
        "    checks: [{name: one, x: 1}]\n"
    )
    put(course.root, "problems/hw7/first.yaml", problem)
    put(course.root, "reference/hw7/first.py", source)

    assert course.load("hw7").problems[0].reference == source


@pytest.mark.parametrize("source", ["def g(x): ...\n", "    def f(x): ...\n", "f(1)\n", "f == 1\n"])
def test_reference_does_not_define_what_it_only_mentions(course: Course, source: str) -> None:
    problem = (
        "title: A\nparts:\n  f:\n    kind: function\n    signature: f(x)\n"
        "    checks: [{name: one, x: 1}]\n"
    )
    put(course.root, "problems/hw7/first.yaml", problem)
    put(course.root, "reference/hw7/first.py", source)

    assert faults_of(course) == [
        "problems/hw7/first.yaml:5:16: reference/hw7/first.py does not define 'f'"
    ]


def test_parameters_may_stand_beside_the_name_of_a_check(tmp_path: Path) -> None:
    text = """\
title: A
parts:
  f:
    kind: function
    signature: f(x, name, n=1)
    inputs: {n: 7}
    checks:
      - name: mixed
        x: {draw: normal, shape: [2]}
        with: {name: a parameter}
        expect: 3
      - name: nested
        with:
          x: [1, {draw: zeros}, {deep: {value: [1, 2], dtype: int32}}]
          name: second
        expect: 3
"""
    put(tmp_path, "case.yaml", text)

    part = load_problem(tmp_path / "case.yaml").parts["f"]

    assert isinstance(part, FunctionPart)
    mixed, nested = part.checks
    assert mixed.name == "mixed"
    assert mixed.inputs == {"x": Draw(draw="normal", shape=(2,)), "name": "a parameter"}
    assert nested.inputs["x"] == [
        1,
        Draw(draw="zeros"),
        {"deep": Draw(value=[1, 2], dtype="int32")},
    ]
    assert part.inputs == {"n": 7}


def test_points_are_exact(tmp_path: Path) -> None:
    text = """\
title: A
parts:
  a: {kind: value, answer: 1, points: 0.1}
  b: {kind: value, answer: 1, points: 1/3}
  c: {kind: value, answer: 1, points: 2.675}
"""
    put(tmp_path, "case.yaml", text)

    parts = load_problem(tmp_path / "case.yaml").parts

    assert [part.points for part in parts.values()] == [
        Fraction(1, 10),
        Fraction(1, 3),
        Fraction(107, 40),
    ]


def test_course_is_found_from_inside_it(course: Course) -> None:
    inside = course.root / "problems" / "hw7"

    assert find_course(inside).root == course.root
    assert find_course(Path()).root == course.root
    assert find_course(inside).assignment_ids() == ("hw7",)


def test_folder_outside_a_course_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownAssignment, match="no folder 'problems' in"):
        find_course(tmp_path)


def test_unknown_assignment_is_told_the_nearest_and_all(course: Course) -> None:
    put(course.root, "problems/exam/only.yaml", value_problem("c"))

    with pytest.raises(UnknownAssignment) as caught:
        course.load("hw8")

    assert str(caught.value) == "no assignment 'hw8'; did you mean 'hw7'? (there are: exam and hw7)"


@pytest.mark.parametrize("name", ["..", "../problems/hw7", "hw7/../hw7", "", "/etc"])
def test_assignments_are_names_not_paths(course: Course, name: str) -> None:
    with pytest.raises(UnknownAssignment):
        course.load(name)


@pytest.mark.parametrize("assignment_id", find_course(ROOT).assignment_ids())
def test_every_assignment_here_loads(assignment_id: str) -> None:
    assignment = find_course(ROOT).load(assignment_id)

    assert assignment.problems
    assert all(problem.parts for problem in assignment.problems)


def test_loading_imports_nothing_heavy_and_builds_only_the_models_it_needs(tmp_path: Path) -> None:
    put(tmp_path, "case.yaml", value_problem("a"))
    program = """
import sys
from pathlib import Path
from grader.spec.problem_file import load_problem
from grader.spec.parts import FunctionPart, ValuePart
from grader.record import has_model
load_problem(Path("case.yaml"))
heavy = ["numpy", "torch", "sympy", "numba", "difflib", "importlib.metadata"]
print([name for name in heavy if name in sys.modules])
print(has_model(ValuePart), has_model(FunctionPart))
"""

    # -S: an editable installation may import much by itself.
    output = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output == "[]\nTrue False\n"
