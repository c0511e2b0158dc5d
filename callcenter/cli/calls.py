"""`callcenter calls`: rebuilds a call's record from its stored lines; the figures of a period."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter.calls import deltas
from callcenter.calls.rebuilding import Rebuilding
from callcenter.calls.reports.model import ReportBy, figures_of
from callcenter.calls.reports.queries import ReportFilter
from callcenter.calls.rules import RuleBook
from callcenter.cli.session import By, Session, run_command
from callcenter.facts import CallId
from callcenter.kit.written_times import written_time
from callcenter.web.masking import without_caller
from callcenter.web.roles import ADMINISTRATORS

app = typer.Typer(help="Call records.", no_args_is_help=True)


@app.command("report")
def report_command(
    since: Annotated[str, typer.Argument(help="Local time, such as 2026-11-01.")],
    until: Annotated[str, typer.Argument(help="Local time, such as 2026-12-01; not included.")],
    by: Annotated[ReportBy, typer.Option()] = ReportBy.DAY,
    line: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Show the figures of a period (S1): calls, service level, abandonment, speed of answer, conversation."""

    async def work(session: Session) -> None:
        zone = session.settings.timezone
        conditions = ReportFilter(_instant(since, zone), _instant(until, zone), line)
        from callcenter.centre.site import reports_of

        for key, counts in await reports_of(session.centre).report(conditions, by):
            figures = figures_of(counts)
            level, lost = figures["service_level"], figures["abandonment"]
            typer.echo(
                f"{key or '-':<24} offered {counts.offered:>6}  answered {counts.answered:>6}"
                f"  level {_share(level)}  abandoned {_share(lost)}"
                f"  asa {_seconds(figures['asa_seconds'])}  talk {_seconds(figures['talk_seconds'])}"
            )

    run_command(work)


def _instant(text: str, zone: str) -> datetime:
    at = written_time(text)
    if at is None:
        raise typer.BadParameter("a time looks like 2026-11-01 or '2026-11-01 08:00'")
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))


def _share(value: float | None) -> str:
    return "     -" if value is None else f"{value:6.1%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


@app.command("rebuild")
def rebuild(call: Annotated[str, typer.Argument(help="The id of the call.")], by: By) -> None:
    """Rebuild one record from the stored lines of CEL and queue_log, and print it with masked numbers."""

    async def work(session: Session) -> None:
        rules, audit = RuleBook.of(session.settings.policy), session.centre.web_services.audit
        rebuilding = Rebuilding(session.database, audit, rules)
        record = await rebuilding.rebuild(CallId(call), await session.acts(by, ADMINISTRATORS))
        typer.echo(json.dumps(without_caller(deltas.call(record)), ensure_ascii=False, indent=2))

    run_command(work)
