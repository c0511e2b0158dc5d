"""`callcenter cases analyse`: the complaints of a stretch in figures, as a chart, as a workbook (K6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from callcenter.charts import Bar, bars
from callcenter.clock import now
from callcenter.complaints.analysis import By, pareto
from callcenter.complaints.analysis_http import made_workbook
from callcenter.complaints.analysis_sheets import TITLES
from callcenter.complaints.analysis_store import Analysis, Period
from callcenter.customers.service import CustomerService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.audit import Audit


def analyse_command(
    by: Annotated[By, typer.Option(help="What to group by.")] = By.DEPARTMENT,
    days: Annotated[int, typer.Option(min=1, max=3650, help="The last so many days.")] = 30,
    xlsx: Annotated[Path | None, typer.Option(help="Write all dimensions with charts here.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the groups here.")] = None,
) -> None:
    """Complaints by department, product, cause ... with shares of the whole, the largest first."""
    asyncio.run(_analyse(by, Period(now() - timedelta(days=days), now()), xlsx, svg))


async def _analyse(by: By, period: Period, xlsx: Path | None, svg: Path | None) -> None:
    settings = Settings()
    database = Database.open(settings.database)
    try:
        await bring_up_to_date(database)
        customers = CustomerService(database, now, Audit(database, now))
        analysis = Analysis(database, settings.timezone, customers.special)
        found = pareto(await analysis.groups(by, period))
        for one in found:
            typer.echo(f"{one.cases:6} {one.share:7.1%} {one.cumulative:7.1%}  {one.value or '-'}")
        if svg is not None:
            chart = bars(TITLES[by], [Bar(one.value, one.cases, one.cumulative) for one in found])
            await asyncio.to_thread(svg.write_text, chart, "utf-8")
        if xlsx is not None:
            await asyncio.to_thread(xlsx.write_bytes, await made_workbook(analysis, period))
    finally:
        await database.close()
