"""Seals files piece by piece with AES-256-GCM: a backup is as confidential as its database.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015): the nonce of each piece has its number and whether
it is the last one, so truncating, reordering or omitting pieces is detected. Each file has its own key, derived
(RFC 5869) from a master key and the file's salt. Blocking.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from secrets import token_bytes
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcenter.errors import Invalid

MAGIC: Final = b"CCSEALED1\n"
PIECE: Final = 2**20
_SALT: Final = 32
_TAG: Final = 16
_PURPOSE: Final = b"callcenter backup"


class SealBroken(Invalid):
    """The file was changed or truncated, or the key does not match."""

    code = "backup_seal_broken"


class BackupKeyMissing(Invalid):
    """The master key that sealed the backup is not available."""

    code = "backup_key_missing"


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def seal(source: Path, to: Path, key_id: str, key: bytes) -> None:
    """Write `source` sealed to `to` and verify it by reading it back: what cannot be unsealed is no backup."""
    salt, name = token_bytes(_SALT), key_id.encode()
    head = MAGIC + bytes([len(name)]) + name + salt
    box = _box(key, salt)
    with source.open("rb") as plain, private(to) as file:
        file.write(head)
        for number, (piece, last) in enumerate(_pieces(plain, PIECE)):
            file.write(box.encrypt(_nonce(number, last), piece, head))
        file.flush()
        os.fsync(file.fileno())
    with source.open("rb") as plain:
        digest = hashlib.file_digest(plain, "sha256").digest()
    again = hashlib.sha256()
    for piece in _opened(to, {key_id: key}):
        again.update(piece)
    if again.digest() != digest:
        raise SealBroken("the sealed backup does not open to what was sealed", file=to.name)


def unseal(source: Path, to: Path, keys: Mapping[str, bytes]) -> None:
    """Raises SealBroken, BackupKeyMissing; the content of `to` is then not trustworthy."""
    with private(to) as file:
        for piece in _opened(source, keys):
            file.write(piece)


def private(path: Path) -> BinaryIO:
    """A new file that only we may read, whatever the umask; replaces an existing one."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _opened(source: Path, keys: Mapping[str, bytes]) -> Iterator[bytes]:
    with source.open("rb") as file:
        head = file.read(len(MAGIC) + 1)
        if len(head) <= len(MAGIC) or not head.startswith(MAGIC):
            raise SealBroken("this is no sealed backup", file=source.name)
        name = file.read(head[-1])
        salt = file.read(_SALT)
        head += name + salt
        key = keys.get(name.decode(errors="replace"))
        if key is None:
            raise BackupKeyMissing(
                "the key that sealed this backup is not here", key=name.decode(errors="replace")[:60]
            )
        box = _box(key, salt)
        for number, (piece, last) in enumerate(_pieces(file, PIECE + _TAG)):
            try:
                yield box.decrypt(_nonce(number, last), piece, head)
            except InvalidTag:
                raise SealBroken("the backup was changed or cut", file=source.name) from None


def _pieces(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """The pieces of a file, each with whether it is the last; an empty file has one empty piece."""
    piece = file.read(size)
    while following := file.read(size):
        yield piece, False
        piece = following
    yield piece, True


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _box(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, _PURPOSE).derive(key))
