"""Tests the vault: audio comes out whole, in part and by voice; keys are wrapped and can be rotated."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.facts import RecordingId
from recordings.errors import UnknownKey, VaultDamaged
from recordings.keys import MasterKeys, make_key
from recordings.model import Format, Party
from recordings.sealing import new_key
from recordings.stores import FolderStore, ObjectStore, Store
from recordings.vault import Lock, Vault
from tests.recordings.sounds import samples, share_of, tone, write_wav

ID = "00112233445566778899aabbccddeeff"
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(params=["folder", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FolderStore(tmp_path / "vault") if request.param == "folder" else ObjectStore("memory:///")


@pytest.fixture
def vault(store: Store, tmp_path: Path) -> Vault:
    return Vault(store, MasterKeys.open(tmp_path / "keys", {}, NOW), tmp_path / "staging")


def two_voices(folder: Path, seconds: float = 2.0) -> dict[Party, Path]:
    return {
        Party.CALLER: write_wav(folder / "caller.wav", tone(440, seconds)),
        Party.AGENT: write_wav(folder / "agent.wav", tone(1000, seconds / 2)),
    }


@pytest.mark.parametrize("form", list(Format))
async def test_each_voice_comes_back_on_its_own_channel(vault: Vault, tmp_path: Path, form: Format) -> None:
    stored = await vault.keep(RecordingId(ID), two_voices(tmp_path), form)
    lock = Lock(RecordingId(ID), stored.size, stored.key_id, stored.wrapped_key, stored.sha256)
    assert stored.mixed.seconds == pytest.approx(2.0, abs=0.01)
    for party, own, other in ((Party.CALLER, 440, 1000), (Party.AGENT, 1000, 440)):
        async with vault.channel(lock, party) as path:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            heard = samples(path)
        assert not path.exists()
        assert len(heard) / 8000 == pytest.approx(2.0, abs=0.05)
        assert share_of(own, heard) > 0.9 > 0.1 > share_of(other, heard)
    assert list((tmp_path / "staging").iterdir()) == []


async def test_the_waveform_shows_who_spoke_when(vault: Vault, tmp_path: Path) -> None:
    caller, agent = (await vault.keep(RecordingId(ID), two_voices(tmp_path), Format.FLAC)).mixed.peaks
    assert len(caller) == len(agent) == 20
    assert min(caller) > 20
    assert min(agent[:10]) > 20
    assert max(agent[10:]) == 0


async def test_a_file_whose_header_was_never_finished_is_kept_whole(vault: Vault, tmp_path: Path) -> None:
    voices = two_voices(tmp_path)
    for path in voices.values():
        data = bytearray(path.read_bytes())
        data[4:8] = data[40:44] = bytes(4)
        path.write_bytes(data)
    stored = await vault.keep(RecordingId(ID), voices, Format.FLAC)
    assert stored.mixed.seconds == pytest.approx(2.0, abs=0.01)


async def test_the_vault_holds_no_plain_audio_and_a_change_is_detected(vault: Vault, tmp_path: Path) -> None:
    stored = await vault.keep(RecordingId(ID), two_voices(tmp_path), Format.WAV)
    lock = Lock(RecordingId(ID), stored.size, stored.key_id, stored.wrapped_key, stored.sha256)
    await vault.verify(lock)
    raw = vault.store.read(ID, 0, stored.size)
    assert b"WAVE" not in raw
    assert tone(440, 0.1)[:100] not in raw
    bent = tmp_path / "bent"
    bent.write_bytes(raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:])
    vault.store.put(ID, bent)
    with pytest.raises(VaultDamaged):
        await vault.verify(lock)


async def test_nothing_is_left_after_a_deletion_and_a_second_one_is_no_fault(vault: Vault, tmp_path: Path) -> None:
    await vault.keep(RecordingId(ID), two_voices(tmp_path), Format.OPUS)
    assert list(vault.store.ids()) == [ID]
    await vault.delete(RecordingId(ID))
    await vault.delete(RecordingId(ID))
    assert list(vault.store.ids()) == []
    assert not vault.store.has(ID)
    with pytest.raises(VaultDamaged):
        vault.store.read(ID, 0, 10)


def test_the_first_master_key_is_made_readable_by_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    first = MasterKeys.open(tmp_path / "keys", {}, NOW)
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    id, wrapped = first.wrap(b"k" * 32, RecordingId(ID))
    again = MasterKeys.open(tmp_path / "keys", {}, NOW)
    assert again.unwrap(id, wrapped, RecordingId(ID)) == b"k" * 32
    assert file.read_text() not in repr(again)


def test_a_newer_key_wraps_and_the_older_still_unwraps(tmp_path: Path) -> None:
    first = MasterKeys.open(tmp_path / "keys", {}, NOW)
    old_id, wrapped = first.wrap(b"k" * 32, RecordingId(ID))
    make_key(tmp_path / "keys", NOW.replace(hour=5))
    both = MasterKeys.open(tmp_path / "keys", {}, NOW)
    assert both.current != old_id
    assert both.unwrap(old_id, wrapped, RecordingId(ID)) == b"k" * 32


def test_a_wrapped_key_serves_its_own_recording_only_and_needs_its_master_key(tmp_path: Path) -> None:
    keys = MasterKeys.open(tmp_path / "a", {}, NOW)
    id, wrapped = keys.wrap(new_key(), RecordingId(ID))
    with pytest.raises(VaultDamaged):
        keys.unwrap(id, wrapped, RecordingId("f" * 32))
    with pytest.raises(UnknownKey):
        MasterKeys.open(tmp_path / "b", {}, NOW).unwrap(id, wrapped, RecordingId(ID))
