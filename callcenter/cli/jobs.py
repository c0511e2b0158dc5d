"""`callcenter jobs`: lists durable jobs and retries dead ones."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.cli.session import By, Session, run_command
from callcenter.clock import now
from callcenter.storage.jobs import Jobs
from callcenter.web.masking import mask_text

MOST = 500
app = typer.Typer(help="Durable jobs: list dead ones and retry them.", no_args_is_help=True)


@app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(help="queued, running, done or dead.")] = "dead",
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
) -> None:
    """Show jobs, newest first: id, kind, attempts, since when, and why the last attempt failed."""

    async def work(session: Session) -> None:
        # Not through the centre, which would be joined for one table.
        page = await Jobs(session.database, now).page(state, MOST, kind=kind)
        for row in page:
            why = mask_text(" ".join((row.error or "").split()))[:200]
            typer.echo(f"{row.id}  {row.kind}  {row.attempts}/{row.max_attempts}  {row.created_at.isoformat()}  {why}")
        typer.echo(f"{len(page)} jobs are {state}")

    run_command(work)


@app.command("retry")
def retry(
    by: By,
    job: Annotated[list[str] | None, typer.Argument(help="The ids of dead jobs.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every dead job.")] = False,
) -> None:
    """Queue dead jobs again with all their attempts; recorded in the audit under your name."""

    async def work(session: Session) -> None:
        person, audit = await session.acts(by, "retry_job"), session.centre.web_services.audit
        jobs = session.contributions.core.jobs
        chosen = [row.id for row in await jobs.page("dead", MOST)] if every else (job or [])
        for id in chosen:

            async def note(transaction: AsyncSession, id: str = id) -> None:
                await audit.append(transaction, person, "job.retried", f"job/{id[:40]}")

            await jobs.again(id, note)
        typer.echo(f"{len(chosen)} jobs are queued again")

    run_command(work)
