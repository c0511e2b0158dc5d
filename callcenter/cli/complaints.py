"""`callcenter cases`: opens, shows and moves cases, and verifies their histories.

A change is made on behalf of the person whose login is given, with that person's rights. Signing is not
possible on the command line: who may sign depends on who is on duty, which only the running service knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from callcenter.cli.analysis import analyse_command
from callcenter.cli.exports import print_forms
from callcenter.cli.session import By, Session, run_command
from callcenter.clock import now
from callcenter.complaints.departments.service import Department
from callcenter.complaints.errors import BadFile
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.history.verify import verify_all
from callcenter.complaints.model import Channel, Event, Facts, Kind, Severity, State
from callcenter.complaints.papers.service import CasePaper
from callcenter.facts import CallId, CaseNumber
from callcenter.settings import Settings
from callcenter.storage.tokenizer import around, query_of

Result = TypeVar("Result")
app = typer.Typer(help="Complaint cases: open, step, attach, list, show, verify, print.", no_args_is_help=True)
app.command("analyse")(analyse_command)


@app.command("list")
def list_command(
    state: Annotated[State | None, typer.Option(help="Only cases at this step.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only open cases past their deadline.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List the newest cases."""
    conditions, here = CaseConditions(state=state, overdue_at=now() if overdue else None), ZoneInfo(Settings().timezone)
    for case in run_command(lambda session: session.contributions.complaints.queries.find(conditions, limit)):
        due = f"{case.due_at.astimezone(here):%Y-%m-%d %H:%M}" if case.due_at else "-"
        title = " ".join(case.facts.what_happened.split())[:60]
        typer.echo(f"{case.number}  {case.state:<13} {case.facts.severity or '-':<8} {due:<17}  {title}")


@app.command("find")
def find_command(
    words: Annotated[str, typer.Argument(help="The words to search for; a case must contain all of them.")],
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """List the newest cases that contain these words, with the words in context."""

    async def work(session: Session) -> None:
        search = CaseSearch(session.database)
        hits, following = await search.find(words, CaseConditions(), limit)
        for case, text in await search.with_texts([case.number for case in hits]):
            typer.echo(f"{case.number}  {case.state:<13} {around(text, query_of(words))}")
        if following is not None:
            typer.echo("There are more cases; give more words or raise --limit.", err=True)

    run_command(work)


@app.command("show")
def show_command(number: str) -> None:
    """Show a case with its history."""

    async def work(session: Session) -> None:
        case = await session.contributions.complaints.cases.case(CaseNumber(number))
        typer.echo(f"{case.number}: {case.facts.kind}, {case.state}; received by {case.received_by_name}")
        typer.echo(" ".join(case.facts.what_happened.split()))
        for name, statement in case.statements.items():
            typer.echo(f"  {name} ({statement.by_name}, {statement.at:%Y-%m-%d}): {' '.join(statement.text.split())}")
        for step in await session.contributions.complaints.queries.history(CaseNumber(number)):
            typer.echo(f"  {step.seq:>4}  {step.at:%Y-%m-%d %H:%M}Z  {step.by_name}: {step.action} {step.facts}")

    run_command(work)


@app.command("verify")
def verify_command(
    number: Annotated[str | None, typer.Argument(help="One case; by default all.")] = None,
) -> None:
    """Verify the histories (K7): recompute every hash. Exit status 1 when one differs."""
    looked, broken = run_command(lambda session: verify_all(session.database, CaseNumber(number) if number else None))
    if broken is not None:
        typer.echo(f"{broken.case}, entry {broken.seq}: {broken.why}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{looked} cases: every history is whole.")


@app.command("open")
def open_command(
    text: Annotated[str, typer.Argument(help="What happened.")],
    by: By,
    kind: Annotated[Kind, typer.Option()] = Kind.COMPLAINT,
    severity: Annotated[Severity | None, typer.Option()] = None,
    channel: Annotated[Channel, typer.Option()] = Channel.PHONE,
    phone: Annotated[str, typer.Option()] = "",
    name: Annotated[str, typer.Option(help="The customer's name; none with --anonymous.")] = "",
    department: Annotated[str, typer.Option()] = "",
    product: Annotated[str, typer.Option()] = "",
    anonymous: Annotated[bool, typer.Option("--anonymous")] = False,
    call: Annotated[str | None, typer.Option(help="The id of the call that reported it.")] = None,
) -> None:
    """Open a case and print its number."""
    facts = Facts(
        kind=kind,
        severity=severity,
        channel=channel,
        phone=phone,
        customer_name=name,
        department=department,
        product=product,
        anonymous=anonymous,
        what_happened=text,
    )

    async def work(session: Session) -> str:
        opening, person = session.contributions.complaints.opening, await session.acts(by, "open_case")
        return (await opening.open(facts, person, call=CallId(call) if call else None)).number

    typer.echo(run_command(work))


@app.command("state")
def state_command(number: str, statement: str, text: str, by: By) -> None:
    """Write a statement of the forms: findings, investigation, proposal, corrective_action, verification ..."""

    async def work(session: Session) -> None:
        person = await session.acts(by, "state")
        await session.contributions.complaints.cases.state_it(CaseNumber(number), statement, text, person)

    run_command(work)


@app.command("step")
def step_command(
    number: str,
    event: Event,
    by: By,
    reason: Annotated[str, typer.Option(help="The reason; required to return, withdraw, merge or reopen.")] = "",
    to: Annotated[State | None, typer.Option(help="The earlier step to return to.")] = None,
    into: Annotated[str | None, typer.Option(help="The case to merge into.")] = None,
) -> None:
    """Take a step (K3) and print the case's new state."""

    async def work(session: Session) -> State:
        person = await session.acts(by, "take_step")
        cases = session.contributions.complaints.cases
        survivor = CaseNumber(into) if into else None
        case = await cases.step(CaseNumber(number), event, person, reason=reason, goal=to, into=survivor)
        return case.state

    typer.echo(run_command(work).value)


@app.command("attach")
def attach_command(
    number: str,
    by: By,
    call: Annotated[str | None, typer.Option(help="A call's id.")] = None,
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A photo or a PDF.")] = None,
) -> None:
    """Attach a call or a file to the case."""

    async def work(session: Session) -> None:
        attachments = session.contributions.complaints.attachments
        if call is not None:
            person = await session.acts(by, "attach_call")
            await attachments.attach_call(CaseNumber(number), CallId(call), person)
        if file is not None:
            person = await session.acts(by, "attach_file")
            if file.stat().st_size > session.settings.complaints.largest_file:
                raise BadFile("the file is too large", case=number, largest=session.settings.complaints.largest_file)
            await attachments.attach_file(CaseNumber(number), file.name, file.read_bytes(), person)

    run_command(work)


@app.command("departments")
def departments_command() -> None:
    """List the departments that a case may concern."""

    async def work(session: Session) -> list[Department]:
        return await session.contributions.complaints.departments.departments()

    for department in run_command(work):
        typer.echo(f"{department.code:<20} {department.name}{'' if department.active else ' (no longer)'}")


@app.command("print")
def print_command(
    numbers: Annotated[list[str], typer.Argument(help="Case numbers, such as TS20261124-0001.")],
    paper: Annotated[CasePaper, typer.Option("--form", help="tracking (K1) or handling (K2).")] = CasePaper.TRACKING,
    to: Annotated[Path, typer.Option("--to", help="The PDF to write.")] = Path("cases.pdf"),
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Print many cases into one PDF; cases that cannot be printed are listed, the others are printed."""
    print_forms(f"case/{paper}", numbers, to, language)
