"""`callcenter worklog` and `callcenter announcements`: daily logs and months; news and its readers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from callcenter.announcements.model import Announcement, News
from callcenter.cli.session import READER, By, Session, run_command

worklog_app = typer.Typer(help="Work logs (W4): show a day, who is missing, a month.", no_args_is_help=True)
announcements_app = typer.Typer(help="Announcements (H2): list, publish, withdraw, receipts.", no_args_is_help=True)


@worklog_app.command("show")
def show_command(agent: str, day: Annotated[str, typer.Argument(help="Such as 2026-11-24.")]) -> None:
    """Show one agent's day."""

    async def work(session: Session) -> None:
        log = await session.contributions.work_logs.log(agent, _day(day), READER)
        figures = log.figures
        typer.echo(f"{log.agent} {log.day}: {log.row.state if log.row else 'nothing written'}")
        typer.echo(
            f"answered {figures.answered}, outbound {figures.outbound}, missed {figures.missed}, late {figures.late},"
            f" talk {figures.talk_seconds:.0f} s, return calls {figures.return_calls}, cases"
            f" {' '.join(figures.cases) or '-'}"
        )
        for name, text in (log.row.texts if log.row else {}).items():
            typer.echo(f"  {name}: {' '.join(text.split())}")

    run_command(work)


@worklog_app.command("missing")
def missing_command(day: str) -> None:
    """List the agents who had a shift on a day and have not submitted a log."""

    async def work(session: Session) -> None:
        for agent in await session.contributions.work_logs.missing(_day(day)):
            typer.echo(agent)

    run_command(work)


@worklog_app.command("month")
def month_command(month: Annotated[str, typer.Argument(help="Such as 2026-11.")]) -> None:
    """Show a month: totals by agent, missing logs, suggestions (S4), unusual customers."""

    async def work(session: Session) -> None:
        summary = await session.contributions.month_summaries.month(month)
        for item in summary["agents"]:
            typer.echo(
                f"{item['agent']:<8} days {item['days']:>3}, without a log {item['days_without']:>3},"
                f" answered {item['answered']:>5}, late {item['late']:>4}, cases {item['cases']:>4}"
            )
        for item in summary["suggestions"]:
            typer.echo(f"  {item['day']} {item['agent']}: {' '.join(item['text'].split())}")
        for kind, count in summary["unusual"].items():
            typer.echo(f"  unusual, {kind}: {count}")

    run_command(work)


@announcements_app.command("list")
def list_command(limit: Annotated[int, typer.Option(min=1, max=500)] = 20) -> None:
    """List the newest announcements, including expired ones."""

    async def work(session: Session) -> None:
        for row in await session.contributions.announcements.everything(limit):
            over = f" over: {row.over_reason}" if row.over_at else ""
            typer.echo(f"{row.id}  {row.published_at:%Y-%m-%d}  {row.kind:<9}  {row.title}{over}")

    run_command(work)


@announcements_app.command("publish")
def publish_command(
    title: str,
    body: str,
    by: By,
    kind: Annotated[News, typer.Option()] = News.NEWS,
    must_read: Annotated[
        bool, typer.Option("--must-read", help="Every reader must confirm that they have read it.")
    ] = False,
) -> None:
    """Publish an announcement to everyone."""

    async def work(session: Session) -> None:
        given = Announcement(title=title, body=body, kind=kind, must_read=must_read)
        typer.echo(
            (
                await session.contributions.announcements.publish(given, await session.acts(by, "publish_announcement"))
            ).id
        )

    run_command(work)


@announcements_app.command("withdraw")
def withdraw_command(id: str, reason: str, by: By) -> None:
    """Withdraw an announcement; it stays on record."""

    async def work(session: Session) -> None:
        await session.contributions.announcements.withdraw(id, reason, await session.acts(by, "withdraw_announcement"))

    run_command(work)


@announcements_app.command("receipts")
def receipts_command(id: str) -> None:
    """List all recipients, with the time at which they read it."""

    async def work(session: Session) -> None:
        for receipt in await session.contributions.announcements.receipts(id):
            at = f"{receipt.at:%Y-%m-%d %H:%M}Z" if receipt.at else "not read"
            typer.echo(f"{receipt.agent or '-':<8} {receipt.name}: {at}")

    run_command(work)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day looks like 2026-11-24") from None
