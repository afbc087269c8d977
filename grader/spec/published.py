"""The file that tells a student's folder from a course, and where its answers may be sent."""

from __future__ import annotations

import json
from pathlib import Path

CONFIG, SCHEMA = "fairmark.json", "fairmark-student/1"


def write_config(server: str) -> str:
    """The file's text; without a server, answers are graded where they are."""
    config = {"schema": SCHEMA} | ({"server": server} if server else {})
    return json.dumps(config, indent=2) + "\n"


def read_server(folder: Path) -> str:
    """The server that a folder's file names; empty where there is none, or no such file."""
    try:
        known = json.loads((folder / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    if not isinstance(known, dict) or known.get("schema") != SCHEMA:
        return ""
    server = known.get("server")
    return server if isinstance(server, str) else ""


def find_server_around(path: Path) -> str:
    """The server of the published folder that a submission lies in, or that this command runs in.

    Never the submission's own: what is handed in does not say where to.
    """
    whole = path.absolute()
    for start in (whole.parent, Path.cwd()):
        for folder in (start, *start.parents):
            if not folder.is_relative_to(whole) and (folder / CONFIG).is_file():
                return read_server(folder)
    return ""
