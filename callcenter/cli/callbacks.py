"""`callcenter callbacks`: the queue of return calls, imports, apologies, the do-not-call list.

Works on the database; a running service sees the changes when it next reads the queue.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from callcenter import clock
from callcenter.callbacks.model import State
from callcenter.callbacks.outreach.calls import Drawn
from callcenter.callbacks.queries import CallbackFilter, ReturnCall
from callcenter.callbacks.room import Room
from callcenter.cli.session import By, FormerlyUnnamed, Session, run_command
from callcenter.facts import LineCode
from callcenter.settings import Settings
from callcenter.web.roles import Person

app = typer.Typer(help="Return calls: the queue, its figures, lists.", no_args_is_help=True)


def _with_room(work: Callable[[Room], Awaitable[None]]) -> None:
    run_command(lambda session: work(session.contributions.callbacks))


def _acting(operation: str, by: str | None, work: Callable[[Room, Person], Awaitable[None]]) -> None:
    """Act on behalf of this person, who needs the roles of the API operation."""

    async def act(session: Session) -> None:
        await work(session.contributions.callbacks, await session.acts(by, operation))

    run_command(act)


def _ended(operation: str, end: Callable[[Room, Person], Awaitable[ReturnCall]], by: str | None) -> None:
    async def work(room: Room, person: Person) -> None:
        typer.echo(_line(await end(room, person)))

    _acting(operation, by, work)


def _print(data: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))


def _here(at: datetime) -> str:
    """Parse an instant in the centre's time zone."""
    return f"{at.astimezone(ZoneInfo(Settings().timezone)):%Y-%m-%d %H:%M}"


def _line(row: ReturnCall) -> str:
    promised = "!" if row.promised else " "
    when = f"{promised}{_here(row.due_at)}"
    return f"{row.id} {row.state:11} {when} {row.source:13} {row.line or '-':12} {row.case or ''}"


@app.command("list")
def list_command(
    state: Annotated[State | None, typer.Option(help="Only return calls in this state.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open return calls past their due time.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """List return calls by due time; `!` marks a promise. Numbers are hidden; `show` shows one in full."""

    async def work(room: Room) -> None:
        conditions = CallbackFilter(state=state, open=None if state else True, overdue=overdue)
        for row in await room.reading.find(conditions, limit):
            typer.echo(_line(row))

    _with_room(work)


@app.command("show")
def show_command(id: str) -> None:
    """Show a return call with its causes, attempts and history."""

    async def work(room: Room) -> None:
        whole = await room.reading.whole(id)
        columns = [column.key for column in ReturnCall.__table__.columns]
        _print(
            {
                **{name: getattr(whole.row, name) for name in columns},
                "causes": [f"{_here(cause.at)} {cause.source}: {cause.text}" for cause in whole.causes],
                "dials": [
                    f"{_here(attempt.at)} {attempt.agent} {attempt.result} {attempt.call}" for attempt in whole.attempts
                ],
                "history": [f"{_here(step.at)} {step.event} -> {step.state} {step.by}" for step in whole.steps],
            }
        )

    _with_room(work)


@app.command("board")
def board_command() -> None:
    """Count return calls that are due, overdue and promised today, by source and agent."""

    async def work(room: Room) -> None:
        _print(asdict(await room.board.now()))

    _with_room(work)


@app.command("figures")
def figures_command(
    days: Annotated[int, typer.Option(min=1, max=366, help="The period, until now.")] = 7,
    by: Annotated[str | None, typer.Option(help="agent, line, source or department.")] = None,
) -> None:
    """Show contact rate, attempts per success, kept promises, solutions and satisfaction, with intervals."""

    async def work(room: Room) -> None:
        until = clock.now()
        figures = await room.board.figures(until - timedelta(days=days), until, by)
        _print({name or "all": asdict(entry) for name, entry in figures.items()})

    _with_room(work)


@app.command("withdraw")
def withdraw_command(id: str, reason: str, by: FormerlyUnnamed = None) -> None:
    """Withdraw a return call that is no longer needed."""
    _ended("withdraw_callback", lambda room, person: room.service.withdraw(id, person, reason), by)


@app.command("expire")
def expire_command(id: str, reason: str, by: FormerlyUnnamed = None) -> None:
    """Close a return call that has come too late to be useful."""
    _ended("expire_callback", lambda room, person: room.service.expire(id, person, reason), by)


@app.command("sign")
def sign_command(id: str, reason: str, by: By) -> None:
    """Sign as a leader that the customer could not be reached after all attempts."""
    _ended("sign_unreachable", lambda room, person: room.service.sign_unreachable(id, person, reason), by)


@app.command("apologise")
def apologise_command(
    since: Annotated[datetime, typer.Argument(help="In the centre's time zone, such as 2026-11-24T10:00.")],
    until: Annotated[datetime, typer.Argument()],
    reason: Annotated[str, typer.Argument(help="What the agent explains to the customers.")],
    line: Annotated[str | None, typer.Option()] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print how many.")] = False,
    by: FormerlyUnnamed = None,
) -> None:
    """Create a return call for every caller whom a failure kept from being served (R7)."""

    async def work(room: Room, person: Person) -> None:
        zone = ZoneInfo(Settings().timezone)
        window = (since.replace(tzinfo=zone), until.replace(tzinfo=zone))
        _print_drawn(
            await room.apologies.apologise(*window, reason, person, LineCode(line) if line else None, dry_run=dry_run)
        )

    _acting("apologise", by, work)


@app.command("survey")
def survey_command(
    code: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print how many.")] = False,
    by: FormerlyUnnamed = None,
) -> None:
    """Draw the sample of a campaign and create its return calls."""

    async def work(room: Room, person: Person) -> None:
        _print_drawn(await room.surveys.draw(code, person, dry_run=dry_run))

    _acting("draw_campaign", by, work)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="Write the refused rows here, .csv or .xlsx, with the reasons.")
    ] = None,
    by: FormerlyUnnamed = None,
) -> None:
    """Import return calls with the columns number, reason, due_at, line, case, language, agent: all or none."""

    async def work(room: Room, person: Person) -> None:
        data = file.read_bytes()
        outcome = await room.importing.run(data, person, dry_run=dry_run)
        for entry in outcome.refused:
            typer.echo(f"{file}: line {entry.line}, {entry.column}: {entry.message} ({entry.code})", err=True)
        typer.echo(f"rows {outcome.total}, good {outcome.accepted}, made {outcome.made}, joined {outcome.joined}")
        if outcome.refused and errors is not None:
            errors.write_bytes(await room.importing.errors(data, xlsx=errors.suffix.lower() == ".xlsx"))
        if outcome.refused:
            raise typer.Exit(1)

    _acting("import_callbacks", by, work)


def _print_drawn(drawn: Drawn) -> None:
    typer.echo(f"calls {len(drawn.calls)}, made {drawn.made}, joined {drawn.joined}, left out {drawn.left_out}")


@app.command("bar")
def bar_command(
    number: str,
    reason: str,
    survey: Annotated[bool, typer.Option("--survey", help="Only from surveys.")] = False,
    by: FormerlyUnnamed = None,
) -> None:
    """Add a number to the do-not-call list."""

    async def work(room: Room, person: Person) -> None:
        row = await room.do_not_call.bar(number, "survey" if survey else "all", reason, person)
        typer.echo(f"{row.number} is not called ({row.scope}).")

    _acting("bar_number", by, work)


@app.command("unbar")
def unbar_command(
    number: str, survey: Annotated[bool, typer.Option("--survey")] = False, by: FormerlyUnnamed = None
) -> None:
    """Remove a number from the do-not-call list."""

    async def work(room: Room, person: Person) -> None:
        lifted = await room.do_not_call.unbar(number, "survey" if survey else "all", person)
        typer.echo("taken off" if lifted else "it was not on the list")

    _acting("unbar_number", by, work)
