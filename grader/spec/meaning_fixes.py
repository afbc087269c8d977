"""Rules for parts that give code to repair."""

from __future__ import annotations

import ast

from grader.spec.fix_part import FixPart
from grader.spec.meaning_functions import check_function
from grader.spec.scope import Scope
from grader.spec.signature import read_signature


def check_fix(part: FixPart, scope: Scope) -> None:
    """The starter is Python and defines the function that is asked for."""
    check_function(part, scope)
    name = read_signature(part.signature).name
    try:
        body = ast.parse(part.starter).body
    except SyntaxError as problem:
        scope.refuse(f"'starter' is not Python, line {problem.lineno}: {problem.msg}", "starter")
        return
    except ValueError as problem:
        scope.refuse(f"'starter' is not Python: {problem}", "starter")
        return
    if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in body):
        scope.refuse(f"'starter' does not define {name}()", "starter")
