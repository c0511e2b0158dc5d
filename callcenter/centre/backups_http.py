"""The database's backups over HTTP: which there are. They are written and restored by commands only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from callcenter.storage.backup import checksum_of
from callcenter.storage.sealed_file import is_sealed
from callcenter.web.routes import ADMINISTRATORS, Ask, Page, Routes

SUFFIXES: Final = (".db", ".dump")
MOST: Final = 500


class BackupShape(BaseModel):
    """A file of the backup folder. `sealed`: encrypted with a master key; `sha256` is null without one beside."""

    name: str
    size_bytes: int
    at: datetime
    sealed: bool
    sha256: str | None


def backups_in(folder: Path) -> list[BackupShape]:
    """The backups, newest first; one that is being written is not there yet."""
    shapes = []
    for path in folder.glob("*") if folder.is_dir() else ():
        try:
            if path.suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
                continue
            state = path.stat()
            shapes.append(
                BackupShape(
                    name=path.name,
                    size_bytes=state.st_size,
                    at=datetime.fromtimestamp(state.st_mtime, UTC),
                    sealed=is_sealed(path),
                    sha256=checksum_of(path),
                )
            )
        except OSError:
            # Removed or locked meanwhile; the others are listed all the same.
            continue
    return sorted(shapes, key=lambda backup: (backup.at, backup.name), reverse=True)[:MOST]


def routes(folder: Path) -> Routes:
    routes = Routes("health")

    @routes.get("/backups", roles=ADMINISTRATORS)
    async def list_backups(ask: Ask) -> Page[BackupShape]:
        """List the backups in the data folder, newest first; those written elsewhere are not known here."""
        return Page(items=await asyncio.to_thread(backups_in, folder))

    return routes
