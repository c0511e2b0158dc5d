"""Manages the master keys that wrap the recordings' keys: files readable only by us, or secrets from the settings."""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callcenter.errors import Invalid
from callcenter.facts import RecordingId
from recordings.errors import UnknownKey, VaultDamaged

_FILE: Final = re.compile(r"recordings-([A-Za-z0-9_-]{1,60})\.key")


class BadMasterKey(Invalid):
    """A master key is 32 bytes in base64."""

    code = "bad_master_key"


class MasterKeys:
    """All master keys by id; the last by name wraps new keys."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(sorted(keys.items()))
        self.current = list(self._keys)[-1]

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current!r}, keys={len(self._keys)})"

    @property
    def ids(self) -> list[str]:
        return list(self._keys)

    @property
    def newest(self) -> tuple[str, bytes]:
        """The id and the bytes of the key that seals new recordings."""
        return self.current, self._keys[self.current]

    @property
    def all(self) -> Mapping[str, bytes]:
        """Every key by its id, for recordings sealed earlier."""
        return dict(self._keys)

    @classmethod
    def open(cls, folder: Path, given: Mapping[str, str], now: datetime) -> Self:
        """The settings' keys when there are any, else those in `folder`; creates the first one there."""
        if given:
            return cls({id: _key(text) for id, text in given.items()})
        keys = _in_folder(folder)
        return cls(keys or dict([make_key(folder, now)]))

    def wrap(self, data_key: bytes, recording: RecordingId) -> tuple[str, bytes]:
        """Return (id of the master key, wrapped key), bound to this recording."""
        nonce = token_bytes(12)
        return self.current, nonce + AESGCM(self._keys[self.current]).encrypt(nonce, data_key, recording.encode())

    def unwrap(self, key_id: str, wrapped: bytes, recording: RecordingId) -> bytes:
        """Raises UnknownKey, or VaultDamaged when the wrapped key is not this recording's."""
        if key_id not in self._keys:
            raise UnknownKey("the master key of this recording is not here", key=key_id, recording=recording)
        try:
            return AESGCM(self._keys[key_id]).decrypt(wrapped[:12], wrapped[12:], recording.encode())
        except InvalidTag:
            raise VaultDamaged("the wrapped key was changed", recording=recording) from None


def make_key(folder: Path, now: datetime) -> tuple[str, bytes]:
    """Create a new master key in a file of mode 0600, synced to disk before it is used."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Named to the microsecond, so that the newest key sorts last.
    id, key = f"{now:%Y%m%dT%H%M%S%f}-{token_hex(3)}", AESGCM.generate_key(256)
    part, target = folder / f"recordings-{id}.part", folder / f"recordings-{id}.key"
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(b64encode(key))
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)
    _sync_folder(folder)
    return id, key


def drop_keys(folder: Path, ids: list[str]) -> None:
    """Remove master keys that no longer wrap anything."""
    for id in ids:
        (folder / f"recordings-{id}.key").unlink(missing_ok=True)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _in_folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    named = {match[1]: path for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))}
    return {id: _key(path.read_text("ascii")) for id, path in named.items()}


def _key(text: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadMasterKey("a master key is 32 bytes in base64")
    return key
