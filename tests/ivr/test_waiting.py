"""What a waiting caller hears of their place and wait, and the recordings that Asterisk finds for it."""

from __future__ import annotations

import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.expected_wait.model import Estimate
from callcenter.calls.waiting import Waiting
from callcenter.facts import Uniqueid
from ivr.prompts.build import Workshop
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import default_catalogue
from ivr.waiting.sentences import announcement
from ivr.waiting.sounds import WaitingSounds, erase_callers

AT = datetime(2026, 11, 27, 4, tzinfo=UTC)


def names(place: int, wait: Estimate | None, free: int = 0) -> list[str]:
    return [prompt for prompt, _ in announcement(place, wait, free)]


def test_the_next_caller_hears_that_and_the_others_how_many_are_ahead() -> None:
    assert names(1, None) == ["place_next", "wait_few_minutes", "wish"]
    assert names(3, None) == ["place", "wait_few_minutes", "wish", "offer_message"]
    assert dict(announcement(3, None, 0))["place"] == {"ahead": 2}


def test_the_wait_is_in_minutes_only_where_it_is_known_well_enough() -> None:
    assert announcement(2, Estimate(170, 120, 220), 0)[1] == ("wait_minutes", {"wait": 3})
    assert announcement(2, Estimate(5, 0, 9), 0)[1] == ("wait_minutes", {"wait": 1}), "less than a minute is about one"
    assert announcement(2, Estimate(200, 0, 900), 0)[1] == ("wait_few_minutes", {}), "a number would be a guess"
    assert announcement(2, None, 0)[1] == ("wait_few_minutes", {})
    assert announcement(2, Estimate(7200, 7100, 7300), 0)[1] == ("wait_few_minutes", {}), "too long for minutes"


def test_a_wait_that_is_less_sure_is_a_range_with_its_error() -> None:
    three_to_five = announcement(2, Estimate(240, 175, 305), 0)[1]
    assert three_to_five == ("wait_between", {"least": 2, "most": 6}), "four waits in five lie between"
    assert announcement(2, Estimate(240, 180, 301), 0)[1] == ("wait_between", {"least": 3, "most": 6})
    assert announcement(9, Estimate(1200, 900, 1500), 0)[1:3] == (
        ("wait_long", {}),
        ("wait_between", {"least": 15, "most": 25}),
    )
    catalogue = default_catalogue()
    words = {"least": 2, "most": 5}
    assert catalogue.spoken("wait_between", words, "zh-CN") == "预计还要等待两到五分钟"
    assert catalogue.spoken("wait_between", words, "en") == "We expect to answer your call in two to five minutes"


def test_a_caller_for_whom_an_agent_is_free_is_not_kept_from_them_by_an_announcement() -> None:
    assert names(1, None, free=1) == []
    assert names(2, None, free=1) != []


known = st.tuples(st.floats(0, 90_000), st.floats(0, 1))


@given(st.integers(1, 400), st.none() | known.map(lambda it: Estimate(it[0], it[0] * (1 - it[1]), it[0] * (1 + it[1]))))
def test_every_announcement_has_its_sounds_in_each_language(place: int, wait: Estimate | None) -> None:
    for prompt, values in announcement(place, wait, 0):
        for language in ("zh-CN", "en"):
            assert default_catalogue().sounds(prompt, values, language)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sounds")
    list(Workshop(target, ready=ready_folder(), rates=(8000,)).build(default_catalogue().recordings()))
    return target


def frames(path: Path) -> int:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return int(sound.getnframes())


def test_a_callers_recording_is_replaced_as_a_whole_and_shared_by_those_who_hear_the_same(sounds: Path) -> None:
    waiting = WaitingSounds(sounds)
    pieces = default_catalogue().sounds("place", {"ahead": 2}, "zh-CN")
    for caller in ("pbx1-1.1", "pbx1-1.2"):
        waiting.play(caller, "zh-CN", pieces)
    files = [sounds / f"waiting/zh_{caller}/announce.wav" for caller in ("pbx1-1.1", "pbx1-1.2")]
    assert frames(files[0]) == sum(frames(sounds / f"{piece}.wav") for piece in pieces)
    assert files[0].resolve() == files[1].resolve()
    waiting.play("pbx1-1.1", "zh-CN", ())
    assert frames(files[0]) == 0, "silence, not the general offer"
    waiting.gone("pbx1-1.1")
    assert not files[0].exists()
    assert files[1].exists()
    erase_callers(sounds)
    assert not files[1].exists()
    assert frames(sounds / "waiting/zh/announce.wav") == frames(sounds / "zh/cc/wish.wav"), "the general offer stays"


def joined(waiting: Waiting, queue: str, caller: str, seconds: float, position: int = 0) -> None:
    waiting.joined(queue, Uniqueid(caller), AT + timedelta(seconds=seconds), position)


def test_places_are_in_the_order_in_which_app_queue_serves_its_callers() -> None:
    waiting = Waiting()
    joined(waiting, "sales", "a", 0, 1)
    joined(waiting, "sales", "b", 1, 2)
    joined(waiting, "sales", "key account", 2, 1)
    assert waiting.places("sales") == {"key account": 1, "a": 2, "b": 3}
    joined(waiting, "sales.yue", "speaker", 0.5, 1)
    assert waiting.places("sales") == {"speaker": 1, "key account": 2, "a": 3, "b": 4}
    waiting.left("sales", Uniqueid("a"))
    assert waiting.places("sales")[Uniqueid("b")] == 3
    assert waiting.places("orders") == {}
