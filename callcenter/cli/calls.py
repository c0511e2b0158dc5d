"""`callcenter calls`: rebuilds a call's record from its stored lines."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from callcenter.calls import deltas
from callcenter.calls.rebuilding import Rebuilding
from callcenter.calls.rules import RuleBook
from callcenter.cli.session import By, Session, run_command
from callcenter.facts import CallId
from callcenter.web.masking import without_caller
from callcenter.web.roles import ADMINISTRATORS

app = typer.Typer(help="Call records.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `rebuild` a command of its own while it is the only one."""


@app.command("rebuild")
def rebuild(call: Annotated[str, typer.Argument(help="The id of the call.")], by: By) -> None:
    """Rebuild one record from the stored lines of CEL and queue_log, and print it with masked numbers."""

    async def work(session: Session) -> None:
        rules, audit = RuleBook.of(session.settings.policy), session.centre.web_services.audit
        rebuilding = Rebuilding(session.database, audit, rules)
        record = await rebuilding.rebuild(CallId(call), await session.acts(by, ADMINISTRATORS))
        typer.echo(json.dumps(without_caller(deltas.call(record)), ensure_ascii=False, indent=2))

    run_command(work)
