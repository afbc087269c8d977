"""What is settled once a text is read whole: `±`, and braces that are brackets."""

from __future__ import annotations

from dataclasses import replace

from grader.maths.tree import Node, walk

ARITHMETIC = {"add", "mul", "div", "pow", "neg", "call", "sum", "prod", "plusminus", "piecewise",
              "transpose", "matmul", "hadamard", "index"}  # fmt: skip


def with_both_signs(tree: Node) -> Node:
    """`a ± b` is the set of both; where ± stands twice, the upper signs belong together."""
    if not any(node.op == "plusminus" for node in walk(tree)):
        return tree

    def choose(node: Node, op: str) -> Node:
        args = tuple(choose(arg, op) for arg in node.args)
        if node.op != "plusminus":
            return replace(node, args=args)
        return args[0] if op == "+" else replace(node, op="neg", args=args)

    def both(node: Node) -> tuple[Node, ...]:
        is_single = not any(one.op == "plusminus" for one in walk(node))
        return (node,) if is_single else (choose(node, "+"), choose(node, "-"))

    if tree.op == "set":
        return replace(tree, args=tuple(one for arg in tree.args for one in both(arg)))
    if tree.op == "tuple" and all(arg.op == "compare" for arg in tree.args):
        return replace(tree, args=tuple(with_both_signs(arg) for arg in tree.args))
    op = "or" if tree.op == "compare" else "set"
    return Node(op, both(tree), None, tree.start, tree.end)


def with_braces_as_brackets(tree: Node) -> Node:
    r"""`2\{x + 1\}`: what is added, multiplied or raised is no set of one number."""
    if not any(node.op == "set" for node in walk(tree)):
        return tree
    args = tuple(with_braces_as_brackets(arg) for arg in tree.args)
    if tree.op in ARITHMETIC:
        args = tuple(arg.args[0] if arg.op == "set" and len(arg.args) == 1 else arg for arg in args)
    return replace(tree, args=args)
