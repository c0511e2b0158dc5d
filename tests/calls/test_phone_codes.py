"""Tests that a code dialled on a phone is no call: not on the live floor, not in a snapshot, not in a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter import facts
from callcenter.asterisk.ami_protocol import Message
from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.translate import translate
from callcenter.calls.effects import CallChanged, CallEnded, CodeDialled, Effect
from callcenter.calls.floor import Floor
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.facts import PhoneCode, linkedid_of
from callcenter.settings import Settings

AT = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
OWN = linkedid_of("pbx1-1795474881.1")
CHANNEL = "PJSIP/1001-0000000a"


def floor() -> Floor:
    floor = Floor("pbx1", RuleBook.of(Settings().policy))
    floor.apply(facts.PresenceChanged(AT, "1001", "刘小湘", "1001", "signed_out", ""))
    return floor


def opened(exten: str, context: str = "cc-phones") -> facts.ChannelOpened:
    return facts.ChannelOpened(AT, OWN, OWN, CHANNEL, context, exten, "1001", "")


def calls(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, CallChanged | CallEnded)]


def test_a_code_begins_no_call_and_a_number_does() -> None:
    live = floor()
    assert calls(live.apply(opened("*61"))) == []
    assert calls(live.apply(facts.ChannelClosed(AT + timedelta(seconds=4), OWN, OWN, 16))) == []
    assert calls(floor().apply(opened("10086"))) != []


def test_a_snapshot_with_a_code_in_it_shows_no_call() -> None:
    channel = facts.ChannelSeen(OWN, OWN, CHANNEL, "cc-phones", "*63", 6, "1001", "", "Playback", "", "", 2)
    assert calls(floor().apply(facts.FloorSeen(AT, (channel,), (), (), (), (), restarted=False))) == []


@pytest.mark.parametrize(("channel", "agent"), [(CHANNEL, "1001"), ("PJSIP/1009-0000000b", None)])
def test_the_agent_is_the_one_whose_phone_dialled(channel: str, agent: str | None) -> None:
    effects = floor().apply(facts.PhoneCodeDialled(AT, channel, PhoneCode.SIGN_IN))
    assert CodeDialled(agent, channel, PhoneCode.SIGN_IN) in effects


@pytest.mark.parametrize(("code", "read"), [("61", PhoneCode.SIGN_IN), ("69", None), ("61;x", None), ("", None)])
def test_the_event_of_the_dialplan_names_a_known_code(code: str, read: PhoneCode | None) -> None:
    frame = f"Event: UserEvent\r\nChannel: {CHANNEL}\r\nUserEvent: CcPresence\r\nCode: {code}\r\n\r\n"
    assert translate(Message(frame.encode()), AT) == (
        None if read is None else facts.PhoneCodeDialled(AT, CHANNEL, read)
    )


def row(event: str, second: float, exten: str) -> CelRow:
    return CelRow(
        event=event,
        user_event="",
        at=AT + timedelta(seconds=second),
        name="",
        number="1001",
        exten=exten,
        context="cc-phones",
        channel=CHANNEL,
        app="",
        app_data="",
        account="",
        uniqueid=OWN,
        linkedid=OWN,
        peer="",
        extra={},
    )


@pytest.mark.parametrize(("exten", "recorded"), [("*62", False), ("1002", True)])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_code_has_no_record_even_where_cel_lost_its_beginning(exten: str, recorded: bool, lost: int) -> None:
    rows = [
        row(event, second, exten) for second, event in enumerate(("CHAN_START", "ANSWER", "HANGUP", "LINKEDID_END"))
    ]
    built = build(Sources("pbx1", OWN, rows[lost:]), RingRules(3, cadence_of("cn")))
    assert (built is not None) is recorded
