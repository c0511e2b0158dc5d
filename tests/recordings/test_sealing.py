"""Tests sealed files: any part is readable, and nothing that was cut, moved or changed passes as the audio."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import RecordingId
from recordings.errors import VaultDamaged
from recordings.sealing import CHUNK, HEADER_SIZE, TAG, new_key, seal, unseal

ID = "00112233445566778899aabbccddeeff"
KEY = new_key()


def sealed(data: bytes) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(data), target, RecordingId(ID), len(data), KEY)
    return target.getvalue()


def reader(file: bytes) -> Callable[[int, int], bytes]:
    return lambda start, length: file[start : start + length]


def whole(file: bytes) -> None:
    """Read all of it, as the vault does: a length other than the row's is an error too."""
    if len(unseal(reader(file), RecordingId(ID), KEY, 0, len(SOUND))) != len(SOUND):
        raise VaultDamaged("the length was changed")


SOUND = bytes(range(256)) * 1024 + b"the last words"
FILE = sealed(SOUND)


@given(start=st.integers(0, len(SOUND) + 10), length=st.integers(0, len(SOUND) + 10))
def test_any_part_is_what_was_put_in(start: int, length: int) -> None:
    assert unseal(reader(FILE), RecordingId(ID), KEY, start, length) == SOUND[start : start + length]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_every_size_comes_back_whole(size: int) -> None:
    data = SOUND[:size]
    assert unseal(reader(sealed(data)), RecordingId(ID), KEY, 0, size) == data


def test_a_second_of_an_hour_touches_two_chunks_and_the_header() -> None:
    hour = bytes(3600 * 16_000)
    file, touched = sealed(hour), []

    def watched(start: int, length: int) -> bytes:
        touched.append((start, length))
        return file[start : start + length]

    second = unseal(watched, RecordingId(ID), KEY, 1800 * 16_000, 16_000)
    assert len(second) == 16_000
    assert touched[0] == (0, HEADER_SIZE)
    assert len(touched) == 2
    assert touched[1][1] <= 2 * (CHUNK + TAG)


def test_the_sealed_file_holds_no_byte_run_of_the_sound() -> None:
    assert SOUND[:64] not in FILE
    assert b"the last words" not in FILE


@given(place=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_is_refused(place: int, bit: int) -> None:
    changed = bytearray(FILE)
    changed[place] ^= 1 << bit
    if HEADER_SIZE - 28 <= place < HEADER_SIZE:
        return  # The header's padding is rebuilt from its fields, so changing it has no effect.
    with pytest.raises(VaultDamaged):
        whole(bytes(changed))


def test_a_cut_end_swapped_chunks_and_another_recordings_file_are_refused() -> None:
    with pytest.raises(VaultDamaged):
        unseal(reader(FILE[:-1]), RecordingId(ID), KEY, 0, len(SOUND))
    with pytest.raises(VaultDamaged):
        unseal(reader(FILE[:20]), RecordingId(ID), KEY, 0, 1)
    size = CHUNK + TAG
    body = FILE[HEADER_SIZE:]
    swapped = FILE[:HEADER_SIZE] + body[size : 2 * size] + body[:size] + body[2 * size :]
    with pytest.raises(VaultDamaged):
        unseal(reader(swapped), RecordingId(ID), KEY, 0, 1)
    with pytest.raises(VaultDamaged):
        unseal(reader(FILE), RecordingId("f" * 32), KEY, 0, 1)
    with pytest.raises(VaultDamaged):
        unseal(reader(FILE), RecordingId(ID), new_key(), 0, 1)
