"""What the commands have in common: an open database for as long as one command lasts, refusals in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from callcenter.catalogue import sentence_of
from callcenter.errors import CallCentreError
from callcenter.settings import Settings
from callcenter.settings.errors import BadSettings
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person

Tools = TypeVar("Tools")
Result = TypeVar("Result")
By = Annotated[str, typer.Option("--by", help="The login of the person in whose name this is done.")]


def at_shell(make: Callable[[Settings, Database], Tools], work: Callable[[Tools], Awaitable[Result]]) -> Result:
    """Do one command's work with the tools that `make` gives; a refusal is said with its code and ends in exit 1."""

    async def run() -> Result:
        settings = Settings()
        database = Database.open(settings.database)
        try:
            await bring_up_to_date(database)
            return await work(make(settings, database))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except CallCentreError as error:
        refuse(error)
        raise typer.Exit(1) from None


def refuse(error: CallCentreError) -> None:
    """Print a refusal for a person: its code and sentence, one line for each wrong setting."""
    sentences = error.lines() if isinstance(error, BadSettings) else [sentence_of(error)]
    for text in sentences:
        typer.echo(f"{error.code}: {text}", err=True)


async def person_by(people: PeopleService, login: str) -> Person:
    """Whoever has this login and may still sign in; raises NoSuchPerson."""
    return (await people.living_login(login)).person
