"""Builds a centre's prompts in a low-priority process: `python -m ivr.prompts.process`, a plan as one line of input.

It writes a line of JSON for each recording that it made, and ends when its input does: with the service that started
it, or with the person who did.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import IO, Final

from callcenter.errors import CallCentreError
from callcenter.web.logging import configure_logging
from ivr.prompts.build import Built
from ivr.prompts.centre import Plan, read
from ivr.prompts.files import NARROW, WIDE
from ivr.prompts.voice.kokoro import Kokoro
from ivr.prompts.voice.process import VoiceProcess

NICENESS: Final = 15


def build(plan: Plan) -> Iterator[Built]:
    """Everything, with the synthetic voice where it is installed."""
    with ExitStack() as stack:
        shop = plan.workshop((NARROW, WIDE))
        if Kokoro(Path(plan.model)).why_missing() is None:
            voice = stack.enter_context(VoiceProcess(Path(plan.model)))
            shop = replace(shop, voice=voice.speak)
        yield from shop.build(plan.recordings())


def serve(source: IO[bytes], out: IO[str]) -> int:
    plan = read(source.readline())
    Thread(target=_end_with, args=(source,), daemon=True).start()
    try:
        for built in build(plan):
            report = {"name": built.prompt.name, "language": built.prompt.language, "source": built.source}
            out.write(json.dumps({**report, "fresh": built.fresh}) + "\n")
            out.flush()
    except CallCentreError as error:
        out.write(json.dumps({"code": error.code, "detail": error.detail}, ensure_ascii=False) + "\n")
        out.flush()
        return 1
    return 0


def _end_with(source: IO[bytes]) -> None:
    # Not by the buffer: an interpreter that shuts down while a thread holds its lock aborts (CPython, bufferedio.c).
    while os.read(source.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    os.nice(NICENESS)
    configure_logging(json=sys.argv[1:] == ["json"])
    sys.exit(serve(sys.stdin.buffer, sys.stdout))
