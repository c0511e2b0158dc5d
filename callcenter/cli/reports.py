"""`callcenter reports`: saved reports that are sent by e-mail or written into a folder."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.kinds import KINDS, ReportKind
from callcenter.calls.reports.scheduled.model import TIME, ReportEvery, ReportFormat, Schedule, minute_of
from callcenter.cli.session import By, Session, run_command

app = typer.Typer(
    help="Saved reports: list, add, pause, resume, remove, send; what became of them.", no_args_is_help=True
)
LONGEST_NAME = 80
Id = Annotated[str, typer.Argument(help="The id of the report.")]


@app.command("list")
def list_command() -> None:
    """List the saved reports with the state of their newest deliveries."""

    async def work(session: Session) -> None:
        reports, zone = session.contributions.scheduled_reports, ZoneInfo(session.settings.timezone)
        for row in await reports.all():
            targets = ",".join([*row.mail_to, *(["folder"] if row.to_folder else [])])
            states = ",".join(each.state for each in await reports.deliveries(row.id, 3)) or "-"
            due = f"{row.next_due.astimezone(zone):%Y-%m-%d %H:%M}" if row.paused_at is None else f"{'paused':<16}"
            what = f"{row.kind:<13} {row.every:<5} {row.by:<9} {row.format:<4}"
            typer.echo(f"{row.id}  {what}  {due}  {targets}  {states}  {row.name}")

    run_command(work)


@app.command("add")
def add_command(
    name: str,
    every: ReportEvery,
    by: By,
    time: Annotated[str, typer.Option(help="Of the centre's clock.")] = "07:00",
    kind: Annotated[ReportKind, typer.Option(help="What it is a report of.")] = ReportKind.CALLS,
    group: Annotated[ReportBy | None, typer.Option(help="What its rows are, of calls and work.")] = None,
    format: Annotated[ReportFormat, typer.Option()] = ReportFormat.XLSX,
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    line: Annotated[str | None, typer.Option(help="Of one line; else of all.")] = None,
    mail_to: Annotated[list[str] | None, typer.Option(help="An address; may be given more than once.")] = None,
    folder: Annotated[bool, typer.Option(help="Into the folder `reports` of the data folder.")] = False,
) -> None:
    """Save a report that is sent whenever it is due."""
    if not re.match(TIME, time) or not 1 <= len(name) <= LONGEST_NAME:
        raise typer.BadParameter(f"a time looks like 07:00, a name has {LONGEST_NAME} characters at most")
    spoken = "en" if language == "en" else "zh-CN"
    to = tuple(mail_to or ())
    schedule = Schedule(
        name=name,
        every=every,
        minute=minute_of(time),
        by=KINDS[kind].default if group is None else group,
        format=format,
        language=spoken,
        line=line,
        mail_to=to,
        to_folder=folder,
        kind=kind,
    )

    async def work(session: Session) -> None:
        person = await session.acts(by, "add_scheduled_report")
        row = await session.contributions.scheduled_reports.add(schedule, person)
        typer.echo(row.id)

    run_command(work)


@app.command("remove")
def remove_command(id: Id, by: By) -> None:
    """Remove a saved report; files that were written stay."""

    async def work(session: Session) -> None:
        await session.contributions.scheduled_reports.remove(id, await session.acts(by, "remove_scheduled_report"))
        typer.echo(f"{id} is removed")

    run_command(work)


@app.command("pause")
def pause_command(id: Id, by: By) -> None:
    """Send nothing by its schedule until it is resumed."""

    async def work(session: Session) -> None:
        await session.contributions.scheduled_reports.pause(id, await session.acts(by, "pause_scheduled_report"))
        typer.echo(f"{id} is paused")

    run_command(work)


@app.command("resume")
def resume_command(id: Id, by: By) -> None:
    """Follow its schedule again; what was due meanwhile is not sent."""

    async def work(session: Session) -> None:
        await session.contributions.scheduled_reports.resume(id, await session.acts(by, "resume_scheduled_report"))
        typer.echo(f"{id} is resumed")

    run_command(work)


@app.command("send")
def send_command(id: Id, by: By) -> None:
    """Have the report of the last period that is over sent now; the running service sends it."""

    async def work(session: Session) -> None:
        await session.contributions.scheduled_reports.send_now(id, await session.acts(by, "send_scheduled_report"))
        typer.echo("queued")

    run_command(work)


@app.command("deliveries")
def deliveries_command(id: Id) -> None:
    """List the newest deliveries of a report, with why one failed."""

    async def work(session: Session) -> None:
        for each in await session.contributions.scheduled_reports.deliveries(id):
            line = f"{each.due_at:%Y-%m-%d %H:%M}Z  {each.target}  {each.state}  {each.tries}  {each.file} {each.error}"
            typer.echo(line.rstrip())

    run_command(work)
