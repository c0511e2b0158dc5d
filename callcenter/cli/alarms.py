"""`callcenter alarms`: lists and acknowledges failures, and watches the service itself from outside (R7)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

import aiohttp
import typer

from callcenter import clock
from callcenter.alarms.channels import Channel, NotNotified, channels_of
from callcenter.alarms.model import Alarm, AlarmKind, CallsNow
from callcenter.cli.session import By, Session, run_command
from callcenter.settings import Settings

MISSED = 3
"""After this many requests in succession without an answer the service counts as down."""
MOST_UNSENT = 20
"""Messages that are kept for receivers that do not take them; the oldest are dropped."""
app = typer.Typer(help="Failures: list, show, acknowledge, watch from outside.", no_args_is_help=True)


@app.command("list")
def list_alarms(
    open_only: Annotated[bool, typer.Option("--open", help="Only failures still open or not acknowledged.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List failures, newest first."""

    async def work(session: Session) -> None:
        for alarm in await session.contributions.alarms.alarms(limit, open_only=open_only):
            ended = "open" if alarm.ended_at is None else alarm.ended_at.isoformat()
            words = (alarm.id, alarm.kind.value, alarm.subject or "-", alarm.cause, alarm.calls.value)
            typer.echo("  ".join((*words, alarm.since.isoformat(), ended, alarm.acknowledged_by or "-")))

    run_command(work)


@app.command("show")
def show(id: str) -> None:
    """Show a failure with each attempt to notify people."""

    async def work(session: Session) -> None:
        alarm, notices = await session.contributions.alarms.alarm(id)
        typer.echo(f"{alarm.kind.value} {alarm.subject} {alarm.cause} calls={alarm.calls.value} {alarm.note}".strip())
        for notice in notices:
            outcome = notice["error"] or "sent"
            typer.echo(f"{notice['at']}  {notice['stage']}  {notice['channel']}  {notice['receiver']}  {outcome}")

    run_command(work)


@app.command("acknowledge")
def acknowledge(id: str, by: By, note: Annotated[str, typer.Option(help="What you are doing about it.")] = "") -> None:
    """Acknowledge a failure: you are dealing with it."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "acknowledge_alarm")
        await session.contributions.alarms.acknowledge(id, note, person)
        typer.echo(f"{id} is acknowledged by {person.login}")

    run_command(work)


@app.command("watch")
def watch(
    url: Annotated[str, typer.Argument(help="The service's /livez, such as http://127.0.0.1:8000/livez.")],
    every: Annotated[float, typer.Option(help="Seconds between two requests.", min=0.1)] = 2.0,
) -> None:
    """Notify by mail and robot when the service itself is down, and when it is back; runs until it is stopped.

    It needs neither the database nor the PBX; run it beside the service, preferably on another machine.
    """
    settings = Settings()
    channels = channels_of(settings.alarms, ZoneInfo(settings.timezone), clock.now)
    asyncio.run(_watch(url, every, channels))


async def _watch(url: str, every: float, channels: list[Channel]) -> None:
    missed, alarm = 0, None
    unsent: list[tuple[Channel, Alarm]] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=every)) as client:
        while True:
            answers = await _answers(client, url)
            missed, now = 0 if answers else missed + 1, clock.now()
            if alarm is None and missed >= MISSED:
                # From outside it cannot be known whether the service alone is away, or the machine with its calls.
                alarm = Alarm(uuid4().hex, AlarmKind.SERVICE, "", "service_away", CallsNow.UNKNOWN, now, now)
                unsent += [(channel, alarm) for channel in channels]
            elif alarm is not None and answers:
                ended = replace(alarm, ended_at=now)
                unsent += [(channel, ended) for channel in channels]
                alarm = None
            unsent = [(channel, news) for channel, news in unsent if not await _sent(channel, news, now.isoformat())]
            del unsent[:-MOST_UNSENT]
            await asyncio.sleep(every)


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False


async def _sent(channel: Channel, alarm: Alarm, at: str) -> bool:
    """Whether the receiver has taken it; it is sent again otherwise."""
    try:
        await channel.send(alarm)
        typer.echo(f"{at}  {alarm.cause}  {channel.name}  {channel.receiver}  sent")
    except NotNotified as error:
        typer.echo(f"{at}  {alarm.cause}  {channel.name}  {channel.receiver}  {error.detail}", err=True)
        return False
    return True
