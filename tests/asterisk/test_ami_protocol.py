"""Tests the AMI parser and encoder: whole frames whatever the packets, and no header injection."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panoramisk.ami_protocol import AMIProtocol

from callcenter.asterisk.ami_protocol import BadAction, FrameReader, FrameTooLong, Message, encode
from tests.support.profiles import examples

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.ami"))
CONTROL = (Path(__file__).parent / "captures" / "queue_control.ami").read_bytes()
NAMED = "Event: Newchannel\r\nCallerIDName: 李小龙\r\n\r\n".encode()


def headers_of(messages: list[Message]) -> list[dict[str, str | list[str]]]:
    return [message.headers for message in messages]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, len(CONTROL)), max_size=40))
def test_any_split_of_a_recorded_conversation_gives_the_same_messages(cuts: list[int]) -> None:
    marks = [0, *sorted(cuts), len(CONTROL)]
    reader, got = FrameReader(), []
    for start, end in itertools.pairwise(marks):
        got += reader.feed(CONTROL[start:end])
    assert headers_of(got) == headers_of(FrameReader().feed(CONTROL))
    assert not reader.cut


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_a_recorded_conversation_byte_by_byte_is_the_same_conversation(capture: Path) -> None:
    data = capture.read_bytes()
    reader, got = FrameReader(), []
    for number in range(len(data)):
        got += reader.feed(data[number : number + 1])
    assert headers_of(got) == headers_of(FrameReader().feed(data))
    assert len(got) == data.count(b"\r\n\r\n")
    assert reader.replaced == 0


def test_a_chinese_name_survives_every_split() -> None:
    for cut in range(len(NAMED)):
        reader = FrameReader()
        (message,) = reader.feed(NAMED[:cut]) + reader.feed(NAMED[cut:])
        assert message.get("calleridname") == "李小龙"


def test_panoramisk_damages_a_name_that_two_packets_share() -> None:
    """The documented reason for a reader of our own; when this fails, panoramisk has been repaired."""
    names: list[str] = []

    class Listening(AMIProtocol):  # type: ignore[misc] # panoramisk has no types.
        def handle_message(self, message: dict[str, str]) -> None:
            names.append(message["calleridname"])

    protocol = Listening()
    protocol.connection_made(None)
    protocol.encoding, protocol.version = "utf8", "11"
    cut = NAMED.index("李".encode()) + 1
    protocol.data_received(NAMED[:cut])
    protocol.data_received(NAMED[cut:])
    assert names != ["李小龙"]


def test_keys_are_read_in_any_case_and_keep_empty_and_repeated_values() -> None:
    (message,) = FrameReader().feed(
        b"Event: X\r\nCommandId: 7\r\nReason: \r\nChanVariable: A=1\r\nChanVariable: B=2\r\n\r\n"
    )
    assert message.get("COMMANDID") == "7"
    assert message.get("Reason", "absent") == ""
    assert message.all("chanvariable") == ["A=1", "B=2"]
    assert message.get("chanvariable") == "A=1"
    assert message.all("Nothing") == []


def test_a_value_may_hold_colons_and_need_no_blank() -> None:
    (message,) = FrameReader().feed(b"Event:X\r\nUri: sip:a@b:5060\r\nTight:yes\r\n\r\n")
    assert (message.get("Uri"), message.get("Tight"), message.name) == ("sip:a@b:5060", "yes", "X")


def test_bytes_that_are_not_text_are_replaced_and_counted() -> None:
    reader = FrameReader()
    (message,) = reader.feed(b"Event: X\r\nName: \xff\xfe\r\n\r\n")
    assert message.get("Name") == "\ufffd\ufffd"
    assert reader.replaced == 1


def test_a_frame_without_end_is_refused_before_it_fills_the_memory() -> None:
    reader = FrameReader(limit=1000)
    reader.feed(b"x" * 900)
    with pytest.raises(FrameTooLong):
        reader.feed(b"x" * 200)
    with pytest.raises(FrameTooLong):
        FrameReader(limit=1000).feed(b"x" * 2000 + b"\r\n\r\n")


def test_a_frame_cut_by_the_end_of_the_connection_is_known_to_be_lost() -> None:
    reader = FrameReader()
    assert reader.feed(b"Event: Hang") == []
    assert reader.cut


@pytest.mark.parametrize("sign", ["\r", "\n", "\0", "\r\nAction: Originate"])
@pytest.mark.parametrize("place", ["key", "value", "action", "id"])
def test_headers_cannot_be_injected_into_an_action(sign: str, place: str) -> None:
    evil = f"a{sign}b"
    with pytest.raises(BadAction):
        encode(
            evil if place == "action" else "Ping",
            [(evil if place == "key" else "K", evil if place == "value" else "v")],
            evil if place == "id" else "1",
        )


def test_actions_longer_than_asterisk_reads_are_refused() -> None:
    with pytest.raises(BadAction):
        encode("Ping", [("Key", "字" * 400)], "1")
    with pytest.raises(BadAction):
        encode("Ping", [("Key", "v")] * 127, "1")
    assert encode("Ping", [("Name", "李")], "1") == "Action: Ping\r\nActionID: 1\r\nName: 李\r\n\r\n".encode()


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_break_the_reader(data: bytes) -> None:
    for message in FrameReader().feed(data + b"\r\n\r\n"):
        message.get("x")


def test_an_event_of_one_line_keeps_its_whole_name() -> None:
    assert FrameReader().feed(b"Event: FullyBooted\r\n\r\n")[0].name == "FullyBooted"
