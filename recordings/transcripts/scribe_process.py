"""The worker process: reads audio from stdin and writes text to stdout, one channel at a time, until stdin ends.

A request is one line of JSON (the engine, the language, the hot words, the sample rate and the byte count) followed by
the 16-bit samples; an answer is one line of JSON. No call data touches the disk here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from callcenter.errors import CallCentreError
from recordings.transcripts.engine import Engine, EngineChoice
from recordings.transcripts.engines import engine_of

SAMPLE_WIDTH = 2


class Scribe:
    """Keeps the engine, and so its model, loaded between requests."""

    def __init__(self) -> None:
        self._choice: EngineChoice | None = None
        self._engine: Engine | None = None

    def answer(self, request: Mapping[str, Any], pcm: bytes) -> dict[str, Any]:
        """The transcript as data, or the error by its code."""
        import speech_recognition as sr

        choice = EngineChoice(**request["choice"])
        if self._engine is None or choice != self._choice:
            self._engine, self._choice = engine_of(choice), choice
        audio = sr.AudioData(pcm, request["rate"], SAMPLE_WIDTH)
        return asdict(self._engine.transcribe(audio, request["language"], request["hot_words"]))


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    scribe = Scribe()
    while line := requests.readline():
        request = json.loads(line)
        pcm = requests.read(request["bytes"])
        if len(pcm) < request["bytes"]:
            return
        try:
            answer: dict[str, Any] = {"transcript": scribe.answer(request, pcm)}
        except CallCentreError as error:
            answer = {"code": error.code, "detail": error.detail}
        except Exception as error:
            # Any exception of an engine ends this channel's attempt, not the worker.
            answer = {"code": "transcript_engine_failed", "detail": f"{type(error).__name__}: {error}"[:500]}
        answers.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        answers.flush()


def main(niceness: int) -> None:
    os.nice(niceness)
    # Engines print; their output must not mix with the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(int(sys.argv[1]))
