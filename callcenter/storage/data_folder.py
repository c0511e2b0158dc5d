"""Keeps the data folder private to the service: modes 0700 and 0600, whatever account and umask start it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PRIVATE_UMASK: Final = 0o077
OTHERS: Final = 0o077


def keep_private(folder: Path, leave: frozenset[Path] = frozenset()) -> int:
    """Make new files private from now on, and remove others' rights from existing ones; returns how many had any.

    `leave` are folders that others must read: the unpacked Asterisk's programs, and what an external PBX shares.
    Blocking; symbolic links are not followed.
    """
    os.umask(PRIVATE_UMASK)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    changed = 0
    for path in _below(folder, leave):
        try:
            info = os.lstat(path)
            if stat.S_ISLNK(info.st_mode) or info.st_uid != os.geteuid() or not info.st_mode & OTHERS:
                continue
            os.chmod(path, stat.S_IMODE(info.st_mode) & ~OTHERS)
        except FileNotFoundError:
            continue
        changed += 1
    return changed


def _below(folder: Path, leave: frozenset[Path]) -> Iterator[Path]:
    """Everything in the folder; of the path to an excluded folder only its files."""
    way = {parent for path in leave for parent in path.parents}
    if folder not in way:
        yield folder
    for place, folders, files in os.walk(folder):
        here = Path(place)
        yield from (here / name for name in files)
        folders[:] = [name for name in folders if here / name not in leave]
        yield from (here / name for name in folders if here / name not in way)
