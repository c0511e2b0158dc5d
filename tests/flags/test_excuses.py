"""Tests R5: an agent hangs up first only after the script's end or with a supervisor's approval; R6: usual lengths."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.model import CallRecord, HungUpBy
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.facts import CallId, linkedid_of
from callcenter.flags.excuses import BadWord, ExcuseKind, WordTooLate, check_word, ended_in_time
from callcenter.flags.lengths.model import length_of, usual_of
from callcenter.flags.lengths.service import CallLengths
from callcenter.flags.model import FlagEvent, FlagState
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.flags.service import SYSTEM, FlagService
from callcenter.settings import PolicySettings
from callcenter.storage.database import Database
from tests.complaints.room import a_call
from tests.support.rooms import Rooms

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def cut_short() -> tuple[CallRecord, str]:
    record = replace(a_call(), hung_up_by=HungUpBy.AGENT)
    return record, record.id


@pytest_asyncio.fixture
async def flags(database: Database) -> FlagService:
    return FlagService(database, RuleBook(RingRules(3, cadence_of("cn")), "2026-11"), lambda: NOW)


@pytest.mark.parametrize("order", list(permutations(("final", "word", "script"))))
async def test_R5_an_excused_call_ends_without_a_raised_flag_whichever_report_comes_first(
    flags: FlagService, database: Database, order: tuple[str, ...]
) -> None:
    record, name = cut_short()
    for what in (*order, *order):
        if what == "final":
            await flags.recompute([record])
        elif what == "word":
            await flags.excuse(CallId(name), ExcuseKind.ABUSIVE, "boss", "辱骂客服")
        else:
            await flags.excuse(CallId(name), ExcuseKind.SCRIPT_ENDED, "1001", "return call x")
    flag = await FlagQueries(database).find(FlagFilter(call=CallId(name), clause="R5"))
    assert [(entry.state, entry.by) for entry in flag] == [(FlagState.ANNULLED, SYSTEM)] * (order[0] == "final")
    assert {excuse.kind for excuse in await flags.excuses(CallId(name))} == {"abusive", "script_ended"}


async def test_R5_a_supervisors_approval_annuls_the_flag_at_once(
    flags: FlagService,
    database: Database,
) -> None:
    record, name = cut_short()
    await flags.recompute([record])
    await flags.excuse(CallId(name), ExcuseKind.ABUSIVE, "boss", "辱骂客服")
    (flag,) = await FlagQueries(database).find(FlagFilter(call=CallId(name), clause="R5"))
    assert (flag.state, flag.by) == (FlagState.ANNULLED, SYSTEM)


async def test_R5_a_persons_decision_outlives_an_excuse(flags: FlagService, database: Database) -> None:
    record, name = cut_short()
    await flags.recompute([record])
    (flag,) = await FlagQueries(database).find(FlagFilter(call=CallId(name), clause="R5"))
    await flags.decide(flag.id, FlagEvent.CONFIRM, "boss", "听过录音")
    await flags.excuse(CallId(name), ExcuseKind.ABUSIVE, "boss", "辱骂客服")
    await flags.recompute([record])
    (flag,) = await FlagQueries(database).find(FlagFilter(call=CallId(name), clause="R5"))
    assert (flag.state, flag.by) == (FlagState.CONFIRMED, "boss")


async def test_R5_a_wrong_live_flag_is_annulled_by_the_files(flags: FlagService, database: Database) -> None:
    record, name = cut_short()
    await flags.recompute([record])
    await flags.recompute([replace(record, hung_up_by=HungUpBy.UNDETERMINED)])
    (flag,) = await FlagQueries(database).find(FlagFilter(call=CallId(name), clause="R5"))
    assert (flag.state, flag.by) == (FlagState.ANNULLED, SYSTEM)
    assert "do not show" in (flag.reason or "")


def test_R5_an_approval_needs_a_reason_and_has_a_time_limit() -> None:
    limit = timedelta(hours=72)
    assert check_word(ExcuseKind.ABUSIVE, " 辱骂 ", None, NOW, limit) == "辱骂"
    assert check_word(ExcuseKind.EMERGENCY, "火警", NOW - limit, NOW, limit) == "火警"
    with pytest.raises(WordTooLate):
        check_word(ExcuseKind.ABUSIVE, "辱骂", NOW - limit - timedelta(seconds=1), NOW, limit)
    for kind, reason in ((ExcuseKind.SCRIPT_ENDED, "x"), (ExcuseKind.ABUSIVE, " "), (ExcuseKind.ABUSIVE, "a\0b")):
        with pytest.raises(BadWord):
            check_word(kind, reason, None, NOW, limit)


def test_R5_a_script_that_is_ended_long_after_the_call_excuses_nothing() -> None:
    grace = timedelta(seconds=30)
    assert ended_in_time(NOW, None, grace)
    assert ended_in_time(NOW, NOW - grace, grace)
    assert not ended_in_time(NOW, NOW - grace - timedelta(seconds=1), grace)


@given(st.lists(st.floats(0, 7200), min_size=1, max_size=300))
def test_R6_the_usual_length_is_the_90th_percentile(seconds: list[float]) -> None:
    usual = usual_of(seconds, 1)
    assert usual is not None
    within = sum(second <= usual.p90 for second in seconds)
    assert within >= 0.9 * len(seconds)
    assert min(seconds) <= usual.median <= usual.p90 <= max(seconds) or len(seconds) < 3
    assert usual_of(seconds, len(seconds) + 1) is None


def test_R6_a_line_with_too_few_calls_has_the_centres_soft_limit() -> None:
    assert (length_of(601, None, 600).long, length_of(600, None, 600).long) == (True, False)
    assert length_of(601, None, 600).usual is None


class Times:
    """The records' talk times, by hand."""

    def __init__(self) -> None:
        self.seconds = [60.0] * 27 + [300.0] * 3

    async def talk_times(self, line: str, since: datetime, most: int) -> list[float]:
        return self.seconds


async def test_R6_a_calls_length_stays_beside_what_was_usual_then(database: Database) -> None:
    rooms, times = Rooms(database), Times()

    async def lines() -> list[str]:
        return ["sales"]

    lengths = CallLengths(database, rooms.clock, PolicySettings(), ZoneInfo("Asia/Shanghai"), times, lines)
    record = replace(a_call(), line="sales", talk_seconds=120.0)
    first, second = replace(record, linkedid=linkedid_of("1.1")), replace(record, linkedid=linkedid_of("2.1"))
    await lengths.calls_recorded([first])
    await lengths.refresh()
    await lengths.calls_recorded([first, second])
    before, after = await lengths.of_call(CallId("pbx1-1.1")), await lengths.of_call(CallId("pbx1-2.1"))
    assert before is not None
    assert after is not None
    assert (before.usual, before.long_from, before.long) == (None, 600.0, False)
    assert (after.usual, after.long_from, after.long) == (60.0, 60.0, True)
    times.seconds = [500.0] * 40
    rooms.clock.move(days=1)
    await lengths.refresh()
    await lengths.calls_recorded([second])
    usual = await lengths.usual("sales")
    assert usual is not None
    assert (usual.median, usual.calls) == (500.0, 40)
    again = await lengths.of_call(CallId("pbx1-2.1"))
    assert again is not None
    assert again.usual == 60.0
