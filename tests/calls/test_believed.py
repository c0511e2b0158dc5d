"""Tests that a row of queue_log counts only where CEL has its call and its member at that time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.asterisk import queue_log
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.believed import believed, intact
from callcenter.calls.model import HungUpBy
from callcenter.facts import Uniqueid
from tests.calls.test_record import AGENT_FIRST, CALLER_FIRST, CEL, QUEUE, SILENT, built, sources


def forged(text: str) -> QueueRow:
    row = queue_log.parse(text.encode())
    assert row is not None
    return row


def test_every_row_that_asterisk_wrote_counts() -> None:
    for linkedid in {row.linkedid for row in CEL}:
        mine = sources(linkedid)
        assert believed(mine.queue, mine.cel, linkedid) == list(mine.queue)
    assert any(row.event == "RINGNOANSWER" for row in QUEUE if row.callid == SILENT)


@pytest.mark.parametrize(
    "text",
    [
        "1795459882|{call}|sales|1002|COMPLETEAGENT|1|4|1",
        "1795459882|{call}|two|1001|COMPLETEAGENT|1|4|1",
        "1795459878|{call}|sales|1002|CONNECT|1|pbx1-1795459999.9|1",
        "1795459900|{call}|sales|1001|COMPLETEAGENT|1|4|1",
        "1795459870|{call}|sales|NONE|ENTERQUEUE||139|1",
        "1795459990|{call}|sales|NONE|ABANDON|1|1|1",
        "1795459890|{call}|sales|1001|RINGNOANSWER|5000",
    ],
)
def test_a_row_with_an_agent_or_a_time_unknown_to_cel_is_ignored(text: str) -> None:
    witnesses = sources(CALLER_FIRST)
    row = forged(text.format(call=CALLER_FIRST))
    rows = sorted([*witnesses.queue, row], key=lambda queue: queue.at)
    assert believed(rows, witnesses.cel, Uniqueid(CALLER_FIRST)) == list(witnesses.queue)
    assert built(replace(witnesses, queue=rows)) == built(witnesses)


def test_R5_a_forged_row_about_another_agent_changes_nothing() -> None:
    witnesses = sources(AGENT_FIRST)
    rows = [replace(row, agent="1009") if row.event == "COMPLETEAGENT" else row for row in witnesses.queue]
    assert built(replace(witnesses, queue=rows)).hung_up_by is HungUpBy.AGENT
    assert "COMPLETEAGENT" not in {row.event for row in believed(rows, witnesses.cel, Uniqueid(AGENT_FIRST))}


@pytest.mark.parametrize("lost", ["CHAN_START", "BRIDGE_EXIT", "HANGUP", "LINKEDID_END"])
def test_a_cel_that_lost_rows_contradicts_nothing(lost: str) -> None:
    witnesses = sources(CALLER_FIRST)
    gone = next(row for row in witnesses.cel if row.event == lost)
    half = [row for row in witnesses.cel if row is not gone]
    assert intact(witnesses.cel, Uniqueid(CALLER_FIRST))
    assert not intact(half, Uniqueid(CALLER_FIRST))
    assert believed(witnesses.queue, half, Uniqueid(CALLER_FIRST)) == list(witnesses.queue)
