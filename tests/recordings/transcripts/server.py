"""Runs a small real server that implements OpenAI's transcription API, with answers set by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

WORDS: dict[str, Any] = {
    "text": "您好湘味到家",
    "language": "zh",
    "segments": [{"start": 0.5, "end": 2.5, "text": "您好，湘味到家", "avg_logprob": -0.1, "no_speech_prob": 0.01}],
    "words": [{"word": "您好", "start": 0.5, "end": 1.0}, {"word": "湘味到家", "start": 1.2, "end": 2.5}],
}


@dataclass
class AsrServer:
    url: str = ""
    status: int = 200
    answer: Any = field(default_factory=lambda: WORDS)
    asked: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def transcriptions(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers.get("Authorization", ""))
        fields: dict[str, str] = {}
        async for part in await request.multipart():
            name = getattr(part, "name", None)
            if name == "file":
                fields["file"] = str(len(await part.read()))  # type: ignore[union-attr]
            elif name is not None:
                fields[name] = await part.text()  # type: ignore[union-attr]
        self.asked.append(fields)
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer, status=self.status)
        return web.json_response(self.answer, status=self.status)


@asynccontextmanager
async def asr_server() -> AsyncIterator[AsrServer]:
    server = AsrServer()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/audio/transcriptions", server.transcriptions)
    async with TestServer(app) as running:
        server.url = f"http://{running.host}:{running.port}/v1"
        yield server
