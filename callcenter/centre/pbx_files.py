"""Maintains the files of the embedded PBX once a day: rotates them and deletes what is no longer needed.

Its own logs come masked from the filter (asterisk/log_filter.py); only what an earlier version left is masked here. An
external Asterisk is never written to: there its own logrotate does this (docs/privacy.md).
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.message_log import masked
from callcenter.calls.ingest import Ingest
from callcenter.settings import RetentionSettings

LOGS: Final = ("messages.log", "console.log")
QUEUE_LOG: Final = "queue_log"
CEL: Final = "cel-custom/cel.jsonl"
MARK: Final = "rotated-at"
EVERY: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


class PbxFiles:
    def __init__(self, pbx: Embedded, ingest: Ingest, retention: RetentionSettings) -> None:
        self._pbx = pbx
        self._ingest = ingest
        self._retention = retention
        self._checked: set[Path] = set()
        """Files that an earlier version may have written, and in which no number is left."""

    @property
    def _logs(self) -> Path:
        return self._pbx.log

    async def once(self, now: datetime) -> None:
        """Delete a file of calls once its lines are stored and it is past the retention of the resulting rows."""
        await asyncio.to_thread(self._rotate, now)
        changed = await asyncio.to_thread(self._mask)
        before = now - timedelta(days=self._retention.raw_event_days)
        spent = await self._ingest.spent(before)
        old = now - timedelta(days=self._retention.pbx_log_days)
        spent += [path for path in self._closed_logs() if _modified(path) < old]
        for path in spent:
            path.unlink(missing_ok=True)
        if changed or spent:
            log.info("pbx_files", masked_lines=changed, deleted=len(spent))

    def _rotate(self, now: datetime) -> None:
        """At most once a day, however often the service starts; if the PBX is down, the next check rotates."""
        mark = self._logs / MARK
        try:
            last = datetime.fromisoformat(mark.read_text())
        except (FileNotFoundError, ValueError):
            last = None
        if last is not None and now - last < EVERY:
            return
        if last is not None:
            if self._pbx.pid() is None:
                return
            # Asterisk opens the CEL file for each line (res/cdrel_custom/writers.c), and the filter checks its file's
            # name before it writes.
            for name in (*LOGS, QUEUE_LOG, CEL):
                path = self._logs / name
                if path.is_file() and path.stat().st_size:
                    path.rename(path.with_name(f"{path.name}.{now.astimezone(UTC):%Y%m%dT%H%M%S}"))
            # Opens queue_log again. The log's FIFO is opened too, which waits unless a filter runs.
            self._pbx.keep_log()
            self._pbx.console("logger reload")
        mark.write_text(now.isoformat())

    def _closed_logs(self) -> list[Path]:
        closed = (path for name in LOGS for path in self._logs.glob(f"{name}.*"))
        return [path for path in closed if path.is_file() and not path.is_symlink()]

    def _mask(self) -> int:
        """Mask each file once, the live ones too; keeps their modification times, which determine their age."""
        live = [path for name in LOGS if (path := self._logs / name).is_file() and not path.is_symlink()]
        fresh = {*live, *self._closed_logs()} - self._checked
        self._checked |= fresh
        return sum(_mask(path) for path in sorted(fresh))


def _mask(path: Path) -> int:
    status, changed, offset = path.stat(), 0, 0
    with path.open("r+b") as file:
        while line := file.readline():
            if (hidden := masked(line)) != line:
                file.seek(offset)
                file.write(hidden)
                changed += 1
            offset += len(line)
            file.seek(offset)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return changed


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
