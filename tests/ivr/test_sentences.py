"""Tests that a prompt with values is a sequence of sounds that all exist."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.prompts.errors import BadPromptText, BadPromptValue, UnknownPrompt
from ivr.prompts.sentences import catalogue_of, default_catalogue, prompt_names, sounds
from ivr.prompts.template import Pause, Slot, Words, parse
from ivr.prompts.texts import FOLDERS

EXAMPLES: dict[str, object] = {
    "moment": datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    "press": "1",
    "dialect": "xiang-changsha",
    "case": "TS20261123-0001",
    "state": "investigating",
    "phone": "13812345678",
    "count": 3,
    "number": 3,
    "minutes": 5,
}


def test_both_languages_have_the_same_prompts_with_the_same_values() -> None:
    catalogue = default_catalogue()
    assert catalogue.names("zh-CN") == catalogue.names("en") == prompt_names()
    for name in prompt_names():
        assert catalogue.slots(name, "zh-CN") == catalogue.slots(name, "en"), name


@pytest.mark.parametrize("language", FOLDERS)
@pytest.mark.parametrize("name", sorted(prompt_names()))
def test_every_sound_of_a_prompt_is_recorded(name: str, language: str) -> None:
    catalogue = default_catalogue()
    recorded = {f"{prompt.folder}/cc/{prompt.name}" for prompt in catalogue.recordings()}
    values = {slot: EXAMPLES[kind] for slot, kind in catalogue.slots(name, language).items()}
    composed = sounds(name, values, language)
    assert composed
    assert set(composed) <= recorded | {f"{FOLDERS[language]}/cc/say/pause"}
    words = catalogue.spoken(name, values, language)
    assert "{" not in words


def test_the_values_stand_where_the_text_has_them() -> None:
    assert sounds("place", {"ahead": 2}, "zh-CN") == ("zh/cc/place-1", "zh/cc/say/n2")
    assert default_catalogue().spoken("place", {"ahead": 2}, "zh-CN") == "在您之前等候的客户人数是，二"
    assert sounds("greeting", {}, "en") == ("en/cc/greeting",)


def test_R3_closed_names_the_day_and_the_time_of_opening() -> None:
    opens = {"opens": EXAMPLES["moment"]}
    spoken = default_catalogue().spoken
    assert "星期一，十一月三十日，上午九点半" in spoken("closed_until", opens, "zh-CN")
    assert "Monday, November thirtieth, nine thirty a.m." in spoken("closed_until", opens, "en")


def test_C1_a_request_to_the_caller_says_please_and_you() -> None:
    for name in prompt_names():
        text = default_catalogue().spoken(
            name,
            {slot: EXAMPLES[kind] for slot, kind in default_catalogue().slots(name, "zh-CN").items()},
            "zh-CN",
        )
        assert "你" not in text, name


def test_a_missing_value_and_an_unknown_prompt_are_refused() -> None:
    with pytest.raises(BadPromptValue) as missing:
        sounds("place", {}, "zh-CN")
    assert missing.value.facts["value"] == "ahead"
    for name, language in (("plase", "zh-CN"), ("place", "fr"), ("../place", "en")):
        with pytest.raises(UnknownPrompt):
            sounds(name, {}, language)


def test_a_text_is_parsed_into_words_and_slots() -> None:
    assert parse("place", "您前面还有{ahead:count}位。") == (
        Words("place-1", "您前面还有"),
        Slot("ahead", "count"),
        Words("place-2", "位。"),
    )
    assert parse("bare", "{key:press}。") == (Slot("key", "press"),)
    assert parse("two", "{case:case}，{state:state}。") == (Slot("case", "case"), Pause(), Slot("state", "state"))
    assert parse("joined", "{count:count} {state:state}") == (Slot("count", "count"), Slot("state", "state"))
    assert parse("plain", "请您稍候。") == (Words("plain", "请您稍候。"),)


@pytest.mark.parametrize(
    "text", ["", "。", "{ahead}", "{ahead:guess}", "{Ahead:count}", "a { b", "a } b", "{ahead:count", "长" * 501]
)
def test_a_bad_text_is_refused(text: str) -> None:
    with pytest.raises(BadPromptText):
        catalogue_of({"zh-CN": {"place": text}})
