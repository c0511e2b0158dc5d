"""Runs flows beside a private Asterisk: the runner in the test's own loop, the snapshot made by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import numpy
import soundfile

from callcenter import clock
from callcenter.asterisk.fastagi import FastAgiServer
from callcenter.kit.hours import OpeningHours
from ivr.agi.directory import SnapshotDirectory
from ivr.agi.questions import Questions
from ivr.agi.runner import FlowRunner
from ivr.agi.voice import SoundNames
from ivr.prompts.build import Workshop
from ivr.prompts.sentences import default_catalogue
from ivr.reception import Line
from ivr.snapshot import FlowText, Snapshot

SAMPLES = ("hotline", "two_languages", "after_hours")


def sample(name: str, *lines: str) -> str:
    """A sample flow that serves these lines."""
    source = (files("ivr.flows") / "samples" / f"{name}.toml").read_text(encoding="utf-8")
    listed = ", ".join(f'"{line}"' for line in lines)
    return re.sub(r"^lines = .*$", f"lines = [{listed}]", source, count=1, flags=re.MULTILINE)


def snapshot(flows: Sequence[str], lines: Mapping[str, OpeningHours], duty: Mapping[str, Sequence[str]]) -> Snapshot:
    """A snapshot with these flows; every line has a queue of its own name."""
    return Snapshot(
        {code: Line(code, code, hours=hours) for code, hours in lines.items()},
        dict(duty),
        flows=tuple(FlowText(f"flow{place}", 1, source) for place, source in enumerate(flows)),
    )


TONES = range(500, 3400, 20)


def tone_of(prompt: str, language: str = "zh-CN") -> float:
    """The frequency by which a prompt is recognised in what a caller hears."""
    names = sorted(entry.name for entry in default_catalogue().recordings() if entry.language == language)
    words = [name for name in names if not name.startswith("say/")]
    return float(TONES[words.index(prompt)]) if prompt in words else 400.0


def record_tones(home: Path, seconds: float = 0.4) -> None:
    """Build the prompts of a PBX from a centre's own recordings, each of which is one tone."""
    own = home / "own"
    for prompt in default_catalogue().recordings():
        path = own / prompt.folder / f"{prompt.name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        time = numpy.arange(round(8000 * seconds)) / 8000
        soundfile.write(path, 0.5 * numpy.sin(2 * numpy.pi * tone_of(prompt.name, prompt.language) * time), 8000)
    list(Workshop(home / "sounds", own=own, rates=(8000,)).build(default_catalogue().recordings()))


@dataclass
class Front:
    """A running runner. `sent` is what it sends to the service; `answer` answers a question about a case."""

    directory: SnapshotDirectory
    server: FastAgiServer
    sent: list[bytes] = field(default_factory=list)
    questions: Questions | None = None

    def asked(self) -> list[int]:
        """The numbers of the questions about cases so far."""
        read = [json.loads(line) for line in self.sent]
        return [message["ask"] for message in read if message.get("what") == "case"]

    def answer(self, question: int, case: str) -> None:
        assert self.questions is not None
        self.questions.answered({"answer": question, "result": {"case": case, "state": "investigating"}})


@contextlib.asynccontextmanager
async def front(
    port: int, snapshot: Snapshot, seconds: float = 300.0, at: clock.Clock = clock.now, case: str = ""
) -> AsyncIterator[Front]:
    """A runner on this port; `at` is its clock. With `case`, every question about a case has this one as its answer."""
    sent: list[bytes] = []

    def send(line: bytes) -> None:
        sent.append(line)
        message = json.loads(line)
        if case and message.get("what") == "case":
            asyncio.get_running_loop().call_soon(running.answer, message["ask"], case)

    directory, questions = SnapshotDirectory(snapshot, at), Questions(send)
    runner = FlowRunner(directory, questions, SoundNames(), questions)
    server = FastAgiServer(
        "127.0.0.1",
        port,
        {"flow": runner.serve, "number": runner.enter_number},
        longer={"flow": seconds, "number": seconds},
    )
    await server.start()
    running = Front(directory, server, sent, questions)
    try:
        yield running
    finally:
        await server.close(0.0)
