"""A service that runs: its store, settings, engine and whoever watches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from fastapi import Request

from grader.service.engine import Engine
from grader.service.estimating import Estimator
from grader.service.noting import TokenUses
from grader.service.progress import Watcher
from grader.service.settings import Settings
from grader.store.database import Store


@dataclass(frozen=True, slots=True)
class Service:
    """What handlers work with; one a process, in `app.state.service`."""

    settings: Settings
    store: Store
    engine: Engine
    watcher: Watcher
    token_uses: TokenUses = field(default_factory=TokenUses)
    estimator: Estimator = field(default_factory=Estimator)


def find_service(request: Request) -> Service:
    """The service that a request came to."""
    return cast("Service", request.app.state.service)
