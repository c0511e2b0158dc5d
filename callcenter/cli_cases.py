"""`callcenter cases`: look at cases, prove that no history was tampered with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from callcenter.cli_export import print_forms
from callcenter.clock import now
from callcenter.complaints.cases import CaseService, Parts, Wanted
from callcenter.complaints.model import State
from callcenter.complaints.papers import CasePaper
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit

Result = TypeVar("Result")
app = typer.Typer(help="Complaint cases: list, show, verify, print.", no_args_is_help=True)


@app.command("list")
def list_command(
    state: Annotated[State | None, typer.Option(help="Only those at this step.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only open ones whose time is over.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """The newest cases, one line each."""
    wanted = Wanted(state=state, overdue_at=now() if overdue else None)
    for case in _with_cases(lambda cases: cases.find(wanted, limit)):
        due = f"{case.due_at:%Y-%m-%d %H:%M}Z" if case.due_at else "-"
        title = " ".join(case.facts.what_happened.split())[:60]
        typer.echo(f"{case.number}  {case.state:<13} {case.facts.severity or '-':<8} {due:<17}  {title}")


@app.command("show")
def show_command(number: str) -> None:
    """One case with its history."""

    async def work(cases: CaseService) -> None:
        case = await cases.case(number)
        typer.echo(f"{case.number}: {case.facts.kind}, {case.state}; received by {case.received_by_name}")
        typer.echo(" ".join(case.facts.what_happened.split()))
        for name, statement in case.statements.items():
            typer.echo(f"  {name} ({statement.by_name}, {statement.at:%Y-%m-%d}): {' '.join(statement.text.split())}")
        for entry in await cases.history(number):
            typer.echo(f"  {entry.seq:>4}  {entry.at:%Y-%m-%d %H:%M}Z  {entry.by_name}: {entry.action} {entry.facts}")

    _with_cases(work)


@app.command("verify")
def verify_command(
    number: Annotated[str | None, typer.Argument(help="One case; all of them when left out.")] = None,
) -> None:
    """Prove that no history was tampered with (K7): every hash is computed anew. Exit code 1 when one does not fit."""
    looked, broken = _with_cases(lambda cases: cases.verify(number))
    if broken is not None:
        typer.echo(f"{broken.case}, entry {broken.seq}: {broken.why}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{looked} cases: every history is whole.")


@app.command("print")
def print_command(
    numbers: Annotated[list[str], typer.Argument(help="Case numbers, such as TS20261124-0001.")],
    paper: Annotated[CasePaper, typer.Option("--form", help="tracking (K1) or handling (K2).")] = CasePaper.TRACKING,
    to: Annotated[Path, typer.Option("--to", help="The PDF to write.")] = Path("cases.pdf"),
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Print many cases into one PDF; what cannot be printed is told, and the rest is."""
    print_forms(f"case/{paper}", numbers, to, language)


def _with_cases(work: Callable[[CaseService], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        settings = Settings()
        database = Database.open(settings.database)
        try:
            audit, jobs = Audit(database, now), Jobs(database, now)
            zone = ZoneInfo(settings.timezone)
            return await work(CaseService(Parts(database, now, audit, jobs, zone, lambda _, __: None)))
        finally:
            await database.close()

    return asyncio.run(run())
