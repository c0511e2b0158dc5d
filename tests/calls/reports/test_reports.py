"""Tests the figures against a slow plain recount, on both databases, and against the figures of the day."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.figures.queries import DayFigures
from callcenter.calls.model import CallRecord, Direction, Hold, HungUpBy, Outcome
from callcenter.calls.reports.definitions import FIGURES
from callcenter.calls.reports.http import routes
from callcenter.calls.reports.model import Counts, ReportBy, by_clock, figures_of
from callcenter.calls.reports.queries import CallReports, ReportFilter
from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.service_level.queries import ServiceLevels
from callcenter.facts import linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.web_centre import open_web_centre

SINCE = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
DAYS = timedelta(days=3)
BERLIN = ZoneInfo("Europe/Berlin")
"""The clocks go back in the night of the period: an hour comes twice."""
WITHIN, SHORT = 15.0, 5.0


def calls(seed: int, count: int) -> list[CallRecord]:
    """Random calls of three days, inbound and not, with values that are not known."""
    draw = random.Random(seed)

    def call(number: int) -> CallRecord:
        at = SINCE + timedelta(seconds=draw.randrange(-7200, int(DAYS.total_seconds()) + 7200))
        outcome = draw.choice([*Outcome, Outcome.ANSWERED, Outcome.ANSWERED, Outcome.ABANDONED])
        answered, waited = outcome is Outcome.ANSWERED, draw.choice([None, 3.0, 5.0, 14.5, 15.0, 15.5, 90.0])
        return CallRecord(
            "pbx1",
            linkedid_of(f"pbx1-{number}.1"),
            draw.choice([Direction.INBOUND] * 5 + [Direction.OUTBOUND]),
            draw.choice(["orders", "vip", None]),
            draw.choice(["general", "vip"]),
            "13974812001",
            "",
            "4001",
            at,
            queued_at=at,
            answered_at=at + timedelta(seconds=waited or 0) if answered else None,
            ended_at=at + timedelta(seconds=200),
            outcome=outcome,
            agent=draw.choice(["1001", "1002", None]) if answered else None,
            hung_up_by=draw.choice([HungUpBy.AGENT, HungUpBy.CALLER]),
            late=draw.choice([None, True, False]),
            wait_seconds=waited,
            talk_seconds=draw.choice([None, 60.0, 125.5]) if answered else None,
            holds=(Hold(at, at, "leg"),) if draw.random() < 0.3 else (),
            hold_seconds=draw.choice([None, 0.0, 20.25]) if answered else None,
        )

    return [call(number) for number in range(count)]


def recount(records: list[CallRecord]) -> Counts:
    """The slow plain recount: one call after the other, each rule written out."""
    counted: dict[str, Any] = {field.name: 0 for field in fields(Counts)}
    for record in records:
        counted["offered"] += 1
        answered = record.outcome is Outcome.ANSWERED
        name = "in_progress" if record.outcome is None else record.outcome.value
        counted[name] += 1
        if answered and record.wait_seconds is not None:
            counted["wait_known"] += 1
            counted["wait_seconds"] += record.wait_seconds
            counted["in_time"] += record.wait_seconds <= WITHIN
        if record.outcome is Outcome.ABANDONED and record.wait_seconds is not None:
            counted["abandoned_short"] += record.wait_seconds < SHORT
        if answered and record.talk_seconds is not None:
            counted["talk_known"] += 1
            counted["talk_seconds"] += record.talk_seconds
        if record.late is not None:
            counted["ring_known"] += 1
            counted["ring_late"] += record.late
        if answered:
            counted["transferred"] += bool(record.transfers)
            counted["held"] += bool(record.holds)
            counted["hold_known"] += record.hold_seconds is not None
            counted["hold_seconds"] += record.hold_seconds or 0.0
            counted["agent_first"] += record.hung_up_by is HungUpBy.AGENT
    return Counts(**counted)


def half_hour(record: CallRecord) -> str:
    local = record.arrived_at.astimezone(BERLIN)
    return local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0).isoformat(timespec="minutes")


KEYS: dict[ReportBy, Callable[[CallRecord], str | None]] = {
    ReportBy.TOTAL: lambda record: "total",
    ReportBy.HALF_HOUR: half_hour,
    ReportBy.DAY: lambda record: record.arrived_at.astimezone(BERLIN).date().isoformat(),
    ReportBy.HOUR: lambda record: f"{record.arrived_at.astimezone(BERLIN).hour:02}",
    ReportBy.WEEKDAY: lambda record: str(record.arrived_at.astimezone(BERLIN).isoweekday()),
    ReportBy.LINE: lambda record: record.line,
    ReportBy.QUEUE: lambda record: record.queue,
    ReportBy.AGENT: lambda record: record.agent,
    ReportBy.TEAM: lambda record: {"1001": "early"}.get(record.agent or ""),
}


async def reports_of(database: Database, records: list[CallRecord]) -> CallReports:
    await CallService(database, "pbx1", RuleBook.of(Settings().policy)).keep(records)
    return CallReports(database, "pbx1", WITHIN, SHORT, BERLIN, teams=teams)


def now() -> datetime:
    return SINCE + DAYS


async def teams() -> dict[str, str]:
    return {"1001": "early"}


@pytest.mark.parametrize("seed", [1, 2])
async def test_S1_every_figure_equals_a_slow_recount(database: Database, seed: int) -> None:
    records = calls(seed, 250)
    reports = await reports_of(database, records)
    until = SINCE + DAYS
    for conditions in (ReportFilter(SINCE, until), ReportFilter(SINCE, until, line="orders", queue="vip")):
        period = [
            record
            for record in records
            if SINCE <= record.arrived_at < until
            and record.direction is Direction.INBOUND
            and conditions.line in (None, record.line)
            and conditions.queue in (None, record.queue)
        ]
        for by, key in KEYS.items():
            groups: dict[str | None, list[CallRecord]] = {}
            for record in period:
                groups.setdefault(key(record), []).append(record)
            assert dict(await reports.report(conditions, by)) == {
                name: recount(group) for name, group in groups.items()
            }


async def test_S1_the_figures_of_a_period_equal_the_service_level_and_the_figures_of_the_day(
    database: Database,
) -> None:
    reports, until = await reports_of(database, calls(3, 200)), SINCE + DAYS
    ((_, counts),) = await reports.report(ReportFilter(SINCE, until, line="orders"), ReportBy.TOTAL)
    period = await DayFigures(database, "pbx1", int(WITHIN)).between(SINCE, until, "orders")
    level = await ServiceLevels(database, "pbx1", int(WITHIN)).between(SINCE, until, "orders")
    figures = figures_of(counts)
    assert (counts.offered, counts.answered, counts.in_time, counts.abandoned) == (
        period.offered,
        period.answered,
        period.in_time,
        period.abandoned,
    )
    assert figures["service_level"] == round(period.level or 0, 4) == round(level.level or 0, 4)
    assert (figures["asa_seconds"], figures["talk_seconds"]) == (period.asa_seconds, period.talk_seconds)


def test_no_calls_give_no_figure_instead_of_a_wrong_one() -> None:
    assert set(figures_of(Counts()).values()) == {None}


def test_S1_every_figure_that_managers_ask_for_is_defined_once() -> None:
    asked = {
        "service_level", "service_level_without_short", "service_level_of_offered", "asa_seconds", "aht_seconds",
        "abandonment", "abandonment_without_short", "occupancy", "utilisation", "adherence", "first_contact",
        "transfer_share", "late_rings", "hold_share", "hold_seconds", "mean_wrap_up_seconds", "promises_kept",
    }  # fmt: skip
    assert asked <= set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_each_definition_computes_its_formula_and_has_words_in_both_languages(name: str) -> None:
    figure, draw = FIGURES[name], random.Random(name)
    names = re.findall(r"[a-z_]+", figure.formula)
    values = {each: float(draw.randrange(50, 99)) for each in names}
    assert figure.of(values) == pytest.approx(eval(figure.formula, {"__builtins__": {}}, dict(values)))
    assert figure.of(dict.fromkeys(names, 0.0)) is None
    assert re.search(r"[\u4e00-\u9fff]", figure.zh)
    assert figure.en


def test_the_hour_that_comes_twice_is_two_half_hours_each() -> None:
    start = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    buckets = [(int(start.timestamp()) + 900 * number, Counts(offered=1)) for number in range(8)]
    assert [(key, counts.offered) for key, counts in by_clock(buckets, ReportBy.HALF_HOUR, BERLIN)] == [
        ("2026-10-25T01:30+02:00", 2),
        ("2026-10-25T02:00+02:00", 2),
        ("2026-10-25T02:30+02:00", 2),
        ("2026-10-25T02:00+01:00", 2),
    ]


async def test_S1_leaders_read_the_figures_over_http(sqlite_database: Database) -> None:
    reports = await reports_of(sqlite_database, calls(4, 60))
    rollups = Rollups(sqlite_database, now, "pbx1", reports, Calendar(BERLIN))
    span = "since=2026-10-24T22:00:00Z&until=2026-10-27T22:00:00Z"
    async with open_web_centre(sqlite_database, routes(reports, rollups)) as centre:
        boss, agent = await centre.token(Role.SUPERVISOR), await centre.token(Role.AGENT)

        async def read(query: str, headers: dict[str, str]) -> tuple[int, Any]:
            answer = await centre.client.get(f"/api/v1/reports/{query}", headers=headers)
            return answer.status, await answer.json()

        status, report = await read(f"calls?{span}&by=line", boss)
        assert (status, report["threshold_seconds"]) == (200, WITHIN)
        assert report["total"]["counts"]["offered"] == sum(group["counts"]["offered"] for group in report["groups"])
        assert set(report["groups"][0]["figures"]) == {
            name for name, figure in FIGURES.items() if figure.source == "calls"
        }
        assert (await read("rollups", boss))[1]["complete"] is False
        assert (await read(f"calls?{span}", agent))[0] == 403
        assert (await read("calls?since=2026-10-27T22:00:00Z&until=2026-10-24T22:00:00Z", boss))[0] == 422
        assert (await read("calls?since=2026-01-01T00:00:00Z&until=2026-12-01T00:00:00Z&by=half_hour", boss))[0] == 422
        definitions = (await read("definitions", agent))[1]["items"]
        assert [definition["name"] for definition in definitions] == [*FIGURES]
