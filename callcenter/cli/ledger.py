"""`callcenter ledger`: violations with their evidence, what a month deducts, closing a month."""

from __future__ import annotations

from typing import Annotated

import typer

from callcenter.cli.session import READER, By, Session, run_command
from callcenter.flags.ledger.model import LedgerEvent, LedgerState, check_month, totals
from callcenter.flags.ledger.queries import EntryFilter, LedgerReading

app = typer.Typer(help="The ledger of violations (D7): list, decide, month, close.", no_args_is_help=True)
Month = Annotated[str, typer.Argument(help="Such as 2026-11.")]


@app.command("list")
def list_command(
    state: Annotated[LedgerState | None, typer.Option()] = None,
    month: Annotated[str | None, typer.Option(help="Such as 2026-11.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List violations, newest first."""

    async def work(session: Session) -> None:
        reading = LedgerReading(session.database)
        for row in await reading.entries(EntryFilter(state=state, month=month), READER, limit):
            typer.echo(
                f"{row.id}  {row.at:%Y-%m-%d %H:%M}Z  {row.agent:<8} {row.kind:<14} {row.clause:<4}"
                f" {row.amount / 100:>7.2f}  {row.state}"
            )

    run_command(work)


@app.command("confirm")
def confirm_command(
    id: str,
    by: By,
    reason: Annotated[str, typer.Option()],
    yuan: Annotated[float | None, typer.Option(help="A lower amount than proposed.")] = None,
) -> None:
    """Confirm a proposed violation, with its amount or a lower one."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "confirm_ledger_entry")
        amount = None if yuan is None else round(yuan * 100)
        row = await session.contributions.ledger.decide(id, LedgerEvent.CONFIRM, reason, person, amount)
        typer.echo(f"{row.agent} {row.state} {row.amount / 100:.2f}")

    run_command(work)


@app.command("month")
def month_command(month: Month) -> None:
    """Show what a month deducts from each agent, in yuan."""

    async def work(session: Session) -> None:
        closed, rows = await LedgerReading(session.database).month(check_month(month))
        sums = closed.totals if closed else totals((row.agent, LedgerState(row.state), row.amount) for row in rows)
        for agent, fen in sums.items():
            typer.echo(f"{agent:<8} {fen / 100:>9.2f}")
        typer.echo(f"closed by {closed.closed_by}, sha256 {closed.sha256}" if closed else "open")

    run_command(work)


@app.command("close")
def close_command(month: Month, by: By) -> None:
    """Close a month that is over and has no undecided entry."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "close_ledger_month")
        closed = await session.contributions.ledger.close(month, person)
        typer.echo(f"{closed.month} is closed: {closed.entries} entries, sha256 {closed.sha256}")

    run_command(work)
