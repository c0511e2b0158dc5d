"""Counts cases in the database: never one row per case, and the same statements on both databases (K6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, exists, extract, func, literal, select
from sqlalchemy.orm import aliased

from callcenter.complaints.analysis.model import BUCKET_SECONDS, Buckets, By, Counted, by_clock
from callcenter.complaints.analysis.texts import NamesOf, no_names
from callcenter.complaints.model import Kind, State
from callcenter.complaints.rows import CaseRow, CaseStepRow
from callcenter.storage.database import Database
from callcenter.storage.instants import second_of

MOST_GROUPS: Final = 500
CLOSED: Final = (State.CLOSED, State.ARCHIVED)
CLOCKS: Final = frozenset({By.HOUR, By.WEEKDAY})
Standings = Callable[[], Awaitable[Mapping[str, str]]]
"""The class of each customer file that is not ordinary, by its id; there are few of them (W5)."""


@dataclass(frozen=True, slots=True)
class Period:
    """Cases opened from `since` (inclusive) to `until` (exclusive), without merged ones; None means all kinds."""

    since: datetime
    until: datetime
    kind: Kind | None = Kind.COMPLAINT

    def conditions(self) -> list[ColumnElement[bool]]:
        clauses = [
            CaseRow.opened_at >= self.since,
            CaseRow.opened_at < self.until,
            CaseRow.state != State.MERGED.value,
        ]
        return clauses if self.kind is None else [*clauses, CaseRow.kind == self.kind.value]

    def before(self) -> Period:
        """Returns the interval of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since, self.kind)


@dataclass(frozen=True, slots=True)
class Step:
    """How long cases stayed at a step that they have left, in seconds."""

    state: str
    cases: int
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """`again`: cases of a customer with an earlier case in the days before; `same_product`: for the same product."""

    cases: int
    again: int
    same_product: int


class Analysis:
    def __init__(self, database: Database, zone: str, standings: Standings, names: NamesOf = no_names) -> None:
        self._database = database
        self.zone = zone
        self.names = names
        self._standings = standings

    async def groups(self, by: By, period: Period) -> list[Counted]:
        """Counts cases by one dimension; returns the largest groups, at most 500."""
        if by in CLOCKS:
            return by_clock(await self.buckets(period), by, self.zone)
        value = await self._value(by)
        query = select(value, *_COUNTS).where(*period.conditions()).group_by(value).order_by(func.count().desc(), value)
        async with self._database.read() as session:
            return [Counted(str(row[0] or ""), *row[1:]) for row in await session.execute(query.limit(MOST_GROUPS))]

    async def _value(self, by: By) -> ColumnElement[str]:
        if by is not By.CUSTOMER_CLASS:
            column: ColumnElement[str] = func.coalesce(getattr(CaseRow, by.value), "")
            return column
        by_class: dict[str, list[str]] = {}
        for id, standing in (await self._standings()).items():
            by_class.setdefault(standing, []).append(id)
        known = [(CaseRow.customer.in_(ids), literal(name)) for name, ids in sorted(by_class.items())]
        without = (CaseRow.customer.is_(None), literal("unknown"))
        return case(without, *known, else_=literal("ordinary"))

    async def buckets(self, period: Period) -> Buckets:
        """Counts openings by quarter of an hour."""
        second = second_of(CaseRow.opened_at)
        start = second - second % BUCKET_SECONDS
        query = select(start, *_COUNTS).where(*period.conditions()).group_by(start)
        async with self._database.read() as session:
            return {int(row[0]): Counted("", *row[1:]) for row in await session.execute(query)}

    async def total(self, period: Period) -> Counted:
        query = select(*_COUNTS).where(*period.conditions())
        async with self._database.read() as session:
            return Counted("", *(await session.execute(query)).one())

    async def steps(self, period: Period) -> list[Step]:
        """Returns the median and 90th percentile of the time at each step."""
        seconds = extract("epoch", CaseStepRow.left_at) - extract("epoch", CaseStepRow.entered_at)
        left = (CaseStepRow.left_at.is_not(None), *period.conditions())
        counted = (
            select(CaseStepRow.state, func.count())
            .join(CaseRow, CaseRow.number == CaseStepRow.case)
            .where(*left)
            .group_by(CaseStepRow.state)
        )
        steps = []
        async with self._database.read() as session:
            for state, cases in (await session.execute(counted)).all():
                ordered = (
                    select(seconds)
                    .join(CaseRow, CaseRow.number == CaseStepRow.case)
                    .where(*left, CaseStepRow.state == state)
                    .order_by(seconds)
                )
                quantiles = [await session.scalar(ordered.offset(place).limit(1)) for place in _places(cases)]
                steps.append(Step(state, cases, *(float(quantile or 0) for quantile in quantiles)))
        order = {state.value: place for place, state in enumerate(State)}
        return sorted(steps, key=lambda step: order.get(step.state, len(order)))

    async def repeats(self, period: Period, days: int) -> Repeats:
        """Counts the cases of customers who had complained in the `days` before."""
        earlier = aliased(CaseRow)
        same = (
            earlier.customer == CaseRow.customer,
            earlier.kind == CaseRow.kind,
            (earlier.opened_at < CaseRow.opened_at)
            | ((earlier.opened_at == CaseRow.opened_at) & (earlier.number < CaseRow.number)),
            earlier.state != State.MERGED.value,
            extract("epoch", CaseRow.opened_at) - extract("epoch", earlier.opened_at)
            <= int(timedelta(days=days).total_seconds()),
        )
        again = exists().where(*same)
        product = exists().where(*same, earlier.product == CaseRow.product, earlier.product != "")
        query = select(
            func.count(),
            func.coalesce(func.sum(case((again, 1), else_=0)), 0),
            func.coalesce(func.sum(case((product, 1), else_=0)), 0),
        ).where(*period.conditions(), CaseRow.customer.is_not(None))
        async with self._database.read() as session:
            return Repeats(*(await session.execute(query)).one())


def _places(cases: int) -> Sequence[int]:
    return (cases - 1) // 2, (9 * (cases - 1)) // 10


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    summed: ColumnElement[int] = func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
    return summed


_DONE: Final = CaseRow.state.in_([state.value for state in CLOSED])
_COUNTS: Final = (
    func.count(),
    _sum(_DONE),
    _sum(_DONE & CaseRow.late.is_(False)),
    _sum(_DONE & CaseRow.confirmed.is_not(None)),
    _sum(_DONE & CaseRow.confirmed.is_(True)),
)
