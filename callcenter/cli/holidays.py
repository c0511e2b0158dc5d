"""`callcenter holidays`: the holidays and make-up days that the state publishes for a year."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from callcenter.cli.session import By, Session, run_command
from callcenter.roster.holidays.model import HolidayYear

app = typer.Typer(help="Published holidays and make-up days: list, enter, remove.", no_args_is_help=True)


@app.command("list")
def list_command() -> None:
    """List the years that are entered."""

    async def work(session: Session) -> None:
        for year in await session.contributions.roster.holiday_years.all():
            kinds = (("holidays", year.holidays), ("off", year.days_off), ("worked", year.working_days))
            texts = (f"{name} {','.join(f'{day:%m-%d}' for day in days) or '-'}" for name, days in kinds)
            typer.echo(f"{year.year}  " + "  ".join(texts))

    run_command(work)


@app.command("enter")
def enter_command(
    year: int,
    by: By,
    holiday: Annotated[list[str], typer.Option(help="A statutory holiday, such as 2027-01-01; more than once.")],
    off: Annotated[list[str] | None, typer.Option(help="A day off in lieu; more than once.")] = None,
    worked: Annotated[list[str] | None, typer.Option(help="A weekend day that is worked; more than once.")] = None,
) -> None:
    """Enter the holidays and make-up days that the state has published for a year, or replace them."""
    entered = HolidayYear(year, _days(holiday), _days(off or ()), _days(worked or ()))

    async def work(session: Session) -> None:
        person = await session.acts(by, "put_holiday_year")
        await session.contributions.roster.holiday_years.put(entered, person)
        typer.echo(f"{year} is entered")

    run_command(work)


@app.command("remove")
def remove_command(year: int, by: By) -> None:
    """Remove an entered year; the calendar of this version holds for it again."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "remove_holiday_year")
        await session.contributions.roster.holiday_years.remove(year, person)
        typer.echo(f"{year} is removed")

    run_command(work)


def _days(texts: list[str] | tuple[()]) -> tuple[date, ...]:
    try:
        return tuple(map(date.fromisoformat, texts))
    except ValueError:
        raise typer.BadParameter("a day looks like 2027-01-01") from None
