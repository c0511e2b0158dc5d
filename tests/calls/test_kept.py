"""Tests when the phone in a page has vanished, and whose caller is kept."""

from __future__ import annotations

import pytest

from callcenter.calls.kept.model import SILENT_LOOKS, Watched
from callcenter.calls.kept.service import conversations
from callcenter.facts import ChannelSeen, Linkedid, Uniqueid


def looked(*counts: int | None) -> Watched:
    watched = Watched()
    for count in counts:
        watched = watched.after(count)
    return watched


def test_a_phone_whose_audio_stops_has_vanished() -> None:
    assert not looked(10, 60, *[60] * (SILENT_LOOKS - 1)).vanished
    assert looked(10, 60, *[60] * SILENT_LOOKS).vanished


def test_a_socket_that_breaks_while_the_talk_goes_on_changes_nothing() -> None:
    assert not looked(*range(0, 6000, 50)).vanished
    assert not looked(60, 60, 60, 60, 61, 61).vanished


def test_what_asterisk_cannot_say_is_no_silence() -> None:
    assert not looked(*[None] * 20).vanished
    assert not looked(60, 60, 60, None, 60, 60).vanished


def channel(name: str, bridge: str = "b1", state: int = 6) -> ChannelSeen:
    own = Uniqueid(f"pbx1-{name}")
    return ChannelSeen(Linkedid(own), own, f"PJSIP/{name}-00000001", "", "", state, "", "", "", "", bridge, 3)


PHONE, CUSTOMER = channel("web-1001"), channel("trunk")


def test_the_one_customer_of_the_conversation_is_kept() -> None:
    assert conversations([CUSTOMER, PHONE], "web-1001") == [(PHONE, CUSTOMER)]


def test_R3_of_two_calls_between_which_the_agent_swaps_both_customers_are_kept() -> None:
    own, customer = channel("web-1001", "b2"), channel("trunk", "b2")
    assert conversations([CUSTOMER, PHONE, own, customer], "web-1001") == [(PHONE, CUSTOMER), (own, customer)]


@pytest.mark.parametrize(
    "channels",
    [
        [CUSTOMER],
        [PHONE],
        [channel("trunk", "b2"), PHONE],
        [CUSTOMER, channel("web-1001", "", 5)],
        [CUSTOMER, PHONE, channel("1002")],
        [channel("1002"), PHONE],
    ],
)
def test_without_a_conversation_of_two_with_a_customer_no_one_is_moved(channels: list[ChannelSeen]) -> None:
    assert conversations(channels, "web-1001") == []
