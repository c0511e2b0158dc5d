"""Prompts over HTTP: everyone signed in listens, leaders replace them by recordings of the centre's own.

In a path, the name of a piece is written with a point for the slash: `say.n5`.
"""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of
from ivr.prompts.checking import LARGEST_BYTES
from ivr.prompts.service import PromptService, PromptState


class PromptRecordingShape(BaseModel):
    """`seconds` and `level_db` (dB below full scale) are those of the uploaded file."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    seconds: float
    level_db: float
    sha256: str
    uploaded_at: datetime
    uploaded_by_name: str
    in_use: bool


class PromptShape(BaseModel):
    """`own` is the centre's own recording that callers hear instead of the one that comes with the software."""

    language: str
    name: str
    text: str
    own: PromptRecordingShape | None

    @classmethod
    def of(cls, state: PromptState) -> PromptShape:
        own = PromptRecordingShape.model_validate(state.own) if state.own else None
        prompt = state.prompt
        return cls(language=prompt.language, name=written(prompt.name), text=prompt.text, own=own)


class PromptQuery(PageQuery):
    """`own` lists only prompts with a recording of the centre's own."""

    language: str = Field("", max_length=10)
    own: bool = False


def written(name: str) -> str:
    return name.replace("/", ".")


def read_name(name: str) -> str:
    return name.replace(".", "/")


def routes(service: PromptService) -> Routes:
    routes = Routes("prompts")

    @routes.get("/prompts", roles=ANYONE)
    async def list_prompts(ask: Ask, query: PromptQuery) -> Page[PromptShape]:
        """List all recordings that callers hear, with their texts."""
        states = [
            state
            for state in await service.prompts()
            if query.language in ("", state.prompt.language) and (state.own or not query.own)
        ]
        start = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else 0
        start = max(0, start)
        numbered = list(enumerate(states))[start : start + query.limit + 1]
        page = page_of(numbered, query.limit, lambda entry: encode_cursor(entry[0] + 1))
        return Page(items=[PromptShape.of(state) for _, state in page.items], next=page.next)

    @routes.get("/prompts/{language}/{name}/sound", roles=ANYONE)
    async def play_prompt(ask: Ask, language: str, name: str) -> web.Response:
        """Play what callers hear now, as a WAV file of 8 kHz."""
        data = await service.sound(language, read_name(name))
        return web.Response(body=data, content_type="audio/wav", headers={"X-Content-Type-Options": "nosniff"})

    @routes.put("/prompts/{language}/{name}/sound", roles=LEADERS, max_body=LARGEST_BYTES, edits=False)
    async def upload_prompt(ask: Ask, language: str, name: str, body: bytes) -> PromptRecordingShape:
        """Replace the prompt with a recording: WAV, FLAC, Ogg or MP3 as the raw body. A bad one is refused."""
        row = await service.upload(language, read_name(name), body, ask.require())
        return PromptRecordingShape.model_validate(row)

    @routes.delete("/prompts/{language}/{name}/sound", roles=LEADERS)
    async def remove_prompt(ask: Ask, language: str, name: str) -> None:
        """Use the shipped recording again; your versions stay."""
        await service.remove(language, read_name(name), ask.require())

    @routes.get("/prompts/{language}/{name}/versions", roles=LEADERS)
    async def list_prompt_versions(ask: Ask, language: str, name: str) -> Page[PromptRecordingShape]:
        """List the centre's own recordings, newest first, with their authors."""
        rows = await service.versions(language, read_name(name))
        return Page(items=[PromptRecordingShape.model_validate(row) for row in rows])

    @routes.post("/prompts/{language}/{name}/versions/{version}/use", roles=LEADERS)
    async def use_prompt_version(ask: Ask, language: str, name: str, version: int) -> PromptRecordingShape:
        """Use an earlier version again."""
        row = await service.restore(language, read_name(name), version, ask.require())
        return PromptRecordingShape.model_validate(row)

    return routes
