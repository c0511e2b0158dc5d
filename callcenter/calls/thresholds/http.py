"""Routes of the figures' thresholds."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.thresholds.model import Thresholds
from callcenter.calls.thresholds.service import FigureThresholds
from callcenter.web.roles import Role
from callcenter.web.routes import MANAGERS, Ask, Routes


class ThresholdShape(BaseModel):
    """From `warn` on a figure is yellow, from `bad` on red; null shows no colour. `line` is empty for the centre."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    line: str = Field("", max_length=31)
    answer_within_seconds: int | None = Field(None, ge=1, le=3600)
    level_warn: float | None = Field(None, ge=0, le=1)
    level_bad: float | None = Field(None, ge=0, le=1)
    waiting_warn: int | None = Field(None, ge=0, le=10_000)
    waiting_bad: int | None = Field(None, ge=0, le=10_000)
    wait_warn_seconds: int | None = Field(None, ge=0, le=86_400)
    wait_bad_seconds: int | None = Field(None, ge=0, le=86_400)
    abandoned_warn: float | None = Field(None, ge=0, le=1)
    abandoned_bad: float | None = Field(None, ge=0, le=1)


class ThresholdsShape(BaseModel):
    items: list[ThresholdShape] = Field(max_length=500)

    @classmethod
    def of(cls, thresholds: Sequence[Thresholds]) -> ThresholdsShape:
        return cls(items=[ThresholdShape.model_validate(each) for each in thresholds])


def routes(thresholds: FigureThresholds) -> Routes:
    routes = Routes("calls")

    @routes.get("/figure-thresholds", roles=frozenset(Role))
    async def read_figure_thresholds(ask: Ask) -> ThresholdsShape:
        """Read from which figures on the floor and the wall show a warning."""
        return ThresholdsShape.of(await thresholds.all())

    @routes.put("/figure-thresholds", roles=MANAGERS)
    async def replace_figure_thresholds(ask: Ask, body: ThresholdsShape) -> ThresholdsShape:
        """Replace the thresholds of all lines and of the centre."""

        def guard(current: Sequence[Thresholds]) -> None:
            ask.must_match(ThresholdsShape.of(current))

        given = [Thresholds(**each.model_dump()) for each in body.items]
        return ThresholdsShape.of(await thresholds.replace(given, ask.require(), guard))

    return routes
