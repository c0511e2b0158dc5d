"""`callcenter prompts`: installs the voice, records the prompts, manages the centre's own recordings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from callcenter.centre.prompts import FOLDERS, LARGEST_BYTES, POOR, ROOT, install_voice, plan_line, why_no_voice
from callcenter.cli.session import Session, run_command
from callcenter.kit.secret_files import without_secrets
from callcenter.settings import Settings

Language = Annotated[str, typer.Argument(help="zh-CN or en.")]
Name = Annotated[str, typer.Argument(help="As `prompts list` shows it, such as greeting or say/n5.")]
By = Annotated[str, typer.Option("--by", help="Your login.")]

app = typer.Typer(help="What callers hear: the voice, the recordings.", no_args_is_help=True)


@app.command("install")
def install_command() -> None:
    """Install the voice under data_dir/models, verified by SHA-256; an installed one is left unchanged."""
    settings = Settings()
    install_voice(settings, typer.echo)
    if reason := why_no_voice(settings):
        typer.echo(reason)


@app.command("build")
def build_command() -> None:
    """Record what is missing or has changed: the company's name, texts of your own and of flows. Low priority."""

    async def work(session: Session) -> bytes:
        return await plan_line(session.settings, session.contributions.flows)

    settings, plan = Settings(), run_command(work)
    if reason := why_no_voice(settings):
        typer.echo(f"no voice: {reason}", err=True)
    command = [sys.executable, "-m", "ivr.prompts.process"]
    sources: Counter[str] = Counter()
    poor: list[str] = []
    # Leaving the block closes the process's input, which ends it.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=without_secrets()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(plan)
        process.stdin.flush()
        for line in process.stdout:
            report: dict[str, Any] = json.loads(line)
            if "code" in report:
                typer.echo(f"{report['code']}: {report['detail']}", err=True)
                continue
            sources[report["source"]] += 1
            name = f"{FOLDERS[report['language']]}/{report['name']}"
            if report["fresh"]:
                typer.echo(f"{name}: {report['source']}")
            if report["source"] in POOR:
                poor.append(name)
        failed = process.wait()
    typer.echo("  ".join(f"{source}: {number}" for source, number in sources.most_common()))
    if poor:
        typer.echo(f"callers will not understand {len(poor)}: {', '.join(poor[:20])}", err=True)
        typer.echo("install the voice (callcenter prompts install) or add recordings of your own", err=True)
    if failed:
        raise typer.Exit(1)


@app.command("list")
def list_command(
    language: Annotated[str, typer.Option(help="Only this language.")] = "",
    own: Annotated[bool, typer.Option("--own", help="Only prompts with a recording of the centre's own.")] = False,
) -> None:
    """List what callers hear: each recording with its text, and the centre's own version in use."""

    async def work(session: Session) -> None:
        for state in await session.contributions.prompts.prompts():
            prompt, row = state.prompt, state.own
            if language in ("", prompt.language) and (row or not own):
                version = f"  [own, version {row.version}, {row.uploaded_by_name}]" if row else ""
                typer.echo(f"{prompt.language} {prompt.name}: {prompt.text}{version}")

    run_command(work)


@app.command("upload")
def upload_command(
    language: Language,
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    by: By,
) -> None:
    """Replace a prompt by a recording (WAV, FLAC, Ogg or MP3); a bad one is refused and replaces nothing."""
    with file.open("rb") as source:
        data = source.read(LARGEST_BYTES + 1)

    async def work(session: Session) -> None:
        person = await session.acts(by, "upload_prompt")
        row = await session.contributions.prompts.upload(language, name, data, person)
        typer.echo(f"version {row.version}: {row.seconds} s, {row.level_db} dB")

    run_command(work)


@app.command("versions")
def versions_command(language: Language, name: Name) -> None:
    """List the centre's own recordings of a prompt, newest first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.prompts.versions(language, name):
            use = "  in use" if row.in_use else ""
            typer.echo(f"{row.version}  {row.uploaded_at:%Y-%m-%d %H:%M}  {row.uploaded_by_name}  {row.seconds} s{use}")

    run_command(work)


@app.command("use")
def use_command(language: Language, name: Name, version: int, by: By) -> None:
    """Use an earlier version again."""

    async def work(session: Session) -> None:
        await session.contributions.prompts.restore(
            language, name, version, await session.acts(by, "use_prompt_version")
        )

    run_command(work)


@app.command("remove")
def remove_command(language: Language, name: Name, by: By) -> None:
    """Use the shipped recording again; your versions stay."""

    async def work(session: Session) -> None:
        await session.contributions.prompts.remove(language, name, await session.acts(by, "remove_prompt"))

    run_command(work)
