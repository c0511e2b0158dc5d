"""Seals files with AES-256-GCM in chunks: any part is readable alone, and a cut or changed file is refused.

A file is a 64-byte header, then chunks of 64 KiB, each followed by its 16-byte tag. The key belongs to this one
recording, so the chunk's number is a nonce that never repeats (NIST SP 800-38D, 8.2.1). Header and chunk number are
authenticated with each chunk: chunks cannot be moved, nor the end be cut off, since the length is in the header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callcenter.facts import RecordingId
from recordings.errors import VaultDamaged

MAGIC: Final = b"CCREC\x00\x00\x01"
CHUNK: Final = 64 * 1024
TAG: Final = 16
_HEADER: Final = struct.Struct(">8s16sQI28x")
HEADER_SIZE: Final = _HEADER.size

ReadAt = Callable[[int, int], bytes]
"""Returns `length` bytes from `start` of a sealed file."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The header of a sealed file: its recording id and the length of the plaintext."""

    recording: RecordingId
    size: int
    chunk: int = CHUNK

    def header(self) -> bytes:
        return _HEADER.pack(MAGIC, bytes.fromhex(self.recording), self.size, self.chunk)

    @property
    def sealed_size(self) -> int:
        return HEADER_SIZE + self.size + TAG * -(-self.size // self.chunk)


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def seal(source: BinaryIO, target: BinaryIO, recording: RecordingId, size: int, key: bytes) -> None:
    """Seal `size` bytes of `source` into `target`; raises VaultDamaged when the source is shorter."""
    header = Sealed(recording, size).header()
    target.write(header)
    cipher, left, number = AESGCM(key), size, 0
    while left:
        piece = source.read(min(CHUNK, left))
        if not piece or (len(piece) < CHUNK and len(piece) != left):
            raise VaultDamaged("the sound became shorter while it was sealed", recording=recording)
        target.write(cipher.encrypt(_nonce(number), piece, header))
        left -= len(piece)
        number += 1


def read_header(data: bytes, recording: RecordingId) -> Sealed:
    """Raises VaultDamaged when this is not a sealed file, or is another recording's."""
    try:
        magic, id, size, chunk = _HEADER.unpack(data)
    except struct.error:
        raise VaultDamaged("the file in the vault is cut short", recording=recording) from None
    if magic != MAGIC or id.hex() != recording or not 0 < chunk <= 16 * 1024 * 1024:
        raise VaultDamaged("the file in the vault is not this recording", recording=recording)
    return Sealed(recording, size, chunk)


def unseal(read_at: ReadAt, recording: RecordingId, key: bytes, start: int, length: int) -> bytes:
    """The plaintext from `start`; reads only the chunks that hold it. Raises VaultDamaged."""
    head = read_header(read_at(0, HEADER_SIZE), recording)
    length = min(length, head.size - start)
    if start < 0 or length <= 0:
        return b""
    first, last = start // head.chunk, (start + length - 1) // head.chunk
    begin = first * head.chunk
    end = min((last + 1) * head.chunk, head.size)
    sealed = read_at(HEADER_SIZE + first * (head.chunk + TAG), end - begin + TAG * (last - first + 1))
    cipher, aad, open_bytes, place = AESGCM(key), head.header(), bytearray(), 0
    for number in range(first, last + 1):
        size = min(head.chunk, head.size - number * head.chunk) + TAG
        try:
            open_bytes += cipher.decrypt(_nonce(number), sealed[place : place + size], aad)
        except (InvalidTag, ValueError):
            raise VaultDamaged(
                "the file in the vault was changed, or its key is another", recording=recording
            ) from None
        place += size
    return bytes(open_bytes[start - begin : start - begin + length])
