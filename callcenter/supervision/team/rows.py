"""Tables of the team's records and actions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class TeamRecordRow(Base):
    __tablename__ = "team_record"
    __table_args__ = (Index(None, "kind", "day"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    day: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))
    agents: Mapped[list[str]]
    body: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class TeamActionRow(Base):
    __tablename__ = "team_action"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    record: Mapped[str] = mapped_column(ForeignKey("team_record.id"), index=True)
    text: Mapped[str] = mapped_column(String(1000))
    owner: Mapped[str] = mapped_column(String(80))
    due: Mapped[date] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(80), default="")
