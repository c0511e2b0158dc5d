"""Inspects the folder that Asterisk writes into: its takes, how long each has been quiet, the free space."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

from callcenter.clock import now
from callcenter.facts import Linkedid, Uniqueid
from recordings.audio import sound_bytes
from recordings.model import PARTIES, Party, Take, takes_of

LOCK = ".keeping"
HELD_SUFFIX = "~held"
"""The rendered dialplan reads these files before it starts a recorder (callcenter/asterisk/render/recording.py)."""
STOPPED_FOR = timedelta(days=30)
"""Longer than any call; Asterisk's STAT() writes times as 32-bit numbers, so no instant beyond 2038 would do."""


@dataclass(frozen=True, slots=True)
class SpooledTake:
    """A take as it is in the spool now."""

    take: Take
    files: dict[Party, Path]
    sizes: tuple[int, ...]
    last_write: datetime

    @property
    def empty(self) -> bool:
        """Whether it holds no audio: a caller who never reached an agent leaves bare headers."""
        return not any(self.sizes)


class Spool:
    """Everything here blocks; callers go through `asyncio.to_thread`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def takes(self, linkedid: str | None = None) -> list[SpooledTake]:
        """The takes in the spool, oldest first; of one call when it is given."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        looks = [self.look(take) for take in takes_of(names) if linkedid in (None, take.linkedid)]
        return [spooled for spooled in looks if spooled is not None]

    def look(self, take: Take) -> SpooledTake | None:
        """A take's current files; None when they are gone."""
        files = {party: path for party in PARTIES if (path := self.folder / take.file(party)).is_file()}
        try:
            written = [path.stat().st_mtime for path in files.values()]
        except FileNotFoundError:
            return None
        if not written:
            return None
        sizes = tuple(sound_bytes(path) for path in files.values())
        return SpooledTake(take, files, sizes, datetime.fromtimestamp(max(written), UTC))

    def strangers(self) -> list[str]:
        """Names that our dialplan never produces: left alone and reported."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        ours = {take.file(party) for take in takes_of(names) for party in PARTIES}
        return sorted(name for name in names if name not in ours and name != LOCK and not name.endswith(HELD_SUFFIX))

    def remove(self, spooled: SpooledTake) -> None:
        for path in spooled.files.values():
            path.unlink(missing_ok=True)

    def hold(self, linkedid: str, until: datetime | None = None) -> None:
        """Keep every recorder of this call from writing until then: the time of change of a file is that instant.

        Without an instant the recording is stopped: none is started while the file is there.
        Rounded to the next second, because the dialplan reads whole seconds.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{linkedid}{HELD_SUFFIX}"
        ends = ceil((until or now() + STOPPED_FOR).timestamp())
        temporary = self.folder / f".{linkedid}{HELD_SUFFIX}"
        temporary.touch()
        os.utime(temporary, (ends, ends))
        temporary.replace(path)

    def release(self, linkedid: str) -> None:
        (self.folder / f"{linkedid}{HELD_SUFFIX}").unlink(missing_ok=True)

    def held(self) -> list[Linkedid]:
        """The linkedids of the calls that are held."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        ours = [name for name in names if name.endswith(HELD_SUFFIX) and not name.startswith(".")]
        return sorted(Linkedid(Uniqueid(name.removesuffix(HELD_SUFFIX))) for name in ours)

    def free_bytes(self) -> int:
        """Free space on the disk that Asterisk writes to."""
        place = self.folder
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Take the spool's lock; yields False when another process holds it. A killed process leaves no lock behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
