"""`callcenter customers`: take in a table of customers, look at files, find and merge doubles, forget somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.session import By, at_shell, person_by
from callcenter.clock import now
from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CustomerErasure
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.model import with_extension
from callcenter.customers.service import CustomerService
from callcenter.privacy.room import privacy_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person

app = typer.Typer(help="Customers' files: import, find, show, doubles, merge, erase.", no_args_is_help=True)


@dataclass(frozen=True)
class Shell:
    customers: CustomerService
    journal: CustomerJournal
    duplicates: CustomerDuplicates
    merging: CustomerMerging
    erasure: CustomerErasure
    importing: CustomerImport
    people: PeopleService

    async def person(self, login: str) -> Person:
        """Raises NoSuchPerson."""
        return await person_by(self.people, login)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file.")],
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Take rows into the files that have their numbers.")] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="Write the refused rows here, .csv or .xlsx, with the reasons.")
    ] = None,
) -> None:
    """Customers from a table with the columns name, numbers, language, standing, company, tags ...: all or nothing."""

    def progress(done: int, of: int) -> None:
        typer.echo(f"\r{done} of {of}", err=True, nl=done == of)

    async def work(shell: Shell) -> None:
        data, person = file.read_bytes(), await shell.person(by)
        outcome = await shell.importing.run(data, person, dry_run=dry_run, update=update, progress=progress)
        for entry in outcome.refused:
            typer.echo(f"{file}: line {entry.line}, {entry.column}: {entry.message} ({entry.code})", err=True)
        for part in outcome.passed:
            typer.echo(f"{file}: passed over: {part.kind} {part.where}: {part.text}", err=True)
        typer.echo(f"rows {outcome.total}, good {outcome.accepted}, new {outcome.made}, updated {outcome.updated}")
        if outcome.refused and errors is not None:
            xlsx = errors.suffix.lower() == ".xlsx"
            errors.write_bytes(await shell.importing.errors(data, xlsx=xlsx, update=update))
        if outcome.refused:
            raise typer.Exit(1)

    _with_shell(work)


@app.command("find")
def find_command(words: str, limit: Annotated[int, typer.Option(min=1, max=500)] = 50) -> None:
    """Files that have these words anywhere, the newest first."""

    async def work(shell: Shell) -> None:
        result, _ = await shell.customers.find(words, limit)
        for entry in result:
            typer.echo(f"{entry.id}  {entry.standing:<11}  {entry.name}  {' '.join(entry.numbers)}")

    _with_shell(work)


@app.command("show")
def show_command(id: Annotated[str, typer.Argument(help="The file's id, or a telephone number.")]) -> None:
    """One file with its entries."""

    async def work(shell: Shell) -> None:
        entry = await shell.customers.by_number(id) or await shell.customers.customer(id)
        typer.echo(f"{entry.id}  {entry.name}  {entry.standing}")
        if entry.numbers:
            typer.echo(f"  numbers: {'; '.join(with_extension(entry, number) for number in entry.numbers)}")
        for name in ("aliases", "addresses", "emails", "tags", "team"):
            if entries := getattr(entry, name):
                typer.echo(f"  {name}: {'; '.join(entries)}")
        for name in ("language", "company", "wechat", "qq", "notes"):
            if text := getattr(entry, name):
                typer.echo(f"  {name}: {' '.join(text.split())}")
        for row in await shell.journal.of(entry.id):
            day = f" for {row.planned_for}" if row.planned_for else ""
            typer.echo(f"  {row.at:%Y-%m-%d} {row.by_name}: {row.kind} {row.state}{day}: {' '.join(row.text.split())}")

    _with_shell(work)


@app.command("doubles")
def doubles_command(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """Files that may be of one customer, by what they share."""

    async def work(shell: Shell) -> None:
        for duplicate in await shell.duplicates.find(limit):
            typer.echo(
                f"{duplicate.kind} {duplicate.value}: "
                + ", ".join(f"{file.id} {file.name}" for file in duplicate.customers)
            )

    _with_shell(work)


@app.command("merge")
def merge_command(id: str, into: str, by: By) -> None:
    """Put one file into another one of the same customer; calls and cases of both are found there."""

    async def work(shell: Shell) -> None:
        whole = await shell.merging.merge(id, into, await shell.person(by))
        typer.echo(f"{whole.id}  {whole.name}  {' '.join(whole.numbers)}")

    _with_shell(work)


@app.command("erase")
def erase_command(id: str, reason: Annotated[str, typer.Option(help="Why; it stands in the audit.")], by: By) -> None:
    """Erase a customer: the file is emptied; the running service does the rest and signs a report (docs/privacy.md)."""

    async def work(shell: Shell) -> None:
        await shell.erasure.erase(id, reason, await shell.person(by))
        typer.echo("erased; recordings and all other traces follow as soon as the service runs")

    _with_shell(work)


def _shell(settings: Settings, database: Database) -> Shell:
    audit = Audit(database, now)
    jobs = Jobs(database, now)
    erasure = CustomerErasure(database, now, audit, jobs)
    erasure.guards.append(privacy_of(settings, database, now, audit).must_not_be_held)
    customers = CustomerService(database, now, audit, settings.region, settings.outside_prefix)
    return Shell(
        customers=customers,
        journal=CustomerJournal(database, now, audit),
        duplicates=CustomerDuplicates(database),
        merging=CustomerMerging(database, audit, jobs),
        erasure=erasure,
        importing=CustomerImport(database, now, customers, audit),
        people=PeopleService(database, now, audit),
    )


def _with_shell(work: Callable[[Shell], Awaitable[None]]) -> None:
    at_shell(_shell, work)
