"""Follows an append-only PBX file by identity, not by name: complete lines, in bounded batches.

A file is identified by device, inode and a checksum of its first line, so that a rotated file is finished under its new
name, a reused inode is a new file, and a truncated file is detected. The cursor belongs to the reader, who stores it in
the transaction that stores the lines.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

BATCH_BYTES = 256 * 1024
LONGEST_LINE = 1024 * 1024
_PACKED = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True, slots=True)
class Line:
    """A complete line without its line end; `next_offset` is where the following one begins."""

    offset: int
    next_offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """`more` is False when the batch reaches the current end of the newest file."""

    file_id: str
    lines: tuple[Line, ...]
    more: bool

    @property
    def next_offset(self) -> int:
        return self.lines[-1].next_offset


@dataclass
class _Known:
    file_id: str
    size: int


@dataclass
class Tail:
    """One file and its rotated predecessors beside it (`queue_log`, `queue_log.1`, ...).

    Compressed ones are skipped.
    """

    path: Path
    batch_bytes: int = BATCH_BYTES
    truncations: int = 0
    _known: dict[tuple[int, int], _Known] = field(default_factory=dict)

    def read(self, places: Mapping[str, int]) -> Batch | None:
        """Return the next complete lines after `places` (file id -> offset), the oldest file first.

        None when there are none.

        Blocks on the disk: call it in a thread. Raises OSError except for a file that has just disappeared.
        """
        for path, status in self._files():
            file_id = self._identify(path, status)
            if file_id is None:
                continue
            offset = places.get(file_id, 0)
            if status.st_size <= offset:
                continue
            lines = self._lines(path, offset)
            if lines:
                return Batch(file_id, lines, more=path != self.path or status.st_size - offset > self.batch_bytes)
        return None

    def spent(self, places: Mapping[str, int], before: float) -> list[Path]:
        """Return rotated files last written before that time whose every byte is before `places`.

        Never the active file, and none with an unread end, which may be the only copy of a call's line.
        """
        return [
            path
            for path, status in self._files()
            if path != self.path
            and status.st_mtime < before
            and (file_id := self._identify(path, status)) is not None
            and places.get(file_id, 0) >= status.st_size
        ]

    async def follow(self, places: Mapping[str, int], poll_seconds: float = 0.1) -> AsyncIterator[Batch]:
        """Yield batches forever; the reader advances `places` before it asks for the next one."""
        while True:
            batch = await asyncio.to_thread(self.read, places)
            if batch is None:
                await asyncio.sleep(poll_seconds)
            else:
                yield batch

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        try:
            with os.scandir(self.path.parent) as entries:
                result = [
                    (Path(entry.path), entry.stat(follow_symlinks=False))
                    for entry in entries
                    if self._ours(entry.name) and entry.is_file(follow_symlinks=False)
                ]
        except FileNotFoundError:
            return []
        present = {(status.st_dev, status.st_ino) for _, status in result}
        self._known = {key: known for key, known in self._known.items() if key in present}
        # The active file comes last, whatever the modification times are.
        return sorted(result, key=lambda element: (element[0] == self.path, element[1].st_mtime_ns, element[0].name))

    def _ours(self, name: str) -> bool:
        own = self.path.name
        return name == own or (name.startswith((f"{own}.", f"{own}-")) and not name.endswith(_PACKED))

    def _identify(self, path: Path, status: os.stat_result) -> str | None:
        key = (status.st_dev, status.st_ino)
        known = self._known.get(key)
        if known is not None and status.st_size >= known.size:
            known.size = status.st_size
            return known.file_id
        if known is not None:
            self.truncations += 1
            log.warning("file_truncated", file=path.name)
        first = _first_line(path)
        if first is None:
            return None
        file_id = f"{status.st_dev:x}-{status.st_ino:x}-{zlib.crc32(first):08x}"
        self._known[key] = _Known(file_id, status.st_size)
        return file_id

    def _lines(self, path: Path, offset: int) -> tuple[Line, ...]:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(self.batch_bytes)
                if b"\n" not in data and len(data) == self.batch_bytes:
                    data += file.read(LONGEST_LINE)
        except FileNotFoundError:
            return ()
        if b"\n" not in data and len(data) >= LONGEST_LINE:
            # No line is that long: it is passed on as damaged, otherwise the reader would wait for its end forever.
            return (Line(offset, offset + len(data), data),)
        return _cut(data, offset)


def _cut(data: bytes, offset: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    for part in data.split(b"\n")[:-1]:
        following = offset + len(part) + 1
        lines.append(Line(offset, following, part))
        offset = following
    return tuple(lines)


def _first_line(path: Path) -> bytes | None:
    """The file's first line, which never changes while the file is only appended to; None until it is complete."""
    try:
        with path.open("rb") as file:
            first = file.readline(LONGEST_LINE)
    except FileNotFoundError:
        return None
    return first if first.endswith(b"\n") or len(first) == LONGEST_LINE else None
