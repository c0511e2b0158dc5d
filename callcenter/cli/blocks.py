"""`callcenter blocks`: numbers whose callers are not taken, why and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from callcenter import clock
from callcenter.cli.session import By, Session, run_command
from callcenter.kit.written_times import written_time
from callcenter.routing.blocks.errors import BadBlock
from callcenter.routing.blocks.model import Block

app = typer.Typer(help="Blocked callers: list, add, lift.", no_args_is_help=True)


@app.command("list")
def list_blocks(
    active: Annotated[bool, typer.Option("--active", help="Only blocks that hold now.")] = False,
    number: Annotated[str, typer.Option(help="Only this number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List blocked numbers, the newest first, with how often each block turned a caller away."""

    async def work(session: Session) -> None:
        blocks = await session.contributions.blocks.blocks(limit, number=number, active=active)
        hits = await session.contributions.blocks.hits(blocks)
        for block in blocks:
            state = "active" if block.holds_at(clock.now()) else "lifted" if block.lifted_at else "ended"
            until = block.ends_at.isoformat() if block.ends_at else "no end"
            words = (block.id, block.number, block.line or "-", state, until, f"hits={hits[block.id].count}")
            typer.echo("  ".join((*words, block.added_by, block.reason)))

    run_command(work)


@app.command("add")
def add(
    number: str,
    reason: Annotated[str, typer.Option(help="Why callers with this number are not taken.")],
    by: By,
    until: Annotated[str, typer.Option(help="When the block ends, as 2026-12-31 or 2026-12-31 18:00.")] = "",
    no_end: Annotated[str, typer.Option(help="Instead of --until: why the block has no end.")] = "",
    line: Annotated[str, typer.Option(help="Only this line; otherwise the whole centre.")] = "",
) -> None:
    """Block a number; its callers hear so and are released."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "add_block")
        ends_at = _instant(until, session.settings.timezone) if until else None
        block = await session.contributions.blocks.add(Block(number, reason, line, ends_at, no_end), person)
        typer.echo(f"{block.id} {block.number} is blocked")

    run_command(work)


def _instant(text: str, timezone: str) -> datetime:
    """The instant that a text names, in the centre's time zone where it names none. Raises BadBlock."""
    at = written_time(text)
    if at is None:
        raise BadBlock("the end of a block is a time such as 2026-12-31 18:00", fault="time")
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(timezone))


@app.command("lift")
def lift(id: str, reason: Annotated[str, typer.Option(help="Why it is lifted.")], by: By) -> None:
    """End a block now; it stays on the list as lifted."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "lift_block")
        block = await session.contributions.blocks.lift(id, reason, person)
        typer.echo(f"{block.number} is no longer blocked")

    run_command(work)
