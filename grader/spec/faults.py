"""What pydantic says about a file, in one line each, at the place in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from grader.errors import Fault
from grader.record import Record
from grader.spec.function_part import Draw, Input
from grader.spec.models import FUNCTION_NAME, ID, ONE_LINE
from grader.spec.params import PARAM_NAME
from grader.spec.positions import MAX_FAULTS, Document
from grader.spec.signature import read_signature
from grader.spec.words import ID_ADVICE, find_nearest, join, shorten, show_seen, suggest

if TYPE_CHECKING:
    from pydantic import ValidationError

# Words that other graders use for the same thing.
_SYNONYMS = {
    "tests": "checks", "test": "checks", "cases": "checks", "score": "points",
    "weight": "points", "marks": "points", "question": "prompt", "description": "prompt",
    "statement": "prompt", "text": "say", "message": "say", "feedback": "say",
    "solution": "answer", "variables": "symbols", "type": "kind", "name": "title",
    "expected": "expect", "tol": "tolerance", "choices": "options", "steps": "items",
    "size": "shape", "mean": "shift", "std": "scale", "min": "low", "max": "high",
    "inputs": "with", "depends": "needs", "requires": "needs",
}  # fmt: skip

_WANTED = {
    "string": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "tuple": "a list", "list": "a list", "dict": "a mapping", "model": "a mapping",
    "none": "nothing",
}  # fmt: skip

PLAIN_ADVICE = "use letters, digits and _"

_KEYS = {
    ID.pattern: ("an id", ID_ADVICE),
    PARAM_NAME: ("a name of a parameter", f"{PLAIN_ADVICE}, and start with a letter"),
}
"""What a key is meant to be, by the pattern that it does not match."""

_PATTERNS = {
    ID.pattern: f"{{seen}} is not an id; {ID_ADVICE}",
    FUNCTION_NAME.pattern: "{seen} is not the name of a function",
    ONE_LINE.pattern: "{name} should be one line of text, saw {seen}",
}


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One error of pydantic, with the part of its path that the file has."""

    error: Any
    place: tuple[str | int, ...]
    surplus: tuple[str | int, ...]
    """Steps after `place` that the file doesn't have: branches of unions, short forms."""


def explain(
    error: ValidationError,
    document: Document,
    model: type[Record],
    prefix: Sequence[str | int] = (),
) -> list[Fault]:
    """Faults for everything that a model refused in the value at `prefix` of a document."""
    complaints = [
        _Complaint(item, *_split_path(document, (*prefix, *item["loc"])))
        for item in error.errors(include_url=False)[:MAX_FAULTS]
    ]
    faults = []
    for group in _group(complaints):
        if len(group) > 1 and all(_wanted(complaint) for complaint in group):
            faults.append(_explain_union(document, group))
            continue
        complaint = group[0]
        known = _list_keys(model, complaint.error["loc"][:-1])
        if complaint.error["loc"][:1] == ("checks",) and len(complaint.error["loc"]) == 3:
            known += _list_parameters(document, prefix)
        faults.append(_explain_one(document, complaint, known))
    return faults


def _list_parameters(document: Document, prefix: Sequence[str | int]) -> tuple[str, ...]:
    """What a check may hold beside its own keys: the parameters of the part's function."""
    signature = document.find_node((*prefix, "signature")).value
    try:
        return read_signature(signature).names if isinstance(signature, str) else ()
    except ValueError:
        return ()


def _split_path(
    document: Document, path: Sequence[str | int]
) -> tuple[tuple[str | int, ...], tuple[str | int, ...]]:
    node = document.root
    place: list[str | int] = []
    last = 0
    for index, step in enumerate(path, start=1):
        child = node.find_child(step)
        if child is not None:
            node, last = child, index
            place.append(step)
    return tuple(place), tuple(path[last:])


def _group(complaints: list[_Complaint]) -> list[list[_Complaint]]:
    """Complaints of the branches of one union belong together; the deepest branch wins."""
    groups: dict[tuple[Any, ...], list[_Complaint]] = {}
    for complaint in complaints:
        if complaint.error["type"] == "too_short" and complaint.error["input"]:
            # Items that were refused were left out of the count.
            continue
        is_branch = bool(complaint.surplus) and _wanted(complaint) != ""
        if is_branch and any(
            len(other.place) > len(complaint.place)
            and other.place[: len(complaint.place)] == complaint.place
            for other in complaints
        ):
            continue
        key: tuple[Any, ...] = complaint.place
        if not is_branch:
            key = (*complaint.place, complaint.surplus, complaint.error["type"])
        groups.setdefault(key, []).append(complaint)
    return list(groups.values())


def _wanted(complaint: _Complaint) -> str:
    """What a complaint about a type wanted to see; empty for other complaints."""
    stem, _, rest = complaint.error["type"].partition("_")
    if rest in ("type", "parsing", "from_float") or complaint.error["type"] == "none_required":
        return _WANTED.get(stem, "")
    return ""


def _explain_union(document: Document, group: list[_Complaint]) -> Fault:
    wanted = list(dict.fromkeys(_wanted(complaint) for complaint in group))
    place = group[0].place
    seen = show_seen(document.find_node(place).value)
    message = f"{_name(place)} should be {join(wanted, 'or')}, saw {seen}"
    return document.fault(place, message)


def _explain_one(document: Document, complaint: _Complaint, known: list[str]) -> Fault:
    error, place = complaint.error, complaint.place
    kind, context = error["type"], error.get("ctx", {})
    name, seen = _name(place), show_seen(error["input"])
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        if error["input"] is None and " " in key:
            message = f"unknown key '{shorten(key)}'; inside {{ }} a text with a comma needs quotes"
            return document.fault(place, message, at_key=True)
        return document.fault(place, _explain_unknown(key, known), at_key=True)
    if kind == "missing":
        return document.fault(
            place, f"required key '{error['loc'][-1]}' is missing", at_key=bool(place)
        )
    if error["loc"] and error["loc"][-1] == "[key]":
        what, advice = _KEYS.get(str(context.get("pattern")), ("a name of a symbol", PLAIN_ADVICE))
        return document.fault(place, f"{seen} is not {what}; {advice}", at_key=True)
    if kind == "literal_error":
        choices = _list_choices(str(context["expected"]))
        near = find_nearest(error["input"], choices) if isinstance(error["input"], str) else None
        message = f"{name} should be {join(choices, 'or')}, saw {seen}"
        if near:
            message = f"{name} cannot be {seen}; did you mean '{near}'?"
        return document.fault(place, message)
    return document.fault(place, _explain_value(kind, context, name, seen, error))


def _explain_value(kind: str, context: dict[str, Any], name: str, seen: str, error: Any) -> str:
    stem, _, rest = kind.partition("_")
    if kind == "model_type" and context.get("class_name") == "Symbol":
        return f"{name} should be a domain, such as real, or a mapping; saw {seen}"
    if kind == "model_type" and context.get("class_name") == "Param":
        return f"{name} should be a list of values, or a mapping of low and high; saw {seen}"
    if rest in ("type", "parsing", "from_float") and stem in _WANTED:
        return f"{name} should be {_WANTED[stem]}, saw {seen}"
    bounds = {
        "greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt"),
    }  # fmt: skip
    if kind in bounds:
        word, key = bounds[kind]
        return f"{name} should be {word} {context[key]:g}, saw {seen}"
    if kind == "too_long":
        most, length = context["max_length"], context["actual_length"]
        return f"{name} should have at most {most} items, saw {length}"
    if kind == "too_short":
        return f"{name} should not be empty"
    if kind == "string_too_short":
        return f"{name} should say more than {seen}"
    if kind == "string_too_long":
        return f"{name} should have at most {context['max_length']} characters"
    if kind == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]].format(name=name, seen=seen)
    if kind == "value_error":
        text = str(context["error"])
        return f"{name} should be a number, saw {seen}" if text == "expected a number" else text
    message = str(error["msg"])
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _explain_unknown(key: str, known: list[str]) -> str:
    if _SYNONYMS.get(key) in known:
        return f"unknown key '{key}'; did you mean '{_SYNONYMS[key]}'?"
    return f"unknown key '{shorten(key)}'{suggest(key, known, 'the keys here')}"


def _name(place: Sequence[str | int]) -> str:
    """`'points'`, or `item 2 of 'shape'`."""
    if not place:
        return "the file"
    if isinstance(place[-1], str):
        return f"'{place[-1]}'"
    return f"item {place[-1] + 1} of {_name(place[:-1])}"


def _list_choices(expected: str) -> list[str]:
    return [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]


def _list_keys(model: type[Record], path: Sequence[str | int]) -> list[str]:
    """The keys of the models that stand at a path."""
    models = [model]
    for step in path:
        inner = [
            found
            for candidate in models
            for field in candidate.described
            if step in (field, candidate.find_key(field))
            for found in _find_models(candidate.described[field][0])
        ]
        models = inner or models
    return [candidate.find_key(field) for candidate in models for field in candidate.described]


def _find_models(annotation: Any) -> list[type[Record]]:
    if annotation == Input:
        return [Draw]
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _find_models(inner)]
