"""Handing in by commit, against a GitHub of our own over real HTTP: honest, broken and hostile."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from deployments import Deployment, wait_for
from school import Class
from sqlalchemy import func, select, update

from grader.service.github.events import check_place
from grader.store import commits
from grader.store.database import Store, name_sqlite
from grader.store.forges import CommitResult, HandedInCommit, SignedMessage, StudentRepository
from grader.store.schema import Assignment, Course, Role, Submission

pytestmark = pytest.mark.sandbox
SECRET = "of-the-webhook"
AUDIENCE = "https://grade.example.edu"
HIDDEN = "987654"
"""In a hidden check of the course."""
RIGHT = "def echo(x):\n    return x\n"
RAISES = "\ndef echo(x):\n    raise ValueError('::error file=x::100%25 wrong')\n"
WORKFLOW = Path(__file__).resolve().parents[2] / "examples" / "github" / "official-service.yml"
_count = itertools.count(1)


class Host:
    """The other side: a process that keeps what it was sent."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("fake_github.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def order(self, name: str, **body: Any) -> Any:
        response = httpx2.post(f"{self.url}/control/{name}", json=body)
        response.raise_for_status()
        return response.json()

    def token(self, of: Repository, /, *, forged: bool = False, **claims: Any) -> str:
        given = {
            "aud": AUDIENCE, "repository": of.name, "sha": of.sha,
            "repository_id": str(of.number), "actor": "zoe", "jti": f"t{next(_count)}",
        }  # fmt: skip
        return str(self.order("token", claims=given | claims, forged=forged)["token"])

    def find_runs(self, repository: Repository) -> list[dict[str, Any]]:
        runs = self.order("look")["runs"]
        return [run for run in runs if run["head_sha"] == repository.sha]


class Repository:
    """A student's, with one commit after the other."""

    def __init__(self, host: Host, person: str) -> None:
        self.host, self.person = host, person
        self.number = 1000 + next(_count)
        self.name = f"Uni/{person}-{self.number}"
        self.sha = ""

    def commit(self, files: dict[str, str | None], *, content: bytes | None = None) -> str:
        """Files by path; None for a symbolic link."""
        self.sha = hashlib.sha1(f"{self.name} {next(_count)}".encode()).hexdigest()
        packed = content if content is not None else pack(files, f"Uni-{self.sha[:7]}")
        self.host.order("tarball", sha=self.sha, content=base64.b64encode(packed).decode())
        return self.sha

    def push(self, **changes: Any) -> dict[str, Any]:
        return {
            "ref": "refs/heads/main", "before": "0" * 40, "after": self.sha, "deleted": False,
            "repository": {"id": self.number, "full_name": self.name, "default_branch": "main"},
            "sender": {"login": "Zoe"}, "installation": {"id": 77},
        } | changes  # fmt: skip


def pack(files: dict[str, str | None], top: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            header = tarfile.TarInfo(f"{top}/{name}")
            if text is None:
                header.type, header.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(header)
            else:
                header.size = len(text.encode())
                archive.addfile(header, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, host: Host
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("github")
    shutil.copy(sqlite_template, folder / "grade.db")
    store = Store(name_sqlite(folder / "grade.db"))
    deployment = Deployment(store.url, folder, Class(store), slots=1)
    (folder / "app.pem").write_text(host.order("app-key")["pem"])
    deployment.settings = {
        "GRADE_GITHUB_WEBHOOK_SECRET": SECRET, "GRADE_GITHUB_APP_ID": "4711",
        "GRADE_GITHUB_APP_KEY": str(folder / "app.pem"), "GRADE_GITHUB_API": host.url,
        "GRADE_GITHUB_OIDC_ISSUER": host.url, "GRADE_PUBLIC_URL": AUDIENCE,
    }  # fmt: skip
    with store.write() as session:
        session.execute(update(Course).values(folder=""))
        session.execute(update(Assignment).values(due_at=None, policies={}))
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


@pytest.fixture
def repository(service: Deployment, host: Host) -> Repository:
    return register(service, host)


def register(service: Deployment, host: Host, **more: Any) -> Repository:
    """A student of their own for each test, so that none sees another's submissions."""
    person = f"s{next(_count)}"
    with service.store.write() as session:
        service.klass.add(session, person, Role.STUDENT)
    made = Repository(host, person)
    reply = service.ask(
        "POST", "/courses/dl/repositories", "instructor",
        document={"name": made.name, "email": f"{person}@example.edu", **more},
    )  # fmt: skip
    assert reply.status == 201, reply.content
    return made


def send(
    service: Deployment, event: dict[str, Any], name: str = "push", *, secret: str = SECRET,
    delivery: str = "", signature: str | None = None,
) -> httpx2.Response:  # fmt: skip
    body = json.dumps(event).encode()
    made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return httpx2.post(
        f"{service.address}/api/v1/github/webhook", content=body,
        headers={
            "X-GitHub-Event": name, "X-GitHub-Delivery": delivery or f"d{next(_count)}",
            "X-Hub-Signature-256": made if signature is None else signature,
        },
    )  # fmt: skip


def hand_in(service: Deployment, token: str) -> httpx2.Response:
    return httpx2.post(
        f"{service.address}/api/v1/github/commits", headers={"Authorization": f"Bearer {token}"}
    )


def wait_for_runs(repository: Repository, count: int = 1) -> list[dict[str, Any]]:
    found = wait_for(
        lambda: found if len(found := repository.host.find_runs(repository)) >= count else None,
        "check runs",
    )
    return list(found)


def list_submissions(service: Deployment, repository: Repository) -> list[Submission]:
    with service.store.read() as session:
        user_id = service.klass.people[repository.person].id
        return list(session.scalars(select(Submission).where(Submission.user_id == user_id)))


def count_everything(service: Deployment) -> list[int]:
    with service.store.read() as session:
        tables = (Submission, HandedInCommit, CommitResult, SignedMessage)
        return [session.scalar(select(func.count()).select_from(each)) or 0 for each in tables]


def test_a_push_is_graded_and_told_on_its_commit(
    service: Deployment, repository: Repository
) -> None:
    repository.commit({"slow/echo.py": RAISES, "README.md": "x", ".github/workflows/x.yml": "y"})
    before = dt.datetime.now(dt.UTC)

    assert send(service, repository.push()).status_code == 202

    (run,) = wait_for_runs(repository)
    (submission,) = list_submissions(service, repository)
    assert submission.source == "github" and submission.received_at >= before
    assert [file["name"] for file in submission.manifest] == ["echo.py"]
    assert (run["name"], run["conclusion"]) == ("grade slow", "neutral")
    assert run["output"]["title"].startswith("0 of 4")
    assert run["details_url"] == f"{AUDIENCE}/submissions/{submission.id}"
    raised = run["annotations"][0]
    assert (raised["path"], raised["start_line"]) == ("slow/echo.py", 3)
    assert HIDDEN not in json.dumps(run)


def test_a_full_score_is_a_success_and_a_better_commit_is_graded_anew(
    service: Deployment, repository: Repository
) -> None:
    repository.commit({"slow/echo.py": RAISES})
    send(service, repository.push())
    wait_for_runs(repository)

    repository.commit({"slow/echo.py": RIGHT})
    send(service, repository.push())

    (run,) = wait_for_runs(repository)
    assert run["conclusion"] == "success" and run["output"]["title"].startswith("4 of 4")
    assert len(list_submissions(service, repository)) == 2


def test_every_annotation_arrives_fifty_at_a_time_and_no_link_is_followed(
    service: Deployment, repository: Repository
) -> None:
    links = {f"slow/link{number}.py": None for number in range(60)}
    repository.commit({"slow/echo.py": RIGHT, **links})

    send(service, repository.push())

    (run,) = wait_for_runs(repository)
    wait_for(lambda: len(repository.host.find_runs(repository)[0]["annotations"]) == 60)
    (run,) = repository.host.find_runs(repository)
    assert "root:" not in json.dumps(run)
    assert {each["path"] for each in run["annotations"]} == set(links)
    assert run["output"]["title"].startswith("4 of 4")


def test_a_commit_of_several_assignments_is_each_of_them(
    service: Deployment, repository: Repository
) -> None:
    repository.commit({"slow/echo.py": RIGHT, "quick/answers.md": "## depth\nb\n", "other/x": "x"})

    send(service, repository.push())

    runs = wait_for_runs(repository, 2)
    assert {run["name"] for run in runs} == {"grade slow", "grade quick"}


def test_a_repository_may_be_one_assignment_in_a_folder_on_a_branch(
    service: Deployment, host: Host
) -> None:
    repository = register(service, host, assignment="slow", folder="src/hw", branch="hand-in")
    repository.commit({"src/hw/echo.py": RIGHT, "echo.py": RAISES, "slow/echo.py": RAISES})
    ignored = send(service, repository.push())
    assert "not the branch that counts" in ignored.text

    send(service, repository.push(ref="refs/heads/hand-in"))

    (run,) = wait_for_runs(repository)
    assert run["output"]["title"].startswith("4 of 4")


def test_a_pull_request_is_its_heads_and_counts_when_its_own_people_opened_it(
    service: Deployment, repository: Repository, host: Host
) -> None:
    thief = register(service, host)
    repository.commit({"slow/echo.py": RIGHT})
    course = {"id": 5, "full_name": "Uni/course", "default_branch": "main"}
    own = {"id": repository.number, "full_name": repository.name, "default_branch": "main",
           "owner": {"login": repository.person}}  # fmt: skip
    head = {"sha": repository.sha, "ref": "homework", "repo": own}

    def open_as(login: str, base: dict[str, Any], **more: str) -> httpx2.Response:
        pull = {"head": head, "user": {"login": login, "type": "User"}, **more}
        event = {"action": "opened", "pull_request": pull, "repository": base,
                 "sender": {"login": login}, "installation": {"id": 77}}  # fmt: skip
        return send(service, event, "pull_request")

    before = count_everything(service)
    for base, association in ((course, "MEMBER"), (course, "NONE"), (own, "NONE")):
        assert open_as(thief.person, base, author_association=association).status_code == 202
    assert count_everything(service) == before, "anybody may open one of anybody's draft"

    assert open_as(repository.person.title(), course).status_code == 202

    (run,) = wait_for_runs(repository)
    assert run["place"] == "Uni/course"
    assert len(list_submissions(service, repository)) == 1
    assert list_submissions(service, thief) == []


SIGNED_BADLY: dict[str, dict[str, Any]] = {
    "by another secret": {"secret": "guess"},
    "not at all": {"signature": ""},
    "by the old scheme": {"signature": "sha1=" + "0" * 40},
    "with a digest of nothing": {"signature": "sha256=" + hashlib.sha256(b"").hexdigest()},
}


@pytest.mark.parametrize("how", SIGNED_BADLY)
def test_an_event_that_is_signed_badly_changes_nothing(
    service: Deployment, repository: Repository, how: str
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    before = count_everything(service)

    assert send(service, repository.push(), **SIGNED_BADLY[how]).status_code == 403

    assert count_everything(service) == before


EVENTS: dict[str, dict[str, Any]] = {
    "another repository under the name": {"repository": {"id": 5, "full_name": "@",
                                                         "default_branch": "main"}},
    "an unknown repository": {"repository": {"id": 6, "full_name": "Uni/nobody",
                                             "default_branch": "main"}},
    "a name that is an address": {"repository": {"id": 7, "full_name": "../../app",
                                                 "default_branch": "main"}},
    "a tag": {"ref": "refs/tags/main"},
    "another branch": {"ref": "refs/heads/draft"},
    "a deleted branch": {"deleted": True},
    "no commit": {"after": "0" * 40},
    "an option for a commit": {"after": "--upload-pack=x"},
    "a short hash": {"after": "abcdef1"},
    "a list": {"repository": []},
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_hands_nothing_in_changes_nothing(
    service: Deployment, repository: Repository, name: str
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    with service.store.write() as session:
        known = commits.find_repository(session, repository.name, repository.number)
        assert known is not None
    event = repository.push(**EVENTS[name])
    if event["repository"] and event["repository"]["full_name"] == "@":
        event["repository"]["full_name"] = repository.name
    before = count_everything(service)

    assert send(service, event).status_code in (202, 403, 422)

    assert count_everything(service) == before


def test_a_repeated_event_is_taken_once_under_whatever_name(
    service: Deployment, repository: Repository
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    event = repository.push()
    send(service, event, delivery=f"one-{repository.number}")
    wait_for_runs(repository)
    before = count_everything(service)

    for delivery in (f"one-{repository.number}", f"two-{repository.number}"):
        reply = send(service, event, delivery=delivery)
        assert (reply.status_code, reply.json()["said"]) == (202, "this was taken before")
    other = repository.push(ref="refs/heads/main", before="1" * 40)
    assert "before" in send(service, other, delivery=f"one-{repository.number}").text

    assert count_everything(service) == before


def test_pushes_of_others_do_not_count_where_actors_are_named(
    service: Deployment, host: Host
) -> None:
    repository = register(service, host, actors=["zoe"])
    repository.commit({"slow/echo.py": RIGHT})

    refused = send(service, repository.push(sender={"login": "Mallory"}))
    assert "do not count" in refused.text
    assert hand_in(service, host.token(repository, actor="mallory")).status_code == 403

    assert send(service, repository.push()).json()["said"].startswith("commit")


def test_a_workflows_token_hands_in_its_commit_and_reads_what_came_of_it(
    service: Deployment, repository: Repository, host: Host
) -> None:
    repository.commit({"slow/echo.py": RAISES})

    reply = hand_in(service, host.token(repository))

    assert reply.status_code == 202, reply.text
    place = f"{service.address}/api/v1/github/commits/{reply.json()['id']}"

    def ask(token: str) -> httpx2.Response:
        return httpx2.get(place, headers={"Authorization": f"Bearer {token}"})

    token = host.token(repository)
    found = wait_for(lambda: (answer := ask(token).json())["is_over"] and answer)
    (result,) = found["results"]
    assert result["report"]["score"] == 0 and result["report"]["audience"] == "student"
    assert HIDDEN not in json.dumps(found)
    stranger = register(service, host)
    stranger.sha = repository.sha
    assert ask(host.token(stranger)).status_code == 404
    assert ask(host.token(repository, forged=True)).status_code == 401
    wait_for_runs(repository)


TOKENS: dict[str, dict[str, Any]] = {
    "signed by another": {"forged": True},
    "for another service": {"aud": "https://other.example.org"},
    "for two services": {"aud": [AUDIENCE, "https://other.example.org"]},
    "by another issuer": {"iss": "https://token.actions.githubusercontent.com"},
    "that is over": {"exp": 1_000_000_000},
    "without an end": {"exp": None},
    "of a fork": {"repository": "Mallory/fork", "repository_id": "99"},
    "of a fork by the same name": {"repository_id": "98"},
    "of a pull request": {"event_name": "pull_request", "ref": "refs/pull/7/merge"},
    "with more rights than a pull request has": {"event_name": "pull_request_target"},
    "of a tag": {"ref_type": "tag", "ref": "refs/tags/main"},
    "of a branch in words": {"sha": "main"},
    "of no commit": {"sha": ""},
    "without a name": {"jti": ""},
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_says_anything_else_changes_nothing(
    service: Deployment, repository: Repository, host: Host, name: str
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    with service.store.write() as session:
        commits.find_repository(session, repository.name, repository.number)
    before = count_everything(service)

    reply = hand_in(service, host.token(repository, **TOKENS[name]))

    assert reply.status_code in (401, 403), reply.text
    assert count_everything(service) == before


def test_no_token_is_believed_without_a_signature(
    service: Deployment, repository: Repository, host: Host
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    header, claims, _ = host.token(repository).split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")

    for token in (f"{unsigned}.{claims}.", f"{header}.{claims}.", "x", "grd_x_y"):
        assert hand_in(service, token).status_code == 401


def test_a_token_hands_in_once(service: Deployment, repository: Repository, host: Host) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    token = host.token(repository)

    assert hand_in(service, token).status_code == 202
    assert "taken before" in hand_in(service, token).text
    wait_for_runs(repository)


def test_keys_are_fetched_once_and_kept(
    service: Deployment, repository: Repository, host: Host
) -> None:
    repository.commit({"slow/echo.py": RIGHT})
    hand_in(service, host.token(repository))
    before = host.order("look")["asked"].count("keys")

    for _ in range(3):
        hand_in(service, host.token(repository, repository_id="97"))

    assert host.order("look")["asked"].count("keys") == before


BROKEN: dict[str, tuple[bytes, str]] = {
    "cut short": (pack({"slow/echo.py": RIGHT * 500}, "x")[:-20], "is damaged"),
    "a bomb": (pack({"slow/echo.py": "#" * (80 << 20)}, "x"), "unpacks to more than 64 MiB"),
    "too many files": (pack({f"slow/f{n}.py": "" for n in range(201)}, "x"), "200 files"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_commit_that_cannot_be_read_is_told_and_costs_nothing(
    service: Deployment, host: Host, name: str
) -> None:
    repository = register(service, host, assignment="slow", folder="slow")
    content, words = BROKEN[name]
    repository.commit({}, content=content)

    send(service, repository.push())

    (run,) = wait_for_runs(repository)
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "Not graded")
    assert words in run["output"]["summary"].replace("\\", "")
    assert str(service.folder) not in json.dumps(run)
    assert list_submissions(service, repository) == []


HOSTILE_NAMES = (
    "slow/::error file=x,line=1::owned.py", "slow/a\nb.py", "slow/../../escape.py",
    "slow/%0A::warning::x.py", "slow/ECHO.py", "slow/-rf.py", "slow/conftest.py",
    "slow/sitecustomize.py", "slow/.git/hooks/post-checkout", "slow/‮yp.exe.py", "C:\\x.py",
)  # fmt: skip


def test_hostile_names_change_nothing_and_name_no_other_file(
    service: Deployment, repository: Repository
) -> None:
    evil = "import os\nos._exit(0)\n"
    repository.commit({**dict.fromkeys(HOSTILE_NAMES, evil), "slow/echo.py": RIGHT})

    send(service, repository.push())

    (run,) = wait_for_runs(repository)
    assert [file.name for file in service.folder.parent.rglob("escape.py")] == []
    for each in run["annotations"]:
        assert each["path"].startswith("slow/") and ".." not in each["path"]
        assert "\n" not in each["path"]
    # Of names that differ in capitals alone the first in order counts, in every route.
    assert run["output"]["title"].startswith(("4 of 4", "0 of 4"))


def make_due(service: Deployment) -> None:
    """Let what is put off be tried at once."""
    with service.store.write() as session:
        for table in (HandedInCommit, CommitResult):
            session.execute(update(table).values(next_try_at=None))


def find_error(service: Deployment, repository: Repository) -> str:
    reply = service.ask("GET", "/courses/dl/repositories", "instructor")
    (found,) = [each for each in reply.json if each["name"] == repository.name.lower()]
    return str(found["last_error"])


def test_what_fails_is_tried_again_and_told_once(
    service: Deployment, repository: Repository, host: Host
) -> None:
    host.order("fails", tarball=1, **{"/check-runs": 1})
    repository.commit({"slow/echo.py": RIGHT})

    send(service, repository.push())

    wait_for(lambda: "503" in find_error(service, repository))
    assert list_submissions(service, repository) == []
    make_due(service)
    wait_for(lambda: "check-runs" in find_error(service, repository))
    assert host.find_runs(repository) == []
    make_due(service)
    wait_for_runs(repository)
    wait_for(lambda: find_error(service, repository) == "")
    assert len(host.find_runs(repository)) == 1


def test_a_page_in_place_of_a_commit_is_tried_again_and_nobodys_fault(
    service: Deployment, repository: Repository, host: Host
) -> None:
    repository.commit({}, content=b"<html>we will be back soon</html>")

    send(service, repository.push())

    wait_for(lambda: "no tarball" in find_error(service, repository))
    assert host.find_runs(repository) == [] == list_submissions(service, repository)


def test_a_lost_answer_makes_no_second_check_run(
    service: Deployment, repository: Repository, host: Host
) -> None:
    host.order("loses", **{"/check-runs": 1})
    links = {f"slow/link{number}.py": None for number in range(60)}
    repository.commit({"slow/echo.py": RIGHT, **links})

    send(service, repository.push())

    wait_for(lambda: find_error(service, repository))
    assert len(host.find_runs(repository)[0]["annotations"]) == 50, "it arrived, unheard"
    make_due(service)
    wait_for(lambda: find_error(service, repository) == "")
    (run,) = host.find_runs(repository)
    assert len({each["path"] for each in run["annotations"]}) == len(run["annotations"]) == 60


def test_a_student_who_has_left_hands_nothing_in(
    service: Deployment, repository: Repository
) -> None:
    person = service.klass.people[repository.person]
    service.ask("DELETE", f"/courses/dl/people/{person.id}", "instructor")
    repository.commit({"slow/echo.py": RIGHT})

    send(service, repository.push())

    (run,) = wait_for_runs(repository)
    assert "not in the course any more" in run["output"]["summary"]
    assert list_submissions(service, repository) == []


def test_only_staff_say_whose_a_repository_is(service: Deployment, repository: Repository) -> None:
    given = {"name": "Uni/mine", "email": "student@example.edu"}

    assert service.ask("POST", "/courses/dl/repositories", "student", document=given).status == 403
    assert service.ask("GET", "/courses/dl/repositories", "grader").status == 403
    taken = {**given, "name": repository.name.upper()}
    again = service.ask("POST", "/courses/dl/repositories", "instructor", document=taken)
    assert again.status == 409 and "somebody's already" in again.json["detail"]


@pytest.mark.parametrize("name", ["x", "a/b/c", "../x", "a/..", "./b", "a b/c", "a/b?x", ""])
def test_what_becomes_part_of_an_address_is_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="a repository's name"):
        check_place(name)


def test_a_table_of_repositories_is_loaded_whole_or_not_at_all(
    service: Deployment, tmp_path: Path
) -> None:
    def load(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "table.csv").write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "grader", "admin", "--database", service.url, "repository",
             "load", "dl", str(tmp_path / "table.csv")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    broken = load("repository,email\nUni/t-1,student@example.edu\nUni/t-2,ghost@example.edu\n")
    assert broken.returncode == 2 and "ghost@example.edu" in broken.stderr
    good = load("repository,email,actors\nUni/T-1,student@example.edu,zoe max\n")
    assert good.returncode == 0, good.stderr

    with service.store.read() as session:
        names = session.scalars(
            select(StudentRepository.name).where(StudentRepository.name.like("uni/t-%"))
        ).all()
        assert names == ["uni/t-1"]


def test_the_workflow_that_is_documented_hands_in_and_shows_the_score(
    service: Deployment, repository: Repository, host: Host, tmp_path: Path
) -> None:
    """Its script, as it stands in examples/, with the environment that a hosted runner sets."""
    repository.commit({"slow/echo.py": RAISES})
    host.order(
        "workflow", repository=repository.name, repository_id=str(repository.number),
        sha=repository.sha, actor="zoe",
    )  # fmt: skip
    workflow = yaml.safe_load(WORKFLOW.read_text())
    (job,) = workflow["jobs"].values()
    assert (workflow["permissions"], job["permissions"]) == ({}, {"id-token": "write"})
    (step,) = [step for step in job["steps"] if "run" in step]
    assert step["shell"] == "python"
    proxy = {**os.environ, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
             "RUNNER_TEMP": str(tmp_path), "SERVICE": AUDIENCE, "GITHUB_SHA": repository.sha,
             "ACTIONS_ID_TOKEN_REQUEST_URL": f"{host.url}/id-token?api-version=2",
             "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-runner",
             "FAIRMARK_ADDRESS": service.address}  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-c", step["run"]], env=proxy, cwd=tmp_path, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    summary = (tmp_path / "summary.md").read_text()
    assert "**0 of 4 points**" in summary and "| slow/echo | crashed | 0 / 4 |" in summary
    assert json.loads((tmp_path / "slow.json").read_text())["audience"] == "student"
    wait_for_runs(repository)
