"""Shapes that several routes of the roster share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.effects import Effect
from callcenter.roster.history import RequestHistory
from callcenter.roster.overtime.rows import OvertimeRow
from callcenter.roster.rows import LeaveRow, RosterStepRow, SwapRow
from callcenter.web.routes import Page, decode_cursor, encode_cursor, page_of


class ShortageShape(BaseModel):
    """A line has `on_duty` agents where it needs `required`; `before` is how many it has without the change.

    With `skill` the numbers count the agents who have it at `level` or a higher one; both are null for all agents.
    """

    model_config = ConfigDict(from_attributes=True)

    line: str
    starts_at: datetime
    ends_at: datetime
    required: int
    on_duty: int
    before: int
    skill: str | None
    level: int | None


class StrainShape(BaseModel):
    """A limit that an agent's hours would break: `short_rest` or `long_week`, with the hours that they would have."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    rule: str
    at: datetime
    hours: float


class EffectShape(BaseModel):
    """What approving would do: where too few agents would be left, and whose hours would break a limit."""

    shortages: list[ShortageShape]
    strains: list[StrainShape]

    @classmethod
    def of(cls, effect: Effect) -> EffectShape:
        return cls(
            shortages=[ShortageShape.model_validate(shortage) for shortage in effect.shortages],
            strains=[StrainShape.model_validate(strain) for strain in effect.strains],
        )


class RosterStepShape(BaseModel):
    """A step of the history, with the name as it was at that time."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    event: str
    state: str
    by_name: str
    reason: str

    @classmethod
    def of(cls, row: RosterStepRow) -> RosterStepShape:
        return cls.model_validate(row)


class RequestDecisionBody(BaseModel):
    """`despite_shortage` accepts that a line would have fewer agents than it needs; it takes a reason."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=1000)
    despite_shortage: bool = False


Asked = TypeVar("Asked", bound=LeaveRow | SwapRow | OvertimeRow)
Shape = TypeVar("Shape", bound=BaseModel)


class RequestShapes(Generic[Asked, Shape]):
    """Leaves, swaps or overtime with their histories, one or a page; `of` builds the shape of a row and its steps."""

    def __init__(
        self, history: RequestHistory, kind: str, of: Callable[[Asked, Sequence[RosterStepRow]], Shape]
    ) -> None:
        self._history = history
        self._kind = kind
        self._of = of

    async def show(self, row: Asked) -> Shape:
        return self._of(row, (await self._history.steps(self._kind, [row.id]))[row.id])

    async def page(self, rows: Sequence[Asked], limit: int) -> Page[Shape]:
        """A page of at most `limit`, when one row more was read."""
        page = page_of(list(rows), limit, lambda row: encode_cursor(row.asked_at, row.id))
        steps = await self._history.steps(self._kind, [row.id for row in page.items])
        return Page(items=[self._of(row, steps[row.id]) for row in page.items], next=page.next)


def position_of(cursor: str | None) -> tuple[datetime, str] | None:
    """Where the page after a cursor begins."""
    return decode_cursor(cursor, tuple[datetime, str]) if cursor else None
