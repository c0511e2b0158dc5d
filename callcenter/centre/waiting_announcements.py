"""Announces to each waiting caller their place and the expected wait, and changes it as the queue moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

import structlog

from callcenter.calls.expected_wait.queries import ExpectedWaits
from callcenter.calls.live import LiveFloor
from callcenter.facts import Uniqueid
from callcenter.routing.service import QueueService
from ivr.prompts.sentences import Catalogue, default_catalogue
from ivr.prompts.texts import FOLDERS
from ivr.waiting.sentences import Sentence, announcement
from ivr.waiting.sounds import WaitingSounds, erase_callers

LOOK_SECONDS: Final = 1.0
log = structlog.get_logger(__name__)


class WaitingAnnouncements:
    """Run `run()` as one task. `catalogue` reads the centre's prompts; blocking."""

    def __init__(
        self,
        live: LiveFloor,
        queues: QueueService,
        waits: ExpectedWaits,
        sounds: Path,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        self._live = live
        self._queues = queues
        self._waits = waits
        self._sounds = WaitingSounds(sounds)
        self._catalogue = catalogue
        self._prompts = default_catalogue()
        self._known: dict[Uniqueid, tuple[Sentence, ...]] = {}

    async def run(self) -> NoReturn:
        await asyncio.to_thread(erase_callers, self._sounds.sounds)
        self._known.clear()
        self._prompts = await asyncio.to_thread(self._catalogue)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Replace what has changed since the last look."""
        now = await self.sentences()
        changed = {caller: new for caller, new in now.items() if self._known.get(caller) != new}
        gone = self._known.keys() - now.keys()
        if changed or gone:
            await asyncio.to_thread(self._write, changed, gone)
        self._known = now

    async def sentences(self) -> dict[Uniqueid, tuple[Sentence, ...]]:
        """What each caller hears who waits in a queue that announces places."""
        floor, result = self._live.floor, dict[Uniqueid, tuple[Sentence, ...]]()
        if not floor.waiting.any():
            return result
        for queue in await self._queues.queues():
            if not queue.announce_seconds:
                continue
            for caller, place in floor.waiting.places(queue.code).items():
                call = floor.calls.get(floor.call_of[caller]) if caller in floor.call_of else None
                if call is None or call.line is None:
                    continue
                now, wait = await self._waits.of(call.line, place)
                # Without a current picture of the queue the place is unknown too: the general offer is heard.
                if now is not None:
                    result[caller] = announcement(place, wait, now.free)
        return result

    def _write(self, changed: Mapping[Uniqueid, tuple[Sentence, ...]], gone: set[Uniqueid]) -> None:
        for caller in gone:
            self._sounds.gone(caller)
        for caller, sentences in changed.items():
            for language in FOLDERS:
                try:
                    self._sounds.play(caller, language, self._pieces(sentences, language))
                except (OSError, EOFError) as error:
                    log.error("announcement_not_written", cause=type(error).__name__, language=language)
                    self._sounds.gone(caller)

    def _pieces(self, sentences: tuple[Sentence, ...], language: str) -> list[str]:
        return [piece for prompt, values in sentences for piece in self._prompts.sounds(prompt, values, language)]
