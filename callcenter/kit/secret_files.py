"""Secrets as files: what containers mount under /run/secrets and systemd under $CREDENTIALS_DIRECTORY.

A file that is named like a setting (`CC_PBX__TRUNK_SECRET`) or `PGPASSWORD` is read once at the start. So no secret
stands in a unit, a compose file or a `docker inspect`. A variable that is set already wins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Final

PLACES: Final = ("CC_SECRETS_DIR", "CREDENTIALS_DIRECTORY")
"""Variables that name folders of secrets, the first one first."""
_NAME: Final = re.compile(r"CC_[A-Z0-9_]{1,100}|PGPASSWORD")
_LONGEST: Final = 64 * 1024


def read_secret_files(environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Put the secrets of these folders into the environment; the names of those that were read."""
    read: list[str] = []
    for folder in (Path(environment[name]) for name in PLACES if environment.get(name)):
        for path in _files(folder):
            if path.name not in environment:
                environment[path.name] = path.read_text("utf-8")[:_LONGEST].strip()
                read.append(path.name)
    return read


def without_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for a program that needs none of our settings: hostile input may take it over."""
    return {name: value for name, value in environment.items() if not name.startswith(("CC_", "PGPASS"))}


def _files(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if _NAME.fullmatch(path.name) and path.is_file()]
