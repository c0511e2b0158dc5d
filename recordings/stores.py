"""Stores sealed files: in a local folder, or in an S3-compatible object store (the `s3` extra).

Everything here blocks; callers go through `asyncio.to_thread`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from recordings.errors import VaultAway, VaultDamaged

_KEY: Final = re.compile(r"[0-9a-f]{32}")
SUFFIX: Final = ".rec"


class Store(Protocol):
    """Sealed files by recording id."""

    def put(self, id: str, file: Path) -> None:
        """Store a finished file atomically; replaces an existing file of this id."""

    def read(self, id: str, start: int, length: int) -> bytes:
        """Raises VaultDamaged when there is no such file, VaultAway when the store does not answer."""

    def delete(self, id: str) -> None:
        """Idempotent."""

    def has(self, id: str) -> bool: ...

    def ids(self) -> Iterator[str]: ...


class FolderStore:
    """Files in a folder, spread over 256 sub-folders; a file appears under its name only once synced to disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        return f"FolderStore({self._folder})"

    def _path(self, id: str) -> Path:
        if not _KEY.fullmatch(id):
            raise VaultDamaged("this is no recording's id")
        return self._folder / id[:2] / f"{id}{SUFFIX}"

    def put(self, id: str, file: Path) -> None:
        target = self._path(id)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync(file)
        os.replace(file, target)
        sync(target.parent)

    def read(self, id: str, start: int, length: int) -> bytes:
        try:
            with self._path(id).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError:
            raise VaultDamaged("the recording's file is not in the vault", recording=id) from None

    def delete(self, id: str) -> None:
        path = self._path(id)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync(path.parent)

    def has(self, id: str) -> bool:
        return self._path(id).is_file()

    def ids(self) -> Iterator[str]:
        for path in sorted(self._folder.glob(f"[0-9a-f][0-9a-f]/*{SUFFIX}")):
            if _KEY.fullmatch(path.stem):
                yield path.stem


def sync(path: Path) -> None:
    """Sync a file or a folder to disk before anything relies on it."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class ObjectStore:
    """Any store that obstore supports: `s3://bucket/prefix` with its options, `memory:///` in tests."""

    def __init__(self, url: str, options: Mapping[str, str] | None = None) -> None:
        # Imported here because obstore is an extra: the folder store works without it.
        import obstore
        from obstore.store import from_url

        self._obstore: Any = obstore
        self._store: Any = from_url(url, config=dict(options or {}))  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return "ObjectStore()"

    def _key(self, id: str) -> str:
        if not _KEY.fullmatch(id):
            raise VaultDamaged("this is no recording's id")
        return f"{id[:2]}/{id}{SUFFIX}"

    def put(self, id: str, file: Path) -> None:
        # An object appears whole or not at all; the store's answer means that it is durable.
        try:
            self._obstore.put(self._store, self._key(id), file)
        except Exception as error:
            raise self._refusal(error, id) from error
        file.unlink()

    def read(self, id: str, start: int, length: int) -> bytes:
        try:
            return bytes(self._obstore.get_range(self._store, self._key(id), start=start, length=length))
        except Exception as error:
            raise self._refusal(error, id) from error

    def delete(self, id: str) -> None:
        try:
            self._obstore.delete(self._store, self._key(id))
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._refusal(error, id) from error

    def has(self, id: str) -> bool:
        try:
            self._obstore.head(self._store, self._key(id))
        except FileNotFoundError:
            return False
        except Exception as error:
            raise self._refusal(error, id) from error
        return True

    def ids(self) -> Iterator[str]:
        for batch in self._obstore.list(self._store):
            for file in batch:
                stem = str(file["path"]).rpartition("/")[2].removesuffix(SUFFIX)
                if _KEY.fullmatch(stem):
                    yield stem

    def _refusal(self, error: Exception, id: str) -> VaultDamaged | VaultAway:
        """Map the store's error to ours; its text may contain an address, so only its kind is reported."""
        if isinstance(error, FileNotFoundError):
            return VaultDamaged("the recording's file is not in the vault", recording=id)
        return VaultAway("the vault's store does not answer", cause=type(error).__name__, recording=id)


def open_store(folder: Path, url: str, options: Mapping[str, str]) -> Store:
    """The object store when an address is set, else the folder."""
    return ObjectStore(url, options) if url else FolderStore(folder)
