"""`callcenter customers`: imports tables, shows files, finds and merges duplicates, erases a customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.session import By, Session, run_command
from callcenter.customers.model import with_extension

app = typer.Typer(help="Customer files: import, find, show, merge, erase; duplicates.", no_args_is_help=True)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv or .xlsx file.")],
    by: By,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Update the existing files that have a row's numbers.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option("--errors", help="Write the refused rows here, .csv or .xlsx, with the reasons.")
    ] = None,
) -> None:
    """Import customers with the columns name, numbers, language, standing, company, tags ...: all or none."""

    def progress(done: int, of: int | None) -> None:
        typer.echo(f"\r{done} read" if of is None else f"\r{done} of {of}", err=True, nl=done == of)

    async def work(session: Session) -> None:
        data, person = file.read_bytes(), await session.acts(by, "import_customers")
        importing = session.contributions.customer_import
        outcome = await importing.run(data, person, dry_run=dry_run, update=update, progress=progress)
        for customer in outcome.refused:
            typer.echo(
                f"{file}: line {customer.line}, {customer.column}: {customer.message} ({customer.code})", err=True
            )
        for part in outcome.passed:
            typer.echo(f"{file}: skipped: {part.kind} {part.where}: {part.text}", err=True)
        typer.echo(f"rows {outcome.total}, good {outcome.accepted}, new {outcome.made}, updated {outcome.updated}")
        if outcome.refused and errors is not None:
            xlsx = errors.suffix.lower() == ".xlsx"
            errors.write_bytes(await importing.errors(data, xlsx=xlsx, update=update))
        if outcome.refused:
            raise typer.Exit(1)

    run_command(work)


@app.command("find")
def find_command(words: str, limit: Annotated[int, typer.Option(min=1, max=500)] = 50) -> None:
    """List customer files that contain these words, newest first."""

    async def work(session: Session) -> None:
        customers, _ = await session.centre.customers.find(words, limit)
        for customer in customers:
            typer.echo(f"{customer.id}  {customer.standing:<11}  {customer.name}  {' '.join(customer.numbers)}")

    run_command(work)


@app.command("show")
def show_command(id: Annotated[str, typer.Argument(help="The file's id, or a telephone number.")]) -> None:
    """Show a customer file with its entries."""

    async def work(session: Session) -> None:
        customer = await session.centre.customers.by_number(id) or await session.centre.customers.customer(id)
        typer.echo(f"{customer.id}  {customer.name}  {customer.standing}")
        if customer.numbers:
            typer.echo(f"  numbers: {'; '.join(with_extension(customer, number) for number in customer.numbers)}")
        for name in ("aliases", "addresses", "emails", "tags", "team"):
            if entries := getattr(customer, name):
                typer.echo(f"  {name}: {'; '.join(entries)}")
        for name in ("language", "company", "wechat", "qq", "notes"):
            if text := getattr(customer, name):
                typer.echo(f"  {name}: {' '.join(text.split())}")
        for row in await session.contributions.journal.of(customer.id):
            day = f" for {row.planned_for}" if row.planned_for else ""
            typer.echo(f"  {row.at:%Y-%m-%d} {row.by_name}: {row.kind} {row.state}{day}: {' '.join(row.text.split())}")

    run_command(work)


@app.command("doubles", hidden=True)  # the name until 0.1; scripts use it
@app.command("duplicates")
def duplicates_command(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """List files that may belong to the same customer, by what they share."""

    async def work(session: Session) -> None:
        for duplicate in await session.contributions.duplicates.find(limit):
            typer.echo(
                f"{duplicate.kind} {duplicate.value}: "
                + ", ".join(f"{file.id} {file.name}" for file in duplicate.customers)
            )

    run_command(work)


@app.command("merge")
def merge_command(id: str, into: str, by: By) -> None:
    """Merge a file into another one of the same customer; calls and cases of both are found there."""

    async def work(session: Session) -> None:
        whole = await session.contributions.merging.merge(id, into, await session.acts(by, "merge_customers"))
        typer.echo(f"{whole.id}  {whole.name}  {' '.join(whole.numbers)}")

    run_command(work)


@app.command("erase")
def erase_command(
    id: str, reason: Annotated[str, typer.Option(help="The reason; recorded in the audit.")], by: By
) -> None:
    """Erase a customer: the file is emptied; the running service does the rest and signs a report (docs/privacy.md)."""

    async def work(session: Session) -> None:
        await session.contributions.erasure.erase(id, reason, await session.acts(by, "erase_customer"))
        typer.echo("erased; recordings and all other traces follow as soon as the service runs")

    run_command(work)
