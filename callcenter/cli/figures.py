"""`callcenter figures`: the counts that are kept for reports; they can be checked against the records and rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter.cli.session import Session, run_command
from callcenter.kit.written_times import written_time

app = typer.Typer(help="Counts that are kept for reports: state, check, rebuild.", no_args_is_help=True)
MOST_SHOWN = 50
Time = Annotated[str, typer.Argument(help="Local time, such as 2026-11-01.")]


@app.command("state")
def state_command() -> None:
    """Show from when on reports need no records, and the result of the last check."""

    async def work(session: Session) -> None:
        state = await session.contributions.rollups.state()
        since = "-" if state.counted_since is None else state.counted_since.isoformat()
        checked = "never" if state.checked_at is None else state.checked_at.isoformat()
        typer.echo(f"counted since {since} ({'everything' if state.complete else 'not everything yet'})")
        typer.echo(f"changed since counted: {state.waiting} quarter hours")
        typer.echo(f"checked {checked}: {state.checked_days} days, {state.differences} differences")

    run_command(work)


@app.command("check")
def check_command(since: Time, until: Time) -> None:
    """Compare the kept counts of whole days with the records; exit 1 where they differ. They are counted again."""

    async def work(session: Session) -> bool:
        zone = session.settings.timezone
        rollups = session.contributions.rollups
        differences = await rollups.check(_instant(since, zone), _instant(until, zone))
        for each in differences[:MOST_SHOWN]:
            place = f"{each.line or '-'}/{each.queue or '-'}/{each.agent or '-'}"
            typer.echo(f"{each.at.isoformat()}  {place}  {each.count}: kept {each.stored:g}, records {each.recorded:g}")
        while await rollups.count_changed():
            pass
        typer.echo(f"{len(differences)} differences")
        return bool(differences)

    if run_command(work):
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild_command() -> None:
    """Count all records from the beginning; reports stay right meanwhile, and are slower."""

    async def work(session: Session) -> None:
        rollups = session.contributions.rollups
        await rollups.rebuild()
        state = await rollups.state()
        since = "-" if state.counted_since is None else state.counted_since.isoformat()
        typer.echo(f"counted since {since}")

    run_command(work)


def _instant(text: str, zone: str) -> datetime:
    at = written_time(text)
    if at is None:
        raise typer.BadParameter("a time looks like 2026-11-01 or '2026-11-01 08:00'")
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))
