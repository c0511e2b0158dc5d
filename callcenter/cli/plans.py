"""`callcenter plans`: draft, review and publish the roster of a line, as a table in and out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.session import READER, By, Session, run_command
from callcenter.facts import LineCode
from callcenter.roster.errors import BadPlan
from callcenter.roster.patterns.model import Pattern, clock_of, minutes_of
from callcenter.roster.plans.model import Days, PlanState
from callcenter.roster.plans.service import DraftSource

app = typer.Typer(help="Plans of the roster (D1, D2): draft, review, publish, tables.", no_args_is_help=True)
Day = Annotated[str, typer.Argument(help="Such as 2026-12-01.")]


@app.command("list")
def list_command(
    line: Annotated[str | None, typer.Option()] = None,
    state: Annotated[PlanState | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List plans, newest first."""

    async def work(session: Session) -> None:
        for row in await session.contributions.roster.plans.plans(READER, limit, line=line, state=state):
            published = f"  no. {row.number} by {row.published_by_name}" if row.number else ""
            typer.echo(f"{row.id}  {row.line:<12} {row.first_day} - {row.last_day}  {row.state}{published}")

    run_command(work)


@app.command("pattern")
def pattern_command(
    code: str,
    start: Annotated[str, typer.Argument(help="Such as 08:00.")],
    end: Annotated[str, typer.Argument(help="Such as 17:00; not after the start: on the next day.")],
    by: By,
    name: Annotated[str, typer.Option(help="The code, where it is left out.")] = "",
) -> None:
    """Add or replace a shift pattern."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "put_shift_pattern")
        try:
            minutes = minutes_of(start, end)
        except ValueError as error:
            raise BadPlan("a time looks like 08:00", fault="times") from error
        await session.contributions.roster.patterns.put(Pattern(code, name or code, *minutes), person)

    run_command(work)


@app.command("draft")
def draft_command(
    line: str,
    first: Day,
    last: Day,
    by: By,
    source: Annotated[DraftSource, typer.Option(help="What the draft begins with.")] = DraftSource.PREVIOUS,
) -> None:
    """Begin a draft of a line's roster; print its id."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "draft_roster_plan")
        days = Days(_day(first), _day(last))
        drafted = await session.contributions.roster.plans.draft(LineCode(line), days, source, "", person)
        for each in drafted.adjusted:
            now = f"{each.entry.starts_at:%Y-%m-%d %H:%M}Z to {each.entry.ends_at:%H:%M}Z" if each.entry else "left out"
            times = f"{clock_of(each.start)} to {clock_of(each.end)}"
            typer.echo(f"{each.fault} {each.agent} {each.day} {times}: {now}", err=True)
        typer.echo(drafted.row.id)

    run_command(work)


@app.command("review")
def review_command(plan: str) -> None:
    """Show what publishing would change, and which rules the plan breaks."""

    async def work(session: Session) -> None:
        review = await session.contributions.roster.reviews.of(plan)
        for change in review.differences:
            shift = change.after or change.before
            assert shift is not None
            typer.echo(f"{change.kind:<8} {change.agent:<8} {shift.starts_at:%Y-%m-%d %H:%M}Z")
        for short in review.shortages:
            skill = "" if short.skill is None else f" with {short.skill} {short.level}"
            typer.echo(
                f"shortage {short.starts_at:%Y-%m-%d %H:%M}Z  on duty {short.on_duty}, required {short.required}{skill}"
            )
        for strain in review.strains:
            typer.echo(f"{strain.rule:<10} {strain.agent:<8} {strain.at:%Y-%m-%d}  {strain.hours:g} h")
        for run in review.runs:
            typer.echo(f"long_run   {run.agent:<8} {run.first}  {run.days} days")
        for entry in review.on_leave:
            typer.echo(f"on_leave   {entry.agent:<8} {entry.day}")
        typer.echo(f"fingerprint {review.fingerprint}")

    run_command(work)


@app.command("plan")
def plan_command(
    plan: str,
    by: By,
    seconds: Annotated[float, typer.Option(min=1, max=300, help="How long the solver may look.")] = 10,
) -> None:
    """Have a draft planned: its fixed shifts stay."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "start_roster_planning")
        planner = session.contributions.roster.planner
        run = await planner.start(plan, seconds, person)
        await planner.do(run)
        clashes = f", clashing rules: {', '.join(run.clashes) or 'too few agents'}" if run.missing else ""
        typer.echo(f"{run.state} ({run.planner}): {run.missing} agent minutes uncovered{clashes}{run.fault or ''}")

    run_command(work)


@app.command("fairness")
def fairness_command(first: Day, last: Day) -> None:
    """List how nights, weekend days and hours are shared among the agents."""

    async def work(session: Session) -> None:
        for share in await session.contributions.roster.fairness.of(Days(_day(first), _day(last))):
            counts = f"nights {share.nights}, weekend days {share.weekends}, hours {share.hours:g}"
            typer.echo(f"{share.agent:<8} {share.name}  {counts}")

    run_command(work)


@app.command("publish")
def publish_command(
    plan: str,
    by: By,
    fingerprint: Annotated[str, typer.Option(help="Of the review that you have read.")],
    despite_shortage: Annotated[
        bool, typer.Option("--despite-shortage", help="Accept that the line has fewer agents than it needs.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Required with --despite-shortage.")] = "",
    handed_to: Annotated[str, typer.Option(help="Who received the roster (D1).")] = "",
) -> None:
    """Publish a plan: routing follows, agents are notified."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "publish_roster_plan")
        plans = session.contributions.roster.plans
        row = await plans.publish(plan, fingerprint, person, reason, despite_shortage=despite_shortage, to=handed_to)
        typer.echo(f"{row.line} {row.first_day} - {row.last_day} published as no. {row.number}")

    run_command(work)


@app.command("discard")
def discard_command(plan: str, by: By) -> None:
    """Discard a draft."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "discard_roster_plan")
        typer.echo((await session.contributions.roster.plans.discard(plan, person)).state)

    run_command(work)


@app.command("export")
def export_command(plan: str, file: Path) -> None:
    """Write a plan as XLSX, or as CSV by the file's name."""

    async def work(session: Session) -> bytes:
        xlsx = file.suffix.lower() != ".csv"
        return (await session.contributions.roster.tables.table(plan, READER, "zh-CN", xlsx=xlsx))[1]

    file.write_bytes(run_command(work))


@app.command("import")
def import_command(plan: str, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], by: By) -> None:
    """Replace the entries of a draft by those of a table, all or none."""
    data = file.read_bytes()

    async def work(session: Session) -> None:
        person = await session.acts(by, "import_roster_plan_table")
        _, entries, passed = await session.contributions.roster.tables.read(plan, data, person)
        for part in passed:
            typer.echo(f"skipped {part.kind} {part.where}: {part.text}", err=True)
        typer.echo(f"{len(entries)} shifts")

    run_command(work)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadPlan("a day looks like 2026-12-01", fault="day") from error
