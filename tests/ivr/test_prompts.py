"""The recordings callers hear: made once, from the best source there is."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.asterisk.install import Tree
from callcenter.settings import Settings
from ivr.prompts.build import BadRecording, Source, Workshop, build_prompts, prompts, ready_recordings
from ivr.prompts.sentences import prompt_names
from ivr.prompts.texts import CORE_SOUNDS, DEFAULT_COMPANY, FOLDERS

COMPANY = {"zh-CN": "湘味到家", "en": "Xiangwei Home"}


def a_sound(path: Path, *, rate: int = 44100, channels: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(np.arange(rate // 2) * 2 * np.pi * 440 / rate)
    soundfile.write(path, np.column_stack([tone] * channels), rate)
    return path


def a_voice(path: Path, sound: Path) -> tuple[str, ...]:
    """A stand-in for espeak-ng: writes a sound where `-w` says and notes that it was asked."""
    path.write_text(
        f'#!/bin/sh\nwhile [ "$1" != "-w" ]; do shift; done\ncp {sound} "$2"\ncat >> {path}.said\necho >> {path}.said\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return (str(path),)


def test_no_placeholder_is_left_in_a_recording() -> None:
    made = prompts(COMPANY)
    assert {prompt.language for prompt in made} == set(FOLDERS)
    assert not [prompt for prompt in made if "{" in prompt.text]
    assert set(CORE_SOUNDS) <= prompt_names()


def test_the_recordings_that_come_with_the_software_name_the_default_company() -> None:
    assert Settings().company == DEFAULT_COMPANY


def test_R2_the_greeting_states_the_company() -> None:
    for prompt in prompts(COMPANY):
        if prompt.name == "greeting":
            assert COMPANY[prompt.language] in prompt.text


def test_C1_refusals_have_please_and_the_polite_you_and_every_call_ends_with_goodbye() -> None:
    for prompt in prompts(COMPANY):
        chinese = prompt.language == "zh-CN"
        if prompt.name in {"closed", "nobody", "sorry"}:
            assert all(word in prompt.text for word in ("请", "您")) if chinese else "please" in prompt.text.lower()
        if prompt.name == "goodbye":
            assert "再见" in prompt.text if chinese else "goodbye" in prompt.text.lower()


def test_R7_a_failure_is_apologised_for() -> None:
    texts = {prompt.language: prompt.text for prompt in prompts(COMPANY) if prompt.name == "sorry"}
    assert "很抱歉" in texts["zh-CN"]
    assert "sorry" in texts["en"]


def test_the_ready_recordings_serve_the_default_company_and_sound_like_a_telephone(tmp_path: Path) -> None:
    built = Workshop(tmp_path, ready=ready_recordings()).build(Settings().company)
    ready = [made for made in built if made.source is Source.READY]
    assert {made.prompt.name for made in ready} >= set(CORE_SOUNDS)
    for made in ready:
        info = soundfile.info(tmp_path / made.prompt.folder / "cc" / f"{made.prompt.name}.wav")
        assert (info.samplerate, info.channels, info.format, info.subtype) == (8000, 1, "WAV", "PCM_16")
        assert 1 < info.duration < 20


def test_the_ready_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in ready_recordings().rglob("*") if path.is_file()) < 1_200_000


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ready=ready_recordings())
    assert any(made.fresh for made in workshop.build(COMPANY))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.wav")}
    assert not any(made.fresh for made in workshop.build(COMPANY))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.wav")} == before


def test_a_lost_file_is_made_again(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ready=ready_recordings())
    workshop.build(COMPANY)
    lost = tmp_path / "zh" / "cc" / "greeting.wav"
    lost.unlink()
    workshop.build(COMPANY)
    assert lost.is_file()


def test_another_company_is_spoken_because_the_ready_ones_name_the_wrong_one(tmp_path: Path) -> None:
    voice = a_voice(tmp_path / "voice", a_sound(tmp_path / "spoken.wav", rate=22050, channels=1))
    built = Workshop(tmp_path / "out", ready=ready_recordings(), speak=voice).build(
        {"zh-CN": "老街粮油", "en": "Laojie"}
    )
    sources = {(made.prompt.folder, made.prompt.name): made.source for made in built}
    assert sources["zh", "greeting"] is Source.SPOKEN
    assert sources["zh", "hold"] is Source.READY
    assert "老街粮油" in (tmp_path / "voice.said").read_text()


def test_the_centres_own_recording_comes_first_and_a_new_one_replaces_it(tmp_path: Path) -> None:
    own = a_sound(tmp_path / "own" / "zh" / "greeting.wav")
    workshop = Workshop(tmp_path / "out", own=tmp_path / "own", ready=ready_recordings())
    first = {made.prompt.name: made.source for made in workshop.build(COMPANY) if made.prompt.folder == "zh"}
    assert first["greeting"] is Source.OWN
    heard = soundfile.info(tmp_path / "out" / "zh" / "cc" / "greeting.wav")
    assert (heard.samplerate, heard.channels, round(heard.duration, 2)) == (8000, 1, 0.5)
    a_sound(own, rate=16000, channels=1)
    assert [made.prompt.name for made in workshop.build(COMPANY) if made.fresh] == ["greeting"]


def test_an_unreadable_recording_is_named_and_nothing_half_made_is_left(tmp_path: Path) -> None:
    broken = tmp_path / "own" / "zh" / "greeting.wav"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not a sound")
    with pytest.raises(BadRecording) as refused:
        Workshop(tmp_path / "out", own=tmp_path / "own").build(COMPANY)
    assert refused.value.facts["prompt"] == "greeting"
    assert not list((tmp_path / "out").rglob("*.wav"))


def test_without_recordings_and_voice_the_nearest_english_sound_is_taken_or_none(tmp_path: Path) -> None:
    a_sound(tmp_path / "core" / "vm-goodbye.wav", rate=8000, channels=1)
    built = Workshop(tmp_path / "out", core=tmp_path / "core").build(COMPANY)
    sources = {(made.prompt.folder, made.prompt.name): made.source for made in built}
    assert sources["zh", "goodbye"] is Source.CORE
    assert sources["zh", "greeting"] is Source.NONE


def test_R2_a_voice_that_fails_does_not_leave_the_caller_without_a_greeting(tmp_path: Path) -> None:
    a_sound(tmp_path / "core" / "pls-wait-connect-call.wav", rate=8000, channels=1)
    built = Workshop(tmp_path / "out", speak=("/bin/false",), core=tmp_path / "core").build(COMPANY)
    assert {made.source for made in built if made.prompt.name == "greeting"} == {Source.CORE}


def test_the_recordings_are_where_the_dialplan_plays_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    build_prompts(settings, Tree(tmp_path / "no-tree"))
    assert (settings.pbx_home / "sounds" / "zh" / "cc" / "greeting.wav").is_file()
    assert (settings.pbx_home / "sounds" / "en" / "cc" / "nobody.wav").is_file()
