"""Small changes of a reference's source, one at a time: what a student might get wrong.

The text is the author's own and is only parsed here; mutants run in the sandbox.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from grader.authoring.equal_mutants import explain_equality
from grader.authoring.node_changes import change_node

MOST_NAMES = 60
"""Functions and constants that one reference may lean on; a bank's largest has a dozen."""

ATOMS = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Tuple)
OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.Subscript,
              ast.Call, ast.Starred)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """The whole module with one change in it."""

    name: str
    """`conv1d_dx: STRIDE * i -> STRIDE + i`"""
    text: str
    diff: str
    equality: str = ""
    """Why it may well give the same, where a rule says so."""


def mutate_source(source: str, function: str, apart: Iterable[str] = ()) -> list[SourceMutant]:
    """Every small change of a function and of all that it calls in its module.

    `apart` are functions that are wrong on purpose: changes in them prove nothing.
    Errors   SyntaxError when the source is no Python.
    """
    found: dict[str, SourceMutant] = {}
    tree = ast.parse(source)
    meaning = ast.dump(tree)
    for owner, top in _reach(tree, function, frozenset(apart)):
        for node, parent in _walk(top):
            for changed in _change(node, parent):
                mutant = _replace(source, owner, node, parent, changed)
                if mutant is not None and _means(mutant.text) not in (None, meaning):
                    found.setdefault(mutant.text, mutant)
    return _name_apart(found.values())


def leave_out_others(source: str, function: str) -> str:
    """The module without functions that this one never calls.

    A reference holds a dozen wrong twins, and every mutant's text is read anew.
    Errors   SyntaxError when the source is no Python.
    """
    tree = ast.parse(source)
    kept = {id(statement) for _, statement in _reach(tree, function, frozenset())}
    lines = source.splitlines(keepends=True)
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and id(statement) not in kept:
            lines[_first_line(statement) - 1 : statement.end_lineno] = [
                "" for _ in range(_first_line(statement), (statement.end_lineno or 0) + 1)
            ]
    return "".join(lines)


def _first_line(statement: ast.FunctionDef) -> int:
    return min([statement.lineno, *(each.lineno for each in statement.decorator_list)])


def _change(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    yield from change_node(node)
    if isinstance(parent, ast.If) and node is parent.test:
        # A guard that is dropped, and one that is the wrong way round.
        yield ast.Constant(True)
        yield ast.UnaryOp(ast.Not(), parent.test)


def _means(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


def _reach(tree: ast.Module, function: str, apart: frozenset[str]) -> list[tuple[str, ast.stmt]]:
    """The function and the module's own names that it uses, however far down."""
    known: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for name in _defined(statement):
            known[name] = statement
    reached: dict[str, ast.stmt] = {}
    waiting = [function]
    while waiting and len(reached) < MOST_NAMES:
        name = waiting.pop(0)
        if name in reached or name not in known or name in apart:
            continue
        reached[name] = known[name]
        waiting += [node.id for node in ast.walk(known[name]) if isinstance(node, ast.Name)]
    return list(reached.items())


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign) and not _is_alias(statement.value):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return []


def _is_alias(value: ast.expr) -> bool:
    """`Weighing = Callable[[Tensor], Tensor]` names a type; nothing is computed with it."""
    return isinstance(value, ast.Subscript | ast.Name | ast.Attribute)


def _walk(top: ast.stmt) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every node that computes something, with its parent: no docstrings, no annotations."""
    waiting: list[tuple[ast.AST, ast.AST]] = [(top, top)]
    while waiting:
        node, parent = waiting.pop(0)
        yield node, parent
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            children = [*node.args.defaults, *filter(None, node.args.kw_defaults), *body]
        elif isinstance(node, ast.AnnAssign):
            children = [node.value] if node.value else []
        elif isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert):
            children = []
        waiting += [(child, node) for child in children]


def _replace(
    source: str, owner: str, node: ast.AST, parent: ast.AST, changed: ast.AST
) -> SourceMutant | None:
    """The source with the text of one node replaced."""
    if not isinstance(node, ast.expr | ast.stmt):
        return None
    after = ast.unparse(ast.fix_missing_locations(copy.deepcopy(changed)))
    if isinstance(parent, OPERATIONS) and not isinstance(changed, ATOMS):
        after = f"({after})"
    # Columns count bytes of UTF-8.
    content = source.encode()
    start = _find_place(content, node.lineno, node.col_offset)
    end = _find_place(content, node.end_lineno, node.end_col_offset)
    before = content[start:end].decode()
    name = f"{owner}: {' '.join(before.split())} -> {' '.join(after.split())}"
    text = (content[:start] + after.encode() + content[end:]).decode()
    equality = explain_equality(node, parent, changed)
    return SourceMutant(name=name, text=text, diff=_diff(source, text), equality=equality)


def _find_place(content: bytes, line: int | None, column: int | None) -> int:
    assert line is not None
    assert column is not None
    start = 0
    for _ in range(line - 1):
        start = content.index(b"\n", start) + 1
    return start + column


def _diff(before: str, after: str) -> str:
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(row for row in rows if not row.startswith(("---", "+++", "@@")))


def _name_apart(mutants: Iterable[SourceMutant]) -> list[SourceMutant]:
    """Number those that read alike but stand in different places."""
    named: list[SourceMutant] = []
    seen: dict[str, int] = {}
    for mutant in mutants:
        seen[mutant.name] = count = seen.get(mutant.name, 0) + 1
        name = mutant.name if count == 1 else f"{mutant.name} ({count})"
        named.append(replace(mutant, name=name))
    return named
