"""One session for all commands: settings, database, person, centre; refusals as one plain line.

A command works with the same centre as the service does, joined and not running. Reading needs no name; a change
is made on behalf of the person given by `--by`, with the rights that this person has in the API.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from callcenter.catalogue import sentence_of
from callcenter.errors import CallCentreError, Invalid
from callcenter.kit.imports import uncollected
from callcenter.settings import Settings
from callcenter.settings.errors import BadSettings
from callcenter.storage.database import Database
from callcenter.storage.faults import refusal_of
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.audit import SYSTEM
from callcenter.web.roles import Allowed, Person, Role, must_be

if TYPE_CHECKING:
    from callcenter.centre.contributions import Contributions
    from callcenter.centre.parts import Centre

Result = TypeVar("Result")
By = Annotated[str, typer.Option("--by", help="The login of the person on whose behalf the command acts.")]
FormerlyUnnamed = Annotated[str | None, typer.Option("--by", help="Your login. Required from the next release on.")]
"""For commands that had no `--by` before: without it they still work, with a warning (docs/decisions/0221)."""
READER = replace(SYSTEM, roles=frozenset({Role.LEADER}))
"""The reader of a command: the owner of the machine and its database may see everything. Never passed to a change."""
OptionalBy = Annotated[
    str | None, typer.Option("--by", help="The login of the person on whose behalf the command acts.")
]


class UnnamedChange(Invalid):
    """A warning, never raised; the next release refuses with it."""

    code = "unnamed_change"


@dataclass(frozen=True)
class Session:
    """What one command works with; the centre is joined when it is first asked for."""

    settings: Settings
    database: Database

    @cached_property
    def centre(self) -> Centre:
        # The composition is imported late: it takes a second, and a command that needs no room should not wait for it.
        with uncollected():
            from callcenter.centre.build import join

        return join(self.settings, self.database, asyncio.Event())

    @property
    def contributions(self) -> Contributions:
        return self.centre.contributions

    async def acts(self, login: str | None, right: Allowed | str) -> Person:
        """The acting person; `operation` is the API operation whose roles apply, such as "withdraw_callback".

        Without a login it is the system, with the roles of this one operation, and a warning: the form of old scripts.
        Raises UnknownPerson, Forbidden.
        """
        roles = self._roles_of(right) if isinstance(right, str) else right
        if login is None:
            refuse(UnnamedChange("done as the system: the next release requires --by LOGIN"))
            return replace(SYSTEM, roles=roles if isinstance(roles, frozenset) else frozenset())
        person = (await self.centre.web_services.people.living_login(login)).person
        must_be(person, roles)
        return person

    def _roles_of(self, operation: str) -> Allowed:
        from callcenter.centre.site import routes_of

        rooms = routes_of(self.centre)
        allowed = [route.roles for room in rooms for route in room.routes if route.name == operation]
        if not allowed:
            raise LookupError(f"the API has no operation {operation}")
        return allowed[0]


def run_command(work: Callable[[Session], Awaitable[Result]]) -> Result:
    """Do one command's work in a session; a refusal is printed with its code and ends in exit 1."""

    async def run() -> Result:
        settings = Settings()
        database = Database.open(settings.database)
        try:
            await reached(database)
            await bring_up_to_date(database)
            return await work(Session(settings, database))
        finally:
            await database.close()

    with plainly():
        return asyncio.run(run())


async def reached(database: Database) -> None:
    """Connect. Raises DatabaseUnavailable, StorageRefused where the drivers' own errors would come."""
    try:
        if database.is_sqlite:
            # By the driver itself: aiosqlite's thread still reports a file that does not open when the loop is closed.
            with closing(sqlite3.connect(database.url.database or "")) as connection:
                connection.execute("PRAGMA schema_version").fetchone()
        else:
            await database.ping()
    except Exception as error:
        raise refusal_of(error, connecting=True) or error from None


@contextmanager
def plainly() -> Iterator[None]:
    """Turn a refusal, or a fault of the database, into one line and exit 1; a fault of ours keeps its traceback."""
    try:
        yield
    except Exception as error:
        if not reported(error):
            raise
        raise typer.Exit(1) from None


def reported(error: Exception) -> bool:
    """Print a refusal, or a fault of the database, as one line; False for a fault of ours."""
    refusal = error if isinstance(error, CallCentreError) else refusal_of(error)
    if refusal is not None:
        refuse(refusal)
    return refusal is not None


def refuse(error: CallCentreError) -> None:
    """Print a refusal or a warning for a person: its code and sentence, one line for each wrong setting."""
    sentences = error.lines() if isinstance(error, BadSettings) else [sentence_of(error)]
    for text in sentences:
        typer.echo(f"{error.code}: {text}", err=True)
