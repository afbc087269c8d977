"""The web application: `make_app(settings)` puts routers, errors and the engine together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from grader import __version__
from grader.service import health
from grader.service.api import ROUTERS
from grader.service.bounding import Bound
from grader.service.engine import make_engine
from grader.service.github import routes as github
from grader.service.github.courier import Courier
from grader.service.health import Measures
from grader.service.limiting import Limiter
from grader.service.observing import Observer
from grader.service.problem_json import answer_problems
from grader.service.progress import Watcher
from grader.service.running import Service
from grader.service.settings import Settings
from grader.service.web import add_pages
from grader.service.web.lti.outbox import Outbox
from grader.store.database import Store
from grader.store.migrating import require_current

API = "/api/v1"


def make_app(settings: Settings) -> FastAPI:
    """An application that grades when it is started and drains when it is stopped."""
    store = Store(settings.database_url)
    engine = make_engine(store, settings)
    outbox = Outbox(store)
    courier = Courier(store, settings, engine)
    service = Service(settings, store, engine, Watcher(store, engine))

    @contextlib.asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        require_current(store)
        engine.start()
        outbox.start()
        courier.start()
        yield
        courier.stop()
        outbox.stop()
        service.watcher.stop()
        engine.stop(settings.drain_s)
        store.close()

    app = FastAPI(
        title="fairmark",
        version=__version__,
        lifespan=live,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.courier = courier
    answer_problems(app)

    app.state.measures = Measures()
    app.add_middleware(Bound)
    app.add_middleware(
        Limiter,
        per_minute=settings.requests_per_minute,
        strangers_per_minute=settings.strangers_per_minute,
    )
    app.add_middleware(Observer, measures=app.state.measures)
    app.include_router(health.router)
    for router in (*ROUTERS, github.router):
        app.include_router(router, prefix=API)
    add_pages(app)
    return app
