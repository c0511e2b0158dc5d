"""Tests the rules that a line and a queue must satisfy before they reach Asterisk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from callcenter.errors import CallCentreError
from callcenter.facts import LineCode, QueueCode
from callcenter.routing.errors import BadCode, BadLine, BadOpeningHours, BadQueue
from callcenter.routing.model import LONGEST_OWN, Line, Queue, check_line, check_queue, overflow_loop, tidied

LINE: Final = Line(
    LineCode("sales"), QueueCode("general"), {"zh-CN": "销售"}, ("073188880001",), ("mon-fri 09:00-18:00",)
)
QUEUE: Final = Queue(QueueCode("general"), {"zh-CN": "综合"})


def test_a_complete_line_and_queue_are_accepted_unchanged() -> None:
    line = replace(LINE, priority=100, record="consent", recording_notice="cc/recorded", recording_days=36_500)
    assert check_line(line) is line
    assert check_queue(QUEUE) is QUEUE


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "Sales"}, BadCode),
        ({"code": "s" * 32}, BadCode),
        ({"queue": ""}, BadCode),
        ({"names": {"fr": "ventes"}}, BadLine),
        ({"dids": ("1",)}, BadLine),
        ({"dids": ("12345", "12345")}, BadLine),
        ({"hours": ("9 to 6",)}, BadOpeningHours),
        ({"timezone": "Asia/Changsha"}, BadLine),
        ({"cadence_country": "CN"}, BadLine),
        ({"greeting": "../etc/passwd"}, BadLine),
        ({"record": "sometimes"}, BadLine),
        ({"recording_notice": "a b"}, BadLine),
        ({"recording_days": 0}, BadLine),
        ({"recording_days": 36_501}, BadLine),
        ({"priority": -1}, BadLine),
        ({"priority": 101}, BadLine),
        ({"language": "zh"}, BadLine),
        ({"own_agent_seconds": LONGEST_OWN + 1}, BadLine),
        ({"overflow_to": "voicemail"}, BadLine),
        ({"overflow_to": "line:Sales"}, BadCode),
        ({"overflow_seconds": 5}, BadLine),
        ({"overflow_to": "callback", "overflow_seconds": 86_401}, BadLine),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused(changes: dict[str, Any], error: type[CallCentreError]) -> None:
    with pytest.raises(error):
        check_line(replace(LINE, **changes))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "general.vip"}, BadCode),
        ({"names": {"fr": "tous"}}, BadQueue),
        ({"strategy": "fastest"}, BadQueue),
        ({"skill": "长沙话"}, BadQueue),
        ({"no_speaker": "hang up"}, BadQueue),
        ({"dialects": ("xiang changsha",)}, BadQueue),
        ({"dialects": ("yue", "YUE")}, BadQueue),
        ({"min_level": 0}, BadQueue),
        ({"ring_limit": 21}, BadQueue),
        ({"move_on_at_ring": 61}, BadQueue),
        ({"max_wait_seconds": 86_401}, BadQueue),
        ({"wrap_up_seconds": -1}, BadQueue),
        ({"announce_seconds": 3_601}, BadQueue),
    ],
)
def test_a_queue_that_breaks_a_rule_is_refused(changes: dict[str, Any], error: type[CallCentreError]) -> None:
    with pytest.raises(error):
        check_queue(replace(QUEUE, **changes))


def test_numbers_are_stored_as_digits_however_they_are_written() -> None:
    line = tidied(replace(LINE, dids=("0731-8888 0001", "（0731）88880002", "+86 731 88880003")))
    assert line.dids == ("073188880001", "073188880002", "+8673188880003")


def test_an_overflow_names_the_lines_of_its_circle_and_only_those() -> None:
    night = replace(LINE, code=LineCode("night"), overflow_to="line:sales")
    lines = {LINE.code: replace(LINE, overflow_to="line:night"), night.code: night}
    assert overflow_loop(lines, LINE.code) == ["sales", "night", "sales"]
    assert overflow_loop({**lines, night.code: replace(night, overflow_to="callback")}, LINE.code) == []
