"""`grade check`, `grade new` and `grade publish` as an author types them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]


def grade(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with caches of its own."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / ".cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def write(root: Path, **files: str) -> Path:
    """`problems__hw1__one_yaml` is problems/hw1/one.yaml."""
    for name, text in files.items():
        stem, _, ending = name.replace("__", "/").rpartition("_")
        path = root / f"{stem}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return root


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a new problem of every kind that has a template."""
    from grader.authoring.beginning import list_kinds

    folder = tmp_path_factory.mktemp("course")
    for kind in list_kinds():
        made = grade(folder, "new", f"hw1/new-{kind}", "--kind", kind)
        assert made.returncode == 0, made.stderr
    return folder


def test_a_new_problem_of_each_kind_is_proved(begun: Path) -> None:
    shown = grade(begun, "check", "--json")

    certificates = json.loads(shown.stdout)["problems"]
    unproved = {
        part["part"]: [claim for claim in part["claims"] if not claim["holds"]]
        for problem in certificates
        for part in problem["parts"]
    }
    assert {name: claims for name, claims in unproved.items() if claims} == {}
    assert all(not problem["faults"] for problem in certificates)
    assert shown.returncode == 0


def test_the_sample_of_each_kind_earns_everything(begun: Path) -> None:
    gathered = begun / "hw1"
    gathered.mkdir()
    texts = []
    for folder in sorted((begun / "submissions" / "hw1").iterdir()):
        for path in folder.iterdir():
            if path.name == "answers.md":
                texts.append(path.read_text("utf-8"))
            else:
                shutil.copy(path, gathered)
    (gathered / "answers.md").write_text("\n".join(texts), "utf-8")

    report = json.loads(grade(begun, "submit", "hw1", "--format", "json").stdout)

    verdicts = {part["id"]: part["verdict"] for part in report["parts"]}
    assert verdicts.pop("hw1/new-text") == "review"
    assert set(verdicts.values()) == {"passed"}


def test_new_overwrites_nothing(begun: Path) -> None:
    before = (begun / "problems" / "hw1" / "new-value.yaml").read_bytes()

    made = grade(begun, "new", "hw1/new-value", "--kind", "choice")

    assert made.returncode == 2
    assert "is there already" in made.stderr
    assert (begun / "problems" / "hw1" / "new-value.yaml").read_bytes() == before


def test_new_names_the_kinds_there_are(tmp_path: Path) -> None:
    made = grade(tmp_path, "new", "hw1/one", "--kind", "functoin")

    assert made.returncode == 2
    assert "did you mean 'function'" in made.stderr


WEAK = """
    title: Weak
    parts:
      weak:
        kind: function
        points: 3
        prompt: Write `weak(x)`.
        signature: weak(x)
        checks:
          - {name: only, points: 2, x: 1.0}
        mistakes:
          - {like: weak_no_mistake, say: Not wrong at all.}
          - {like: weak_negative, credit: 0.5, say: The sign.}
          - {like: weak_negative_too, credit: 0.5, say: Never said.}
    """
WEAK_REFERENCE = """
    def weak(x):
        return x * x if x < 10 else x

    def weak_no_mistake(x):
        return x

    def weak_negative(x):
        return -x

    def weak_negative_too(x):
        return -1.0
    """
MOODY = """
    title: Moody
    parts:
      moody:
        kind: function
        prompt: Write `moody(x)`.
        signature: moody(x)
        checks:
          - {name: only, x: 1.0}
      silent:
        kind: value
        points: 2
        answer: 10
        tolerance: {rtol: 0.5, why: nobody knows}
        mistakes:
          - {answer: 12, say: Too large.}
          - {answer: 100, credit: 0.5, say: Much too large.}
    """
MOODY_REFERENCE = """
    import time

    def moody(x):
        return x + time.time_ns() % 1000003
    """


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What is found out about two problems that have all that can be wrong with problems."""
    folder = write(
        tmp_path_factory.mktemp("faulty"),
        problems__hw1__weak_yaml=WEAK,
        reference__hw1__weak_py=WEAK_REFERENCE,
        problems__hw1__moody_yaml=MOODY,
        reference__hw1__moody_py=MOODY_REFERENCE,
    )
    shown = grade(folder, "check", "--json")
    assert shown.returncode == 3, shown.stderr
    problems = json.loads(shown.stdout)["problems"]
    return {part["part"]: part for problem in problems for part in problem["parts"]}


def find_faults(part: dict[str, object]) -> dict[str, str]:
    claims = part["claims"]
    assert isinstance(claims, list)
    return {claim["name"]: claim["words"] for claim in claims if not claim["holds"]}


def test_points_that_do_not_add_up_are_found(faulty: dict[str, dict[str, object]]) -> None:
    assert "add up to 2, the part has 3" in find_faults(faulty["weak"])["points"]


def test_a_mistake_that_no_check_catches_is_found(faulty: dict[str, dict[str, object]]) -> None:
    assert "no check fails it" in find_faults(faulty["weak"])["mistake weak_no_mistake"]
    assert "no check fails it" in find_faults(faulty["silent"])["mistake 12"]


def test_a_mistake_that_gets_anothers_words_is_found(
    faulty: dict[str, dict[str, object]],
) -> None:
    faults = find_faults(faulty["weak"])

    assert "says 'The sign.', expected 'Never said.'" in faults["mistake weak_negative_too"]
    assert "mistake weak_negative" not in faults


def test_a_mutant_that_survives_is_shown_with_the_check_to_add(
    faulty: dict[str, dict[str, object]],
) -> None:
    mutants = faulty["weak"]["mutants"]
    assert isinstance(mutants, list)
    fates = {mutant["name"]: mutant for mutant in mutants}

    survivor = fates["weak: x * x -> x"]
    assert survivor["fate"] == "survived"
    assert "return x * x if x < 10 else x" in survivor["diff"]
    assert "other numbers in x" in survivor["advice"]
    assert "mutation score" in find_faults(faulty["weak"])


def test_a_reference_that_changes_its_mind_is_found(faulty: dict[str, dict[str, object]]) -> None:
    assert "two values for one input" in find_faults(faulty["moody"])["reference"]


def test_a_missing_prompt_is_found(faulty: dict[str, dict[str, object]]) -> None:
    assert "statement" in find_faults(faulty["silent"])


def test_a_tolerance_that_lets_wrong_numbers_pass_is_found(
    faulty: dict[str, dict[str, object]],
) -> None:
    mutants = faulty["silent"]["mutants"]
    assert isinstance(mutants, list)

    survivors = [mutant["name"] for mutant in mutants if mutant["fate"] == "survived"]
    assert survivors == ["10 -> 11", "10 -> 9", "10 -> 5"]


CONSTANT = """
    title: Constant
    parts:
      constant:
        kind: value
        prompt: About how many?
        answer: 10
        tolerance: {atol: 1, why: it is an estimate}
        waive:
          - {mutant: 10 -> 11, why: within what an estimate may miss}
          - {mutant: 10 -> 9, why: within what an estimate may miss}
    """


def test_a_waived_mutant_is_no_fault_and_a_waiver_for_none_is(tmp_path: Path) -> None:
    write(tmp_path, problems__hw1__constant_yaml=CONSTANT)
    assert grade(tmp_path, "check").returncode == 0

    write(tmp_path, problems__hw1__constant_yaml=CONSTANT.replace("10 -> 9", "10 -> 7"))
    shown = grade(tmp_path, "check")

    assert shown.returncode == 3
    assert "waiver 10 -> 7: no mutant of this name survives" in shown.stdout


def test_what_has_not_changed_is_not_proved_again(tmp_path: Path) -> None:
    write(tmp_path, problems__hw1__constant_yaml=CONSTANT)

    shown = [grade(tmp_path, "check", *more).stdout for more in ((), (), ("--fresh",))]

    assert ["unchanged" in text for text in shown] == [False, True, False]


def test_a_file_that_cannot_be_loaded_stops_no_other_assignment(tmp_path: Path) -> None:
    write(
        tmp_path,
        problems__hw1__broken_yaml="title: T\nparts: {a: {kind: vlaue}}\n",
        problems__hw2__constant_yaml=CONSTANT,
    )

    shown = grade(tmp_path, "check")

    assert shown.returncode == 3
    assert "did you mean 'value'" in shown.stdout
    assert "✓ constant" in shown.stdout


SECRET_NUMBER, SECRET_SEED = 771234.5, 90123
SPEC = f"""
    title: Secrets
    prompt: The prompt of the problem.
    parts:
      open:
        kind: function
        points: 4
        title: Open
        prompt: Write `open_function(x, k)`.
        signature: open_function(x, k)
        arrays: torch
        equivalents: [CANARY_twin]
        checks:
          - name: seen
            points: 2
            x: {{draw: normal, shape: [2, 3]}}
            k: 2
          - name: CANARY hidden name
            points: 2
            hidden: true
            x: {{draw: normal, shape: [2], seed: {SECRET_SEED}}}
            k: {SECRET_NUMBER}
        mistakes:
          - {{like: CANARY_wrong, say: CANARY words of a mistake.}}
        hints:
          - {{say: CANARY hint.}}
      formula:
        kind: expression
        points: 2
        prompt: A formula in x.
        symbols: {{x: {{about: a number}}}}
        answer: x**2 + 4217
        equivalents: [4217 + x*x]
        mistakes:
          - {{answer: x**3 + 4217, say: CANARY cube.}}
      prose:
        kind: text
        prompt: Why?
        rubric: [{{item: CANARY item, examples: [CANARY example]}}]
      lines:
        kind: order
        prompt: In order.
        items: {{zulu: last, alpha: first}}
        answer: [zulu, alpha]
      closed:
        kind: function
        prompt: Write `closed(x)`.
        signature: closed(x)
        checks:
          - {{name: CANARY all hidden, hidden: true, x: 1}}
      mend:
        kind: fix
        points: 3
        prompt: Mend `mend(x)`, so that it doubles.
        starter: |
          def mend(x):
              return x + 1
        signature: mend(x)
        shared: [is_doubled]
        checks:
          - {{name: three, x: 3}}
          - {{name: any number, x: 4, holds: is_doubled}}
          - {{name: CANARY hidden number, hidden: true, x: {SECRET_NUMBER}}}
        mistakes:
          - {{like: CANARY_tripled, say: CANARY tripled.}}
      fit:
        kind: train
        prompt: Fit a mean.
        signature: fit(x, seed)
        data: draw_numbers
        measure: measure_mean
        shared: [draw_numbers, measure_mean]
        epochs: 1
        checks:
          - {{name: the mean, at_least: -0.01, why: it is known exactly}}
      alone:
        kind: train
        prompt: Fit it again.
        signature: alone(x, seed)
        data: draw_numbers
        measure: CANARY_measure
        checks:
          - {{name: CANARY run, at_least: 0, why: CANARY reason}}
    """
SPEC_REFERENCE = """
    import torch

    CANARY_constant = 4217.25

    def open_function(x, k):
        "CANARY docstring"
        return k * x + 0 * CANARY_constant

    def CANARY_twin(x, k):
        return (k * x).reshape(-1)

    def CANARY_wrong(x, k):
        return x

    def closed(x):
        return x

    def mend(x):
        return 2 * x

    def is_doubled(calls, values):
        return _twice(calls[0][0]) == values[0]

    def _twice(x):
        return TWO * x

    TWO = 2

    def CANARY_tripled(x):
        return 3 * x

    def draw_numbers(seed):
        return [torch.arange(4).double() + seed % 5, seed]

    def measure_mean(weights, seed):
        return -abs(float(weights[0].mean()) - 1.5 - seed % 5)

    def fit(x, seed):
        return [x.mean()[None]], [0.0]

    def CANARY_measure(weights, seed):
        return 1.0

    def alone(x, seed):
        return [x], [0.0]
    """


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student gets of an assignment that is full of canaries."""
    course = write(
        tmp_path_factory.mktemp("secrets"),
        problems__hw1__secrets_yaml=SPEC,
        reference__hw1__secrets_py=SPEC_REFERENCE,
    )
    folder = tmp_path_factory.mktemp("student")
    made = grade(course, "publish", "hw1", "--to", folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_nothing_secret_is_in_any_byte_that_is_published(student: Path) -> None:
    files = [path for path in student.rglob("*") if path.is_file() and ".cache" not in path.parts]

    published = b"\n".join(bytes(path.relative_to(student)) + path.read_bytes() for path in files)

    assert b"seen" in published
    for secret in (b"CANARY", b"4217", str(SECRET_NUMBER).encode(), str(SECRET_SEED).encode()):
        assert secret not in published
    assert b"x*x" not in published
    assert published.index(b"alpha") < published.index(b"zulu")


MENDED = """
def mend(x):
    return x + x


def fit(x, seed):
    return [x.sum()[None] / len(x)], [0.5]
"""


def hand_in(student: Path, body: str) -> dict[str, object]:
    made = f"def open_function(x, k):\n    {body}\n\n\n" + MENDED
    (student / "hw1" / "secrets.py").write_text(made)
    (student / "hw1" / "answers.md").write_text("## formula\n\nx^2 + 1\n\n## prose\n\nSo.\n")
    report = json.loads(grade(student, "submit", "hw1/", "--format", "json").stdout)
    return {part["id"].partition("/")[2]: part["verdict"] for part in report["parts"]}


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("return x * k", "passed"),
        ("return (x * k).flatten()", "passed"),
        ("return x", "wrong"),
        ("return (x * k).T", "wrong"),
    ],
)
def test_a_student_grades_with_that_folder_alone(student: Path, body: str, verdict: str) -> None:
    verdicts = hand_in(student, body)

    assert verdicts["open"] == verdict
    # The course's own verdict is not foretold: a person or the course is still to look at it.
    assert verdicts["formula"] == verdicts["prose"] == "review"
    assert verdicts["mend"] == verdicts["fit"] == "passed"
    assert "closed" not in verdicts
    assert "alone" not in verdicts


def test_code_to_repair_is_given_as_it_is_and_earns_nothing(student: Path) -> None:
    statement = (student / "hw1" / "README.md").read_text("utf-8")
    (student / "hw1" / "secrets.py").write_text("def mend(x):\n    return x + 1\n")

    report = json.loads(grade(student, "submit", "hw1/", "--format", "json").stdout)

    assert "```python\ndef mend(x):\n    return x + 1\n```" in statement
    marked = next(part for part in report["parts"] if part["id"] == "hw1/mend")
    assert (marked["verdict"], marked["score"]) == ("wrong", 0)
    assert {check["name"] for check in marked["checks"]} == {"three", "any number"}


def test_a_shared_function_that_leans_on_an_answer_is_not_published(tmp_path: Path) -> None:
    course = write(
        tmp_path / "course",
        problems__hw1__secrets_yaml=SPEC,
        reference__hw1__secrets_py=SPEC_REFERENCE.replace("TWO * x", "mend(x)"),
    )

    made = grade(course, "publish", "hw1", "--to", tmp_path / "student")

    assert made.returncode == 2
    assert "'is_doubled', which leans on 'mend'" in made.stderr
    assert not (tmp_path / "student").exists()


def test_a_starter_that_somebody_has_changed_is_left_alone(tmp_path: Path) -> None:
    course = write(
        tmp_path / "course",
        problems__hw1__secrets_yaml=SPEC,
        reference__hw1__secrets_py=SPEC_REFERENCE,
    )
    work = tmp_path / "student" / "hw1" / "answers.md"
    work.parent.mkdir(parents=True)
    work.write_text("## formula\n\nmy own work\n")

    made = grade(course, "publish", "hw1", "--to", tmp_path / "student")

    assert made.returncode == 0, made.stderr
    assert "left" in made.stdout
    assert "my own work" in work.read_text()


def test_a_course_is_not_published_onto_itself(tmp_path: Path) -> None:
    course = write(
        tmp_path,
        problems__hw1__secrets_yaml=SPEC,
        reference__hw1__secrets_py=SPEC_REFERENCE,
    )
    before = (course / "problems" / "hw1" / "secrets.yaml").read_bytes()

    for folder in (".", "problems", "problems/hw1"):
        made = grade(course, "publish", "hw1", "--to", folder)
        assert made.returncode == 2, made.stdout

    assert (course / "problems" / "hw1" / "secrets.yaml").read_bytes() == before


DRAWN = """
    title: A stride
    params: {stride: [2, 3, 4, 5]}
    parts:
      every:
        kind: function
        prompt: Write `every(x)` that gives every <<stride>>th number.
        signature: every(x)
        checks:
          - {name: sixty, x: {draw: normal, shape: [60]}}
      count:
        kind: value
        prompt: How many numbers are left of 60?
        answer: ceil(60/<<stride>>)
        mistakes:
          - {answer: 60/<<stride>> + 1, say: The first one counts too.}
    """
DRAWN_REFERENCE = """
    stride = 2

    def every(x):
        return x[::stride]

    def is_short(calls, values):
        return len(values[0]) < len(calls[0][0])
    """


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    return write(
        tmp_path / "course",
        problems__hw1__drawn_yaml=DRAWN,
        reference__hw1__drawn_py=DRAWN_REFERENCE,
    )


def test_a_drawn_problem_is_proved_for_every_value(drawn: Path) -> None:
    shown = grade(drawn, "check", "--verbose")

    assert shown.returncode == 0, shown.stdout
    assert shown.stdout.count("✓ other students' values: 4 different draws") == 2


def test_a_mistake_that_is_right_for_one_value_is_found(drawn: Path) -> None:
    path = drawn / "problems" / "hw1" / "drawn.yaml"
    right_at_4 = "60/<<stride>> - (4 - <<stride>>)"
    path.write_text(path.read_text().replace("60/<<stride>> + 1", right_at_4))

    shown = grade(drawn, "check")

    assert shown.returncode == 3
    assert "with stride = 4: mistake" in shown.stdout


def test_students_are_graded_with_their_own_values(drawn: Path) -> None:
    published = {}
    for student in ("ana", "bo", "cem", "dee", "eli"):
        made = grade(drawn, "publish", "hw1", "--to", drawn / student, "--student", student)
        assert made.returncode == 0, made.stderr
        statement = (drawn / student / "hw1" / "README.md").read_text("utf-8")
        stride = int(statement.partition("gives every ")[2][0])
        published[student] = stride
        folder = drawn / "submissions" / student
        folder.mkdir(parents=True)
        (folder / "hw.py").write_text(f"def every(x):\n    return x[::{stride}]\n")
        (folder / "answers.md").write_text(f"## count\n\n60/{stride}\n")

    names = [drawn / "submissions" / student for student in published]
    table = grade(drawn, "batch", *names, "-a", "hw1")
    alone = grade(drawn, "submit", names[0], "-a", "hw1", "--student", "ana")
    nobody = grade(drawn, "submit", names[0], "-a", "hw1")

    assert len(set(published.values())) > 1
    rows = list(csv.DictReader(table.stdout.splitlines()))
    assert {row["student"]: row["score"] for row in rows} == dict.fromkeys(published, "2")
    assert f"stride = {published['ana']}" in alone.stdout
    assert "2 of 2" in alone.stdout
    assert (nobody.returncode, "--student" in nobody.stderr) == (2, True)


SHARING = dedent("""
    title: Shared
    parts:
      every:
        kind: function
        signature: every(x)
        shared: [is_short]
        checks:
          - {name: three, x: [1, 2, 3], holds: is_short}
    """)


def test_an_assignment_is_published_again_to_where_it_was(tmp_path: Path, drawn: Path) -> None:
    (drawn / "problems" / "hw1" / "drawn.yaml").write_text(SHARING)
    to = tmp_path / "student"

    first = grade(drawn, "publish", "hw1", "--to", to, "--server", "https://grade.example.org")
    second = grade(drawn, "publish", "hw1", "--to", to)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert (to / "reference" / "hw1" / "drawn.py").is_file()
    assert json.loads((to / "fairmark.json").read_text()) == {
        "schema": "fairmark-student/1",
        "server": "https://grade.example.org",
    }
