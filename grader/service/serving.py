"""Starting the web process: tables, courses, then requests until it is told to stop."""

from __future__ import annotations

import gc
import logging
import signal
import socket
from pathlib import Path
from types import FrameType

import uvicorn

from grader.errors import GraderError, UsageError
from grader.service.app import make_app
from grader.service.bounded_http import BoundedHttp
from grader.service.embedded import EmbeddedEngine
from grader.service.logs import configure_logs
from grader.service.running import Service
from grader.service.settings import Settings
from grader.store.database import Store
from grader.store.migrating import migrate

COLLECT_AFTER = 20_000
"""Objects more than before; a request makes some thousands, and few that refer to each other."""
CLOSE_S = 5
"""A response under way when the process is told to stop gets this long."""

log = logging.getLogger("grader.service")


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    Errors   UsageError when the address is taken or another service grades here.
    """
    configure_logs(settings.log_level)
    prepare(settings)
    app = make_app(settings)
    engine = app.state.service.engine
    if isinstance(engine, EmbeddedEngine):
        # Said in one line, before anything else begins.
        engine.hold()
    listener = _listen(settings)
    spare_the_collector()
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=CLOSE_S,
        lifespan="on",
    )
    host, port = listener.getsockname()[:2]
    print(f"grade: serving on http://{host}:{port}", flush=True)
    server = _Server(config, app.state.service)
    server.run([listener])
    if not server.started:
        raise UsageError("the service did not start; the lines above say why")


class _Server(uvicorn.Server):
    """Lets go of everybody who watches a grading as soon as it is told to stop."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.watcher.stop()
        super().handle_exit(sig, frame)
        # The signal was obeyed: after draining this process ends well.
        self._captured_signals.clear()


def spare_the_collector() -> None:
    """Never look again for garbage among what was loaded, and look less often.

    A gradebook of 24,000 cells took twice as long, most of it in looking through modules.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def prepare(settings: Settings) -> None:
    """Make the folder and the tables, and register what the courses' folders ask now."""
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    try:
        migrate(store)
        synchronise(store)
    finally:
        store.close()


def synchronise(store: Store, slug: str | None = None) -> list[str]:
    """Register the assignments of all courses whose folder is here; a line for each new version.

    A folder with faults keeps its last good version, and the faults are logged.
    """
    from sqlalchemy import select

    from grader.spec.loading import Course as CourseFolder
    from grader.store.catalogue import register_assignment
    from grader.store.schema import Course

    news = []
    with store.read() as session:
        courses = session.scalars(select(Course).where(Course.archived_at.is_(None))).all()
    for course in courses:
        root = Path(course.folder)
        if (slug and course.slug != slug) or not course.folder:
            continue
        if not (root / "problems").is_dir():
            log.warning("%s: %s holds no problems/; it keeps its last version", course.slug, root)
            continue
        folder = CourseFolder(root)
        for assignment_id in folder.assignment_ids():
            try:
                loaded = folder.load(assignment_id)
            except GraderError as fault:
                log.error("%s/%s keeps its last version: %s", course.slug, assignment_id, fault)
                continue
            with store.write() as session:
                here = session.get_one(Course, course.id)
                _, version, is_new = register_assignment(session, here, loaded, root)
            if is_new:
                news.append(f"{course.slug}/{assignment_id}: version {version.content_hash[:12]}")
                log.info("registered %s", news[-1])
    return news


def _listen(settings: Settings) -> socket.socket:
    # Before uvicorn does, so that a taken port is said in one line, and port 0 can be told.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # A terminal that closes is no reason to lose what is under way.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        return socket.create_server((settings.host, settings.port), backlog=512)
    except OSError as trouble:
        raise UsageError(
            f"cannot listen on {settings.host}:{settings.port}: {trouble.strerror};"
            " give another --port"
        ) from None
