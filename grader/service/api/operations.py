"""For operators: workers, queues, quarantine, disk."""

from __future__ import annotations

import datetime as dt
import shutil

from fastapi import APIRouter, Request
from pydantic import BaseModel

from grader.service.acting import Asker
from grader.service.authorising import Action, Thing, require
from grader.service.running import find_service
from grader.store import operations

router = APIRouter(tags=["operations"])


class QueueView(BaseModel):
    """One queue."""

    name: str
    waiting: int
    running: int
    oldest_s: float


class WorkerView(BaseModel):
    """One worker of the last day."""

    name: str
    host: str
    queues: list[str]
    slots: int
    is_alive: bool
    started_at: dt.datetime
    heartbeat_at: dt.datetime


class QuarantineView(BaseModel):
    """A grading that was set aside: ours to look at."""

    run_id: int
    submission_id: int
    course_id: int
    deaths: int
    fault: str
    since: dt.datetime | None


class OperationsView(BaseModel):
    """How the service does."""

    queues: list[QueueView]
    workers: list[WorkerView]
    quarantine: list[QuarantineView]
    store: dict[str, int]
    disk_free_bytes: int
    disk_bytes: int


@router.get("/operations")
def read(request: Request, known: Asker) -> OperationsView:
    """How the service does, for whoever runs it."""
    require(known, Action.OPERATE, Thing(None))
    service = find_service(request)
    disk = shutil.disk_usage(service.settings.folder)
    with service.store.read() as session:
        return OperationsView(
            queues=[
                QueueView(
                    name=queue.name,
                    waiting=queue.waiting,
                    running=queue.running,
                    oldest_s=round(queue.oldest_s, 3),
                )
                for queue in operations.read_queues(session)
            ],
            workers=[
                WorkerView(
                    name=worker.name,
                    host=worker.host,
                    queues=worker.queues,
                    slots=worker.slots,
                    is_alive=is_alive,
                    started_at=worker.started_at,
                    heartbeat_at=worker.heartbeat_at,
                )
                for worker, is_alive in operations.read_workers(session, service.settings.stale_s)
            ],
            quarantine=[
                QuarantineView(
                    run_id=run.id,
                    submission_id=run.submission_id,
                    course_id=run.course_id,
                    deaths=run.deaths,
                    fault=run.fault,
                    since=run.finished_at,
                )
                for run in operations.read_quarantine(session)
            ],
            store=operations.measure_store(session),
            disk_free_bytes=disk.free,
            disk_bytes=disk.total,
        )
