"""A report is on disk whole, or not at all."""

from __future__ import annotations

import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import ReportFault
from grader.report.writing import write_report


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 1 KiB: writing more fails half-way, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_report_is_written_whole(tmp_path: Path) -> None:
    write_report("∂ℓ/∂W\n", tmp_path / "report.md")

    assert (tmp_path / "report.md").read_text(encoding="utf-8") == "∂ℓ/∂W\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_full_disk_leaves_the_old_report_and_no_draft(tmp_path: Path, small_files: None) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    with pytest.raises(ReportFault, match=r"cannot write the report to .*report\.json: "):
        write_report("new " * 1000, path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_device_is_a_fault_of_one_line() -> None:
    with pytest.raises(ReportFault) as fault:
        write_report("text", "/dev/full")

    assert str(fault.value) == "cannot write the report to /dev/full: no space left on device"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportFault, match=r"there is no folder .*/nowhere$"):
        write_report("text", tmp_path / "nowhere" / "report.json")


def test_folder_in_place_of_the_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportFault, match="is a directory"):
        write_report("text", tmp_path)


def test_new_report_can_be_read_by_others_as_any_file(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()

    write_report("text", tmp_path / "report.json")

    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == stat.S_IMODE(
        ordinary.stat().st_mode
    )


def test_rewriting_keeps_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("old")
    real.chmod(0o600)
    link = tmp_path / "link.json"
    link.symlink_to(real)

    write_report("new", link)

    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_device_is_written_to_not_replaced() -> None:
    write_report("text", "/dev/null")

    assert Path("/dev/null").is_char_device()
