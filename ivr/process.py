"""Runs the reception as a separate process: `python -m ivr.process HOST PORT`, fed by `callcenter/centre/reception.py`.

It is a separate process because a caller must not wait while the service is busy. Each line that it reads is a whole
snapshot and replaces the one before; it listens once it has the first. It ends when its input does: when the service is
killed the reception ends too, and the dialplan's fallback takes the callers.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Collection
from typing import Final

import structlog

from callcenter import clock
from callcenter.asterisk.fastagi import FastAgiServer
from callcenter.web.logging import configure_logging
from ivr.reception import Customer, Line
from ivr.service import Reception
from ivr.snapshot import Books, read

LONGEST_BOOKS: Final = 64 * 2**20
"""Bytes in one snapshot: several hundred thousand numbers of key accounts."""


log = structlog.get_logger("ivr.process")


class Shelf:
    """The current snapshot."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def line(self, code: str) -> Line | None:
        return self.books.line(code)

    def duty(self, line: str) -> Collection[str]:
        return self.books.duty(line)

    def customer(self, number: str) -> Customer | None:
        return self.books.customer(number)


async def attend(host: str, port: int) -> None:
    """Answer callers from the newest snapshot until the input ends."""
    loop = asyncio.get_running_loop()
    fed = asyncio.StreamReader(limit=LONGEST_BOOKS)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(fed), sys.stdin)
    try:
        first = await fed.readline()
        if not first:
            return
        shelf = Shelf(read(first))
        server = FastAgiServer(host, port, {"reception": Reception(shelf, clock.now).serve})
        await server.start()
        # Objects created at the start live forever; a full collection of them would keep a caller waiting.
        gc.collect()
        gc.freeze()
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        while line := await fed.readline():
            shelf.books = read(line)
        await server.close()
    finally:
        transport.close()


def main(host: str, port: int, *, log_json: bool) -> None:
    # Ctrl-C in a terminal reaches every process of the group; this one ends when the service closes its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logging(json=log_json)
    try:
        asyncio.run(attend(host, port))
    except OSError as error:
        log.error("reception_cannot_listen", host=host, port=port, cause=str(error))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), log_json=sys.argv[3:] == ["json"])
