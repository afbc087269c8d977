"""A PostgreSQL of the tests' own: made by initdb, reached over a socket, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

MISSING = "PostgreSQL is not installed; `make test` installs it: sh tools/install_postgresql.sh"


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl; distributions keep it off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    return None


class PrivatePostgres:
    """One cluster. PostgreSQL refuses to run as root, so root runs it as somebody else."""

    def __init__(self, *, is_durable: bool = False) -> None:
        # Killed processes lose nothing that the system holds; only a power cut needs fsync.
        self._more = "" if is_durable else "-c fsync=off"
        programs = find_programs()
        assert programs, MISSING
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="fairmark-pg-"))
        self._owner: dict[str, str | int] = {}
        if os.geteuid() == 0:
            user = "postgres" if _is_known("postgres") else "nobody"
            self._owner = {"user": user, "group": user if user == "postgres" else "nogroup"}
            shutil.chown(self.folder, user)
        self.folder.chmod(0o755)
        self._run("initdb", "-D", self._data, "-U", "grade", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-instructions")  # fmt: skip
        self.start()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        """Start, or start again after a crash."""
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=200 {self._more}"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", str(self.folder / "log"),
                  "-w", "-t", "60", "start")  # fmt: skip

    def crash(self) -> None:
        """End it as a power cut would: no clean shutdown, every process killed."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        # Stopped first, or it starts new ones while its children are being killed.
        os.kill(main, signal.SIGSTOP)
        children = _list_children(main)
        for pid in (main, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # What is left of them holds the shared memory until it is gone.
        while any(_is_running(pid) for pid in (main, *children)):
            time.sleep(0.01)
        # Where nobody reaps the dead, the process still has a number and would seem to run.
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        for lock in self.folder.glob(".s.PGSQL.*"):
            lock.unlink()

    def make_database(self, template: str = "template1") -> str:
        """A fresh database; its URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", str(self.folder), "-U", "grade", "-T", template, name)
        return f"postgresql:///{name}?host={self.folder}&user=grade"

    def stop(self) -> None:
        subprocess.run(
            [self._programs / "pg_ctl", "-D", self._data, "-m", "immediate", "stop"],
            capture_output=True,
            check=False,
            cwd="/",
            **self._owner,  # type: ignore[call-overload]
        )
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            check=False,
            **self._owner,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{program}: {done.stderr}\n{self._read_log()}"

    def _read_log(self) -> str:
        log = self.folder / "log"
        return log.read_text()[-3000:] if log.exists() else ""


def _is_known(user: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _list_children(pid: int) -> list[int]:
    shown = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [int(line) for line in shown.split()]


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
