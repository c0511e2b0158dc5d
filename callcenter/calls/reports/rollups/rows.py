"""Tables of the rollups: the counts, the marks of what has changed since, how far they reach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


class CallRollupRow(Base):
    """Counts of the calls that arrived in a half hour or on a day; the columns are those of `Counts`.

    `start` is in seconds since 1970. Rows of all agents have an empty `agent`; an empty code is a call without one.
    """

    __tablename__ = "call_rollup"
    __table_args__ = (Index("ix_call_rollup_agent", "pbx", "grain", "agent", "start"),)

    pbx: Mapped[str] = mapped_column(String(20), primary_key=True)
    grain: Mapped[str] = mapped_column(String(20), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(String(400), primary_key=True)
    queue: Mapped[str] = mapped_column(String(400), primary_key=True)
    agent: Mapped[str] = mapped_column(String(400), primary_key=True)
    offered: Mapped[int]
    answered: Mapped[int]
    in_time: Mapped[int]
    in_time_of_line: Mapped[int]
    """By the threshold of the call's own line; `in_time` is by the centre's."""
    abandoned: Mapped[int]
    abandoned_short: Mapped[int]
    overflowed: Mapped[int]
    callback_requested: Mapped[int]
    message_left: Mapped[int]
    closed: Mapped[int]
    failed: Mapped[int]
    unknown: Mapped[int]
    in_progress: Mapped[int]
    wait_known: Mapped[int]
    wait_seconds: Mapped[float]
    talk_known: Mapped[int]
    talk_seconds: Mapped[float]
    ring_known: Mapped[int]
    ring_late: Mapped[int]
    transferred: Mapped[int]
    held: Mapped[int]
    hold_known: Mapped[int] = mapped_column(default=0, server_default="0")
    hold_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    agent_first: Mapped[int]


class CallRollupMarkRow(Base):
    """A record that arrived in this quarter hour has changed since it was counted.

    Marks are only added and removed by their ids, so that a mark of a transaction under way outlives the count that
    could not see its record.
    """

    __tablename__ = "call_rollup_mark"

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class CallRollupStateRow(Base):
    """How far the rollups of a PBX reach: they are complete from `counted_since` on, but for what is marked."""

    __tablename__ = "call_rollup_state"

    pbx: Mapped[str] = mapped_column(String(20), primary_key=True)
    rule: Mapped[str] = mapped_column(String(4000))
    counted_since: Mapped[datetime]
    complete: Mapped[bool]
    """No call arrived before `counted_since`."""
    checked_at: Mapped[datetime | None]
    checked_days: Mapped[int] = mapped_column(default=0)
    differences: Mapped[int] = mapped_column(default=0)
    """Half hours that differed from the records at the last check; they were counted again."""
