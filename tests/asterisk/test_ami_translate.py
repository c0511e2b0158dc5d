"""Tests the translation of AMI events to facts, on recorded traffic of a real Asterisk 22.10.1."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import facts
from callcenter.asterisk.ami_protocol import FrameReader, Message
from callcenter.asterisk.genuine import consistent, genuine
from callcenter.asterisk.translate import TABLE, translate
from callcenter.asterisk.watch import line_of
from callcenter.facts import Uniqueid, linkedid_of

ARRIVED = datetime(2026, 1, 1, tzinfo=UTC)
CAPTURES = Path(__file__).parent / "captures"
Kind = TypeVar("Kind")


def translated(capture: str, kind: type[Kind]) -> list[Kind]:
    messages = FrameReader().feed((CAPTURES / f"{capture}.ami").read_bytes())
    return [fact for fact in (translate(message, ARRIVED) for message in messages) if isinstance(fact, kind)]


def event(name: str, **headers: str) -> Message:
    return Message("\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in headers.items())]).encode())


def test_an_answered_call_is_translated_completely() -> None:
    capture = "pjsip_queue_agent_hangs_up"
    (queued,) = translated(capture, facts.CallerQueued)
    (called,) = translated(capture, facts.PhoneCalled)
    (connected,) = translated(capture, facts.AgentConnected)
    (finished,) = translated(capture, facts.AgentFinished)
    assert queued.caller == called.caller == connected.caller
    assert called.leg == connected.leg == finished.leg
    assert called.leg in {rang.leg for rang in translated(capture, facts.PhoneRang)}
    assert (called.leg, "ANSWER") in {(end.leg, end.status) for end in translated(capture, facts.DialEnded)}
    assert finished.reason == "agent"
    assert translated(capture, facts.HangupRequested)[0].uniqueid == called.leg
    assert {called.leg, called.caller} <= {gone.uniqueid for gone in translated(capture, facts.ChannelClosed)}
    assert {called.linkedid} == {connected.linkedid, queued.linkedid}


def test_an_unanswered_ring_is_timed_in_milliseconds() -> None:
    missed = translated("queue_ring_no_answer", facts.PhoneMissed)
    assert missed
    assert all(1000 <= miss.ring_milliseconds <= 60_000 for miss in missed)


def test_a_caller_who_gives_up_is_translated() -> None:
    (abandoned,) = translated("queue_abandon", facts.CallerAbandoned)
    assert abandoned.caller in {left.caller for left in translated("queue_abandon", facts.CallerLeftQueue)}


@pytest.mark.parametrize("capture", sorted(path.stem for path in CAPTURES.iterdir()))
def test_every_event_that_asterisk_wrote_is_known_as_its_own(capture: str) -> None:
    messages = FrameReader().feed((CAPTURES / f"{capture}.ami").read_bytes())
    translated = [message for message in messages if message.name in TABLE]
    assert translated
    assert all(genuine(message) if message.get("Privilege") else consistent(message) for message in translated)


@pytest.mark.parametrize("capture", sorted(path.stem for path in CAPTURES.iterdir()))
def test_no_header_added_anywhere_by_way_of_a_value_passes(capture: str) -> None:
    messages = FrameReader().feed((CAPTURES / f"{capture}.ami").read_bytes())
    for message in messages:
        if message.name in TABLE and b"\r\nCallerIDNum: " in message.raw:
            for header in (b"Linkedid: pbx1-1.1", b"DestUniqueid: pbx1-1.1", b"Foo: bar", b"ActionID: link-1", b"x"):
                forged = message.raw.replace(b"CallerIDNum: ", b"CallerIDNum: 1\r\n" + header + b"\r\nA: ", 1)
                assert not consistent(Message(forged)), message.name


def test_the_time_is_the_pbxs_own_to_the_microsecond() -> None:
    at = translated("queue_abandon", facts.CallerAbandoned)[0].at
    assert at != ARRIVED
    assert at.tzinfo is UTC


def test_every_change_of_a_member_has_its_complete_state() -> None:
    seen = translated("queue_control", facts.MemberSeen)
    assert any(member.paused for member in seen)
    assert any(member.penalty for member in seen)
    assert all(member.agent and member.interface and member.queue for member in seen)
    assert translated("queue_control", facts.MemberGone)


def test_the_account_code_is_the_line() -> None:
    fact = translate(event("NewAccountCode", Linkedid="a", Uniqueid="a", AccountCode="hotline"), ARRIVED)
    assert fact == facts.LineEntered(ARRIVED, linkedid_of("a"), Uniqueid("a"), "hotline")


def test_hold_and_transfers_are_translated() -> None:
    assert isinstance(translate(event("Hold", Linkedid="a", Uniqueid="b"), ARRIVED), facts.ChannelHeld)
    assert isinstance(translate(event("Unhold", Linkedid="a", Uniqueid="b"), ARRIVED), facts.ChannelResumed)
    blind = event("BlindTransfer", TransfererLinkedid="a", TransfererUniqueid="b", Extension="1002")
    assert translate(blind, ARRIVED) == facts.CallTransferred(ARRIVED, linkedid_of("a"), Uniqueid("b"), "blind", "1002")
    attended = event("AttendedTransfer", OrigTransfererLinkedid="a", OrigTransfererUniqueid="b")
    assert translate(attended, ARRIVED) == facts.CallTransferred(
        ARRIVED, linkedid_of("a"), Uniqueid("b"), "attended", ""
    )


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "1e300", "-1e300"])
def test_a_senseless_time_falls_back_to_the_arrival(stamp: str) -> None:
    fact = translate(event("Hangup", Linkedid="a", Uniqueid="b", Cause="16", Timestamp=stamp), ARRIVED)
    assert fact == facts.ChannelClosed(ARRIVED, linkedid_of("a"), Uniqueid("b"), 16)


@given(
    st.sampled_from(sorted(TABLE)),
    st.dictionaries(
        st.sampled_from(
            ["Cause", "Position", "RingTime", "Penalty", "Status", "Timestamp", "Uniqueid", "ChannelState"]
        ),
        st.text(max_size=20),
    ),
)
def test_no_event_whatever_breaks_the_table(name: str, headers: dict[str, str]) -> None:
    translate(event(name, **headers), ARRIVED)


def test_the_tail_shows_one_line_without_control_characters_or_whole_numbers() -> None:
    hostile = event("Newchannel", Channel="PJSIP/\x1b[2J\u202e1", CallerIDNum="13812345678")
    line = line_of(hostile)
    assert line.isprintable()
    assert "13812345678" not in line
    assert "138****5678" in line


def test_a_callers_name_arrives_without_the_escapes_of_sip() -> None:
    headers = {"Uniqueid": "u1", "Linkedid": "u1", "Channel": "PJSIP/trunk-1", "CallerIDNum": "139"}
    opened = translate(event("Newchannel", **headers, CallerIDName=r"a\"b\\c"), datetime(2026, 11, 23, tzinfo=UTC))
    assert isinstance(opened, facts.ChannelOpened)
    assert opened.caller_name == 'a"b\\c'
