"""Where `|x|` of an array may mean the size of each entry, not the array's length."""

from __future__ import annotations

from dataclasses import replace

from grader.maths.tree import Formula, Node

SINGLE = ("|", "\\left|", "\\lvert", "\\vert", "\\left\\vert", "\\left\\lvert")


def bars_by_entry(formula: Formula) -> Node | None:
    """The answer with single bars taken entry by entry; None where there are none on an array."""
    tree = _rename(formula.tree, formula.text)
    return None if tree == formula.tree else tree


def _rename(tree: Node, text: str) -> Node:
    args = tuple(_rename(each, text) for each in tree.args)
    is_norm = tree.op == "call" and tree.value == "norm" and len(args) == 1
    opens = text[tree.start : tree.start + 12]
    if is_norm and opens.startswith(SINGLE) and not opens.startswith("||"):
        return replace(tree, args=args, value="abs")
    return replace(tree, args=args) if args != tree.args else tree
