"""What of a reference students may have: the functions it shares, and what those lean on.

The text is the author's own and is only parsed here.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from grader.errors import UsageError

HEADER = '"""What the checks of `problems/{problem}.yaml` lean on."""\n'


def share_functions(
    problem: str, source: str, names: Iterable[str], secret: Collection[str]
) -> str:
    """A module of the named functions, the names they use and the imports of those.

    Errors   UsageError where a shared function leans on an answer or a known mistake.
    """
    tree = ast.parse(source)
    defined = {name: statement for statement in tree.body for name in _define(statement)}
    kept: set[ast.stmt] = set()
    waiting = [(name, name) for name in names]
    while waiting:
        name, shared = waiting.pop()
        if name in secret:
            raise UsageError(
                f"{problem}: 'shared' holds '{shared}', which leans on '{name}', an answer or a"
                " mistake; write it without, or share something else"
            )
        statement = defined.get(name)
        if statement is None or statement in kept:
            continue
        kept.add(statement)
        waiting += [(used, shared) for used in _use(statement)]
    lines = source.splitlines()
    blocks = [
        "\n".join(lines[_start(statement) - 1 : statement.end_lineno])
        for statement in tree.body
        if statement in kept or _is_future(statement)
    ]
    return HEADER.format(problem=problem) + "\n" + "\n\n".join(blocks) + "\n"


def _define(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the left gives a meaning."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (each.asname or each.name.partition(".")[0] for each in statement.names)
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        yield from (
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )


def _use(statement: ast.stmt) -> Iterator[str]:
    return (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _start(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
