"""A class of made-up submissions of hw2: right, wrong, blank and broken in many mixtures.

`python -m benchmarks.generated_class FOLDER 200` writes them; the same number gives the same
files.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "submissions" / "hw2"
MUTATIONS = ((" + ", " - "), (" * ", " + "), ("range(1,", "range(0,"), ("return ", "return 2 * "))
SHARE_MUTATED, SHARE_BLANK = 0.5, 0.1
SHARE_BROKEN = 0.02
"""Files that can't be read: one must not stop a class."""


def generate_class(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Write the submissions; each differs from all others in at least one byte."""
    draw = random.Random(seed)
    answers = [_split((SOURCES / name / "answers.md").read_text("utf-8")) for name in _NAMES]
    programs = [_read_program(SOURCES / name) for name in _NAMES]
    paths = []
    for number in range(count):
        path = folder / f"student-{number:04}"
        path.mkdir(parents=True)
        if draw.random() < SHARE_BROKEN:
            (path / "answers.md").write_bytes(b"\xff\xfe\x00 not text \x00" + bytes([number % 256]))
            paths.append(path)
            continue
        written = {
            heading: draw.choice(answers).get(heading, "")
            for heading in {**answers[0], **answers[1]}
        }
        kept = {name: text for name, text in written.items() if draw.random() > SHARE_BLANK}
        text = "".join(f"## {name}\n{body}\n" for name, body in kept.items())
        (path / "answers.md").write_text(text, "utf-8")
        program = draw.choice(programs)
        if draw.random() < SHARE_MUTATED:
            program = _mutate(program, draw)
        (path / "hw2.py").write_text(f"{program}\n# {number} {draw.random()}\n", "utf-8")
        paths.append(path)
    return paths


_NAMES = ("perfect", "sample")


def _split(text: str) -> dict[str, str]:
    pieces = re.split(r"^#+ +(\S+)[ \t]*$", text, flags=re.MULTILINE)
    return {name: body.strip("\n") for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}


def _read_program(folder: Path) -> str:
    """All Python of a submission, notebooks included, as one file."""
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.py"))]
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return "\n\n".join(re.sub(r"^[%!].*$", "", text, flags=re.MULTILINE) for text in texts)


def _mutate(program: str, draw: random.Random) -> str:
    old, new = draw.choice(MUTATIONS)
    places = [found.start() for found in re.finditer(re.escape(old), program)]
    if not places:
        return program
    place = draw.choice(places)
    return program[:place] + new + program[place + len(old) :]


if __name__ == "__main__":
    generate_class(Path(sys.argv[1]), int(sys.argv[2]))
