"""Runs the voice in a low-priority process of its own: callers come first, and a synthesis takes seconds of a core.

A request is one line of JSON (text, language); the answer is one line of JSON (samples, or the error's code) followed
by the samples as 32-bit floats. It ends when its input does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from callcenter.errors import CallCentreError
from ivr.prompts.espeak import VoiceFailed
from ivr.prompts.voice.kokoro import RATE, Kokoro

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

NICENESS: Final = 15


class VoiceProcess(AbstractContextManager["VoiceProcess"]):
    """The voice for one run of recordings; the process starts with the first sentence."""

    def __init__(self, folder: Path, niceness: int = NICENESS) -> None:
        self._command = [sys.executable, "-m", "ivr.prompts.voice.process", str(folder), str(niceness)]
        self._process: subprocess.Popen[bytes] | None = None

    def speak(self, text: str, language: str, take: int = 0) -> tuple[Samples, int]:
        """Raises VoiceFailed."""
        import numpy

        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(json.dumps({"text": text, "language": language, "take": take}).encode() + b"\n")
            requests.flush()
            answer: dict[str, Any] = json.loads(answers.readline() or b'{"error": "the process ended"}')
            if "error" in answer:
                raise VoiceFailed(str(answer["error"]), prompt=text[:40])
            data = answers.read(answer["samples"] * 4)
        except (OSError, ValueError) as error:
            raise VoiceFailed("the voice's process failed", prompt=text[:40]) from error
        if len(data) < answer["samples"] * 4:
            raise VoiceFailed("the voice's process ended", prompt=text[:40])
        return numpy.frombuffer(data, dtype="<f4").astype(numpy.float64), RATE

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def serve(voice: Kokoro, requests: IO[bytes], answers: IO[bytes]) -> None:
    while line := requests.readline():
        request = json.loads(line)
        try:
            samples = voice.speak(request["text"], request["language"], request["take"]).astype("<f4")
        except CallCentreError as error:
            answers.write(json.dumps({"error": error.detail}).encode() + b"\n")
        except Exception as error:
            # Any exception of the runtime ends this sentence, not the process.
            answers.write(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}).encode() + b"\n")
        else:
            answers.write(json.dumps({"samples": len(samples)}).encode() + b"\n" + samples.tobytes())
        answers.flush()


if __name__ == "__main__":
    os.nice(int(sys.argv[2]))
    serve(Kokoro(Path(sys.argv[1])), sys.stdin.buffer, sys.stdout.buffer)
