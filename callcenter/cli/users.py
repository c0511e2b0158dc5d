"""`callcenter user`: who may sign in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from callcenter.cli.session import OptionalBy, Session, run_command
from callcenter.web.audit import SYSTEM
from callcenter.web.errors import UnknownPerson
from callcenter.web.roles import ADMINISTRATORS, Role

app = typer.Typer(help="Accounts of people who may sign in.", no_args_is_help=True)


@app.command("add")
def user_add(
    login: str,
    role: Annotated[list[Role], typer.Option("--role", help="May be given more than once.")],
    name: Annotated[str, typer.Option(help="The name that colleagues see.")] = "",
    agent: Annotated[str | None, typer.Option(help="The agent's number, for people who take calls.")] = None,
    by: OptionalBy = None,
) -> None:
    """Add a person who may sign in; the password is prompted for, or read from standard input."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else input()

    async def work(session: Session) -> None:
        # The first account is created before anyone can sign in, so without a name the system is the actor.
        person = SYSTEM if by is None else await session.acts(by, ADMINISTRATORS)
        await session.centre.web_services.people.add(login, name or login, password, frozenset(role), agent, by=person)

    run_command(work)
    typer.echo(f"{login} may sign in.")


@app.command("password")
def user_password(login: str, by: OptionalBy = None) -> None:
    """Set a new password; all sessions of this person end."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else input()

    async def work(session: Session) -> None:
        # Where every administrator's password is lost, one is set on the machine itself: the system is the actor.
        person = SYSTEM if by is None else await session.acts(by, ADMINISTRATORS)
        people = session.centre.web_services.people
        account = await people.by_login(login)
        if account is None:
            raise UnknownPerson("there is no such login", login=login[:40])
        await people.set_password(account.person.id, password, by=person)

    run_command(work)
    typer.echo(f"The password of {login} is changed.")
