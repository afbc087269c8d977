"""Autograders for Gradescope and PrairieLearn: grader, problems and references in one package."""

from __future__ import annotations

import io
import json
import zipfile
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from grader import __version__
from grader.report.writing import write_report
from grader.spec.loading import Course

PACKAGE = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("templates")
KEPT = (".py", ".html", ".css", ".js", ".json", ".bpf", ".yaml", ".sample", ".reference", ".mako")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive: the same course gives the same bytes."""
EXECUTABLE, PLAIN = 0o755, 0o644


def build_gradescope(course: Course, assignment: str, output: Path, secret: str) -> int:
    """Write the zip that Gradescope unpacks to /autograder/source; how many files are in it.

    Errors   UnknownAssignment, SpecError: nothing that can't be graded is packed.
    """
    files = {
        "setup.sh": _read_template("gradescope_setup.sh"),
        "run_autograder": _read_template("gradescope_run.sh"),
        **collect_grader(course, assignment, secret),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (EXECUTABLE if _is_program(name) else PLAIN) << 16
            archive.writestr(entry, content)
    output.write_bytes(packed.getvalue())
    return len(files)


def build_prairielearn(course: Course, assignment: str, folder: Path, secret: str) -> int:
    """Write a question's tests/, its image and what info.json needs; how many files.

    Errors   UnknownAssignment, SpecError
    """
    grading = {
        "enabled": True,
        "image": f"fairmark-{assignment}",
        "entrypoint": "/grade/tests/run.sh",
    }
    example = {"externalGradingOptions": {**grading, "timeout": 600, "enableNetworking": False}}
    packed = collect_grader(course, assignment, secret)
    files = {
        "tests/run.sh": _read_template("prairielearn_run.sh"),
        "info.example.json": json.dumps(example, indent=2).encode() + b"\n",
        "image/Dockerfile": _read_template("prairielearn.Dockerfile"),
        **{
            f"{'image' if name.startswith('fairmark/') else 'tests'}/{name}": content
            for name, content in packed.items()
        },
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(EXECUTABLE if _is_program(name) else PLAIN)
    return len(files)


def collect_grader(course: Course, assignment: str, secret: str) -> dict[str, bytes]:
    """The grader's own source under fairmark/, the assignment under course/, and how to grade.

    Errors   UnknownAssignment, SpecError
    """
    loaded = course.load(assignment)
    files = {
        f"fairmark/grader/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and (path.suffix in KEPT or path.parent == TEMPLATES)
    }
    files["fairmark/grader/py.typed"] = b""
    files["fairmark/pyproject.toml"] = _write_project().encode()
    files["fairmark/constraints.txt"] = _write_constraints().encode()
    for kind in ("problems", "reference"):
        root = course.root / kind / loaded.id
        for path in sorted(root.glob("*")) if root.is_dir() else ():
            if path.is_file() and path.suffix in (".yaml", ".py"):
                files[f"course/{kind}/{loaded.id}/{path.name}"] = path.read_bytes()
    settings = {"assignment": loaded.id, "secret": secret}
    files["autograder.json"] = json.dumps(settings).encode() + b"\n"
    return files


def _is_program(name: str) -> bool:
    return name.endswith(".sh") or name == "run_autograder"


def _read_template(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def _list_requirements() -> list[str]:
    try:
        listed = requires("fairmark") or []
    except PackageNotFoundError:
        return []
    return [line for line in listed if "extra ==" not in line]


def _write_project() -> str:
    needed = ", ".join(json.dumps(line) for line in _list_requirements())
    return (
        '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "fairmark"\nversion = "{__version__}"\nrequires-python = ">=3.11"\n'
        f'dependencies = [{needed}]\n\n[project.scripts]\ngrade = "grader.cli:main"\n\n'
        '[tool.setuptools.packages.find]\ninclude = ["grader*"]\n\n'
        '[tool.setuptools.package-data]\n"*" = ["*"]\n'
    )


def _write_constraints() -> str:
    """The versions that this course was proved with."""
    import re

    names = [re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0] for line in _list_requirements()]
    return "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in names)


def write_results(text: str, folder: Path) -> None:
    """Put results where the platform looks, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_report(text, folder / "results.json")
