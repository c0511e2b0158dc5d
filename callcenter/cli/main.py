"""The commands: `callcenter serve | pbx | db | user | cases | callbacks | transcripts | import | export | demo` ..."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from callcenter import clock
from callcenter.agents.service import AgentService
from callcenter.catalogue import reader, terminal_language
from callcenter.cli.analysis import analyse_command
from callcenter.cli.callbacks import app as callbacks_app
from callcenter.cli.calls import app as calls_app
from callcenter.cli.complaints import app as cases_app
from callcenter.cli.customers import app as customers_app
from callcenter.cli.db import app as db_app
from callcenter.cli.exports import export_list, forms_app
from callcenter.cli.imports import import_file
from callcenter.cli.init import init
from callcenter.cli.jobs import app as jobs_app
from callcenter.cli.pbx import app as pbx_app
from callcenter.cli.phones import app as phones_app
from callcenter.cli.recordings import app as recordings_app
from callcenter.cli.scorecards import app as scorecards_app
from callcenter.cli.session import refuse
from callcenter.cli.transcripts import app as transcripts_app
from callcenter.cli.worklog import announcements_app, worklog_app
from callcenter.errors import CallCentreError
from callcenter.kit.secret_files import read_secret_files
from callcenter.settings import Settings
from callcenter.storage.data_folder import PRIVATE_UMASK
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.errors import NoSuchPerson
from callcenter.web.logging import configure_logging
from callcenter.web.roles import Role
from callcenter.web.site import open_house

app = typer.Typer(
    help="A telephone service centre on Asterisk.", no_args_is_help=True, pretty_exceptions_show_locals=False
)
user_app = typer.Typer(help="Who may sign in.", no_args_is_help=True)
app.add_typer(pbx_app, name="pbx")
app.add_typer(db_app, name="db")
app.add_typer(transcripts_app, name="transcripts")
app.add_typer(recordings_app, name="recordings")
app.add_typer(user_app, name="user")
app.add_typer(phones_app, name="phones")
app.add_typer(jobs_app, name="jobs")
app.add_typer(calls_app, name="calls")
app.add_typer(callbacks_app, name="callbacks")
app.add_typer(forms_app, name="forms")
cases_app.command("analyse")(analyse_command)
app.add_typer(cases_app, name="cases")
app.add_typer(customers_app, name="customers")
app.add_typer(scorecards_app, name="scorecards")
app.add_typer(worklog_app, name="worklog")
app.add_typer(announcements_app, name="announcements")


@app.callback()
def speak() -> None:
    """A telephone service centre on Asterisk."""
    reader.set(terminal_language(os.environ))


@app.command()
def serve() -> None:
    """Run the service; the embedded Asterisk is started when none runs."""
    from callcenter.centre.run import serve as run

    settings = Settings()
    configure_logging(json=settings.log_json)
    asyncio.run(run(settings))


@app.command()
def demo() -> None:
    """A small living centre with simulated phones and callers; Ctrl-C stops all of it."""
    from callcenter.demo.run import main as run

    run()


app.command("init")(init)
app.command("import")(import_file)
app.command("export")(export_list)


@user_app.command("add")
def user_add(
    login: str,
    role: Annotated[list[Role], typer.Option("--role", help="May be given more than once.")],
    name: Annotated[str, typer.Option(help="The name that colleagues see.")] = "",
    agent: Annotated[str | None, typer.Option(help="The agent's number, for people who take calls.")] = None,
) -> None:
    """Add somebody who may sign in; the password is asked for, or read from a pipe."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else input()

    async def work(database: Database) -> None:
        house = open_house(database, clock.now, Settings().web)
        house.people.agent_exists = AgentService(database, clock.now, house.audit).agent
        await house.people.add(login, name or login, password, frozenset(role), agent)

    _with_database(work)
    typer.echo(f"{login} may sign in.")


@user_app.command("password")
def user_password(login: str) -> None:
    """Set a new password; all sessions of this person end."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else input()

    async def work(database: Database) -> None:
        house = open_house(database, clock.now, Settings().web)
        account = await house.people.by_login(login)
        if account is None:
            raise NoSuchPerson("nobody has this login", login=login[:40])
        await house.people.set_password(account.person.id, password)

    _with_database(work)
    typer.echo(f"The password of {login} is changed.")


def _with_database(work: Callable[[Database], Awaitable[None]]) -> None:
    async def run() -> None:
        database = Database.open(Settings().database)
        try:
            await bring_up_to_date(database)
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


def main() -> None:
    """Run a command; a refusal is one plain line and exit code 1, never a traceback.

    What a command writes is private, whatever umask its shell has: exports, backups, the database that it makes.
    """
    os.umask(PRIVATE_UMASK)
    read_secret_files()
    # structlog's own default prints tracebacks with the values of variables, among them the database's password.
    configure_logging(json=False)
    try:
        app()
    except CallCentreError as error:
        refuse(error)
        raise SystemExit(1) from None
