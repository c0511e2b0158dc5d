"""Tests whom a supervisor joins on a call, and who is notified of it."""

from __future__ import annotations

import pytest

from callcenter.calls.control.errors import NotTalking
from callcenter.facts import ChannelSeen, Linkedid, Uniqueid
from callcenter.supervision.monitoring.errors import OwnCall, SeveralAgents
from callcenter.supervision.monitoring.model import Mode, Notice, agents_leg, channel_of, notifies, supervision_of

PHONES = {"1001": "1001", "web-1002": "1002", "1009": "1009"}


def channel(name: str, bridge: str = "b1", state: int = 6, uniqueid: str = "") -> ChannelSeen:
    own = Uniqueid(uniqueid or f"pbx1-{name}")
    return ChannelSeen(Linkedid(own), own, f"PJSIP/{name}-00000001", "", "", state, "", "", "", "", bridge, 3)


CUSTOMER = channel("trunk")


def test_the_agent_who_talks_is_joined() -> None:
    agent = channel("1001")
    assert agents_leg([CUSTOMER, agent], PHONES, None, "1009") == ("1001", agent)


def test_of_several_agents_the_one_who_is_named_is_joined() -> None:
    channels = [CUSTOMER, channel("1001"), channel("web-1002")]
    with pytest.raises(SeveralAgents) as refused:
        agents_leg(channels, PHONES, None, "1009")
    assert refused.value.facts == {"agents": "1001, 1002"}
    assert agents_leg(channels, PHONES, "1002", "1009")[0] == "1002"


@pytest.mark.parametrize(
    "channels",
    [
        [CUSTOMER],
        [CUSTOMER, channel("1001", bridge="", state=5)],
        [CUSTOMER, channel("1001", bridge="b2")],
        [channel("trunk", bridge=""), channel("1001", bridge="")],
    ],
)
def test_without_a_conversation_there_is_nothing_to_join(channels: list[ChannelSeen]) -> None:
    with pytest.raises(NotTalking):
        agents_leg(channels, PHONES, None, "1009")


def test_nobody_joins_their_own_call() -> None:
    with pytest.raises(OwnCall):
        agents_leg([CUSTOMER, channel("1001"), channel("1009")], PHONES, "1001", "1009")


def test_another_supervisor_on_the_call_is_no_agent_of_it() -> None:
    other = channel("1009", uniqueid=channel_of("a1"))
    assert agents_leg([CUSTOMER, channel("1001"), other], PHONES, None, "1002")[0] == "1001"
    assert supervision_of(other.uniqueid) == "a1"


@pytest.mark.parametrize(
    ("notice", "notified"),
    [
        (Notice.ALWAYS, {Mode.LISTEN, Mode.WHISPER, Mode.BARGE, Mode.TAKE}),
        (Notice.SPOKEN, {Mode.WHISPER, Mode.BARGE, Mode.TAKE}),
        (Notice.NEVER, {Mode.TAKE}),
    ],
)
def test_the_policy_decides_when_the_agent_is_notified(notice: Notice, notified: set[Mode]) -> None:
    assert {mode for mode in Mode if notifies(notice, mode)} == notified
