"""Manages the worker process for the service: started when there is work, stopped when idle for a while.

It is a separate process so that recognition, which occupies a CPU core for minutes and half a gigabyte, can run at
lower priority, be killed at a time limit, or crash, without affecting calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recordings.transcripts.engine import EngineChoice, EngineFailed, EngineMissing
from recordings.transcripts.model import Transcript, segment_of

LONGEST_ANSWER = 64 * 1024 * 1024
ROOT = str(Path(__file__).parents[2])
ERRORS = {"transcript_engine_missing": EngineMissing, "unknown_transcript_engine": EngineMissing}


class ScribeProcess:
    """One worker; `transcribe` handles one channel at a time. `close` ends it."""

    def __init__(self, niceness: int, idle_seconds: float) -> None:
        self._niceness = niceness
        self._idle_seconds = idle_seconds
        self._process: Process | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id while the worker is alive."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def transcribe(
        self, pcm: bytes, rate: int, choice: EngineChoice, language: str, hot_words: Sequence[str]
    ) -> Transcript:
        """Transcribe 16-bit mono samples. Raises EngineMissing, EngineFailed (also when the process dies)."""
        async with self._turn:
            self._cancel_rest()
            process = await self._living(choice.threads)
            request = {
                "choice": asdict(choice),
                "language": language,
                "hot_words": list(hot_words),
                "rate": rate,
                "bytes": len(pcm),
            }
            try:
                answer = await self._ask(process, json.dumps(request).encode() + b"\n" + pcm)
            except BaseException:
                # Half a request or half an answer: the stream is out of step and the process unusable.
                await self._end()
                raise
            self._rest = asyncio.get_running_loop().call_later(self._idle_seconds, self._terminate)
        if "transcript" not in answer:
            raise ERRORS.get(str(answer.get("code")), EngineFailed)(str(answer.get("detail", "")))
        heard = answer["transcript"]
        return Transcript(**{**heard, "segments": tuple(segment_of(segment) for segment in heard["segments"])})

    async def close(self) -> None:
        """End the process; the channel in progress is lost and redone by the next holder of its lease."""
        self._cancel_rest()
        await self._end()

    async def _living(self, threads: int) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "recordings.transcripts.scribe_process",
                str(self._niceness),
                stdin=PIPE,
                stdout=PIPE,
                limit=LONGEST_ANSWER,
                # Some libraries use every CPU core unless the environment limits them.
                env={**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ROOT},
            )
        return self._process

    async def _ask(self, process: Process, request: bytes) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request)
            await process.stdin.drain()
            line = await process.stdout.readline()
        except (ConnectionError, ValueError) as error:
            raise EngineFailed(f"the worker process broke off: {type(error).__name__}") from error
        if not line.endswith(b"\n"):
            raise EngineFailed("the worker process died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _cancel_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _terminate(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
