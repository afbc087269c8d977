"""Archives: the same submission as the folder they were made from, or a refusal."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import write_files, write_tar, write_zip

from grader.errors import SubmissionError
from grader.submission import Submission, read_submission

FILES = {"answers.md": "## q\n1\n", "code/a.py": "x = 1\n", "plot.png": b"\x89PNG"}
LONG = "long/" * 12 + "name_" * 30 + ".py"


def messages(submission: Submission) -> str:
    return "\n".join(f"{r.file}:{r.line}: {r.message}" for r in submission.remarks)


def names(submission: Submission) -> list[str]:
    return [source.name for source in submission.sources]


def as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


@pytest.mark.parametrize("prefix", ["", "hw2/", "./", "./hw2/"])
def test_an_archive_is_the_same_submission_as_its_folder(tmp_path: Path, prefix: str) -> None:
    folder = read_submission(write_files(tmp_path / "hw2", FILES))
    packed = [(prefix + name, as_bytes(content)) for name, content in FILES.items()]

    found = [
        read_submission(write_zip(tmp_path / "hw.zip", packed)),
        read_submission(write_zip(tmp_path / "hw.ZIP", packed[::-1])),
        read_submission(write_tar(tmp_path / "hw.tar.gz", packed)),
        read_submission(write_tar(tmp_path / "hw.tgz", packed[::-1], form=tarfile.GNU_FORMAT)),
        read_submission(
            write_tar(tmp_path / "hw.tar", packed, mode="w", form=tarfile.USTAR_FORMAT)
        ),
    ]

    assert {submission.id for submission in found} == {folder.id}
    assert all(submission.remarks == folder.remarks for submission in found)
    assert all(dict(submission.answers) == dict(folder.answers) for submission in found)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_in_a_tar_are_read_whole(tmp_path: Path, form: int) -> None:
    name = "long/" * 8 + "name_" * 15 + ".py"
    files = [(name, b"x = 1\n"), ("answers.md", b"## q\n1\n")]

    submission = read_submission(write_tar(tmp_path / "hw.tar.gz", files, form=form))

    assert names(submission) == [name]


def test_the_name_of_the_packed_folder_does_not_matter(tmp_path: Path) -> None:
    plain = write_zip(tmp_path / "a.zip", [("hw2/a.py", "x = 1\n"), ("hw2/b/c.py", "y = 1\n")])
    named = write_zip(
        tmp_path / "b.zip", [("José …/a.py", "x = 1\n"), ("José …/b/c.py", "y = 1\n")]
    )
    mixed = write_zip(tmp_path / "c.zip", [("José …/a.py", "x = 1\n"), ("b/c.py", "y = 1\n")])

    assert read_submission(named).id == read_submission(plain).id
    assert names(read_submission(mixed)) == ["b/c.py"]
    assert "unusual characters" in messages(read_submission(mixed))


UNSAFE = [
    "/etc/evil.py", "../evil.py", "code/../../evil.py", "C:/evil.py", "..\\evil.py",
    "code\\evil.py", "a//b.py", "ev\u202eil.py", "n\u043ete.py", "evil.py.", "e\x07vil.py",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_names_that_lead_elsewhere_are_skipped(tmp_path: Path, name: str) -> None:
    files = [("a.py", b"x = 1\n"), (name, b"x = 2\n")]

    for path in (write_zip(tmp_path / "hw.zip", files), write_tar(tmp_path / "hw.tgz", files)):
        submission = read_submission(path)

        assert names(submission) == ["a.py"]
        assert len(submission.remarks) == 1
        assert "not read: " in submission.remarks[0].message
        assert submission.remarks[0].file.isprintable()


def test_a_name_cut_by_a_nul_byte_is_skipped(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", b"x = 1\n"), ("b.py#.png", b"x = 2\n")])
    path.write_bytes(path.read_bytes().replace(b"b.py#", b"b.py\0"))

    assert names(read_submission(path)) == ["a.py"]


def test_a_file_without_a_name_is_skipped_and_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), ("Q.py", "y = 1\n")])
    path.write_bytes(path.read_bytes().replace(b"Q.py", b"\0.py"))

    submission = read_submission(path)

    assert names(submission) == ["a.py"]
    assert "name" in messages(submission)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.GNUTYPE_SPARSE, "a file with holes"),
        (b"Z", "no plain file"),
    ],
)
def test_a_tar_gives_plain_files_only(tmp_path: Path, kind: bytes, words: str) -> None:
    odd = tarfile.TarInfo("answers.md")
    odd.type, odd.linkname = kind, "/etc/passwd"

    submission = read_submission(write_tar(tmp_path / "hw.tgz", [("a.py", b"x = 1\n"), (odd, b"")]))

    assert submission.answers == {}
    assert f"answers.md:0: not read: {words}" in messages(submission)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_a_zip_gives_plain_files_only(tmp_path: Path, mode: int) -> None:
    odd = zipfile.ZipInfo("answers.md")
    odd.external_attr = (mode | 0o644) << 16

    submission = read_submission(
        write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), (odd, "/etc/passwd")])
    )

    assert submission.answers == {}
    assert "answers.md:0: not read: a" in messages(submission)


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), ("answers.md", "## q\n1\n")])
    packed = bytearray(path.read_bytes())
    at = packed.rfind(b"PK\x01\x02")
    packed[at + 8] |= 1
    path.write_bytes(bytes(packed))

    submission = read_submission(path)

    assert submission.answers == {}
    assert "answers.md:0: not read: encrypted" in messages(submission)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_packing_is_named(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "hw.zip", "w") as archive:
        archive.writestr("a.py", "x = 1\n")
        archive.writestr("answers.md", "## q\n1\n", compress_type=method)

    submission = read_submission(tmp_path / "hw.zip")

    assert "answers.md:0: not read: packed in an unusual way" in messages(submission)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = write_zip(
        tmp_path / "hw.zip",
        [("a.py", "x = 1\n"), ("answers.md", b"\0" * (3 << 20)), ("b.ipynb", b" " * (90 << 20))],
    )

    submission = read_submission(bomb)

    assert names(submission) == ["a.py"]
    assert "answers.md:0: not read: unpacks to more than 200 times its size" in messages(submission)


def test_a_size_that_lies_is_found_by_counting(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), ("b.py", b"#" * (6 << 20))])
    packed = bytearray(path.read_bytes())
    at = packed.rfind(b"PK\x01\x02")
    struct.pack_into("<I", packed, at + 24, 1000)
    path.write_bytes(bytes(packed))

    submission = read_submission(path)

    assert names(submission) == ["a.py"]
    assert "b.py:0: not read: damaged in the archive" in messages(submission)


def test_members_that_share_their_bytes_are_skipped(tmp_path: Path) -> None:
    files = [("a.py", "x = 1\n"), ("b.py", "x = 2\n"), ("c.py", "x = 3\n")]
    path = write_zip(tmp_path / "hw.zip", files)
    packed = bytearray(path.read_bytes())
    struct.pack_into("<I", packed, packed.rfind(b"PK\x01\x02") + 42, packed.find(b"b.py") - 30)
    path.write_bytes(bytes(packed))

    submission = read_submission(path)

    assert names(submission) == ["a.py"]
    assert messages(submission).count("shares its bytes with another file") == 2


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), ("b.py", "y = 22222\n")])
    packed = path.read_bytes()
    compressed = zlib.compress(b"y = 22222\n", 9, wbits=-15)
    at = packed.find(b"b.py") + 4
    path.write_bytes(packed[:at] + b"\xff" * 6 + packed[at + 6 :])

    submission = read_submission(path)

    assert len(compressed) >= 6
    assert names(submission) == ["a.py"]
    assert "b.py:0: not read: damaged in the archive" in messages(submission)


def test_of_two_members_with_one_name_the_last_counts(tmp_path: Path) -> None:
    files = [("a.py", b"x = 1\n"), ("a.py", b"x = 2\n")]
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped = write_zip(tmp_path / "hw.zip", files)

    for path in (zipped, write_tar(tmp_path / "hw.tgz", files)):
        submission = read_submission(path)

        assert [source.text for source in submission.sources] == ["x = 2\n"]
        assert "a.py:0: is there twice; the last one counts" in messages(submission)


def test_a_zip_with_too_many_members_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [(f"{number}.csv", "") for number in range(2001)])

    with pytest.raises(SubmissionError, match="more than 2,000 files"):
        read_submission(path)


def test_a_zip_with_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n")])
    path.write_bytes(b"PK\x01\x02" * 30_000 + path.read_bytes())

    with pytest.raises(SubmissionError, match="more than 20,000 files"):
        read_submission(path)


def test_a_huge_archive_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "hw.zip").open("wb") as sparse:
        sparse.truncate(200 << 20)

    with pytest.raises(SubmissionError, match="larger than 64 MiB"):
        read_submission(tmp_path / "hw.zip")


def test_a_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    squeezed = zlib.compressobj(9, wbits=31)
    block = b"\0" * (1 << 20)
    packed = b"".join(squeezed.compress(block) for _ in range(80)) + squeezed.flush()
    (tmp_path / "hw.tar.gz").write_bytes(packed)

    with pytest.raises(SubmissionError, match="unpacks to more than 64 MiB"):
        read_submission(tmp_path / "hw.tar.gz")


@pytest.mark.parametrize("name", ["hw.zip", "hw.tar", "hw.tar.gz", "hw.tgz"])
def test_a_broken_archive_is_one_helpful_line(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: b"\x1f\x8b" + b"nonsense" * 200})

    with pytest.raises(SubmissionError, match=r"is damaged or no .*; make it again"):
        read_submission(tmp_path / name)


def test_a_cut_off_tar_is_refused(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "hw.tgz", [("a.py", b"#" * 9000)])
    whole.write_bytes(gzip.compress(gzip.decompress(whole.read_bytes())[:4000]))

    with pytest.raises(SubmissionError, match="damaged"):
        read_submission(whole)


def test_a_tar_of_negative_size_is_refused(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "hw.tar", [("a.py", b"x = 1\n")], mode="w")
    header = bytearray(path.read_bytes())
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    path.write_bytes(bytes(header))

    with pytest.raises(SubmissionError, match="damaged"):
        read_submission(path)


def test_nothing_is_written_beside_an_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "hw.zip", [("a.py", "x = 1\n"), ("../out.py", "x = 2\n")])
    read_submission(path)

    assert sorted(found.name for found in tmp_path.iterdir()) == ["hw.zip"]
    assert not (tmp_path.parent / "out.py").exists()


def sample_archives() -> list[bytes]:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        for name, content in {**FILES, LONG: "x = 1\n"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(as_bytes(content))
            archive.addfile(member, io.BytesIO(as_bytes(content)))
    return [zipped.getvalue(), tarred.getvalue(), gzip.compress(tarred.getvalue(), mtime=0)]


ARCHIVES = sample_archives()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    which=st.integers(0, 2),
    changes=st.lists(st.tuples(st.integers(0, 12_000), st.binary(max_size=8)), max_size=6),
    cut=st.integers(0, 12_000) | st.none(),
)
def test_any_bytes_give_a_submission_or_a_refusal(
    tmp_path: Path, which: int, changes: list[tuple[int, bytes]], cut: int | None
) -> None:
    packed = bytearray(ARCHIVES[which])
    for place, content in changes:
        place %= len(packed)
        packed[place : place + len(content)] = content
    path = tmp_path / ("hw.zip" if which == 0 else "hw.tar.gz")
    path.write_bytes(bytes(packed[:cut]))

    try:
        submission = read_submission(path)
    except SubmissionError as refusal:
        assert str(refusal).isprintable()
    else:
        assert len(submission.sources) + len(submission.answers) + len(submission.remarks) > 0


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}\.py", fullmatch=True),
        st.binary(max_size=2000),
        max_size=8,
    )
)
def test_our_tar_reader_agrees_with_the_standard_one(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    from grader.submission.tar import list_tar

    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        path = write_tar(tmp_path / "hw.tgz", list(files.items()), form=form)

        assert {e.name: e.read(1 << 20) for e in list_tar(path) if not e.oddity} == files
