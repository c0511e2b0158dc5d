"""The import over HTTP: the same file as the command takes, with a dry run."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.centre.setup_file import read_file
from callcenter.centre.setup_import import Importing, Report
from callcenter.web.ports import Notify
from callcenter.web.roles import ADMINISTRATORS
from callcenter.web.routes import Ask, Routes

LARGEST_FILE = 10_000_000


class SetupImportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(max_length=200, description="The file name; its extension, .toml or .csv, gives the format.")
    ]
    dry_run: bool = False


class SetupProblemShape(BaseModel):
    where: str
    code: str
    detail: str


class SetupReportShape(BaseModel):
    """`kept` is false after a dry run and when there is a problem: then nothing was changed."""

    done: dict[str, int]
    skipped: int
    problems: list[SetupProblemShape]
    kept: bool

    @classmethod
    def of(cls, report: Report) -> SetupReportShape:
        problems = [
            SetupProblemShape(where=problem.where, code=problem.code, detail=problem.detail)
            for problem in report.problems
        ]
        return cls(done=report.done, skipped=report.skipped, problems=problems, kept=report.kept)


def routes(importing: Importing, changed: Notify) -> Routes:
    """`changed` is notified when something was imported."""
    routes = Routes("imports")

    @routes.post("/imports", roles=ADMINISTRATORS, max_body=LARGEST_FILE)
    async def import_file(ask: Ask, body: bytes, query: SetupImportQuery) -> SetupReportShape:
        """Import agents, queues, lines and shifts from a TOML or CSV file: all rows, or none and every problem."""
        report = await importing.run(read_file(query.name, body), ask.require(), dry_run=query.dry_run)
        if report.kept:
            changed()
        return SetupReportShape.of(report)

    return routes
