"""Reads secrets from files, as containers mount them under /run/secrets and systemd under $CREDENTIALS_DIRECTORY.

A file named like a setting (`CC_PBX__TRUNK_SECRET`) or `PGPASSWORD` is read once at startup, so that no secret is in a
unit, a compose file or the output of `docker inspect`. A variable that is already set takes precedence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Final

PLACES: Final = ("CC_SECRETS_DIR", "CREDENTIALS_DIRECTORY")
"""Variables that name folders of secrets, in order of precedence."""
_NAME: Final = re.compile(r"CC_[A-Z0-9_]{1,100}|PGPASSWORD")
_LONGEST: Final = 64 * 1024


def read_secret_files(environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Load the secrets of these folders into the environment; returns the names of those that were read."""
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
