"""`callcenter cases analyse`: figures of complaints over a period, as text, chart or workbook (K6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from callcenter.catalogue import Language
from callcenter.cli.session import Session, run_command
from callcenter.clock import now
from callcenter.complaints.analysis.model import By, pareto
from callcenter.complaints.analysis.queries import Period
from callcenter.complaints.analysis.service import made_workbook
from callcenter.complaints.analysis.texts import Directories, label_of, title
from callcenter.paper.charts import Bar, ranked


def analyse_command(
    by: Annotated[By, typer.Option(help="The dimension to group by.")] = By.DEPARTMENT,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back from now.")] = 30,
    xlsx: Annotated[Path | None, typer.Option(help="Write all dimensions with charts to this file.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the groups into this file.")] = None,
    lang: Annotated[str, typer.Option(help="Language of headings and values: zh-CN or en.")] = "zh-CN",
) -> None:
    """Count complaints by department, product, cause ... with their shares, largest first."""
    period = Period(now() - timedelta(days=days), now())
    _analyse(by, period, xlsx, svg, "en" if lang == "en" else "zh-CN")


def _analyse(by: By, period: Period, xlsx: Path | None, svg: Path | None, language: Language) -> None:
    async def work(session: Session) -> None:
        contributions = session.contributions
        analysis, names = contributions.complaints.analysis, contributions.names
        known: Directories = {name: await names[name]() for name in ("agents", "lines", "departments")}
        groups = pareto(await analysis.groups(by, period))
        called = [label_of(by, entry.value, language, known) for entry in groups]
        for name, entry in zip(called, groups, strict=True):
            typer.echo(f"{entry.cases:6} {entry.share:7.1%} {entry.cumulative:7.1%}  {name}")
        if svg is not None:
            chart_bars = [Bar(name, entry.cases, entry.cumulative) for name, entry in zip(called, groups, strict=True)]
            chart = await asyncio.to_thread(ranked, title(by, language), chart_bars)
            await asyncio.to_thread(svg.write_text, chart, "utf-8")
        if xlsx is not None:
            await asyncio.to_thread(xlsx.write_bytes, await made_workbook(analysis, period, language))

    run_command(work)
