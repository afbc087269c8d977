"""What the shapes of the models cannot say: names that must exist, answers that must be options.

Each kind's own rules are in `meaning_answers`, `meaning_choices` and `meaning_functions`; here
are those that all parts share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from grader.errors import Fault
from grader.spec.models import Part
from grader.spec.positions import Document
from grader.spec.reference import Reference, python_name
from grader.spec.scope import Scope, TooManyFaults, missing

RULES = {
    "function": "meaning_functions.check_function",
    "value": "meaning_answers.check_questions",
    "array": "meaning_answers.check_questions",
    "shape": "meaning_answers.check_questions",
    "interval": "meaning_answers.check_questions",
    "set": "meaning_answers.check_questions",
    "expression": "meaning_answers.check_questions",
    "chain": "meaning_answers.check_formulas",
    "bigO": "meaning_answers.check_formulas",
    "choice": "meaning_choices.check_choice",
    "multi": "meaning_choices.check_multi",
    "order": "meaning_choices.check_order",
    "fix": "meaning_fixes.check_fix",
    "train": "meaning_training.check_training",
    "property": "meaning_properties.check_property",
    "kernel": "meaning_kernels.check_kernel",
}
"""The rules of each kind, imported when a part needs them; prose has none."""


def check_part(
    part_id: str, part: Part, document: Document, reference: Reference, faults: list[Fault]
) -> None:
    """Add a fault for everything in a part that cannot be meant."""
    scope = Scope(document, ("parts", part_id), part_id, reference, faults)
    # A cut-short list of faults is no fault of its own.
    with suppress(TooManyFaults):
        if part.kind in RULES:
            module, _, name = RULES[part.kind].partition(".")
            getattr(import_module(f"grader.spec.{module}"), name)(part, scope)
        _check_hints(part, scope)


def _check_hints(part: Any, scope: Scope) -> None:
    if hasattr(part, "checks"):
        what, known = "check", [check.name for check in part.checks]
    else:
        what, known = "field", list(getattr(part, "fields", {}))
    for index, hint in enumerate(part.hints):
        if hint.when is None or hint.when in known:
            continue
        if known:
            scope.refuse(missing(what, hint.when, known), "hints", index, "when")
        else:
            message = "this part has no checks by name; remove 'when'"
            scope.refuse(message, "hints", index, "when", at_key=True)


def check_assignment(
    problems: Sequence[tuple[Document, Mapping[str, Part]]], faults: list[Fault]
) -> None:
    """Add a fault for part ids that stand twice, and for uses of parts that don't come before."""
    seen: dict[str, str] = {}
    everything = [part_id for _, parts in problems for part_id in parts]
    for document, parts in problems:
        for part_id, part in parts.items():
            # Headings of students are matched without regard to case and dashes.
            folded = python_name(part_id).lower()
            if folded in seen:
                message = f"there is another part '{seen[folded]}' in this assignment; rename one"
                faults.append(document.fault(("parts", part_id), message, at_key=True))
            for index, used in enumerate(part.uses):
                if used in seen.values():
                    continue
                message = missing("earlier part", used, list(seen.values()))
                if used in everything:
                    message = (
                        f"'{used}' does not come before this part; only earlier ones can be used"
                    )
                faults.append(document.fault(("parts", part_id, "uses", index), message))
            seen.setdefault(folded, part_id)
