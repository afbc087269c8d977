"""Trees up to order, signs and arithmetic of numbers: what counts as the same line."""

from __future__ import annotations

from fractions import Fraction

from grader.maths.tree import Node, number

Form = tuple[object, ...]


def normal_form(tree: Node) -> Form:
    """A form that does not depend on the order of terms and factors."""
    if tree.op == "number":
        return ("number", tree.value)
    if tree.op == "neg":
        return _product([number(-1), tree.args[0]])
    if tree.op == "mul":
        return _product(list(tree.args))
    if tree.op == "div":
        return _product([tree.args[0], Node("pow", (tree.args[1], number(-1)))])
    if tree.op == "add":
        terms: list[Form] = []
        constant = Fraction(0)
        for term in tree.args:
            form = normal_form(term)
            for one in form[1] if form[0] == "add" else (form,):  # type: ignore[attr-defined]
                if one[0] == "number":
                    constant += one[1]
                else:
                    terms.append(one)
        if constant:
            terms.append(("number", constant))
        if not terms:
            return ("number", constant)
        return terms[0] if len(terms) == 1 else ("add", tuple(sorted(terms, key=repr)))
    if tree.op == "call" and tree.value == "sqrt":
        return normal_form(Node("pow", (tree.args[0], number(Fraction(1, 2)))))
    if tree.op == "name" or not tree.args:
        return (tree.op, tree.value)
    return (tree.op, tree.value, *(normal_form(arg) for arg in tree.args))


def _product(factors: list[Node]) -> Form:
    constant = Fraction(1)
    forms: list[Form] = []
    for factor in factors:
        form = normal_form(factor)
        for one in form[1] if form[0] == "mul" else (form,):  # type: ignore[attr-defined]
            if one[0] == "number" and isinstance(one[1], Fraction):
                constant *= one[1]
            else:
                forms.append(one)
    if constant != 1 or not forms:
        forms.append(("number", constant))
    return forms[0] if len(forms) == 1 else ("mul", tuple(sorted(forms, key=repr)))
