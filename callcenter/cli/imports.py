"""`callcenter import FILE [--dry-run]`: imports people, lines, queues and shifts from a TOML or CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callcenter.catalogue import sentence_of
from callcenter.centre.setup_file import read_file
from callcenter.centre.setup_import import Report
from callcenter.cli.session import OptionalBy, Session, run_command
from callcenter.errors import CallCentreError
from callcenter.web.audit import SYSTEM


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .toml or .csv file in UTF-8.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
    by: OptionalBy = None,
) -> None:
    """Add or replace agents, queues, lines and shifts: all rows or none.

    A running service applies the changes within two seconds.
    """
    try:
        entries = read_file(file.name, file.read_bytes())
    except CallCentreError as error:
        typer.echo(f"{file}: {sentence_of(error)}", err=True)
        raise typer.Exit(2) from error

    async def work(session: Session) -> Report:
        # A centre is set up before anyone can sign in, so without a name the system is the actor.
        person = SYSTEM if by is None else await session.acts(by, "import_file")
        return await session.centre.importing.run(entries, person, dry_run=dry_run)

    report = run_command(work)
    for problem in report.problems:
        typer.echo(f"{file}: {problem.where}: {problem.detail} ({problem.code})", err=True)
    if report.problems:
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(1)
    counted = ", ".join(f"{count} {kind}" for kind, count in report.done.items()) or "nothing"
    again = f", {report.skipped} already there" if report.skipped else ""
    typer.echo(f"{'Imported' if report.kept else 'Would import'} {counted}{again}.")
