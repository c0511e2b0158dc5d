"""`callcenter export LIST`: a list as CSV or XLSX. `callcenter forms`: printing, archive, Word templates."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from callcenter.catalogue import sentence_of
from callcenter.centre.contributions import Contributions
from callcenter.cli.session import OptionalBy, Session, run_command
from callcenter.errors import CallCentreError, Invalid, NotFound
from callcenter.exports.files import write_list
from callcenter.exports.model import FileFormat
from callcenter.paper.model import FormKind
from callcenter.settings import Settings
from callcenter.web.audit import SYSTEM

Result = TypeVar("Result")
forms_app = typer.Typer(help="Printed forms: print, verify the archive, create a Word template.", no_args_is_help=True)


class UnknownList(NotFound):
    code = "no_such_list"


class BadFilter(Invalid):
    code = "bad_filter"


def export_list(
    name: Annotated[str, typer.Argument(metavar="LIST", help="calls, customers, callbacks, evaluations, cases ...")],
    to: Annotated[Path | None, typer.Argument(help="The file to write; by default LIST.FORMAT.")] = None,
    kind: Annotated[FileFormat, typer.Option("--format", help="The format of the file.")] = FileFormat.XLSX,
    language: Annotated[
        str, typer.Option("--language", "--lang", help="Language of headings and values: zh-CN or en.")
    ] = "zh-CN",
    since: Annotated[datetime | None, typer.Option(help="From this time on, in the centre's time zone.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time, in the centre's time zone.")] = None,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="NAME=VALUE as in the API, such as outcome=abandoned.")
    ] = None,
    by: OptionalBy = None,
) -> None:
    """Write a list, filtered, into a CSV or XLSX file.

    The export is recorded in the audit.
    """
    zone, target = ZoneInfo(Settings().timezone), to or Path(f"{name}.{kind}")
    asked: dict[str, object] = {"format": kind, "language": language}
    asked |= {key: at.replace(tzinfo=zone) for key, at in (("since", since), ("until", until)) if at}
    for filter in filters or []:
        key, _, value = filter.partition("=")
        asked[key] = value

    async def work(session: Session) -> None:
        contributions = session.contributions
        chosen = next((export for export in contributions.exports if export.name == name), None)
        if chosen is None:
            known = ", ".join(sorted(export.name for export in contributions.exports))
            raise UnknownList(f"there are {known}", known=known)
        try:
            query = chosen.query.model_validate(asked)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadFilter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        person = SYSTEM if by is None else await session.acts(by, chosen.roles)
        facts = query.model_dump(mode="json", exclude_none=True)
        await contributions.core.web_services.audit.record(person, "list.exported", f"list/{name}", "", facts)
        half = target.with_name(f".{target.name}.half")
        await write_list(chosen, query, zone, half, contributions.names)
        os.replace(half, target)

    run_command(work)
    typer.echo(f"written: {target}")


@forms_app.command("print")
def print_forms(
    source: Annotated[str, typer.Argument(help="call, evaluation, case/tracking, case/handling ...")],
    subjects: Annotated[list[str], typer.Argument(help="Numbers or ids of what to print.")],
    to: Annotated[Path, typer.Option("--to", help="The PDF to write.")] = Path("forms.pdf"),
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Print many forms into one PDF; forms that cannot be printed are listed, the others are printed."""

    async def work(contributions: Contributions) -> list[str]:
        room, refused, pieces = contributions.forms, [], []
        async with room.press:
            with typer.progressbar(subjects, label="printing", file=sys.stderr) as progress:
                for subject in progress:
                    try:
                        forms = await room.runs.forms_of(source, subject, language, None)
                        pieces += [(await room.service.pdf(form)).data for form in forms]
                    except CallCentreError as error:
                        refused.append(f"{subject}: {error.code}: {sentence_of(error)}")
            if pieces:
                to.write_bytes(await room.service.join(pieces))
        return refused

    refused = with_office(work)
    for refusal in refused:
        typer.echo(refusal, err=True)
    if len(refused) == len(subjects):
        raise typer.Exit(1)
    typer.echo(f"written: {to}")


@forms_app.command("verify")
def verify_forms() -> None:
    """Verify the checksum of every archived form; exit status 1 when one is damaged."""

    async def work(contributions: Contributions) -> int:
        broken = await contributions.forms.service.verify()
        for row, why in broken:
            typer.echo(f"{row.subject} {row.kind} {row.sha256}: {why}", err=True)
        return len(broken)

    if with_office(work):
        raise typer.Exit(1)
    typer.echo("every archived form is unchanged")


@forms_app.command("template")
def word_template(
    kind: FormKind,
    to: Annotated[Path, typer.Argument(help="The .docx file to write.")],
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Write an initial Word template; adapt it and put it into forms.word_templates."""
    from callcenter.paper.word import starter

    to.write_bytes(starter(kind, language))
    typer.echo(f"written: {to}")


def with_office(work: Callable[[Contributions], Awaitable[Result]]) -> Result:
    """Run work with all rooms joined and nothing running."""
    return run_command(lambda session: work(session.contributions))
