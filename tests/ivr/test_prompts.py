"""Tests the recordings that callers hear: generated once, from the best source there is."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from callcenter.asterisk.install import Tree
from callcenter.settings import Settings
from ivr.agi.voice import own_sound
from ivr.prompts.build import Built, Source, Workshop
from ivr.prompts.centre import Plan, build_prompts, centre_catalogue, read, written
from ivr.prompts.errors import BadPromptText
from ivr.prompts.espeak import VoiceFailed
from ivr.prompts.files import BadRecording
from ivr.prompts.ready import record
from ivr.prompts.sentences import default_catalogue, prompt_names
from ivr.prompts.texts import CORE_SOUNDS, DEFAULT_COMPANY, FOLDERS, Prompt
from tests.ivr.tones import Samples, tone

PROMPTS = default_catalogue()
SPOKEN = (
    Prompt("greeting", "zh-CN", "您好，这里是老街粮油。"),
    Prompt("greeting", "en", "Hello, this is Laojie."),
    Prompt("goodbye", "en", "Goodbye."),
    Prompt("say/n1", "zh-CN", "一"),
)
COMPANY = {"zh-CN": "湘味到家", "en": "Xiangwei Home"}


def a_sound(path: Path, *, rate: int = 44100, channels: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.column_stack([tone(rate)] * channels), rate)
    return path


def a_voice(path: Path, sound: Path) -> tuple[str, ...]:
    """A stand-in for espeak-ng: writes a sound to the file of `-w` and records that it was called."""
    path.write_text(
        f'#!/bin/sh\nwhile [ "$1" != "-w" ]; do shift; done\ncp {sound} "$2"\ncat >> {path}.said\necho >> {path}.said\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return (str(path),)


def words(name: str) -> dict[str, str]:
    return {prompt.language: prompt.text for prompt in PROMPTS.recordings() if prompt.name == name}


def builds_of(shop: Workshop) -> dict[tuple[str, str], Built]:
    return {(built.prompt.folder, built.prompt.name): built for built in shop.build(SPOKEN)}


def a_ready_folder(folder: Path) -> Path:
    """Recordings that came with the software, of tones."""
    for prompt in SPOKEN:
        if not prompt.name.startswith("say/"):
            record(folder, prompt, tone(24000), 24000, voice="zf_xiaobei", take=0)
    return folder


def test_no_placeholder_is_left_in_a_recording() -> None:
    assert {prompt.language for prompt in PROMPTS.recordings()} == set(FOLDERS)
    assert not [prompt for prompt in PROMPTS.recordings() if "{" in prompt.text]
    assert set(CORE_SOUNDS) <= prompt_names()


def test_the_recordings_that_come_with_the_software_name_the_default_company() -> None:
    assert Settings().company == DEFAULT_COMPANY


def test_R2_the_greeting_states_the_company() -> None:
    for language, text in words("greeting").items():
        assert COMPANY[language] in text


def test_C1_refusals_have_please_and_the_polite_you_and_every_call_ends_with_goodbye() -> None:
    for name in ("closed", "nobody", "sorry"):
        assert all(word in words(name)["zh-CN"] for word in ("请", "您"))
        assert "please" in words(name)["en"].lower()
    assert "再见" in words("goodbye")["zh-CN"]
    assert "goodbye" in words("goodbye")["en"].lower()


def test_R7_a_failure_is_apologised_for() -> None:
    assert "很抱歉" in words("sorry")["zh-CN"]
    assert "sorry" in words("sorry")["en"]


def test_a_recording_is_written_at_both_sample_rates_as_asterisk_names_them(tmp_path: Path) -> None:
    builds_of(Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready")))
    for suffix, rate in ((".wav", 8000), (".wav16", 16000)):
        info = soundfile.info(tmp_path / "out" / "zh" / "cc" / f"greeting{suffix}")
        assert (info.samplerate, info.channels, info.format, info.subtype) == (rate, 1, "WAV", "PCM_16")
        assert (tmp_path / "out" / "en" / "cc" / "say" / f"pause{suffix}").is_file()


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready"))
    assert any(built.fresh for built in builds_of(shop).values())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav*")}
    assert not any(built.fresh for built in builds_of(shop).values())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav*")} == before


def test_a_build_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready"))
    first = shop.build(SPOKEN)
    next(first)
    with ThreadPoolExecutor() as pool:
        second = pool.submit(builds_of, shop)
        list(first)
        assert not any(built.fresh for built in second.result().values())


def test_a_lost_file_is_made_again(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready"))
    builds_of(shop)
    for lost in ("greeting.wav", "greeting.wav16"):
        (tmp_path / "out" / "zh" / "cc" / lost).unlink()
        builds_of(shop)
        assert (tmp_path / "out" / "zh" / "cc" / lost).is_file()


def test_the_start_of_the_service_writes_the_narrow_band_and_the_wide_band_follows(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready"), rates=(8000,))
    builds_of(shop)
    folder = tmp_path / "out" / "zh" / "cc"
    assert (folder / "greeting.wav").is_file()
    assert not (folder / "greeting.wav16").exists()
    builds_of(replace(shop, rates=(8000, 16000)))
    wide = (folder / "greeting.wav16").read_bytes()
    builds_of(shop)
    assert (folder / "greeting.wav16").read_bytes() == wide


def test_new_words_never_leave_the_old_ones_in_the_wide_band(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "out", own=tmp_path / "own", ready=a_ready_folder(tmp_path / "ready"))
    builds_of(shop)
    a_sound(tmp_path / "own" / "zh" / "greeting.wav")
    builds_of(replace(shop, rates=(8000,)))
    assert not (tmp_path / "out" / "zh" / "cc" / "greeting.wav16").exists()


def test_a_changed_text_is_spoken_by_the_voice_and_stays_without_it(tmp_path: Path) -> None:
    asked: list[str] = []

    def speak(text: str, language: str) -> tuple[Samples, int]:
        asked.append(text)
        return tone(24000), 24000

    shop = Workshop(tmp_path / "out", voice=speak, espeak=("/bin/false",))
    assert builds_of(shop)["zh", "greeting"].source is Source.VOICE
    assert "您好，这里是老街粮油。" in asked
    # The start of the service has no voice at hand: what the voice spoke before is better than espeak-ng.
    again = builds_of(replace(shop, voice=None))["zh", "greeting"]
    assert (again.source, again.fresh) == (Source.VOICE, False)
    assert len(asked) == len(set(asked))


def test_espeak_is_asked_only_where_nothing_better_is_there(tmp_path: Path) -> None:
    program = a_voice(tmp_path / "voice", a_sound(tmp_path / "spoken.wav", rate=22050, channels=1))
    shop = Workshop(tmp_path / "out", ready=a_ready_folder(tmp_path / "ready"), espeak=program)
    built = builds_of(shop)
    assert built["zh", "greeting"].source is Source.READY
    assert built["zh", "say/n1"].source is Source.ESPEAK
    assert "understand" in Source.ESPEAK
    assert "老街粮油" not in (tmp_path / "voice.said").read_text()


def test_the_centres_own_recording_comes_first_and_a_new_one_replaces_it(tmp_path: Path) -> None:
    own = a_sound(tmp_path / "own" / "zh" / "greeting.wav")
    shop = Workshop(tmp_path / "out", own=tmp_path / "own", ready=a_ready_folder(tmp_path / "ready"))
    assert builds_of(shop)["zh", "greeting"].source is Source.OWN
    heard = soundfile.info(tmp_path / "out" / "zh" / "cc" / "greeting.wav")
    assert (heard.samplerate, heard.channels, round(heard.duration, 1)) == (8000, 1, 0.6)
    a_sound(own, rate=16000, channels=1)
    assert [name for name, built in builds_of(shop).items() if built.fresh] == [("zh", "greeting")]
    own.unlink()
    assert builds_of(shop)["zh", "greeting"].source is Source.READY


def test_an_unreadable_recording_is_named_and_nothing_half_made_is_left(tmp_path: Path) -> None:
    broken = tmp_path / "own" / "zh" / "greeting.wav"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"not a sound")
    with pytest.raises(BadRecording) as refused:
        builds_of(Workshop(tmp_path / "out", own=tmp_path / "own"))
    assert refused.value.facts["prompt"] == "greeting"
    assert not list((tmp_path / "out").rglob("*.wav"))


def test_without_recordings_and_voice_the_nearest_english_sound_is_taken_or_none(tmp_path: Path) -> None:
    a_sound(tmp_path / "core" / "vm-goodbye.wav", rate=8000, channels=1)
    built = builds_of(Workshop(tmp_path / "out", core=tmp_path / "core"))
    assert built["en", "goodbye"].source is Source.CORE
    assert built["zh", "greeting"].source is Source.NONE


def test_R2_a_voice_that_fails_does_not_leave_the_caller_without_a_greeting(tmp_path: Path) -> None:
    a_sound(tmp_path / "core" / "pls-wait-connect-call.wav", rate=8000, channels=1)

    def speak(text: str, language: str) -> tuple[Samples, int]:
        raise VoiceFailed("no more memory")

    built = builds_of(Workshop(tmp_path / "out", voice=speak, espeak=("/bin/false",), core=tmp_path / "core"))
    assert built["zh", "greeting"].source is Source.CORE


def test_the_recordings_are_where_the_dialplan_plays_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    build_prompts(settings, Tree(tmp_path / "no-tree"))
    assert (settings.pbx_home / "sounds" / "zh" / "cc" / "greeting.wav").is_file()
    assert (settings.pbx_home / "sounds" / "en" / "cc" / "nobody.wav").is_file()


def test_a_centre_words_its_prompts_itself(tmp_path: Path) -> None:
    (tmp_path / "zh-CN.toml").write_text('place = "前面{ahead:count}位。"\nspring = "{company}祝您新年快乐。"\n')
    catalogue = centre_catalogue({"zh-CN": "老街粮油"}, tmp_path)
    assert catalogue.spoken("place", {"ahead": 2}, "zh-CN") == "前面两位。"
    assert catalogue.spoken("spring", {}, "zh-CN") == "老街粮油祝您新年快乐。"
    assert "老街粮油" in catalogue.spoken("greeting", {}, "zh-CN")
    assert catalogue.spoken("place", {"ahead": 2}, "en") == PROMPTS.spoken("place", {"ahead": 2}, "en")


@pytest.mark.parametrize(
    "text", ['place = "前面{behind:count}位"', 'place = "{ahead:phone}"', "place = 3", "place = ", '"../x" = "你好"']
)
def test_a_bad_text_of_the_centre_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "zh-CN.toml").write_text(text)
    with pytest.raises(BadPromptText):
        centre_catalogue(COMPANY, tmp_path)


def test_a_flows_own_text_is_recorded_where_the_flow_plays_it(tmp_path: Path) -> None:
    text = "您好，这里是老街粮油。"
    sound = own_sound(text)
    plan = Plan(str(tmp_path / "out"), str(tmp_path / "own"), (), "", "", COMPANY, ((sound[3:], "zh-CN", text),))
    assert read(written(plan)).recordings()[-1] == Prompt(sound[3:], "zh-CN", text)

    def speak(text: str, language: str) -> tuple[Samples, int]:
        return tone(24000), 24000

    list(Workshop(tmp_path / "out", voice=speak).build(plan.recordings()[-1:]))
    assert (tmp_path / "out" / "zh" / f"{sound}.wav").is_file()
