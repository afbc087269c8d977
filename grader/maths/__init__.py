"""Closed forms: read what a student wrote, compare it with the reference, show it back.

This is the only door. Text becomes a tree by our own grammar; nothing a student wrote is
evaluated by Python or SymPy.
"""

from __future__ import annotations

from grader.maths.compare import compare
from grader.maths.compare_trees import Agreement, Comparison
from grader.maths.constants import Number, read_number
from grader.maths.evaluate import Point, evaluate
from grader.maths.read import read
from grader.maths.show import show
from grader.maths.show_mathml import show_mathml
from grader.maths.tree import Formula, Node, Unreadable
from grader.maths.witnesses import Witness, value_text

__all__ = [
    "Agreement", "Comparison", "Formula", "Node", "Number", "Point", "Unreadable", "Witness",
    "compare", "evaluate", "read", "read_number", "show", "show_mathml", "value_text",
]  # fmt: skip
