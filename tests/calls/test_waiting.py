"""Who waits, by queue, those beside it included; and how a caller was identified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.effects import QueueNow
from callcenter.calls.model import CallRecord, Direction, PathStep
from callcenter.calls.waiting import NOT_IN_USE, Waiting
from callcenter.facts import CallId, Linkedid, MemberSeen, Uniqueid

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FIRST, SECOND = Uniqueid("pbx1-1.1"), Uniqueid("pbx1-2.1")


def test_a_caller_beside_a_queue_waits_in_it_once_while_they_move_on() -> None:
    waiting = Waiting()
    waiting.joined("sales.own-1001", FIRST, AT)
    waiting.joined("sales.vip", SECOND, AT + timedelta(seconds=1))
    assert waiting.now("sales") == QueueNow("sales", 2, AT, 0, (CallId(FIRST), CallId(SECOND)))
    assert [change.queue.code for change in waiting.changes()] == ["sales"]
    waiting.left("sales.own-1001", FIRST)
    waiting.joined("sales", FIRST, AT + timedelta(seconds=5))
    waiting.left("sales.own-1001", FIRST)
    assert (waiting.callers("sales"), waiting.callers("orders")) == (2, 0)
    waiting.left("sales", FIRST)
    waiting.left("sales", SECOND)
    assert waiting.now("sales") == QueueNow("sales", 0, None, 0)


def test_S1_the_order_that_a_supervisor_has_made_is_that_of_the_queue() -> None:
    third = Uniqueid("pbx1-3.1")
    waiting = Waiting()
    for seconds, caller in enumerate((FIRST, SECOND, third)):
        waiting.joined("sales", caller, AT + timedelta(seconds=seconds))
    waiting.changes()
    waiting.ordered("sales", (SECOND, FIRST, Uniqueid("pbx1-9.1")))
    assert waiting.now("sales").next == (CallId(SECOND), CallId(FIRST), CallId(third))
    assert waiting.places("sales") == {SECOND: 1, FIRST: 2, third: 3}
    assert [change.queue.code for change in waiting.changes()] == ["sales"]


def test_members_beside_a_queue_are_no_further_agents_of_it() -> None:
    waiting = Waiting()
    for queue in ("sales", "sales.vip", "sales.own-1001"):
        waiting.member(MemberSeen(AT, queue, "1001", "PJSIP/1001", 0, False, "", NOT_IN_USE, False))
    assert waiting.all() == [QueueNow("sales", 0, None, 1)]


@pytest.mark.parametrize(
    ("steps", "by", "member"),
    [
        ([], None, ""),
        ([("caller", "slow")], None, ""),
        ([("caller", "number")], "number", ""),
        ([("caller", "number"), ("progress", "not_matched")], "number", ""),
        ([("caller", "number"), ("progress", "case_TS20261123-0001")], "case_number", ""),
        ([("who", "member_abc"), ("who", "member_def")], "member_number", "def"),
        ([("member_menu", ""), ("dialect", "yue")], None, ""),
    ],
)
def test_how_a_caller_was_identified_is_the_last_proof_that_they_gave(
    steps: list[tuple[str, str]], by: str | None, member: str
) -> None:
    path = tuple(PathStep(AT, step, "", result) for step, result in steps)
    linkedid = Linkedid(Uniqueid("pbx1-1.1"))
    record = CallRecord("pbx1", linkedid, Direction.INBOUND, "a", "a", "139", "", "400", AT, path=path)
    assert (record.identified_by, record.member) == (by, member)
