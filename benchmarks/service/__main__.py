"""The service under load and under attack: real processes, SQLite and a private PostgreSQL.

`python -m benchmarks.service` measures all; names measure those, and a number is the size of the
chaos: `python -m benchmarks.service chaos 200`. `sqlite` or `postgresql` keeps to one of them.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable

from benchmarks.measuring import print_row
from benchmarks.service.acknowledging import measure_acknowledging, measure_pickup
from benchmarks.service.chaos import make_chaos
from benchmarks.service.fairness import measure_fairness
from benchmarks.service.gradebook import measure_gradebook
from benchmarks.service.overhead import measure_overhead
from benchmarks.service.serving import PrivatePostgres

CHAOS = 1000
Measure = Callable[[PrivatePostgres | None], None]


def main() -> None:
    total = next((int(word) for word in sys.argv[1:] if word.isdigit()), CHAOS)
    parts: dict[str, Measure] = {
        "acknowledge": lambda cluster: measure_acknowledging(cluster, grades=False),
        "busy": lambda cluster: measure_acknowledging(cluster, grades=True),
        "pickup": measure_pickup,
        "overhead": measure_overhead,
        "fair": measure_fairness,
        "gradebook": measure_gradebook,
        "chaos": lambda cluster: make_chaos(cluster, total),
    }
    wanted = [name for name in sys.argv[1:] if name in parts] or list(parts)
    durable = PrivatePostgres(is_durable=True) if "sqlite" not in sys.argv else None
    stores = [durable] if "postgresql" in sys.argv else [None, durable] if durable else [None]
    print_row(f"the service, {dt.datetime.now():%F}", "median", "worst")
    try:
        for name in wanted:
            for cluster in stores:
                parts[name](cluster)
    finally:
        if durable:
            durable.stop()


if __name__ == "__main__":
    main()
