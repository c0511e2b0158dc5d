"""Tables of what agents did on days that are over: by day and by half hour."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class AgentDayRow(Base):
    """Seconds of one agent on one day of the centre's clock; the row with an empty agent: the day is counted."""

    __tablename__ = "agent_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    available: Mapped[float]
    ringing: Mapped[float]
    on_call: Mapped[float]
    wrap_up: Mapped[float]
    paused: Mapped[float]
    unknown: Mapped[float]
    conversations: Mapped[int]
    wrap_ups: Mapped[int]


class AgentHalfHourRow(Base):
    """Seconds of one agent in one half hour, `start` in seconds since 1970.

    The row with an empty agent at the start of a day: the half hours of the day are counted.
    """

    __tablename__ = "agent_half_hour"

    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    available: Mapped[float]
    ringing: Mapped[float]
    on_call: Mapped[float]
    wrap_up: Mapped[float]
    paused: Mapped[float]
    unknown: Mapped[float]
    conversations: Mapped[int]
    wrap_ups: Mapped[int]
