"""`callcenter db`: upgrades the schema, backs the database up, restores it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypeVar

import typer

from callcenter.cli.session import plainly, reached
from callcenter.clock import now
from callcenter.settings import Settings
from callcenter.storage import backup as backups
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date, current_revision, differences, newest_revision, revise
from callcenter.web.audit import Audit
from recordings.keys import MasterKeys

Result = TypeVar("Result")
app = typer.Typer(help="The database: schema, backup, restore.", no_args_is_help=True)


@app.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema up to date; safe to run at every start."""

    async def work(database: Database) -> str:
        await bring_up_to_date(database)
        return f"the schema is at revision {await current_revision(database)}"

    _with_database(work)


@app.command("status")
def status_command() -> None:
    """Show the database's revision and the one that this program expects."""

    async def work(database: Database) -> str:
        return f"database: {await current_revision(database)}; program: {newest_revision()}"

    _with_database(work)


@app.command("backup")
def backup_command(
    to: Annotated[
        Path | None, typer.Argument(help="The file to write; a dated one in data_dir/backups if left out.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Do not encrypt it; anyone with the file can read everything.")
    ] = False,
) -> None:
    """Write a consistent backup while the service runs, encrypted with the master key, and its checksum beside it.

    Store the keys (data_dir/keys or those in the settings) separately: without them nothing can be restored.
    """
    settings = Settings()
    kind = "db" if settings.database.startswith("sqlite") else "dump"
    stamp = now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = to or settings.data_dir / "backups" / f"callcenter-{stamp}.{kind}"
    keys = None if plain else master_keys(settings, settings.key_folder)
    _run(backups.backup(settings.database, target, None if keys is None else keys.newest))
    typer.echo(f"written: {target}")


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the current contents of the database.")] = False,
    keys: Annotated[Path | None, typer.Option("--keys", help="The folder of the master keys, if elsewhere.")] = None,
) -> None:
    """Replace the database with a backup; stop the service first."""
    settings = Settings()
    held = master_keys(settings, keys or settings.key_folder, make=False)
    _run(backups.restore(settings.database, source, force=force, keys=held.all if held else {}))
    typer.echo("restored; run `callcenter db upgrade` if the backup is older than the program")


@app.command("verify-audit")
def verify_audit_command() -> None:
    """Verify the audit's hash chain; exit status 1 when it is broken."""

    async def work(database: Database) -> str:
        verdict = await Audit(database, now).verify()
        if verdict.broken_at is not None:
            typer.echo(f"the chain is broken at row {verdict.broken_at}", err=True)
            raise typer.Exit(1)
        return f"{verdict.rows} rows, the chain holds; newest hash {verdict.newest_hash}"

    _with_database(work)


@app.command("revise", hidden=True)
def revise_command(message: str) -> None:
    """For developers: write a revision from the difference between the models and the revisions so far."""

    from callcenter.centre.schema import metadata

    async def work(url: str) -> str:
        database = Database.open(url)
        try:
            await bring_up_to_date(database)
            if not await differences(database, metadata):
                return "nothing to revise"
            await revise(database, metadata, message)
            return "written; read it before you commit it"
        finally:
            await database.close()

    with TemporaryDirectory() as directory:
        typer.echo(_run(work(f"sqlite+aiosqlite:///{directory}/revise.db")))


def master_keys(settings: Settings, folder: Path, *, make: bool = True) -> MasterKeys | None:
    """The keys that seal recordings and backups; creates the first one when there is none, unless `make` is false."""
    given = {id: secret.get_secret_value() for id, secret in settings.recordings.master_keys.items()}
    if not make and not given and not (folder.is_dir() and any(folder.glob("recordings-*.key"))):
        return None
    return MasterKeys.open(folder, given, now())


def _with_database(work: Callable[[Database], Awaitable[str]]) -> None:
    async def run() -> str:
        database = Database.open(Settings().database)
        try:
            await reached(database)
            return await work(database)
        finally:
            await database.close()

    typer.echo(_run(run()))


def _run(doing: Coroutine[object, object, Result]) -> Result:
    with plainly():
        return asyncio.run(doing)
