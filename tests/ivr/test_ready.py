"""Tests the shipped recordings: complete, listed, small, and fit to be played one after another."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pytest
import soundfile

from ivr.prompts.ready import (
    FOLDERS,
    Recording,
    drop_strangers,
    key,
    missing,
    path_of,
    ready_folder,
    ready_list,
    record,
)
from ivr.prompts.sentences import default_catalogue
from ivr.prompts.sound import LEVEL_DB, measure, tail_of
from ivr.prompts.texts import Prompt
from ivr.prompts.voice.kokoro import SPEAKERS, TAKES
from tests.ivr.tones import tone

pytestmark = pytest.mark.lengthy

PROMPTS = default_catalogue().recordings()
LARGEST = 5_500_000
LONGEST_SECONDS = 15.0
LONGEST_PIECE_SECONDS = 5.0


@cache
def listed() -> dict[str, Recording]:
    return ready_list(ready_folder())


def test_every_text_is_recorded_as_it_stands() -> None:
    assert [prompt.text for prompt in missing(ready_folder(), PROMPTS)] == []
    assert set(listed()) == {key(prompt) for prompt in PROMPTS}


def test_the_list_is_true() -> None:
    for prompt in PROMPTS:
        entry = listed()[key(prompt)]
        assert entry.voice == SPEAKERS[prompt.language]
        assert entry.take in range(len(TAKES[prompt.language]))
        for rate in FOLDERS:
            data = path_of(ready_folder(), prompt, rate).read_bytes()
            assert hashlib.sha256(data).hexdigest() == entry.sha256[str(rate)], key(prompt)


def test_the_folder_holds_nothing_else_and_stays_small() -> None:
    there = [path for path in ready_folder().rglob("*") if path.is_file()]
    assert len(there) == 2 * len(PROMPTS) + 1
    assert sum(path.stat().st_size for path in there) < LARGEST


def test_the_licence_of_the_voices_is_named() -> None:
    assert "Apache-2.0" in (ready_folder() / "recordings.json").read_text("utf-8")
    styles = ready_folder().parent / "voice" / "styles"
    assert "Apache License" in (styles / "LICENSE").read_text()
    assert {path.stem for path in styles.glob("*.f16")} == set(SPEAKERS.values())


@pytest.mark.parametrize("language", SPEAKERS)
@pytest.mark.parametrize("rate", FOLDERS)
def test_recordings_are_short_equally_loud_and_begin_and_end_at_once(language: str, rate: int) -> None:
    wrong = []
    for prompt in PROMPTS:
        if prompt.language != language:
            continue
        samples, own_rate = soundfile.read(path_of(ready_folder(), prompt, rate))
        heard = measure(samples, own_rate)
        longest = LONGEST_PIECE_SECONDS if prompt.name.startswith("say/") else LONGEST_SECONDS
        fits = 0.15 < heard.seconds < longest and heard.clipped == 0 and heard.peak_db < 0
        # A short, hard sound reaches the peak before the loudness.
        loud = LEVEL_DB - 6 < heard.level_db < LEVEL_DB + 2
        # An s has little below 4 kHz, so a telephone makes some of it silence.
        ends = heard.lead_seconds < 0.2 and heard.tail_seconds < 0.16 + tail_of(prompt.text)
        if own_rate != rate or not (fits and loud and ends):
            wrong.append((prompt.name, heard))
    assert wrong == []


def test_a_changed_text_is_missing_and_one_without_a_prompt_is_dropped(tmp_path: Path) -> None:
    old, new = Prompt("greeting", "en", "Hello."), Prompt("greeting", "en", "Good morning.")
    other = Prompt("farewell", "en", "Bye.")
    for prompt in (old, other):
        record(tmp_path, prompt, tone(24000), 24000, voice="af_heart", take=0)
    assert missing(tmp_path, [old, other]) == []
    assert missing(tmp_path, [new]) == [new]
    assert drop_strangers(tmp_path, [new]) == ["en/farewell"]
    assert not path_of(tmp_path, other, 8000).exists()
    assert path_of(tmp_path, old, 8000).is_file()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"recordings": {"zh/greeting": {"words": "x"}}}', '{"recordings": 3}']
)
def test_a_broken_list_means_that_nothing_is_recorded(tmp_path: Path, text: str) -> None:
    (tmp_path / "recordings.json").write_text(text)
    assert ready_list(tmp_path) == {}
