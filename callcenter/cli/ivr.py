"""`callcenter ivr`: checks, tries, loads, lists, compares, rolls back and draws reception flows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.session import By, Session, run_command
from callcenter.cli.text_file import text_of

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A flow as TOML.")]
app = typer.Typer(help="Reception flows: check, try, load, list, compare, roll back, draw.", no_args_is_help=True)


@app.command("check")
def check_command(file: File) -> None:
    """Print the faults of a file, by line; exit status 1 if there are any."""
    from callcenter.centre.flow_commands import faults_of

    source = text_of(file)

    async def work(session: Session) -> bool:
        faults = await faults_of(session.contributions, source)
        for fault in faults:
            place = f" {fault.where}:" if fault.where else ""
            typer.echo(f"{file}:{fault.line}:{place} {fault.sentence()} [{fault.kind}]", err=True)
        return not faults

    if not run_command(work):
        raise typer.Exit(1)
    typer.echo(f"{file}: good")


@app.command("try")
def try_command(
    line: str,
    hours: Annotated[str, typer.Option(help="open, closed or nobody")] = "open",
    number: Annotated[str, typer.Option(help="The caller's number; empty for a hidden one.")] = "13800138000",
) -> None:
    """Play the flow of a line: print the prompts, read keys; Enter alone is silence, x hangs up. Nothing is stored."""
    from callcenter.centre.flow_commands import try_line

    if hours not in ("open", "closed", "nobody"):
        raise typer.BadParameter("open, closed or nobody", param_hint="--hours")

    def read(question: str) -> str:
        try:
            return input(question)
        except EOFError:
            return "x"

    async def work(session: Session) -> None:
        await try_line(session.contributions, line, hours, number or None, read, typer.echo)

    run_command(work)


@app.command("list")
def list_command() -> None:
    """List the flows with their versions, newest first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.flows.versions.versions():
            by = f"{row.published_at:%Y-%m-%d %H:%M} {row.published_by}" if row.published_at else f"- {row.changed_by}"
            typer.echo(f"{row.name:20} {row.number:4} {row.state:10} {by}")

    run_command(work)


@app.command("show")
def show_command(name: str, number: int) -> None:
    """Print the TOML source of a version, to edit a copy of it."""

    async def work(session: Session) -> None:
        typer.echo((await session.contributions.flows.versions.version(name, number)).source, nl=False)

    run_command(work)


@app.command("load")
def load_command(file: File, by: By) -> None:
    """Use a file as a new version from now on; a file with faults changes nothing. A running service applies it."""
    source = text_of(file)

    async def work(session: Session) -> None:
        person = await session.acts(by, "publish_flow")
        row = await session.contributions.flows.load(source, person)
        typer.echo(f"{row.name}/{row.number}")

    run_command(work)


@app.command("rollback")
def rollback_command(name: str, number: int, by: By) -> None:
    """Use an earlier version again, as a new version."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "roll_back_flow")
        row = await session.contributions.flows.roll_back(name, number, person)
        typer.echo(f"{row.name}/{row.number}")

    run_command(work)


@app.command("diff")
def diff_command(name: str, older: int, newer: int) -> None:
    """Show the differences between two versions."""

    async def work(session: Session) -> None:
        typer.echo(await session.contributions.flows.differences(name, older, newer), nl=False)

    run_command(work)


@app.command("diagram")
def diagram_command(
    file: File,
    out: Annotated[Path | None, typer.Option(help="Where to write the SVG; otherwise to the terminal.")] = None,
    language: Annotated[str, typer.Option(help="zh-CN or en")] = "zh-CN",
) -> None:
    """Draw a flow as SVG."""
    from callcenter.centre.flow_commands import drawing

    if language not in ("zh-CN", "en"):
        raise typer.BadParameter("zh-CN or en", param_hint="--language")
    svg = drawing(text_of(file), language)
    if out is None:
        typer.echo(svg, nl=False)
    else:
        out.write_text(svg, "utf-8")
