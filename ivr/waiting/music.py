"""The music of a line: checked, levelled and put where Asterisk plays it to the line's waiting callers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callcenter.asterisk.render.waiting import MUSIC_FILE
from callcenter.errors import NotFound
from callcenter.routing.service import LineService
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from ivr.prompts.checking import checked
from ivr.prompts.files import NARROW, wav, write_whole

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

LONGEST_SECONDS: Final = 600.0
MUSIC: Final = "music"
"""How refusals name it."""


class LineWithoutMusic(NotFound):
    """The line has no music of its own; its callers hear the centre's."""

    code = "line_without_music"


@dataclass(frozen=True, slots=True)
class Music:
    seconds: float
    level_db: float


class WaitingMusic:
    """`folder` has a folder for each line; `reload` makes Asterisk read it again."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        lines: LineService,
        folder: Path,
        reload: Callable[[], Awaitable[object]],
    ) -> None:
        self._database = database
        self._audit = audit
        self._lines = lines
        self._folder = folder
        self._reload = reload

    async def sound(self, line: str) -> bytes:
        """The line's music as a WAV file of 8 kHz. Raises UnknownLine, LineWithoutMusic."""
        path = await self._path(line)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise LineWithoutMusic("this line has no music of its own", line=line) from None

    async def upload(self, line: str, data: bytes, by: Person) -> Music:
        """Check, convert and play it from now on. Raises UnknownLine; BadRecording, and then nothing changes."""
        path = await self._path(line)
        samples, rate, heard = await asyncio.to_thread(checked, data, MUSIC, line, LONGEST_SECONDS)
        await self._note(by, "line.music_uploaded", line)
        await asyncio.to_thread(_write, path, samples, rate)
        await self._reload()
        return Music(round(heard.seconds, 2), round(heard.level_db, 1))

    async def remove(self, line: str, by: Person) -> None:
        """Callers hear the centre's music again. Raises UnknownLine, LineWithoutMusic."""
        path = await self._path(line)
        if not path.is_file():
            raise LineWithoutMusic("this line has no music of its own", line=line)
        await self._note(by, "line.music_removed", line)
        await asyncio.to_thread(shutil.rmtree, path.parent)
        await self._reload()

    async def _path(self, line: str) -> Path:
        known = await self._lines.line(line)
        return self._folder / known.code / MUSIC_FILE

    async def _note(self, by: Person, action: str, line: str) -> None:
        async with self._database.write() as session:
            await self._audit.append(session, by, action, f"line/{line}")


def _write(path: Path, samples: Samples, rate: int) -> None:
    write_whole(path, wav(samples, rate, NARROW))
