"""The embedded engine's process: told by lines on its standard input, and ends with its service.

The first line is the settings; then `wake`, and once `drain SECONDS`.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading

from grader.service.embedded import DRAIN, WAKE
from grader.service.executing import Executor
from grader.service.logs import configure_logs
from grader.service.settings import Settings
from grader.service.slots import Slots
from grader.store.database import Store
from grader.store.runs import claim_next

LOOK_EVERY_S = 1.0
"""Work that another process queued, as `grade admin` may, is found this soon."""


def main() -> None:
    """Grade until told to drain."""
    # A terminal's Ctrl-C and a supervisor's SIGTERM are for the service, which then says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    settings = Settings.model_validate_json(sys.stdin.buffer.readline())
    configure_logs(settings.log_level)
    name = f"embedded@{socket.gethostname()}"
    slots = Slots(
        Executor(Store(settings.database_url), settings),
        lambda session: claim_next(session, settings.queues, name),
        name=name,
        look_every_s=LOOK_EVERY_S,
        reconciles=False,
    )
    # Read from the start: a service that is killed while this one begins must be noticed.
    drain_s: list[float] = []
    is_to_end = threading.Event()
    threading.Thread(target=_listen, args=(slots, drain_s, is_to_end), daemon=True).start()
    slots.start()
    is_to_end.wait()
    slots.stop(drain_s[0])
    logging.shutdown()
    # The thread that listens holds the standard input: Python would abort at an orderly end.
    os._exit(0)


def _listen(slots: Slots, drain_s: list[float], is_to_end: threading.Event) -> None:
    for line in sys.stdin.buffer:
        if line == WAKE:
            slots.wake()
        elif line.startswith(DRAIN):
            drain_s.append(float(line.removeprefix(DRAIN)))
            is_to_end.set()
    if not is_to_end.is_set():
        # The service was killed: so is this, and its slots end with it.
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
