"""Calls under way: what a worker is sent, and the pipes that are read until all have closed."""

from __future__ import annotations

import fcntl
import json
import os
import select
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader.sandbox.decoding import MAX_MESSAGE, encode_value
from grader.sandbox.endings import Traces, classify, patience_s
from grader.sandbox.records import Call, Run

if TYPE_CHECKING:
    from grader.sandbox.worker import Worker

GRACE_S = 5
"""How long after a call has to be over the worker may take to report before it is given up."""
MAX_OUTPUT = 1 << 16
MAX_STATUS = 1 << 12


class Line:
    """The way to a worker or to one of its twins, and how many calls it has there."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.under_way = 0


class Flight:
    """One call under way: three pipes that are read until all have closed."""

    def __init__(
        self, worker: Worker, line: Line, call: Call, result: int, status: int, output: int
    ) -> None:
        self.worker = worker
        self._line = line
        self.call = call
        self._result, self._status, self._output = result, status, output
        self._read: dict[int, bytearray] = {pipe: bytearray() for pipe in (result, status, output)}
        self._limits = {result: MAX_MESSAGE, status: MAX_STATUS, output: MAX_OUTPUT}
        self._is_message_cut = False
        self.open_pipes = set(self._read)
        self.given_up_at = time.monotonic() + patience_s(call.time_s) + GRACE_S

    def take(self, pipe: int) -> None:
        """Read what a pipe has ready."""
        content = os.read(pipe, 1 << 18)
        if not content:
            self._close(pipe)
            return
        kept = self._read[pipe]
        room = self._limits[pipe] - len(kept)
        kept += content[:room]
        if len(content) > room and pipe == self._result:
            # The writer gets EPIPE at once instead of filling a pipe until its deadline.
            self._is_message_cut = True
            self._close(pipe)

    def end(self) -> Run:
        """Close what is still open and say what was seen."""
        self._line.under_way -= 1
        is_lost = self._status in self.open_pipes
        for pipe in list(self.open_pipes):
            self._close(pipe)
        traces = Traces(
            message=bytes(self._read[self._result]),
            status=bytes(self._read[self._status]),
            output=bytes(self._read[self._output]),
            is_message_cut=self._is_message_cut,
            is_lost=is_lost,
        )
        return classify(self.call, traces)

    def _close(self, pipe: int) -> None:
        self.open_pipes.discard(pipe)
        os.close(pipe)


def finish_flights(flights: Mapping[int, Flight], limit: int) -> dict[int, Run]:
    """Wait until at least `limit` of the flights have ended; all ended ones, by their key."""
    poller = select.poll()
    owners: dict[int, int] = {}
    for key, flight in flights.items():
        for pipe in flight.open_pipes:
            owners[pipe] = key
            poller.register(pipe, select.POLLIN)
    ended: dict[int, Run] = {}
    while len(ended) < limit:
        waiting = [flight for key, flight in flights.items() if key not in ended]
        patience = min(flight.given_up_at for flight in waiting) - time.monotonic()
        for pipe, _ in poller.poll(max(0, patience * 1000)):
            key = owners[pipe]
            flights[key].take(pipe)
            if pipe not in flights[key].open_pipes:
                poller.unregister(pipe)
        now = time.monotonic()
        for key, flight in flights.items():
            if key not in ended and (not flight.open_pipes or now > flight.given_up_at):
                for pipe in flight.open_pipes:
                    poller.unregister(pipe)
                ended[key] = flight.end()
    return ended


def write_request(call: Call) -> int:
    """The request as a sealed file in memory, which the worker only passes on."""
    header = json.dumps(
        {
            "sources": dict(call.sources),
            "module": call.module,
            "function": call.function,
            "seed": call.seed,
            "return_arguments": call.return_arguments,
        }
    ).encode()
    arguments = encode_value((call.arguments, dict(call.keywords)))
    descriptor = os.memfd_create("request", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    for content in (len(header).to_bytes(4, "little"), header, arguments):
        remaining = memoryview(content)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor
