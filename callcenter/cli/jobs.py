"""`callcenter jobs`: durable jobs that were given up, and queueing them again."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from callcenter.cli.session import By, at_shell, person_by
from callcenter.clock import now
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.masking import mask_text
from callcenter.web.people import PeopleService

MOST = 500
app = typer.Typer(help="Durable jobs: what was given up, and queueing it again.", no_args_is_help=True)


class Tools(NamedTuple):
    jobs: Jobs
    audit: Audit
    people: PeopleService


def _tools(settings: Settings, database: Database) -> Tools:
    audit = Audit(database, now)
    return Tools(Jobs(database, now), audit, PeopleService(database, now, audit))


@app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help="queued, running, done or dead.")] = "dead",
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
) -> None:
    """Show jobs, the newest first: id, kind, tries, since when, and why the last try failed."""

    async def work(tools: Tools) -> None:
        page = await tools.jobs.page(state, MOST, kind=kind)
        for row in page:
            why = mask_text(" ".join((row.error or "").split()))[:200]
            typer.echo(f"{row.id}  {row.kind}  {row.attempts}/{row.max_attempts}  {row.created_at.isoformat()}  {why}")
        typer.echo(f"{len(page)} jobs are {state}")

    at_shell(_tools, work)


@app.command("retry")
def retry(
    job: Annotated[list[str] | None, typer.Argument(help="The ids of dead jobs.")] = None,
    by: By = "",
    every: Annotated[bool, typer.Option("--all", help="Every dead job.")] = False,
) -> None:
    """Queue dead jobs once more, with all their tries; it is in the audit under your name."""

    async def work(tools: Tools) -> None:
        person = await person_by(tools.people, by)
        chosen = [row.id for row in await tools.jobs.page("dead", MOST)] if every else (job or [])
        for id in chosen:
            await tools.jobs.again(
                id,
                lambda session, id=id: tools.audit.append(session, person, "job.retried", f"job/{id[:40]}"),  # type: ignore[misc]
            )
        typer.echo(f"{len(chosen)} jobs are queued again")

    at_shell(_tools, work)
