"""`callcenter scorecards`: grading forms, samples, calls to grade, figures, checksums."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from pydantic import ValidationError

from callcenter.cli.session import READER, FormerlyUnnamed, Session, run_command
from callcenter.cli.text_file import text_of
from callcenter.scorecards.forms.model import look_through
from callcenter.scorecards.queries import ScoreFilter
from callcenter.scorecards.room import ScoreRoom
from callcenter.scorecards.sampling.model import key_of
from callcenter.scorecards.sampling.plans import PlanDefinition

Result = TypeVar("Result")
app = typer.Typer(help="Scorecards: forms, samples to grade, figures.", no_args_is_help=True)


def _with_room(work: Callable[[ScoreRoom], Awaitable[Result]]) -> Result:
    return run_command(lambda session: work(session.contributions.scorecards))


def _print(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))


@app.command("forms")
def forms_command() -> None:
    """List the grading forms with their versions, newest first."""

    async def work(room: ScoreRoom) -> None:
        for row in await room.forms.versions():
            by = f"{row.published_at:%Y-%m-%d} {row.published_by}" if row.published_at else ""
            typer.echo(f"{row.name:20} {row.number:4} {row.state:10} {by}")

    _with_room(work)


@app.command("form")
def form_command(name: str, number: int) -> None:
    """Print the TOML source of a version, to edit a copy of it."""

    async def work(room: ScoreRoom) -> None:
        typer.echo((await room.forms.version(name, number)).source, nl=False)

    _with_room(work)


@app.command("draft")
def draft_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A grading form as TOML.")],
    publish: Annotated[bool, typer.Option("--publish", help="Publish it at once.")] = False,
    by: FormerlyUnnamed = None,
) -> None:
    """Store a file as a new draft of the grading form that it names; its faults are listed."""
    source = text_of(file)

    async def work(session: Session) -> bool:
        room, person = session.contributions.scorecards, await session.acts(by, "draft_score_form")
        row = await room.forms.draft(source, person)
        problems = look_through(source)[1]
        for problem in problems:
            typer.echo(f"{file}: {problem.where}: {problem.sentence()}", err=True)
        if publish and not problems:
            row = await room.forms.publish(row.name, row.number, person, row.rev)
        typer.echo(f"{row.name} {row.number}: {row.state}")
        return not problems

    if not run_command(work):
        raise typer.Exit(1)


@app.command("plan")
def plan_command(
    code: str,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="TOML: title, per_agent, graders ...")],
    by: FormerlyUnnamed = None,
) -> None:
    """Create or change a sample plan; the file uses the API's field names."""
    definition_source = tomllib.loads(text_of(file))
    title, active = str(definition_source.pop("title", code)), bool(definition_source.pop("active", True))
    try:
        definition = PlanDefinition.model_validate(definition_source)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    async def work(session: Session) -> None:
        room, person = session.contributions.scorecards, await session.acts(by, "put_sample_plan")
        await room.forms.published(definition.form)
        row = await room.plans.put(code, title, definition, person, active=active)
        typer.echo(f"{row.code}: {definition.per_agent} calls of each agent and month, since {row.since:%Y-%m-%d}")

    run_command(work)


@app.command("progress")
def progress_command(plan: str, month: Annotated[str, typer.Argument(help="Such as 2026-11.")]) -> None:
    """Show each agent's progress in a month."""

    async def work(room: ScoreRoom) -> None:
        for item in await room.worklist.progress(plan, month):
            done = f"graded {item.graded}, open {item.open}, replaced {item.replaced}, dropped {item.dropped}"
            typer.echo(f"{item.agent:8} {done}, flagged {item.flagged}")

    _with_room(work)


@app.command("draw")
def draw_command() -> None:
    """Draw due samples now and replace calls that can no longer be graded; the running service does so itself."""

    async def work(room: ScoreRoom) -> None:
        drawn, replaced = await room.sampling.draw_due(), await room.worklist.sweep()
        typer.echo(f"drawn {drawn}, replaced {replaced}")

    _with_room(work)


@app.command("sample")
def sample_command(
    plan: str,
    month: Annotated[str, typer.Argument(help="Such as 2026-11.")],
    agent: Annotated[str | None, typer.Option(help="Only this agent's calls.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Repeat the draw and show every call's rank.")] = False,
) -> None:
    """Show a month's sample, with replacements and their reasons; --explain shows how it was drawn."""

    async def work(room: ScoreRoom) -> None:
        picks = [pick for pick in await room.worklist.picks(plan, month) if agent in (None, pick.agent)]
        if not explain:
            for pick in picks:
                what = f"{pick.agent:8} {pick.portion} {pick.call:32} {pick.why:11} {pick.state:8}"
                typer.echo(f"{what} {pick.grader or '-':12} {pick.reason or ''}".rstrip())
            return
        for number in [agent] if agent else sorted({pick.agent for pick in picks}):
            typer.echo(
                f"agent {number}: rank = HMAC-SHA256(key {key_of(plan, month, number)!r}, call id), lowest first"
            )
            for draw in await room.worklist.explain(plan, month, number):
                same = "the same calls" if draw.same_calls else "the calls have changed since"
                typer.echo(f" portion {draw.portion}, drawn {draw.drawn_at} from {draw.calls_then} calls; now {same}")
                for place in draw.places:
                    days = "own days " if place.own else "earlier  "
                    drawn = f" {place.state} ({place.why})" if place.state else ""
                    typer.echo(f"  {place.rank[:16]} {days}{place.call}{drawn}")

    _with_room(work)


@app.command("to-grade")
def to_grade_command(
    grader: Annotated[str | None, typer.Argument(help="A login; by default all graders.")] = None,
) -> None:
    """List the drawn calls that are to be graded, oldest first."""

    async def work(room: ScoreRoom) -> None:
        for item in await room.worklist.to_grade(grader):
            typer.echo(
                f"{item.called_at:%Y-%m-%d %H:%M}Z {item.agent:8} {item.call:32} {item.why:11} {item.grader or '-'}"
            )

    _with_room(work)


@app.command("figures")
def figures_command(
    month: Annotated[str | None, typer.Option(help="Only this month's calls, such as 2026-11.")] = None,
    by: Annotated[Literal["agent", "team", "form", "section", "item", "month"], typer.Option()] = "agent",
) -> None:
    """Show scores, passed and failed, with counts and 95 % intervals."""

    async def work(room: ScoreRoom) -> None:
        whole, groups = await room.reading.figures(ScoreFilter(month=month), by, READER)
        _print({"all": asdict(whole), **{name or "none": asdict(group) for name, group in groups.items()}})

    _with_room(work)


@app.command("verify")
def verify_command() -> None:
    """Verify the checksum of every submitted score; exit status 1 when one was changed."""

    async def work(room: ScoreRoom) -> list[str]:
        return await room.reading.verify()

    broken = _with_room(work)
    for score in broken:
        typer.echo(f"{score}: the score no longer fits its checksum", err=True)
    if broken:
        raise typer.Exit(1)
    typer.echo("every submitted score is unchanged")
