"""`callcenter import FILE [--dry-run]`: people, lines, queues and shifts from a TOML or CSV file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from callcenter.agents.service import AgentService
from callcenter.catalogue import sentence_of
from callcenter.centre.setup_import import Entry, Importing, Report, read_file
from callcenter.clock import now
from callcenter.errors import CallCentreError
from callcenter.roster.service import RosterService
from callcenter.routing.service import LineService, QueueService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .toml or .csv file in UTF-8.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
) -> None:
    """Add or replace agents, queues, lines and shifts: all of the file or, when a row is wrong, nothing.

    A service that runs takes the changes up within 15 seconds.
    """
    settings = Settings()
    try:
        entries = read_file(file.name, file.read_bytes())
        report = asyncio.run(run(settings, entries, dry_run=dry_run))
    except CallCentreError as error:
        typer.echo(f"{file}: {sentence_of(error)}", err=True)
        raise typer.Exit(2) from error
    for problem in report.problems:
        typer.echo(f"{file}: {problem.where}: {problem.detail} ({problem.code})", err=True)
    if report.problems:
        typer.echo("Nothing was changed.", err=True)
        raise typer.Exit(1)
    counted = ", ".join(f"{count} {kind}" for kind, count in report.done.items()) or "nothing"
    again = f", {report.skipped} there already" if report.skipped else ""
    typer.echo(f"{'Imported' if report.kept else 'Would import'} {counted}{again}.")


async def run(settings: Settings, entries: Sequence[Entry], *, dry_run: bool) -> Report:
    """Import the rows into the database that the settings name."""
    database = Database.open(settings.database)
    try:
        return await importing(database, settings).run(entries, None, dry_run=dry_run)
    finally:
        await database.close()


def importing(database: Database, settings: Settings) -> Importing:
    """The import joined with rooms of its own, without a running service."""
    audit = Audit(database, now)
    agents = AgentService(database, now, audit, keys=settings.data_dir.resolve() / "keys")
    lines, queues = LineService(database, audit, region=settings.region), QueueService(database, audit)
    several_lines = settings.roster.several_lines
    roster = RosterService(database, audit, agents, lines, several_lines=several_lines)
    return Importing(database, agents, lines, queues, roster, settings.timezone)
