"""`callcenter calls`: a record built again from the lines that are kept of it."""

from __future__ import annotations

import json
from typing import Annotated, NamedTuple

import typer

from callcenter.calls import shown
from callcenter.calls.rebuilding import Rebuilding
from callcenter.calls.rules import RuleBook
from callcenter.cli.session import By, at_shell, person_by
from callcenter.clock import now
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.masking import without_caller
from callcenter.web.people import PeopleService

app = typer.Typer(help="Call records.", no_args_is_help=True)


class Tools(NamedTuple):
    rebuilding: Rebuilding
    people: PeopleService


def _tools(settings: Settings, database: Database) -> Tools:
    audit = Audit(database, now)
    return Tools(Rebuilding(database, audit, RuleBook.of(settings.policy)), PeopleService(database, now, audit))


@app.callback()
def _group() -> None:
    """Keeps `rebuild` a command of its own while it is the only one."""


@app.command("rebuild")
def rebuild(call: Annotated[str, typer.Argument(help="The id of the call.")], by: By = "") -> None:
    """Build one record again from the kept lines of CEL and queue_log, and print it; numbers are masked."""

    async def work(tools: Tools) -> None:
        record = await tools.rebuilding.rebuild(call, await person_by(tools.people, by))
        typer.echo(json.dumps(without_caller(shown.call(record)), ensure_ascii=False, indent=2))

    at_shell(_tools, work)
