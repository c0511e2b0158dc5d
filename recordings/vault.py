"""The vault: seals audio under a per-recording key and returns it whole, in part, or one party's voice."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from callcenter.facts import RecordingId
from recordings.audio import Mixed, mix, write_channel
from recordings.errors import VaultDamaged
from recordings.keys import MasterKeys
from recordings.model import Format, Party
from recordings.sealing import CHUNK, new_key, seal, unseal
from recordings.stores import Store

PIECE = 4 * CHUNK
HEARING_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Stored:
    """What the row stores about a file now in the vault."""

    size: int
    sha256: str
    key_id: str
    wrapped_key: bytes
    mixed: Mixed


@dataclass(frozen=True, slots=True)
class Lock:
    """What is needed to open a recording: its id, size, and its wrapped key from the row."""

    id: RecordingId
    size: int
    key_id: str
    wrapped_key: bytes
    sha256: str = ""


class Vault:
    """`staging` is a private folder for files that live no longer than one method call."""

    def __init__(self, store: Store, keys: MasterKeys, staging: Path) -> None:
        self._store = store
        self._keys = keys
        self._staging = staging

    def __repr__(self) -> str:
        return f"Vault({self._store!r})"

    @property
    def keys(self) -> MasterKeys:
        return self._keys

    @property
    def store(self) -> Store:
        return self._store

    def clear_staging(self) -> None:
        """Remove incomplete files of a killed process; nothing in here is the only copy of anything.

        Call it only with the spool's lock, so that nothing is being kept. Files being played are left for an hour.
        """
        for path in self._staging.glob("cc-keep-*"):
            path.unlink(missing_ok=True)
        for path in self._staging.glob("cc-hear-*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > HEARING_SECONDS:
                    path.unlink()

    async def keep(self, id: RecordingId, sources: Mapping[Party, Path], form: Format) -> Stored:
        """Mix, seal, store and read back; the sources stay. Raises OSError (disk full), VaultAway, VaultDamaged."""
        return await asyncio.to_thread(self._keep, id, sources, form)

    def _keep(self, id: RecordingId, sources: Mapping[Party, Path], form: Format) -> Stored:
        with self._temporary("keep", form.value) as open_file, self._temporary("keep", "sealed") as sealed_file:
            mixed = mix(sources, open_file, form)
            size = open_file.stat().st_size
            with open_file.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            key = new_key()
            with open_file.open("rb") as source, sealed_file.open("wb") as target:
                seal(source, target, id, size, key)
            self._store.put(id, sealed_file)
        key_id, wrapped = self._keys.wrap(key, id)
        stored = Stored(size, sha256, key_id, wrapped, mixed)
        self._check(Lock(id, size, key_id, wrapped, sha256))
        return stored

    def _check(self, lock: Lock) -> None:
        digest = hashlib.sha256()
        for piece in self._pieces(lock):
            digest.update(piece)
        if digest.hexdigest() != lock.sha256:
            raise VaultDamaged("the vault gave back other sound than it was given", recording=lock.id)

    def _pieces(self, lock: Lock) -> Iterator[bytes]:
        for start in range(0, lock.size, PIECE):
            yield self._read(lock, start, PIECE)

    def _read(self, lock: Lock, start: int, length: int) -> bytes:
        key = self._keys.unwrap(lock.key_id, lock.wrapped_key, lock.id)
        data = unseal(lambda at, size: self._store.read(lock.id, at, size), lock.id, key, start, length)
        if len(data) != min(length, lock.size - start):
            raise VaultDamaged("the length of the file in the vault differs from its row", recording=lock.id)
        return data

    async def verify(self, lock: Lock) -> None:
        """Read the whole recording and compare its checksum; raises VaultDamaged."""
        await asyncio.to_thread(self._check, lock)

    async def read(self, lock: Lock, start: int, length: int) -> bytes:
        """A part of the plaintext file; only the chunks that hold it are read. Raises VaultDamaged, VaultAway."""
        return await asyncio.to_thread(self._read, lock, start, length)

    async def stream(self, lock: Lock, start: int, length: int) -> AsyncIterator[bytes]:
        """The same as a stream, with never more than PIECE bytes in memory."""
        end = start + length
        while start < end:
            piece = await self.read(lock, start, min(PIECE, end - start))
            start += len(piece)
            yield piece

    async def delete(self, id: RecordingId) -> None:
        await asyncio.to_thread(self._store.delete, id)

    @asynccontextmanager
    async def channel(self, lock: Lock, party: Party) -> AsyncIterator[Path]:
        """One party's voice as a private WAV file (8 kHz, 16 bit, mono), removed when the block ends."""
        with self._temporary("hear", "wav") as target:
            await asyncio.to_thread(self._channel, lock, party, target)
            yield target

    def _channel(self, lock: Lock, party: Party, target: Path) -> None:
        with self._temporary("hear", "open") as open_file:
            with open_file.open("wb") as file:
                for piece in self._pieces(lock):
                    file.write(piece)
            write_channel(open_file, target, party)

    @contextmanager
    def _temporary(self, why: str, suffix: str) -> Iterator[Path]:
        """A path for a private file of ours; removed at the end of the block if it still exists."""
        self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(f".{suffix}", f"cc-{why}-", self._staging)
        os.close(number)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)
