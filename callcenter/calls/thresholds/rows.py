"""Defines the table of the figures' thresholds."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class FigureThresholdRow(Base):
    """`line` is empty for the whole centre."""

    __tablename__ = "figure_threshold"

    line: Mapped[str] = mapped_column(String(31), primary_key=True)
    answer_within_seconds: Mapped[int | None]
    level_warn: Mapped[float | None]
    level_bad: Mapped[float | None]
    waiting_warn: Mapped[int | None]
    waiting_bad: Mapped[int | None]
    wait_warn_seconds: Mapped[int | None]
    wait_bad_seconds: Mapped[int | None]
    abandoned_warn: Mapped[float | None]
    abandoned_bad: Mapped[float | None]
