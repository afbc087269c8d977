"""What is remembered has bounds, and many processes may remember at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from grader.cache import name_key, read_entry, sweep, write_entry

ROOT = Path(__file__).resolve().parents[2]
DAY_S = 86_400


def write_aged(folder: Path, name: str, days: float, size: int = 1000) -> str:
    key = name_key([name])
    write_entry(folder, key, os.urandom(size))
    then = time.time() - days * DAY_S
    os.utime(folder / key[:2] / key, (then, then))
    return key


def test_what_nobody_asked_for_in_a_term_is_forgotten(tmp_path: Path) -> None:
    old, recent = write_aged(tmp_path, "old", 121), write_aged(tmp_path, "recent", 100)

    sweep(tmp_path)

    assert read_entry(tmp_path, old) is None
    assert read_entry(tmp_path, recent) is not None


def test_what_was_used_longest_ago_gives_way_when_there_is_no_room(tmp_path: Path) -> None:
    keys = [write_aged(tmp_path, str(days), days, 100_000) for days in range(10, 0, -1)]
    # Reading is use: the oldest one becomes the newest.
    assert read_entry(tmp_path, keys[0]) is not None

    sweep(tmp_path, most_mib=0.5)

    known = [read_entry(tmp_path, key) is not None for key in keys]
    assert known == [True] + [False] * 5 + [True] * 4


def test_writing_sweeps_once_a_day(tmp_path: Path) -> None:
    first = write_aged(tmp_path, "first", 200)
    write_entry(tmp_path, name_key(["second"]), b"2")
    assert read_entry(tmp_path, first) is not None, "it was swept a moment ago"

    yesterday = time.time() - 1.1 * DAY_S
    os.utime(tmp_path, (yesterday, yesterday))
    os.utime(tmp_path / first[:2] / first, (0, 0))
    write_entry(tmp_path, name_key(["second"]), b"3")

    assert read_entry(tmp_path, first) is None
    assert read_entry(tmp_path, name_key(["second"])) == b"3"


def test_what_a_killed_process_left_is_removed_and_nothing_of_others(tmp_path: Path) -> None:
    key = write_aged(tmp_path, "whole", 1)
    half = tmp_path / key[:2] / f"{key}.12345"
    half.write_bytes(b"half")
    under_way = tmp_path / key[:2] / f"{key}.12346"
    under_way.write_bytes(b"half")
    strange = tmp_path / key[:2] / "notes.txt"
    strange.write_text("somebody's")
    elsewhere = tmp_path / "thesis" / "chapter.tex"
    elsewhere.parent.mkdir()
    elsewhere.write_text("somebody's")
    long_ago = time.time() - 1000 * DAY_S
    for path in (half, strange, elsewhere):
        os.utime(path, (long_ago, long_ago))

    sweep(tmp_path, most_mib=0)

    left = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {under_way, strange, elsewhere}


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "cache", tmp_path / "outside"
    key = write_aged(folder, "whole", 1)
    outside.mkdir()
    (outside / key).write_text("somebody's")
    os.utime(outside / key, (0, 0))
    (folder / "zz").symlink_to(outside)
    (folder / key[:2] / name_key(["link"])).symlink_to(outside / key)

    sweep(folder, most_mib=0)

    assert (outside / key).read_text() == "somebody's"


WORK = """
import sys
from pathlib import Path
from grader.cache import name_key, read_entry, sweep, write_entry
folder, version = Path(sys.argv[1]), sys.argv[2]
for turn in range(30):
    for number in range(10):
        shared = name_key(["shared", str(number)])
        found = read_entry(folder, shared)
        assert found in (None, b"value %d" % number * 1000), found
        write_entry(folder, shared, b"value %d" % number * 1000)
        own = name_key([version, str(number)])
        found = read_entry(folder, own)
        assert found in (None, version.encode()), found
        write_entry(folder, own, version.encode())
    if turn % 10 == 0:
        sweep(folder, most_mib=0.01)
print("right")
"""


def test_processes_that_read_write_and_sweep_at_once_never_see_a_wrong_value(
    tmp_path: Path,
) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(tmp_path), f"version {number}"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(3)
    ]

    assert [process.communicate(timeout=120)[0] for process in started] == ["right\n"] * 3
    assert not [path for path in tmp_path.rglob("*.*") if path.is_file()]
