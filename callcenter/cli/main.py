"""The commands: `callcenter serve | pbx | db | user | cases | callbacks | transcripts | import | export | demo` ...

A group is imported when it is used: `callcenter --help` shows all of them and needs none.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import typer
from typer._click import Command, Context  # Typer brings its own Click, and its groups are of that.
from typer.core import TyperCommand, TyperGroup

from callcenter.catalogue import reader, terminal_language
from callcenter.kit.imports import uncollected
from callcenter.kit.secret_files import read_secret_files
from callcenter.storage.data_folder import PRIVATE_UMASK


class Late(NamedTuple):
    """Commands in a separate module: a Typer application, or the function of one command."""

    module: str
    name: str
    help: str


LATE: Mapping[str, Late] = {
    "pbx": Late("callcenter.cli.pbx", "app", "Asterisk: install, configure, start, stop, check, watch."),
    "db": Late("callcenter.cli.db", "app", "The database: schema, backup, restore."),
    "user": Late("callcenter.cli.users", "app", "Accounts of people who may sign in."),
    "import": Late(
        "callcenter.cli.imports",
        "import_file",
        "Add or replace agents, queues, lines and shifts: all rows or none.",
    ),
    "export": Late(
        "callcenter.cli.exports",
        "export_list",
        "Write a list, filtered, into a CSV or XLSX file.",
    ),
    "init": Late(
        "callcenter.cli.init",
        "init",
        "Write initial callcenter.toml and centre.toml; existing files are left unchanged.",
    ),
    "phones": Late("callcenter.cli.phones", "app", "Agents' phones: account, secret and server to configure."),
    "prompts": Late("callcenter.cli.prompts", "app", "What callers hear: the voice, the recordings."),
    "ivr": Late("callcenter.cli.ivr", "app", "Reception flows: check, try, load, list, compare, roll back, draw."),
    "calls": Late("callcenter.cli.calls", "app", "Call records."),
    "reports": Late(
        "callcenter.cli.reports", "app", "Saved reports: list, add, pause, resume, remove, send; what became of them."
    ),
    "holidays": Late("callcenter.cli.holidays", "app", "Published holidays and make-up days: list, enter, remove."),
    "figures": Late("callcenter.cli.figures", "app", "Counts that are kept for reports: state, check, rebuild."),
    "alarms": Late("callcenter.cli.alarms", "app", "Failures: list, show, acknowledge, watch from outside."),
    "boards": Late(
        "callcenter.cli.boards", "app", "Boards on the wall: list, set, delete; the tokens of their screens."
    ),
    "blocks": Late("callcenter.cli.blocks", "app", "Blocked callers: list, add, lift."),
    "jobs": Late("callcenter.cli.jobs", "app", "Durable jobs: list dead ones and retry them."),
    "cases": Late(
        "callcenter.cli.complaints", "app", "Complaint cases: open, step, attach, list, show, verify, print."
    ),
    "callbacks": Late("callcenter.cli.callbacks", "app", "Return calls: the queue, its figures, lists."),
    "customers": Late(
        "callcenter.cli.customers", "app", "Customer files: import, find, show, merge, erase; duplicates."
    ),
    "recordings": Late("callcenter.cli.recordings", "app", "Recordings of calls."),
    "transcripts": Late("callcenter.cli.transcripts", "app", "Speech to text: models, status, retries."),
    "scorecards": Late("callcenter.cli.scorecards", "app", "Scorecards: forms, samples to grade, figures."),
    "plans": Late("callcenter.cli.plans", "app", "Plans of the roster (D1, D2): draft, review, publish, tables."),
    "ledger": Late("callcenter.cli.ledger", "app", "The ledger of violations (D7): list, decide, month, close."),
    "roster": Late("callcenter.cli.roster", "app", "The roster (D2-D4): shortages, leave, swaps, substitutes."),
    "worklog": Late("callcenter.cli.worklog", "worklog_app", "Work logs (W4): show a day, who is missing, a month."),
    "announcements": Late(
        "callcenter.cli.worklog", "announcements_app", "Announcements (H2): list, publish, withdraw, receipts."
    ),
    "forms": Late(
        "callcenter.cli.exports", "forms_app", "Printed forms: print, verify the archive, create a Word template."
    ),
}


class LateCommands(TyperGroup):
    """The commands of this file, and those of `LATE`, which are imported when they are used."""

    def list_commands(self, ctx: Context) -> list[str]:
        return [*super().list_commands(ctx), *LATE]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        late = LATE.get(cmd_name)
        return super().get_command(ctx, cmd_name) if late is None else TyperCommand(cmd_name, help=late.help)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        late = LATE.get(args[0]) if args else None
        return super().resolve_command(ctx, args) if late is None else (args[0], loaded(args[0]), args[1:])


def loaded(name: str) -> Command:
    """The commands of this name, imported."""
    late = LATE[name]
    with uncollected():
        commands = getattr(import_module(late.module), late.name)
    if not isinstance(commands, typer.Typer):
        alone = typer.Typer(pretty_exceptions_show_locals=False)
        alone.command(name)(commands)
        commands = alone
    command = typer.main.get_command(commands)
    command.name = name
    return command


app = typer.Typer(
    help="A telephone service centre on Asterisk.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    cls=LateCommands,
)


@app.callback()
def speak() -> None:
    """A telephone service centre on Asterisk."""
    reader.set(terminal_language(os.environ))


@app.command()
def serve() -> None:
    """Run the service; the embedded Asterisk is started when none runs."""
    with uncollected():
        from callcenter.centre.run import serve as run
        from callcenter.settings import Settings
        from callcenter.web.logging import configure_logging

    settings = Settings()
    configure_logging(json=settings.log_json)
    asyncio.run(run(settings))


@app.command()
def demo() -> None:
    """Run a small demo centre with simulated phones and callers; Ctrl-C stops all of it."""
    with uncollected():
        from callcenter.demo.run import main as run

    run()


def main() -> None:
    """Run a command; a refusal is one line and exit code 1, never a traceback.

    What a command writes (exports, backups, a new database) is private, whatever the umask of its shell.
    """
    os.umask(PRIVATE_UMASK)
    read_secret_files()
    from callcenter.web.logging import configure_logging

    # structlog's own default prints tracebacks with the values of variables, among them the database's password.
    # A command logs warnings and worse only; `serve` configures its own logging.
    configure_logging(json=False, quiet=True)
    try:
        app()
    except Exception as error:
        from callcenter.cli.session import reported

        if not reported(error):
            raise
        raise SystemExit(1) from None
