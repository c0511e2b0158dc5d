"""Tables of the calls package: the PBX's lines as read, the read cursors, AMI witnesses and the resulting records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.model import Direction, HungUpBy, OfferOutcome, Outcome
from callcenter.facts import CallId, Linkedid, Uniqueid
from callcenter.storage.base import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


def one_of(column: str, kind: type[Direction] | type[HungUpBy] | type[OfferOutcome] | type[Outcome]) -> CheckConstraint:
    """Return a check constraint that a column holds a value of an enumeration."""
    words = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({words})", name=column)


class CelEventRow(Base):
    """One line of CEL; the line itself is stored, so that it can be parsed better later."""

    __tablename__ = "cel_event"
    __table_args__ = (
        UniqueConstraint("pbx", "file_id", "position"),
        Index(None, "pbx", "linkedid"),
        Index(None, "at"),
    )
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    linkedid: Mapped[Linkedid] = mapped_column(String(150))
    line: Mapped[str] = mapped_column(Text)


class QueueEventRow(Base):
    """One line of queue_log."""

    __tablename__ = "queue_event"
    __table_args__ = (
        UniqueConstraint("pbx", "file_id", "position"),
        Index(None, "pbx", "callid"),
        Index(None, "pbx", "event"),
        Index(None, "at"),
    )
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    callid: Mapped[str] = mapped_column(String(150))
    event: Mapped[str] = mapped_column(String(40))
    line: Mapped[str] = mapped_column(Text)


class FileCursorRow(Base):
    """How far a file of the PBX has been read; moves in the transaction that stores its lines."""

    __tablename__ = "file_cursor"
    pbx: Mapped[str] = mapped_column(String(20), primary_key=True)
    source: Mapped[str] = mapped_column(String(20), primary_key=True)
    file_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    damaged: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime]


class DamagedLineRow(Base):
    """A part of a PBX file that could not be parsed, quarantined for an operator: its position and text."""

    __tablename__ = "damaged_line"
    __table_args__ = (UniqueConstraint("pbx", "file_id", "position"), Index(None, "at"))
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    """When it was read: a damaged line has no reliable time of its own."""
    text: Mapped[str] = mapped_column(Text)


class TollEventRow(Base):
    """An outbound call that the dialplan refused, or an exceeded toll threshold."""

    __tablename__ = "toll_event"
    __table_args__ = (UniqueConstraint("pbx", "file_id", "position"), Index(None, "at", "id"))
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    file_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    call: Mapped[CallId] = mapped_column(String(180))
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(40))
    dial_class: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(20))
    agent: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))


class WitnessRow(Base):
    """What AMI saw of a call and the files do not contain; `kind` is ringing, held, resumed or gone."""

    __tablename__ = "call_witness"
    __table_args__ = (
        UniqueConstraint("pbx", "linkedid", "leg", "kind", "at"),
        CheckConstraint("kind IN ('ringing', 'held', 'resumed', 'gone')", name="kind"),
    )
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    linkedid: Mapped[Linkedid] = mapped_column(String(150))
    leg: Mapped[Uniqueid] = mapped_column(String(150))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]


class CallLiveRow(Base):
    """An ended call as the live floor saw it: the source for its record where the files have gaps."""

    __tablename__ = "call_live"
    __table_args__ = (Index(None, "at"),)
    id: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    linkedid: Mapped[Linkedid] = mapped_column(String(150))
    at: Mapped[datetime]
    whole: Mapped[bool]
    record: Mapped[dict[str, Any]]


class PbxSeenRow(Base):
    """A last sign of life of Asterisk; `kind` is stopped (it announced its end) or seen (the link broke just then)."""

    __tablename__ = "pbx_seen"
    __table_args__ = (
        UniqueConstraint("pbx", "at", "kind"),
        CheckConstraint("kind IN ('stopped', 'seen')", name="kind"),
    )
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))


DIALLED = text("direction = 'outbound'")
"""Outbound calls; only there is the called number a customer's."""


class CallRow(Base):
    """One call; `source` is live while only AMI has reported it, files from then on.

    `final` when nothing more comes.
    """

    __tablename__ = "call_record"
    __table_args__ = (
        UniqueConstraint("pbx", "linkedid"),
        CheckConstraint("source IN ('live', 'files')", name="source"),
        one_of("direction", Direction),
        one_of("outcome", Outcome),
        one_of("hung_up_by", HungUpBy),
        CheckConstraint("NOT final OR outcome IS NOT NULL", name="final_has_outcome"),
        CheckConstraint("survey_mark BETWEEN 1 AND 5", name="survey_mark"),
        CheckConstraint("survey_mark IS NULL OR survey_asked_at IS NOT NULL", name="survey_asked"),
        Index(None, "arrived_at", "id"),
        Index(None, "caller_number", "arrived_at"),
        Index(None, "agent", "arrived_at"),
        Index("ix_call_open", "arrived_at", sqlite_where=text("final IS 0"), postgresql_where=text("final IS false")),
        Index("ix_call_dialled", "called_number", "arrived_at", sqlite_where=DIALLED, postgresql_where=DIALLED),
    )
    id: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(20))
    linkedid: Mapped[Linkedid] = mapped_column(String(150))
    source: Mapped[str] = mapped_column(String(5))
    final: Mapped[bool] = mapped_column(default=False)
    policy_version: Mapped[str] = mapped_column(String(40))
    ring_limit: Mapped[int]
    ring_tone: Mapped[int]
    ring_period: Mapped[int]
    direction: Mapped[str] = mapped_column(String(10))
    line: Mapped[str | None] = mapped_column(String(400))
    queue: Mapped[str | None] = mapped_column(String(400))
    caller_number: Mapped[str] = mapped_column(String(400))
    caller_name: Mapped[str] = mapped_column(String(400))
    called_number: Mapped[str] = mapped_column(String(400))
    arrived_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(400))
    agent: Mapped[str | None] = mapped_column(String(400))
    hung_up_by: Mapped[str | None] = mapped_column(String(12))
    late: Mapped[bool | None]
    wait_seconds: Mapped[float | None]
    talk_seconds: Mapped[float | None]
    hold_seconds: Mapped[float | None]
    end_known: Mapped[bool] = mapped_column(default=True, server_default=true())
    survey_asked_at: Mapped[datetime | None]
    survey_mark: Mapped[int | None]
    legs: Mapped[list[Any]]
    transfers: Mapped[list[Any]]
    holds: Mapped[list[Any]]
    path: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    entered_number: Mapped[str] = mapped_column(String(40), default="", server_default="")
    overflowed_to: Mapped[str] = mapped_column(String(40), default="", server_default="")
    dialect: Mapped[str] = mapped_column(String(40), default="", server_default="")


class CallAgentRow(Base):
    """An agent of the call, with their own talk time: who answered or dialled it, or talked after a transfer."""

    __tablename__ = "call_agent"
    __table_args__ = (Index(None, "agent", "arrived_at"),)
    call: Mapped[CallId] = mapped_column(ForeignKey("call_record.id", ondelete="CASCADE"), primary_key=True)
    agent: Mapped[str] = mapped_column(String(400), primary_key=True)
    arrived_at: Mapped[datetime]
    """Copied from the call, so that an agent's newest calls are found by the index alone."""
    talk_seconds: Mapped[float | None]


class OfferRow(Base):
    """One ring of one phone (R1)."""

    __tablename__ = "call_offer"
    __table_args__ = (
        one_of("outcome", OfferOutcome),
        Index(None, "agent", "offered_at"),
        Index(None, "offered_at", "leg"),
    )
    call: Mapped[CallId] = mapped_column(ForeignKey("call_record.id", ondelete="CASCADE"), primary_key=True)
    leg: Mapped[Uniqueid] = mapped_column(String(150), primary_key=True)
    agent: Mapped[str] = mapped_column(String(400))
    phone: Mapped[str] = mapped_column(String(400))
    queue: Mapped[str] = mapped_column(String(400))
    offered_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    rings: Mapped[int | None]
    late: Mapped[bool | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
