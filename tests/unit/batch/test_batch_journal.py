"""What a class has had graded: whole or not there, and not for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

from grader.batch.journal import Journal, sweep_journals
from grader.cache import name_key
from grader.report.models import Report

DAY_S = 86_400


def make_report() -> Report:
    return Report(
        assignment="hw1", title="One", submission="sha256:0", score=1, max_score=2, open_points=0,
        status="final", parts=(), isolation="full",
    )  # fmt: skip


def write(journal: Journal, name: str, days: float = 0) -> str:
    key = name_key([name])
    journal.write(key, (make_report(), make_report()))
    then = time.time() - days * DAY_S
    os.utime(journal.folder / f"{key}.jsonl", (then, then))
    return key


def make_due(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_an_entry_is_whole_or_not_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    key = write(journal, "one")
    path = tmp_path / f"{key}.jsonl"
    whole = path.read_bytes()
    found = journal.find(key)
    assert found and [each.title for each in found] == ["One", "One"]

    damaged = [whole[:length] for length in range(0, len(whole) - 1, 50)]
    damaged += [whole[:-2], whole.replace(b'"score":1', b'"score":2'), bytes(len(whole))]
    for content in damaged:
        path.write_bytes(content)
        assert journal.find(key) is None, content
    path.unlink()
    path.mkdir()
    assert journal.find(key) is None


def test_what_no_class_asked_for_in_a_term_is_forgotten(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "hw1"), Journal(tmp_path / "hw2")
    old, asked_for, recent = write(one, "old", 121), write(one, "asked", 121), write(other, "b", 99)
    assert one.find(asked_for)
    abandoned, strange = tmp_path / "hw1" / f".{old[:40]}.abc.tmp", tmp_path / "hw1" / "notes"
    for path in (abandoned, strange):
        path.write_text("?")
        os.utime(path, (0, 0))
    make_due(tmp_path)

    sweep_journals(tmp_path)

    assert one.find(old) is None
    assert one.find(asked_for) and other.find(recent)
    assert not abandoned.exists()
    assert strange.exists()


def test_what_was_used_longest_ago_gives_way_and_nothing_of_today(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "hw1")
    keys = [write(journal, str(days), days) for days in (9, 6, 3, 1, 0)]
    room_mib = 2.5 * (journal.folder / f"{keys[0]}.jsonl").stat().st_size / 2**20
    make_due(tmp_path)

    sweep_journals(tmp_path, most_mib=room_mib)
    assert [journal.find(key) is not None for key in keys] == [False, False, False, True, True]

    sweep_journals(tmp_path, most_mib=0)
    assert journal.find(keys[3]), "it was swept a moment ago"
    make_due(tmp_path)
    sweep_journals(tmp_path, most_mib=0)
    assert [journal.find(key) is not None for key in keys] == [False, False, False, True, True]


def test_a_folder_that_is_not_there_has_nothing_to_forget(tmp_path: Path) -> None:
    sweep_journals(tmp_path / "nowhere")

    assert not (tmp_path / "nowhere").exists()
