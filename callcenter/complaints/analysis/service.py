"""Builds the analysis of a period as a workbook (K6)."""

from __future__ import annotations

import asyncio

from callcenter.catalogue import Language
from callcenter.complaints.analysis.exports import workbook
from callcenter.complaints.analysis.model import By, Every, pareto, trend
from callcenter.complaints.analysis.queries import Analysis, Period


async def made_workbook(analysis: Analysis, period: Period, language: Language) -> bytes:
    """Returns all dimensions and the trend by day as XLSX."""
    groups = {by: pareto(await analysis.groups(by, period)) for by in By}
    days = trend(await analysis.buckets(period), Every.DAY, analysis.zone, period.since, period.until)
    return await asyncio.to_thread(workbook, groups, days, language, await analysis.names())
