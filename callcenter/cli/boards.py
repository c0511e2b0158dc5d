"""`callcenter boards`: what screens on the wall show, and the tokens of those screens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter import clock
from callcenter.cli.session import By, Session, run_command
from callcenter.kit.written_times import written_time
from callcenter.web.boards.errors import BadBoard
from callcenter.web.boards.model import PARTS, Board

app = typer.Typer(help="Boards on the wall: list, set, delete; the tokens of their screens.", no_args_is_help=True)


@app.command("list")
def list_boards() -> None:
    """List the boards with their lines and parts."""

    async def work(session: Session) -> None:
        for board in await session.contributions.boards.boards():
            lines = ",".join(board.lines) or "-"
            typer.echo("  ".join((board.code, lines, ",".join(board.parts), f"{board.turn_seconds}s", board.name)))

    run_command(work)


@app.command("set")
def set_board(
    code: str,
    name: Annotated[str, typer.Option(help="The name that leaders see.")],
    by: By,
    line: Annotated[list[str] | None, typer.Option(help="A line; may be given more than once. None: all.")] = None,
    part: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(PARTS)}. None: all.")] = None,
    turn_seconds: Annotated[int, typer.Option(min=5, max=300, help="How long a page is shown.")] = 12,
) -> None:
    """Add or replace a board."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "put_board")
        board = Board(code, name, tuple(line or ()), tuple(part or PARTS), turn_seconds)
        stored = await session.contributions.boards.put(board, person, lambda _: None)
        typer.echo(f"{stored.code} is stored")

    run_command(work)


@app.command("delete")
def delete(code: str, by: By) -> None:
    """Delete a board; the tokens of its screens end."""

    async def work(session: Session) -> None:
        await session.contributions.boards.delete(code, await session.acts(by, "delete_board"))
        typer.echo(f"{code} is deleted")

    run_command(work)


@app.command("tokens")
def tokens(code: str) -> None:
    """List the tokens of a board's screens, the newest first, without their values."""

    async def work(session: Session) -> None:
        for token in await session.centre.web_services.screens.of(code):
            ended = token.revoked_at is not None or token.expires_at <= clock.now()
            state = "revoked" if token.revoked_at else "expired" if ended else "in use"
            typer.echo("  ".join((token.id, state, token.expires_at.isoformat(), token.created_by, token.name)))

    run_command(work)


@app.command("token")
def token(
    code: str,
    name: Annotated[str, typer.Option(help="Which screen it is for.")],
    by: By,
    until: Annotated[str, typer.Option(help="When it expires, as 2026-12-31 or 2026-12-31 18:00.")] = "",
) -> None:
    """Create the token of a screen and print the screen's address; it is shown only here."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "add_screen_token")
        expires_at = _instant(until, session.settings.timezone) if until else None
        created, text = await session.centre.web_services.screens.add(code, name, expires_at, person)
        typer.echo(created.id)
        typer.echo(f"{session.settings.web.public_origin.rstrip('/')}/wall#token={text}")

    run_command(work)


def _instant(text: str, timezone: str) -> datetime:
    """The instant that a text names, in the centre's time zone where it names none. Raises BadBoard."""
    at = written_time(text)
    if at is None:
        raise BadBoard("the end of a token is a time such as 2026-12-31 18:00", fault="until")
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(timezone))


@app.command("revoke")
def revoke(code: str, id: str, by: By) -> None:
    """Revoke the token of a screen."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "revoke_screen_token")
        await session.centre.web_services.screens.revoke(code, id, person)
        typer.echo(f"{id} is revoked")

    run_command(work)
