"""`callcenter worklog` and `callcenter announcements`: read logs and months, publish news, see who has read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.announcements.model import Announcement, News
from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.queries import Reading
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.centre.worklogs import WorkSources
from callcenter.cli.session import By, at_shell, person_by
from callcenter.clock import now
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.service import CustomerService
from callcenter.roster.service import RosterService
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person, Role
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.service import MonthSummaries
from callcenter.worklog.unusual.service import UnusualCustomers

READER = Person("", "shell", "", frozenset({Role.ADMINISTRATOR}))
worklog_app = typer.Typer(help="Work logs (W4): show a day, who is missing, a month.", no_args_is_help=True)
announcements_app = typer.Typer(help="Announcements (H2): list, publish, withdraw, receipts.", no_args_is_help=True)


@dataclass(frozen=True)
class Shell:
    logs: WorkLogs
    months: MonthSummaries
    announcements: AnnouncementService
    people: PeopleService

    async def person(self, login: str) -> Person:
        """Raises NoSuchPerson."""
        return await person_by(self.people, login)


@worklog_app.command("show")
def show_command(agent: str, day: Annotated[str, typer.Argument(help="Such as 2026-11-24.")]) -> None:
    """One agent's day."""

    async def work(shell: Shell) -> None:
        log = await shell.logs.log(agent, _day(day), READER)
        figures = log.figures
        typer.echo(f"{log.agent} {log.day}: {log.row.state if log.row else 'nothing written'}")
        typer.echo(
            f"answered {figures.answered}, outbound {figures.outbound}, missed {figures.missed}, late {figures.late},"
            f" talk {figures.talk_seconds:.0f} s, return calls {figures.return_calls}, cases"
            f" {' '.join(figures.cases) or '-'}"
        )
        for name, text in (log.row.texts if log.row else {}).items():
            typer.echo(f"  {name}: {' '.join(text.split())}")

    _with_shell(work)


@worklog_app.command("missing")
def missing_command(day: str) -> None:
    """Who had a shift on a day and has not submitted a log."""

    async def work(shell: Shell) -> None:
        for agent in await shell.logs.missing(_day(day)):
            typer.echo(agent)

    _with_shell(work)


@worklog_app.command("month")
def month_command(month: Annotated[str, typer.Argument(help="Such as 2026-11.")]) -> None:
    """A month: totals by agent, missing logs, suggestions (S4), unusual customers."""

    async def work(shell: Shell) -> None:
        result = await shell.months.month(month)
        for entry in result["agents"]:
            typer.echo(
                f"{entry['agent']:<8} days {entry['days']:>3}, without a log {entry['days_without']:>3},"
                f" answered {entry['answered']:>5}, late {entry['late']:>4}, cases {entry['cases']:>4}"
            )
        for entry in result["suggestions"]:
            typer.echo(f"  {entry['day']} {entry['agent']}: {' '.join(entry['text'].split())}")
        for kind, count in result["unusual"].items():
            typer.echo(f"  unusual, {kind}: {count}")

    _with_shell(work)


@announcements_app.command("list")
def list_command(limit: Annotated[int, typer.Option(min=1, max=500)] = 20) -> None:
    """The newest announcements, those that are over too."""

    async def work(shell: Shell) -> None:
        for row in await shell.announcements.everything(limit):
            over = f" over: {row.over_reason}" if row.over_at else ""
            typer.echo(f"{row.id}  {row.published_at:%Y-%m-%d}  {row.kind:<9}  {row.title}{over}")

    _with_shell(work)


@announcements_app.command("publish")
def publish_command(
    title: str,
    body: str,
    by: By,
    kind: Annotated[News, typer.Option()] = News.NEWS,
    must_read: Annotated[bool, typer.Option("--must-read", help="Everybody says that they have read it.")] = False,
) -> None:
    """Publish to everybody."""

    async def work(shell: Shell) -> None:
        given = Announcement(title=title, body=body, kind=kind, must_read=must_read)
        typer.echo((await shell.announcements.publish(given, await shell.person(by))).id)

    _with_shell(work)


@announcements_app.command("withdraw")
def withdraw_command(id: str, reason: str, by: By) -> None:
    """It no longer holds; it stays on record."""

    async def work(shell: Shell) -> None:
        await shell.announcements.withdraw(id, reason, await shell.person(by))

    _with_shell(work)


@announcements_app.command("receipts")
def receipts_command(id: str) -> None:
    """Everybody whom it is for, with when they read it."""

    async def work(shell: Shell) -> None:
        for receipt in await shell.announcements.receipts(id):
            at = f"{receipt.at:%Y-%m-%d %H:%M}Z" if receipt.at else "not read"
            typer.echo(f"{receipt.agent or '-':<8} {receipt.name}: {at}")

    _with_shell(work)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day looks like 2026-11-24") from None


async def _tell_nobody(_: AsyncSession, __: str, ___: Any) -> None:
    """Subscribers outside are told by the running service only."""


def _shell(settings: Settings, database: Database) -> Shell:
    audit, zone = Audit(database, now), settings.timezone
    people, lines = PeopleService(database, now, audit), LineService(database, audit, lambda: None)
    agents = AgentService(database, now, audit, lambda: None)
    rules = RuleBook.of(settings.policy)
    calls = CallService(database, settings.pbx.name, rules)
    roster = RosterService(database, audit, agents, lines, lambda: None)
    sources = WorkSources(calls, CaseQueries(database), Reading(database, now), roster, people)
    logs = WorkLogs(database, now, audit, zone, sources.figures, sources.shifts)
    key_of = CustomerService(database, now, audit, settings.region, settings.outside_prefix).key_of
    unusual = UnusualCustomers(database, now, audit, key_of, lambda _, __: None, _tell_nobody)
    months = MonthSummaries(database, now, audit, zone, logs, unusual, sources.shifts)
    news = AnnouncementService(database, now, audit, people, lambda _, __: None, _tell_nobody)
    return Shell(logs, months, news, people)


def _with_shell(work: Callable[[Shell], Awaitable[None]]) -> None:
    at_shell(_shell, work)
