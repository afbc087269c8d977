"""Written answers taken out of the file that they stand in; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Set

from grader.submission.files import File
from grader.submission.match import find_owners
from grader.submission.read import read_answers
from grader.submission.text import decode_text


def remove_answers(
    file: File, names: Set[str], parts: Mapping[str, tuple[str, ...]]
) -> File | None:
    """The file without the headings that are read for these names, and without their texts.

    `parts` maps a part's id to the names of its fields. None where no heading is left.
    """
    text = decode_text(file.name, file.content)
    owners = sorted(
        (line, name) for (_, line), name in find_owners(read_answers([file]), parts).items()
    )
    if not isinstance(text, str) or not names & {name for _, name in owners}:
        return file
    lines = text.split("\n")
    kept = lines[: owners[0][0] - 1]
    is_answering = False
    for number, (line, name) in enumerate(owners):
        end = owners[number + 1][0] - 1 if number + 1 < len(owners) else len(lines)
        if name not in names:
            kept += lines[line - 1 : end]
            is_answering = True
        elif any(other.startswith(f"{name}.") and other not in names for _, other in owners):
            # Its fields' headings count below it only.
            kept += [lines[line - 1], ""]
    return file._replace(content="\n".join(kept).encode()) if is_answering else None
