"""`callcenter pbx`: the embedded Asterisk, and checks of an external one."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer

from callcenter import clock
from callcenter.asterisk.install import install
from callcenter.asterisk.render import render
from callcenter.centre.pbx_config import embedded_of, secrets_of
from callcenter.cli.session import run_command
from callcenter.settings import Settings

app = typer.Typer(help="Asterisk: install, configure, start, stop, check, watch.", no_args_is_help=True)


@app.command("install")
def install_command() -> None:
    """Install Asterisk 22 and SIPp under data_dir, without root; continues an interrupted installation."""
    settings = Settings()
    install(settings.pbx_root, typer.echo, settings.pbx.mirror)


@app.command("render")
def render_command(out: Annotated[Path, typer.Option(help="The folder to write the files to.")]) -> None:
    """Write Asterisk's complete configuration, from the current settings and database, to a folder."""
    files = render(run_command(lambda session: session.centre.site()))
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        target = out / name
        target.touch(mode=0o600)
        target.write_text(text)
    typer.echo(f"{len(files)} files written to {out}")


@app.command("start")
def start_command() -> None:
    """Render the configuration and start the embedded Asterisk."""
    settings = Settings()
    pbx = embedded_of(settings)
    pbx.write(render(run_command(lambda session: session.centre.site())))
    typer.echo(f"Asterisk runs, pid {pbx.start()}")


@app.command("stop")
def stop_command() -> None:
    """Stop the embedded Asterisk; calls in progress end."""
    typer.echo("Asterisk has stopped" if embedded_of(Settings()).stop() else "Asterisk was not running")


@app.command("status")
def status_command() -> None:
    """Show whether the embedded Asterisk runs, since when, and how many calls it has."""
    pbx = embedded_of(Settings())
    pid = pbx.pid()
    if pid is None:
        typer.echo("Asterisk does not run")
        raise typer.Exit(3)
    typer.echo(f"Asterisk runs, pid {pid}")
    typer.echo(pbx.console("core show uptime").strip())
    typer.echo(pbx.console("core show channels count").strip())


@app.command("check")
def check_command() -> None:
    """Check the configured Asterisk from outside: logins, rights, modules, version, clock, disk."""
    from callcenter.asterisk.check import Account, check, report

    settings = Settings()
    events, control = secrets_of(settings, embedded_of(settings))
    pbx = settings.pbx
    reads = ("QueueStatus", "CoreShowChannels", "DeviceStateList", "CoreStatus")
    writes = ("QueueAdd", "QueueRemove", "QueuePause", "QueuePenalty", "QueueStatus", "Originate", "Redirect", "Hangup")
    findings = check(
        Account(pbx.ami_host, pbx.ami_port, pbx.events_user, events, reads),
        Account(pbx.ami_host, pbx.ami_port, pbx.control_user, control, writes),
        settings.pbx_log_dir,
    )
    if not report(findings, typer.echo):
        raise typer.Exit(1)


@app.command("watch")
def watch_command() -> None:
    """Show the PBX's events, one per line; Ctrl-C ends it."""
    from callcenter.asterisk.watch import watch

    settings = Settings()
    events, _ = secrets_of(settings, embedded_of(settings))
    pbx = settings.pbx
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(watch(pbx.ami_host, pbx.ami_port, pbx.events_user, events, typer.echo))


@app.command("replay")
def replay_command(
    capture: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Bytes of an AMI connection.")],
    country: Annotated[str, typer.Option(help="The country whose ring cadence applies, such as cn.")] = "",
) -> None:
    """Replay a capture of AMI traffic through the live model: each relevant event and its effects."""
    from callcenter.calls.floor import Floor
    from callcenter.calls.replay import lines_of, replay
    from callcenter.calls.rules import RuleBook

    settings = Settings()
    policy = settings.policy.model_copy(update={"cadence_country": country} if country else {})
    steps = 0
    for step in replay(Floor(settings.pbx.name, RuleBook.of(policy)), capture.read_bytes(), clock.now()):
        steps += 1
        for line in lines_of(step):
            typer.echo(line)
    typer.echo(f"{steps} relevant events", err=True)


@app.command("damaged")
def damaged_command(
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show, newest first.")] = 100,
) -> None:
    """Show the lines of the PBX's files that could not be parsed."""

    rows = run_command(lambda session: session.centre.calls.damaged_lines(most))
    for row in rows:
        typer.echo(f"{row.at.isoformat(timespec='seconds')} {row.source} {row.file_id}:{row.position} {row.text}")
    typer.echo(f"{len(rows)} damaged parts", err=True)
