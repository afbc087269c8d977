"""For machines that watch: /healthz, /readyz and Prometheus's /metrics."""

from __future__ import annotations

import hmac
import shutil

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from grader.errors import NotFound
from grader.service.running import find_service
from grader.store import operations

router = APIRouter(include_in_schema=False)
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
             "x-real-ip")  # fmt: skip


class Measures:
    """What one web process counts about itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fairmark_requests", "Requests answered", ["method", "route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "fairmark_request_seconds", "Time to answer", ["route"], registry=self.registry,
            buckets=(0.005, 0.015, 0.05, 0.1, 0.3, 1, 5),
        )  # fmt: skip
        self.waiting = Gauge(
            "fairmark_queue_waiting", "Gradings that wait", ["queue"], registry=self.registry
        )
        self.running = Gauge(
            "fairmark_queue_running", "Gradings under way", ["queue"], registry=self.registry
        )
        self.oldest = Gauge(
            "fairmark_queue_oldest_seconds", "Age of what has waited longest", ["queue"],
            registry=self.registry,
        )  # fmt: skip
        self.runs = Gauge("fairmark_runs", "Gradings by state", ["state"], registry=self.registry)
        self.workers = Gauge(
            "fairmark_workers", "Workers that are heard of", registry=self.registry
        )
        self.free_bytes = Gauge(
            "fairmark_disk_free_bytes", "Where uploads and what is kept beside the database go",
            registry=self.registry,
        )  # fmt: skip
        self.failing_passbacks = Gauge(
            "fairmark_passbacks_failing", "Scores that a learning platform has refused so far",
            registry=self.registry,
        )  # fmt: skip


@router.get("/healthz")
def tell_health() -> Response:
    """Whether this process answers at all."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz")
def tell_readiness(request: Request) -> Response:
    """Whether it can take submissions: the database answers."""
    service = find_service(request)
    if service.watcher.is_stopping:
        return Response("stopping\n", 503, media_type="text/plain")
    try:
        service.store.ping()
    except Exception:
        return Response("the database does not answer\n", 503, media_type="text/plain")
    return Response("ready\n", media_type="text/plain")


@router.get("/metrics")
def tell_metrics(request: Request) -> Response:
    """Measures for Prometheus, for this machine or with the token of the settings."""
    service = find_service(request)
    _require_watcher(request, service.settings.metrics_token)
    measures: Measures = request.app.state.measures
    with service.store.read() as session:
        queues = operations.read_queues(session)
        counts = operations.count_runs(session)
        workers = operations.read_workers(session, service.settings.stale_s)
        measures.failing_passbacks.set(operations.count_failing_passbacks(session))
    for gauge in (measures.waiting, measures.running, measures.oldest, measures.runs):
        gauge.clear()
    for name in {*service.settings.queues, *(queue.name for queue in queues)}:
        for gauge in (measures.waiting, measures.running, measures.oldest):
            gauge.labels(name).set(0)
    for queue in queues:
        measures.waiting.labels(queue.name).set(queue.waiting)
        measures.running.labels(queue.name).set(queue.running)
        measures.oldest.labels(queue.name).set(queue.oldest_s)
    for state, count in counts.items():
        measures.runs.labels(state).set(count)
    measures.free_bytes.set(shutil.disk_usage(service.settings.folder).free)
    measures.workers.set(sum(is_alive for _, is_alive in workers))
    return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)


def _require_watcher(request: Request, token: str) -> None:
    """Strangers are told that there is nothing."""
    if token:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(given.encode(), token.encode()):
            return
    elif request.client and request.client.host in ("127.0.0.1", "::1"):
        # A proxy on this machine asks for others, whether or not it says for whom.
        is_proxy = any(name in request.headers for name in FORWARDED)
        if not is_proxy:
            return
    raise NotFound
