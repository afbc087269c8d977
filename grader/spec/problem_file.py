"""One problem file to validated parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from grader.errors import Fault, SpecError
from grader.record import Record
from grader.spec.loaded import LoadedProblem
from grader.spec.meaning import check_part
from grader.spec.models import Part, ProblemOutline
from grader.spec.params import Drawn
from grader.spec.positions import MAX_FAULTS, Document
from grader.spec.reference import Reference, locate_reference
from grader.spec.words import show_path
from grader.spec.yaml_reader import MAX_BYTES, read_yaml

Model = TypeVar("Model", bound=Record)


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """A loaded problem beside the document that it was read from."""

    loaded: LoadedProblem
    document: Document


def load_problem(path: Path, reference_root: Path | None = None) -> LoadedProblem:
    """Load one problem file by itself.

    Errors   SpecError with every fault of the file.
    """
    faults: list[Fault] = []
    problem = read_problem(path, reference_root, faults)
    if faults or problem is None:
        raise SpecError(faults)
    return problem.loaded


def read_problem(
    path: Path, reference_root: Path | None, faults: list[Fault]
) -> ReadProblem | None:
    """Load one problem file, adding to `faults`; None when its shape is wrong."""
    path = path.absolute()
    try:
        source = read_bytes(path)
        document = read_yaml(source, show_path(path))
        reference = read_reference(path, reference_root)
    except SpecError as error:
        faults.extend(error.faults)
        return None
    digest = sha256(f"{len(source)}:".encode() + source + reference.text.encode()).hexdigest()
    return validate_problem(path, document, reference, digest, faults)


def validate_problem(
    path: Path,
    document: Document,
    reference: Reference,
    digest: str,
    faults: list[Fault],
    values: Mapping[str, Drawn] | None = None,
) -> ReadProblem | None:
    """Validate a problem with one student's values, or else with those of nobody."""
    found: list[Fault] = []
    outline = validate(ProblemOutline, document, (), found)
    params = outline.params if outline else {}
    template = document
    if params:
        from grader.spec.filling import fill_document, fill_reference
        from grader.spec.meaning_params import check_params
        from grader.spec.params import draw_values

        if not check_params(params, document, reference, found):
            faults.extend(found)
            return None
        chosen = values or draw_values(params, path.stem, "", "")
        document = fill_document(document, chosen)
        reference = replace(reference, text=fill_reference(reference.text, chosen))
        outline = validate(ProblemOutline, document, (), found)
    parts = {}
    for part_id, given in _find_parts(document).items():
        if len(found) >= MAX_FAULTS:
            break
        part = _load_part(document, part_id, given, found)
        if part:
            parts[part_id] = part
            check_part(part_id, part, document, reference, found)
    faults.extend(found)
    if outline is None:
        return None
    if values:
        digest = sha256(f"{digest} {sorted(values.items())}".encode()).hexdigest()
    loaded = LoadedProblem(
        id=f"{path.parent.name}/{path.stem}",
        title=outline.title,
        prompt=outline.prompt,
        parts=parts,
        reference=reference.text,
        reference_path=reference.path if reference.text else None,
        path=path,
        digest=digest,
        params=params,
        template=template.text if params else "",
        values=values or {},
    )
    return ReadProblem(loaded, document)


def _find_parts(document: Document) -> dict[str, dict[str, Any]]:
    """The parts as written, so that each is looked into whatever else is wrong in the file."""
    given = document.data.get("parts") if isinstance(document.data, dict) else None
    parts = given.items() if isinstance(given, dict) else ()
    return {part_id: part for part_id, part in parts if isinstance(part, dict)}


def _find_model(kind: object) -> type[Part] | None:
    if kind == "function":
        from grader.spec.function_part import FunctionPart

        return FunctionPart
    from grader.spec.parts import PARTS

    return PARTS.get(kind) if isinstance(kind, str) else None


def _load_part(
    document: Document, part_id: str, given: Mapping[str, Any], faults: list[Fault]
) -> Part | None:
    """Validate one part with the model of its kind; the other kinds' models aren't built."""
    place = ("parts", part_id)
    kind = given.get("kind")
    model = _find_model(kind)
    if model:
        return validate(model, document, place, faults)
    from grader.spec.parts import PARTS
    from grader.spec.words import find_nearest, join, show_seen

    if kind is None:
        message = f"required key 'kind' is missing; it is {join(PARTS, 'or', len(PARTS))}"
        faults.append(document.fault(place, message, at_key=True))
    else:
        near = find_nearest(kind, PARTS) if isinstance(kind, str) else None
        known = join(PARTS, most=len(PARTS))
        advice = f"did you mean '{near}'?" if near else f"there are {known}"
        message = f"there is no kind {show_seen(kind)}; {advice}"
        faults.append(document.fault((*place, "kind"), message))
    return None


def validate(
    model: type[Model], document: Document, place: tuple[str, ...], faults: list[Fault]
) -> Model | None:
    """The value at a place as its model, or None and faults."""
    given = document.find_node(place).value
    try:
        return model.model_validate(given)
    except ValueError as error:
        from pydantic import ValidationError

        from grader.spec.faults import explain

        if not isinstance(error, ValidationError):
            raise

        faults.extend(explain(error, document, model, place))
        return None


def read_reference(problem: Path, reference_root: Path | None) -> Reference:
    """The text of the module that belongs to a problem; it is not run."""
    path = locate_reference(problem, reference_root)
    if path is None or not path.is_file():
        return Reference(path, "")
    source = read_bytes(path)
    message = "the reference is not UTF-8; save it as UTF-8"
    if len(source) > MAX_BYTES:
        message = f"the reference is larger than {MAX_BYTES // 1024} KiB"
    else:
        try:
            return Reference(path, source.decode("utf-8"))
        except UnicodeDecodeError:
            pass
    raise SpecError([Fault(show_path(path), 1, 1, message)])


def read_bytes(path: Path) -> bytes:
    """A file's bytes, or one more than is allowed."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise SpecError([Fault(show_path(path), 1, 1, f"cannot be read: {reason}")]) from None
