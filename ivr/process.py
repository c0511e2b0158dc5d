"""Runs the reception as a separate process: `python -m ivr.process HOST PORT SOUNDS`, fed by centre/reception.py.

It is a separate process because a caller must not wait while the service is busy. Each line that it reads is a whole
snapshot, which replaces the one before, or the answer to a question; it listens once it has the first snapshot. It
writes its port, then its questions and the paths of callers. It ends when its input does: when the service is killed
the reception ends too, and the dialplan's fallback takes the callers.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from pathlib import Path
from typing import Final

import structlog

from callcenter import clock
from callcenter.asterisk.fastagi import FastAgiServer
from callcenter.web.logging import configure_logging
from ivr.agi.directory import SnapshotDirectory
from ivr.agi.questions import Questions
from ivr.agi.runner import FlowRunner
from ivr.agi.voice import SoundNames
from ivr.service import Reception
from ivr.snapshot import PING, read
from ivr.waiting.sounds import erase_callers

LONGEST_BOOKS: Final = 64 * 2**20
"""Bytes in one snapshot: several hundred thousand numbers of key accounts."""
SESSION_SECONDS: Final = 900.0
"""The longest that one caller may spend in the menus."""
MOST_CALLERS: Final = 1000
LONGEST_BACKLOG: Final = 2**20
"""Bytes of questions that the service has not read; more are dropped, and count as not answered."""
ANSWER: Final = b'{"answer":'


log = structlog.get_logger("ivr.process")


async def attend(host: str, port: int, sounds: Path) -> None:
    """Answer callers from the newest snapshot until the input ends.

    What waiting callers hear of their place is then erased from the PBX's `sounds`: no one keeps it true any more.
    """
    loop = asyncio.get_running_loop()
    fed = asyncio.StreamReader(limit=LONGEST_BOOKS)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(fed), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)

    def write(line: bytes) -> None:
        if out.get_write_buffer_size() < LONGEST_BACKLOG:
            out.write(line)

    try:
        first = await fed.readline()
        if not first:
            return
        directory, questions = SnapshotDirectory(read(first), clock.now), Questions(write)
        flows = FlowRunner(directory, questions, SoundNames(), questions)
        server = FastAgiServer(
            host,
            port,
            {
                "reception": Reception(directory, clock.now, questions).serve,
                "flow": flows.serve,
                "number": flows.enter_number,
            },
            longer={"flow": SESSION_SECONDS, "number": SESSION_SECONDS},
            most=MOST_CALLERS,
        )
        await server.start()
        # Objects created at the start live forever; a full collection of them would keep a caller waiting.
        gc.collect()
        gc.freeze()
        write(f"{server.port}\n".encode())
        while line := await fed.readline():
            if line.startswith(ANSWER):
                questions.answered(json.loads(line))
            elif line == PING:
                write(line)
            else:
                directory.show(read(line))
        # The service is gone: callers in the menus go on in the fallback queue, at once.
        await server.close(0.0)
    finally:
        transport.close()
        out.close()
        erase_callers(sounds)


def main(host: str, port: int, sounds: Path, *, log_json: bool) -> None:
    # Ctrl-C in a terminal reaches every process of the group; this one ends when the service closes its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logging(json=log_json)
    try:
        asyncio.run(attend(host, port, sounds))
    except OSError as error:
        log.error("reception_cannot_listen", host=host, port=port, cause=str(error))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), log_json=sys.argv[4:] == ["json"])
