"""`callcenter recordings`: lists, verifies, adopts, exports and erases recordings; rotates their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from callcenter import clock
from callcenter.catalogue import sentence_of
from callcenter.cli.session import FormerlyUnnamed, Session, run_command
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.settings import Settings
from callcenter.web.roles import ANYONE, MANAGERS
from recordings.access import Rights
from recordings.errors import VaultDamaged
from recordings.keys import drop_keys, make_key
from recordings.room import Room
from recordings.service import RecordingFilter

PAGE = 200
app = typer.Typer(help="Recordings of calls.", no_args_is_help=True)


@app.command("list")
def list_command(
    call: Annotated[str | None, typer.Option(help="Only recordings of this call.")] = None,
    limit: Annotated[int, typer.Option(help="How many to list, newest first.")] = 50,
) -> None:
    """List recordings, newest first."""

    async def work(room: Room) -> None:
        for recording in await room.recordings.find(RecordingFilter(call=CallId(call) if call else None), limit):
            until = f"{recording.retain_until:%Y-%m-%d}"
            typer.echo(
                f"{recording.id}  {recording.began_at:%Y-%m-%d %H:%M:%S}  {recording.seconds:8.1f} s"
                f"  {recording.call}  until {until}"
            )

    _with_room(work)


@app.command("verify")
def verify_command() -> None:
    """Verify the checksum of every recording; exit status 1 when one is damaged."""

    async def work(room: Room) -> None:
        good, bad, after = 0, 0, None
        while page := await room.recordings.find(RecordingFilter(), PAGE, after):
            for listed in page:
                try:
                    await room.recordings.verify(listed.id)
                    good += 1
                except VaultDamaged as error:
                    bad += 1
                    typer.echo(f"{listed.id}: {sentence_of(error)}", err=True)
            after = (page[-1].began_at, page[-1].id)
        typer.echo(f"{good} recordings are intact, {bad} are damaged")
        if bad:
            raise typer.Exit(1)

    _with_room(work)


@app.command("adopt")
def adopt_command() -> None:
    """Store the idle files in the spool now, including those of unknown calls; not while calls are recorded."""

    async def work(room: Room) -> None:
        stored = await room.keeping.scan(all_quiet=True)
        state = room.keeping.state
        typer.echo(f"{stored} kept, {state.waiting} wait, {state.strangers} files are not ours")
        if state.problem:
            typer.echo(f"not all could be kept: {state.problem}", err=True)
            raise typer.Exit(1)

    _with_room(work)


@app.command("rotate-keys")
def rotate_keys_command(
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove the older master keys afterwards.")] = False,
) -> None:
    """Create a new master key and rewrap every recording's key with it; restart the service afterwards."""
    settings = Settings()
    if settings.recordings.master_keys:
        typer.echo("The master keys come from the settings: the key that is last by name is in use.")
    else:
        id, _ = make_key(settings.key_folder, clock.now())
        typer.echo(f"new master key {id}")

    async def work(room: Room) -> None:
        typer.echo(f"{await room.retention.rewrap()} recording keys rewrapped")
        if drop_old and not settings.recordings.master_keys:
            old = [id for id in room.vault.keys.ids if id != room.vault.keys.current]
            await asyncio.to_thread(drop_keys, settings.key_folder, old)
            typer.echo(f"{len(old)} older master keys removed")

    _with_room(work)


@app.command("export")
def export_command(
    id: str,
    to: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    by: FormerlyUnnamed = None,
) -> None:
    """Write a recording's audio to a file; recorded in the audit."""

    async def work(session: Session) -> None:
        room, person = session.contributions.recordings, await session.acts(by, ANYONE)
        policy = session.settings.recordings
        if by is not None:
            Rights(policy.may_play, policy.may_export).check_export(person, await room.recordings.recording(id))
        sound = await room.recordings.audio(id)
        await room.recordings.heard(id, person, "recording.exported")
        # A new file that no other user may read.
        await asyncio.to_thread(to.touch, 0o600, False)
        with await asyncio.to_thread(to.open, "wb") as file:
            async for piece in sound:
                await asyncio.to_thread(file.write, piece)
        typer.echo(f"written: {to}")

    run_command(work)


@app.command("erase")
def erase_command(
    reason: Annotated[str, typer.Option(help="The reason; recorded in the audit and with the erased recording.")],
    id: Annotated[str | None, typer.Option("--id", help="One recording.")] = None,
    number: Annotated[list[str] | None, typer.Option("--number", help="All recordings of this number.")] = None,
    by: FormerlyUnnamed = None,
) -> None:
    """Permanently erase one recording or all of a number; recordings held by a case are kept and listed."""
    if (id is None) == (not number):
        raise typer.BadParameter("give either --id or --number")

    async def work(session: Session) -> None:
        room, person = (
            session.contributions.recordings,
            await session.acts(by, "erase_recording" if id else "erase_numbers"),
        )
        if id is not None:
            await room.retention.erase(RecordingId(id), reason, person)
            typer.echo(f"erased: {id}")
            return
        report = await room.retention.erase_numbers(number or [], reason, person)
        for word, ids in (("erased", report.erased), ("held by a case", report.held), ("file left", report.failed)):
            typer.echo(f"{word}: {len(ids)}" + "".join(f"\n  {listed}" for listed in ids))

    run_command(work)


@app.command("release")
def release_command(case: str, by: FormerlyUnnamed = None) -> None:
    """Release a case's hold; ordinary retention applies again."""

    async def work(session: Session) -> None:
        room, person = session.contributions.recordings, await session.acts(by, MANAGERS)
        typer.echo(f"{await room.retention.release(CaseNumber(case), person)} calls released")

    run_command(work)


def _with_room(work: Callable[[Room], Awaitable[None]]) -> None:
    run_command(lambda session: work(session.contributions.recordings))
