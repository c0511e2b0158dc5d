"""The music of a line over HTTP: everyone signed in listens, leaders replace it."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from callcenter.web.routes import ANYONE, LEADERS, Ask, Routes
from ivr.prompts.checking import LARGEST_BYTES
from ivr.waiting.music import WaitingMusic


class LineMusicShape(BaseModel):
    """`seconds` and `level_db` (dB below full scale) are those of the uploaded file."""

    model_config = ConfigDict(from_attributes=True)

    seconds: float
    level_db: float


def routes(music: WaitingMusic) -> Routes:
    routes = Routes("line-music")

    @routes.get("/lines/{code}/music", roles=ANYONE)
    async def play_line_music(ask: Ask, code: str) -> web.Response:
        """The line's own music, as a WAV file of 8 kHz."""
        data = await music.sound(code)
        return web.Response(body=data, content_type="audio/wav", headers={"X-Content-Type-Options": "nosniff"})

    @routes.put("/lines/{code}/music", roles=LEADERS, max_body=LARGEST_BYTES, edits=False)
    async def upload_line_music(ask: Ask, code: str, body: bytes) -> LineMusicShape:
        """Replace it: WAV, FLAC, Ogg or MP3 as the raw body, at most ten minutes. A bad one is refused."""
        return LineMusicShape.model_validate(await music.upload(code, body, ask.require()))

    @routes.delete("/lines/{code}/music", roles=LEADERS)
    async def remove_line_music(ask: Ask, code: str) -> None:
        """The line's callers hear the centre's music again."""
        await music.remove(code, ask.require())

    return routes
