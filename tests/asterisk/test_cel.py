"""Tests the parsers of the PBX's two files: valid lines are read, damaged ones are counted and stop nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk import cel, queue_log

HANGUP = {
    "eventtype": "HANGUP",
    "eventenum": "HANGUP",
    "userdeftype": "",
    "eventtime": 1795459882.432899,
    "name": "李明",
    "num": "13800138000",
    "exten": "400001",
    "context": "cc-inbound",
    "channame": "PJSIP/trunk-00000002",
    "accountcode": "hotline",
    "uniqueid": "pbx1-1795459877.2",
    "linkedid": "pbx1-1795459877.2",
    "eventextra": '{"hangupcause":16,"hangupsource":"PJSIP/trunk-00000002","dialstatus":"ANSWER"}',
}


def line(**changes: object) -> bytes:
    return json.dumps({**HANGUP, **changes}).encode()


def test_a_hangup_has_its_cause_its_source_and_its_time_in_microseconds() -> None:
    row = cel.parse(line())
    assert row is not None
    assert (row.cause, row.extra["hangupsource"], row.name) == (16, "PJSIP/trunk-00000002", "李明")
    assert row.at.isoformat() == "2026-11-23T18:51:22.432899+00:00"


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b"null", line()[:-9], line(eventtime="soon"), line(eventtime=1e300), line(uniqueid=""), b"\0"],
)
def test_a_damaged_line_is_none(damaged: bytes) -> None:
    assert cel.parse(damaged) is None


def test_a_hostile_name_becomes_text_that_every_database_stores() -> None:
    row = cel.parse(line(name='x\r\nAction: Originate\0"<b>\ud800😀' + "y" * 5000))
    assert row is not None
    assert row.name.startswith("x  Action: Originate")
    assert row.name.isprintable()
    assert "😀" in row.name
    assert len(row.name) == 400


def test_a_name_in_another_encoding_loses_its_letters_but_not_the_call() -> None:
    row = cel.parse(line(name="NAME").replace(b"NAME", "李明".encode("gbk")))
    assert row is not None
    assert row.number == "13800138000"


def test_the_queue_log_names_the_agents_leg() -> None:
    row = queue_log.parse(b"1795459878|pbx1-1795459877.2|sales|1001|CONNECT|1|pbx1-1795459877.3|1")
    assert row is not None
    assert (row.agent, row.event, row.datum(1), row.datum(9)) == ("1001", "CONNECT", "pbx1-1795459877.3", "")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_readers_fail(data: bytes) -> None:
    cel.parse(data)
    queue_log.parse(data)


def test_a_name_with_quote_and_backslash_as_asterisk_22_writes_it_loses_no_event() -> None:
    line = (
        rb'{"eventtype":"HANGUP","eventenum":"HANGUP","userdeftype":"","eventtime":1795461409.913380,"name":"a\\"b\\c",'
        rb'"num":"139","exten":"1","context":"cc-do","channame":"PJSIP/trunk-0","appname":"","appdata":"",'
        rb'"accountcode":"sales","uniqueid":"pbx1-1.48","linkedid":"pbx1-1.48","peer":"","userfield":"",'
        rb'"eventextra":"{\"hangupcause\":\"16\"}"}'
    )
    row = cel.parse(line)
    assert row is not None
    assert (row.name, row.number, row.uniqueid, row.cause) == ('a"b\\c', "139", "pbx1-1.48", 16)


@pytest.mark.parametrize(
    ("sent", "name"),
    [(r"a\"b\\c", 'a"b\\c'), (r"Wang\, Li", "Wang, Li"), ("李小龙", "李小龙"), ("half\\", "half\\"), ("", "")],
)
def test_a_display_name_loses_the_escapes_of_its_quoted_string(sent: str, name: str) -> None:
    assert cel.plain_name(sent) == name
