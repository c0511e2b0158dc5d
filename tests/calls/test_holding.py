"""Tests the time on hold of a call: against a plain count of seconds, from witnesses, and through the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.effects import LegWitnessed
from callcenter.calls.holding import hold_seconds
from callcenter.calls.model import CallRecord, Direction, Hold
from callcenter.calls.record import Live, Witness, build
from callcenter.facts import linkedid_of
from callcenter.storage.database import Database
from tests.calls.test_ingest import log_dir, reader, records, service, write_whole
from tests.calls.test_record import CALLER_FIRST, RULES, call, sources

__all__ = ["log_dir"]

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
seconds = st.integers(-20, 90)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def answered(length: int, holds: list[tuple[int, int | None]], survey: int | None = None) -> CallRecord:
    return CallRecord(
        "pbx1", linkedid_of("pbx1-1.1"), Direction.INBOUND, None, None, "", "", "", START,
        answered_at=START, ended_at=at(length), survey_asked_at=None if survey is None else at(survey),
        holds=tuple(Hold(at(since), None if until is None else at(until), "leg") for since, until in holds),
    )  # fmt: skip


@given(
    st.integers(0, 60),
    st.lists(st.tuples(seconds, st.none() | seconds), max_size=6),
    st.none() | st.integers(0, 60),
)
def test_S1_the_hold_is_every_second_of_the_talk_on_hold(
    length: int, holds: list[tuple[int, int | None]], survey: int | None
) -> None:
    record = answered(length, holds, survey)
    end = length if survey is None else survey
    plain = sum(
        any(since <= second and (until is None or second < until) for since, until in holds) for second in range(end)
    )
    assert hold_seconds(record, Live(record, whole=True)) == plain


@pytest.mark.parametrize(
    ("change", "whole"),
    [({}, False), ({"answered_at": None}, True), ({"ended_at": None}, True), ({"end_known": False}, True)],
)
def test_S1_a_hold_that_may_have_been_missed_is_unknown(change: dict[str, object], whole: bool) -> None:
    record = replace(answered(30, [(3, 5)]), **change)  # type: ignore[arg-type]
    assert hold_seconds(record, Live(record, whole=whole)) is None
    assert hold_seconds(record, None) is None


def test_S1_the_record_has_the_hold_that_was_seen() -> None:
    plain = call(CALLER_FIRST)
    assert plain.answered_at is not None
    assert plain.hold_seconds is None
    leg = next(leg.uniqueid for leg in plain.legs if leg.party == "agent")
    begun = plain.answered_at + timedelta(seconds=0.5)
    seen = (Witness(leg, "held", begun), Witness(leg, "resumed", begun + timedelta(seconds=1)))
    built = build(replace(sources(CALLER_FIRST), witnesses=seen, live=Live(plain, whole=True)), RULES)
    assert built is not None
    assert built.record.hold_seconds == 1.0
    without = build(replace(sources(CALLER_FIRST), live=Live(plain, whole=True)), RULES)
    assert without is not None
    assert without.record.hold_seconds == 0.0


async def test_S1_a_hold_is_stored_whichever_witness_comes_first(database: Database, log_dir: Path) -> None:
    write_whole(log_dir)
    await reader(database, log_dir).catch_up()
    before = next(each for each in await records(database) if each.linkedid == CALLER_FIRST)
    assert (before.hold_seconds, before.answered_at is None) == (None, False)
    assert before.answered_at is not None
    leg = next(leg.uniqueid for leg in before.legs if leg.party == "agent")
    begun = before.answered_at + timedelta(seconds=0.25)
    held = [
        LegWitnessed(before.linkedid, leg, begun, "held"),
        LegWitnessed(before.linkedid, leg, begun + timedelta(seconds=0.5), "resumed"),
    ]
    await service(database).keep([before], held, {before.linkedid})
    after = next(each for each in await records(database) if each.linkedid == CALLER_FIRST)
    assert after.hold_seconds == 0.5
