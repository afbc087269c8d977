"""Which names a source defines at its top level."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.submission.scan import find_definitions


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    return x\n", ("f",)),
        ("async def f(): ...\nclass Net: ...\n", ("f", "Net")),
        ("f = lambda x: x\ng: int = 3\nh: int\n", ("f", "g")),
        ("f == 3\nf += 1\nf.x = 1\nf[0] = 1\n", ()),
        ("@jit\ndef f(\n    x=(1,\n       2),\n): ...\n", ("f",)),
        ("class A:\n    def f(self): ...\n    y = 1\n", ("A",)),
        ('"""\ndef no(): ...\n"""\ndef yes(): ...\n', ("yes",)),
        ("'''\n\\'''\ndef no(): ...\n'''\ndef yes(): ...\n", ("yes",)),
        ("# def no(): ...\nx = 'a # b'\ndef f(): ...\n", ("x", "f")),
        ("x = 'it\\'s ('\ndef f(): ...\n", ("x", "f")),
        ('x = \'\'\ny = ""\nz = \'\' """\n"""\n', ("x", "y", "z")),
        ("x = [\ny = 3\n]\nz = 1\n", ("x", "z")),
        ("x = 1 + \\\ny = 3\n", ("x",)),
        ("if a: b = 1\nelse: c = 1\n", ()),
        ("def f(): ...\ndef f(): ...\n", ("f",)),
        ("größe = 1\n", ("größe",)),
        ("def f[T](x: T) -> T: ...\ndef\tg(): ...\n", ("f", "g")),
        ("\\\nx = 1\n\\\n\\\ndef f(): ...\n", ("x", "f")),
        ("", ()),
    ],
)
def test_names_at_the_left_edge_are_found(source: str, names: tuple[str, ...]) -> None:
    assert find_definitions(source) == names


@pytest.mark.parametrize(
    "source",
    [
        "def f(x:\n    pass\n\ndef g(): ...\n",
        "x = 'open\ndef f(): ...\ndef g(): ...\n",
        "def f():\n    '''never closed\n\ndef g(): ...\n",
        "def f():\n    \"\"\"never closed\n\ndef g():\n    return '''also open\n",
        "def f(: }}}\n\ndef g(): ...\n",
    ],
)
def test_a_syntax_error_does_not_hide_the_functions(source: str) -> None:
    assert {"f", "g"} <= set(find_definitions(source))


def defined_by(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.add(node.targets[0].id)
        elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


@pytest.mark.parametrize(
    "module", ["ast", "argparse", "dataclasses", "inspect", "tokenize", "typing", "difflib", "re"]
)
def test_the_standard_library_is_read_as_the_parser_reads_it(module: str) -> None:
    found = __import__(module)
    assert isinstance(found, types.ModuleType)
    source = Path(str(found.__file__)).read_text(encoding="utf-8")

    assert set(find_definitions(source)) == defined_by(ast.parse(source))


PIECES = [
    "def f(x):", "    return x", "x = 1", "class A:", "'", '"', '"""', "'''", "(", ")", "[", "]",
    "\\", "#", "\n", "\n", "\n", " ", "async def g():", "y: int = 3", "é", "\t", "{", "}", "=",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:invalid escape")
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_whatever_parses_is_read_as_the_parser_reads_it(source: str) -> None:
    found = set(find_definitions(source))

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    assert defined_by(tree) <= found


@pytest.mark.parametrize("unit", ["(", '"""', "'''", "\\", "'", "a=\n", "#\n", "\n", "x" * 999])
def test_a_hostile_source_is_read_in_one_pass(unit: str) -> None:
    source = unit * (1_000_000 // len(unit))

    assert find_definitions(source) == (("a",) if unit == "a=\n" else ())
