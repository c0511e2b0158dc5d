"""`callcenter roster`: shortages, leave, swaps, overtime, and who can take a shift."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter.cli.session import READER, By, Session, run_command
from callcenter.kit.written_times import written_time
from callcenter.roster.errors import BadLocalTime
from callcenter.roster.leave.model import LeaveEvent, LeaveKind, LeaveState
from callcenter.roster.model import instant_of
from callcenter.roster.overtime.hours import Paid
from callcenter.roster.overtime.model import MONTH, OvertimeEvent, OvertimeState
from callcenter.roster.staffing.model import Load, agents_needed, outcome
from callcenter.roster.swaps.model import SwapState

app = typer.Typer(help="The roster (D2-D4): shortages, leave, swaps, substitutes.", no_args_is_help=True)
Time = Annotated[str, typer.Argument(help="Local time, such as 2026-12-01 or '2026-12-01 08:00'.")]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Limit = Annotated[int, typer.Option(min=1, max=500)]


@app.command("shortages")
def shortages_command(start: Time, end: Time) -> None:
    """List where the roster has fewer agents than the lines need (D2)."""

    async def work(session: Session) -> None:
        zone = session.settings.timezone
        for short in await session.contributions.roster.effects.shortages(_instant(start, zone), _instant(end, zone)):
            span = _span(short.starts_at, short.ends_at, zone)
            skill = "" if short.skill is None else f" with {short.skill} {short.level}"
            typer.echo(f"{short.line:<12} {span}  on duty {short.on_duty}, required {short.required}{skill}")

    run_command(work)


@app.command("needs")
def needs_command(line: str) -> None:
    """List how many agents a line needs at least, and how many of them with a skill."""

    async def work(session: Session) -> None:
        for need in await session.contributions.roster.needs.of_line(line):
            skills = ", ".join(f"{asked.agents} with {asked.skill} {asked.level}" for asked in need.skills)
            days, times = DAYS[need.weekday], f"{_clock(need.start)}-{_clock(need.end)}"
            typer.echo(f"{days} {times}  {need.agents} agents{f', of them {skills}' if skills else ''}")

    run_command(work)


@app.command("adherence")
def adherence_command(start: Time, end: Time, line: Annotated[str | None, typer.Option()] = None) -> None:
    """List how far agents were where the roster had them, and how much of the planned time was lost."""

    async def work(session: Session) -> None:
        zone, reports = session.settings.timezone, session.contributions.roster.adherence
        for agent, seconds in (await reports.of(_instant(start, zone), _instant(end, zone), line)).items():
            shares = (("adherence", seconds.adherence), ("shrinkage", seconds.shrinkage))
            texts = ", ".join(f"{name} {'-' if share is None else f'{share:.1%}'}" for name, share in shares)
            overtime = f", overtime {seconds.overtime / 3600:.2f} h" if seconds.overtime else ""
            stayed = f", stayed {seconds.stayed / 3600:.2f} h" if seconds.stayed else ""
            typer.echo(f"{agent:<8} planned {seconds.planned / 3600:.2f} h, {texts}{overtime}{stayed}")

    run_command(work)


@app.command("overtime-hours")
def overtime_hours_command(month: Annotated[str, typer.Argument(help="Such as 2026-11.")]) -> None:
    """List the overtime of a month by agent: of working days, days of rest and public holidays."""
    if not re.match(MONTH, month):
        raise typer.BadParameter("a month looks like 2026-11")

    async def work(session: Session) -> None:
        for agent, overtime in (await session.contributions.roster.overtime_reading.by_agent(month)).items():
            spans = (("planned", overtime.planned), ("signed in", overtime.present))
            typer.echo(f"{agent:<8} " + ", ".join(f"{name} {_paid(paid)}" for name, paid in spans))

    run_command(work)


@app.command("adherence-now")
def adherence_now_command() -> None:
    """List who has a shift now, and who of them is in adherence."""

    async def work(session: Session) -> None:
        for now in await session.contributions.roster.adherence_now.of():
            judged = {None: "-", True: "in adherence", False: "out of adherence"}[now.in_adherence]
            since = now.since.astimezone(ZoneInfo(session.settings.timezone))
            typer.echo(f"{now.agent:<8} {now.planned:<8} {now.present:<11} {judged} since {since:%Y-%m-%d %H:%M}")

    run_command(work)


@app.command("leaves")
def leaves_command(state: Annotated[LeaveState | None, typer.Option()] = None, limit: Limit = 50) -> None:
    """List leaves, newest requests first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.roster.leaves.leaves(READER, limit, state=state):
            span = _span(row.starts_at, row.ends_at, session.settings.timezone)
            typer.echo(f"{row.id}  {row.agent:<8} {row.kind:<8} {span}  {row.state:<9} {row.reason}")

    run_command(work)


@app.command("add-leave")
def add_leave_command(
    agent: str,
    start: Time,
    end: Time,
    reason: Annotated[str, typer.Option()],
    by: By,
    kind: Annotated[LeaveKind, typer.Option(help="Only sickness may have begun already.")] = LeaveKind.PERSONAL,
) -> None:
    """Request leave for an agent (D4); a leader then approves it."""

    async def work(session: Session) -> None:
        zone, person = session.settings.timezone, await session.acts(by, "request_leave")
        leaves = session.contributions.roster.leaves
        row = await leaves.request(agent, kind, _instant(start, zone), _instant(end, zone), reason, person)
        typer.echo(row.id)

    run_command(work)


@app.command("approve-leave")
def approve_leave_command(
    id: str,
    by: By,
    reason: Annotated[str, typer.Option(help="Required with --despite-shortage.")] = "",
    despite_shortage: Annotated[
        bool, typer.Option("--despite-shortage", help="Accept that a line has fewer agents than it needs.")
    ] = False,
) -> None:
    """Approve a leave: from its start the agent is not on duty."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "approve_leave")
        leaves = session.contributions.roster.leaves
        row = await leaves.decide(id, LeaveEvent.APPROVE, person, reason, despite_shortage=despite_shortage)
        typer.echo(f"{row.agent} {row.state}")

    run_command(work)


@app.command("swaps")
def swaps_command(state: Annotated[SwapState | None, typer.Option()] = None, limit: Limit = 50) -> None:
    """List swaps of shifts, newest first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.roster.swaps.swaps(READER, limit, state=state):
            span = _span(row.starts_at, row.ends_at, session.settings.timezone)
            back = f" for shift {row.return_shift}" if row.return_shift is not None else ""
            typer.echo(f"{row.id}  {row.agent} -> {row.colleague}  {row.line} {span}{back}  {row.state}")

    run_command(work)


@app.command("handovers")
def handovers_command(start: Time, end: Time, line: Annotated[str | None, typer.Option()] = None) -> None:
    """Count handovers and how long lines were below their minimum during them (H4)."""

    async def work(session: Session) -> None:
        zone, measures = session.settings.timezone, session.contributions.roster.measures
        counts = await measures.of(_instant(start, zone), _instant(end, zone), line)
        typer.echo(
            f"{counts.ended} handovers, {counts.unknown} unknown, {counts.below} with a line below its minimum,"
            f" {counts.below_seconds:.0f} s together, {counts.longest:.0f} s the longest"
        )

    run_command(work)


@app.command("overtime")
def overtime_command(state: Annotated[OvertimeState | None, typer.Option()] = None, limit: Limit = 50) -> None:
    """List overtime, newest requests first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.roster.overtimes.overtimes(READER, limit, state=state):
            span = _span(row.starts_at, row.ends_at, session.settings.timezone)
            by = "offered" if row.offered else "asked"
            typer.echo(f"{row.id}  {row.agent:<8} {row.line} {span}  {by}  {row.state:<9} {row.reason}")

    run_command(work)


@app.command("ask-overtime")
def ask_overtime_command(
    agent: str, line: str, start: Time, end: Time, reason: Annotated[str, typer.Option()], by: By
) -> None:
    """Ask an agent for overtime; the agent agrees, then a leader approves it."""

    async def work(session: Session) -> None:
        zone, person = session.settings.timezone, await session.acts(by, "ask_for_overtime")
        overtimes = session.contributions.roster.overtimes
        row = await overtimes.ask(agent, line, _instant(start, zone), _instant(end, zone), reason, person)
        typer.echo(row.id)

    run_command(work)


@app.command("approve-overtime")
def approve_overtime_command(id: str, by: By) -> None:
    """Approve an overtime that both sides agreed to: it becomes a shift."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "approve_overtime")
        effect = await session.contributions.roster.overtimes.effect(id, person)
        row = await session.contributions.roster.overtimes.decide(id, OvertimeEvent.APPROVE, person)
        breaks = ", ".join(f"{strain.rule} {strain.hours:g} h" for strain in effect.strains) or "-"
        typer.echo(f"{row.agent} {row.state}, hours that week {effect.week_hours_after:g}, breaks {breaks}")

    run_command(work)


@app.command("substitutes")
def substitutes_command(shift: int) -> None:
    """List who can take a shift, the best first, with what decides the rank."""

    async def work(session: Session) -> None:
        for free in await session.contributions.roster.substitutes.of(shift):
            rest = "-" if free.rest_hours is None else f"{free.rest_hours:g} h"
            breaks = ", ".join(f"{strain.rule} {strain.hours:g} h" for strain in free.breaks) or "-"
            typer.echo(
                f"{free.agent:<8} {free.name}  shifts on the line {free.line_shifts}, hours that week"
                f" {free.week_hours:g}, rest {rest}, breaks {breaks}, fills {', '.join(free.fills) or '-'}"
            )

    run_command(work)


def _instant(text: str, zone: str) -> datetime:
    at = written_time(text)
    if at is None:
        raise BadLocalTime("a time looks like 2026-12-31 18:00", fault="no_offset")
    return instant_of(at, zone)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _span(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    place = ZoneInfo(zone)
    return f"{starts_at.astimezone(place):%Y-%m-%d %H:%M} - {ends_at.astimezone(place):%Y-%m-%d %H:%M}"


@app.command("forecast")
def forecast_command(
    day: Annotated[str, typer.Argument(help="Such as 2026-12-01.")],
    line: Annotated[str | None, typer.Option()] = None,
    goal: Annotated[float, typer.Option(help="The share of callers answered in time.")] = 0.8,
) -> None:
    """Forecast the calls of a day by half hour, with the agents that they need."""

    async def work(session: Session) -> None:
        from callcenter.centre.site import forecasts_of

        at = _instant(day, session.settings.timezone).astimezone(ZoneInfo(session.settings.timezone))
        result = await forecasts_of(session.centre).of(at.date(), line, goal, None)
        if result.forecast is None:
            typer.echo("no comparable day in the last weeks")
            return
        for step, calls in enumerate(result.forecast.steps):
            agents = result.needed[step] if result.needed else "-"
            typer.echo(f"{step // 2:02}:{step % 2 * 30:02}  calls {calls:7.1f}  agents {agents}")
        tested = result.backtest
        if tested.error is not None and tested.plain_error is not None:
            typer.echo(f"error on {tested.days} days: {tested.error:.1%} (plain mean {tested.plain_error:.1%})")

    run_command(work)


@app.command("needed")
def needed_command(
    calls: Annotated[float, typer.Argument(help="Calls in the interval.")],
    handling: Annotated[float, typer.Argument(help="Seconds of conversation and wrap-up.")],
    goal: Annotated[float, typer.Option(help="The share of callers answered in time.")] = 0.8,
    within: Annotated[float, typer.Option(help="Seconds.")] = 15,
    interval: Annotated[float, typer.Option(help="Seconds.")] = 1800,
    patience: Annotated[float | None, typer.Option(help="Mean patience in seconds (Erlang A).")] = None,
    agents: Annotated[int | None, typer.Option(help="What this many would achieve instead.")] = None,
) -> None:
    """Compute how many agents a load needs (Erlang C, with --patience Erlang A)."""

    async def work(session: Session) -> None:
        load = Load(calls, handling, interval, patience)
        results = [agents_needed(load, goal, within)]
        results += [] if agents is None else [outcome(load, agents, within)]
        for result in results:
            wait = "-" if result.mean_wait is None else f"{result.mean_wait:.1f} s"
            typer.echo(
                f"{result.agents} agents: {result.service_level:.1%} within {within:g} s, mean wait {wait},"
                f" give up {result.abandons:.1%}, occupancy {result.occupancy:.1%}"
            )

    run_command(work)


def _paid(paid: Paid) -> str:
    by_day = "kinds of day unknown"
    if paid.by_day is not None:
        by_day = ", ".join(f"{name} {seconds / 3600:.2f}" for name, seconds in asdict(paid.by_day).items())
    return f"{paid.seconds / 3600:.2f} h ({by_day})"
