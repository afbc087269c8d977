"""Real services for tests: `grade serve`, and workers, as processes that may be killed."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from school import Class

from grader.store.database import Store
from grader.store.roster import make_token
from grader.store.schema import GradingRun
from grader.store.types import now

PATIENCE_S = 60


def wait_for(check: Callable[[], Any], what: str = "", limit_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is true, and give it."""
    given_up_at = time.monotonic() + limit_s
    while time.monotonic() < given_up_at:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {limit_s} s in vain for {what or check}")


def _find_children(pid: int, name: str) -> list[int]:
    shown = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(pid)],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return [int(line.split()[0]) for line in shown.splitlines() if name in line]


@dataclass
class Reply:
    status: int
    content: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Deployment:
    """One service. `engine` processes grade; with SQLite that is the web process itself."""

    url: str
    folder: Path
    klass: Class
    slots: int = 1
    is_distributed: bool = False
    web: subprocess.Popen[str] | None = None
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    address: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.klass.store

    def start(self) -> Deployment:
        try:
            self.start_web()
            if self.is_distributed:
                self.start_worker()
        except BaseException:
            self.stop()
            raise
        return self

    def start_web(self) -> None:
        port = urlsplit(self.address).port if self.address else 0
        more = [] if self.is_distributed else ["--slots", str(self.slots)]
        self.web = self._spawn("serve", "--port", str(port or 0), *more)
        assert self.web.stdout
        line = self.web.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, (self.folder / "serve.log").read_text()[-3000:])
        self.address = found.group()

    def start_worker(self) -> subprocess.Popen[str]:
        worker = self._spawn("worker", "--slots", str(self.slots))
        self.workers.append(worker)
        assert worker.stdout
        assert "working" in worker.stdout.readline(), self.read_log("worker")
        return worker

    @property
    def engine(self) -> subprocess.Popen[str]:
        found = self.workers[-1] if self.is_distributed else self.web
        assert found
        return found

    def kill_engine(self) -> None:
        """As if the machine had lost that process: no chance to say anything."""
        self.engine.kill()
        self.engine.wait()

    def start_engine(self) -> None:
        if self.is_distributed:
            self.start_worker()
        else:
            self.start_web()

    def find_slots(self) -> list[int]:
        """The engine's grading processes."""
        return [
            slot
            for minder in self.find_minders()
            for slot in _find_children(minder, "service.slot")
        ]

    def find_minders(self) -> list[int]:
        """The process that minds the slots."""
        if self.is_distributed:
            return [self.engine.pid]
        return _find_children(self.engine.pid, "service.embedded_process")

    def stop(self) -> None:
        for process in [self.web, *self.workers]:
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def read_log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _spawn(self, *arguments: str) -> subprocess.Popen[str]:
        log = (self.folder / f"{arguments[0]}.log").open("a")
        return subprocess.Popen(
            [sys.executable, "-m", "grader", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={
                **os.environ,
                "GRADE_DATABASE": self.url,
                "GRADE_FOLDER": str(self.folder),
                "GRADE_HEARTBEAT_S": "0.3",
                "GRADE_STALE_S": "3",
                "GRADE_SWEEP_S": "0.5",
                "GRADE_PER_HOUR": "1000",
                "GRADE_REQUESTS_PER_MINUTE": "0",
                "GRADE_STRANGERS_PER_MINUTE": "0",
                **self.settings,
            },
        )

    # What people do.

    def token(self, person: str, scopes: str = "submit,read:own,grade,admin:course") -> str:
        if person not in self.tokens:
            import datetime as dt

            with self.store.write() as session:
                _, self.tokens[person] = make_token(
                    session,
                    session.merge(self.klass.people[person]),
                    scopes=scopes.split(","),
                    expires_at=now() + dt.timedelta(days=1),
                )
        return self.tokens[person]

    def ask(
        self, method: str, path: str, person: str = "student", body: bytes | None = None,
        document: Any = None, **query: str,
    ) -> Reply:  # fmt: skip
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        headers = {"Authorization": f"Bearer {self.token(person)}"}
        if document is not None:
            body = json.dumps(document).encode()
            headers["Content-Type"] = "application/json"
        whole = "/api/v1" + path + (f"?{urlencode(query)}" if query else "")
        connection.request(method, whole, body, headers)
        response = connection.getresponse()
        reply = Reply(response.status, response.read(), dict(response.getheaders()))
        connection.close()
        return reply

    def hand_in(
        self, text: str, *, person: str = "student", assignment: str = "quick",
        file: str = "answers.md",
    ) -> dict[str, Any]:  # fmt: skip
        reply = self.ask(
            "POST", f"/courses/dl/assignments/{assignment}/submissions", person,
            text.encode(), file=file,
        )  # fmt: skip
        assert reply.status in (200, 201), reply.content
        return dict(reply.json)

    def sleep_for(self, seconds: float, person: str = "student") -> dict[str, Any]:
        """Hand in code that takes its time."""
        code = f"import time\n\ndef echo(x):\n    time.sleep({seconds})\n    return x\n"
        return self.hand_in(code, person=person, assignment="slow", file="echo.py")

    def state(self, submission: dict[str, Any], person: str = "student") -> str:
        reply = self.ask("GET", f"/submissions/{submission['id']}", person)
        return str(reply.json["run"]["state"])

    def wait(
        self, submission: dict[str, Any], state: str = "done", person: str = "student"
    ) -> None:
        try:
            wait_for(lambda: self.state(submission, person) == state)
        except AssertionError:
            row = self.run_of(submission)
            raise AssertionError(
                f"{state}: is {row.state}, {row.deaths} deaths: {row.fault}"
            ) from None

    def run_of(self, submission: dict[str, Any]) -> GradingRun:
        from sqlalchemy import select

        with self.store.read() as session:
            return session.scalars(
                select(GradingRun)
                .where(GradingRun.submission_id == submission["id"])
                .order_by(GradingRun.id.desc())
            ).first()  # type: ignore[return-value]

    def terminate_engine(self, limit_s: float = 60) -> int:
        self.engine.send_signal(signal.SIGTERM)
        return self.engine.wait(limit_s)
