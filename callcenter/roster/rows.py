"""Tables of the roster."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.breaks.model import BreakState
from callcenter.roster.handover.model import HandoverState
from callcenter.roster.leave.model import LeaveState
from callcenter.roster.swaps.model import SwapState
from callcenter.storage.base import Base, Versioned


class ShiftRow(Versioned, Base):
    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "ends_at", "starts_at"),
        Index(None, "agent", "line", "starts_at"),
        # Ids are never reused: a stored shift id must not refer to another shift later.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    line: Mapped[LineCode] = mapped_column(ForeignKey("line.code"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    overtime: Mapped[bool] = mapped_column(default=False, server_default=false())


class DutyManagerRow(Base):
    """A supervisor's dated duty as the duty manager; `name` is as it was at that time."""

    __tablename__ = "duty_manager"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "ends_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class NeedRow(Base):
    """At least `agents` on a line on a weekday (0 is Monday), in minutes of the centre's local day (policy D2).

    `skills` are triples of skill, least level and number of agents.
    """

    __tablename__ = "roster_need"
    __table_args__ = (
        CheckConstraint("ends_minute > starts_minute", name="ends_after_start"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    )

    line: Mapped[LineCode] = mapped_column(ForeignKey("line.code", ondelete="CASCADE"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    starts_minute: Mapped[int] = mapped_column(primary_key=True)
    ends_minute: Mapped[int]
    agents: Mapped[int]
    skills: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


class Requested:
    """What an agent asks for and leaders decide on."""

    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(32))


class LeaveRow(Requested, Versioned, Base):
    """An agent's leave (D4); while it is approved its agent is not on duty, whatever shifts they have."""

    __tablename__ = "roster_leave"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in LeaveState)})", name="state"),
        Index(None, "state", "ends_at", "starts_at"),
        Index(None, "agent", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    kind: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class SwapRow(Requested, Versioned, Base):
    """A shift that one agent passes to another, perhaps for one of theirs (D3); both shifts as they were then."""

    __tablename__ = "roster_swap"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in SwapState)})", name="state"),
        Index(None, "state", "starts_at"),
        Index(None, "agent", "starts_at"),
        Index(None, "colleague", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    colleague: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    shift: Mapped[int]
    line: Mapped[LineCode] = mapped_column(String(31))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    return_shift: Mapped[int | None]
    return_line: Mapped[LineCode | None] = mapped_column(String(31))
    return_starts_at: Mapped[datetime | None]
    return_ends_at: Mapped[datetime | None]


class RosterStepRow(Base):
    """Who did what to a leave, a swap or an overtime, when and why; never changed."""

    __tablename__ = "roster_step"
    __table_args__ = (Index(None, "subject", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(50))
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(32))
    by_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class BreakRow(Base):
    """A break or a meal: asked for, granted, taken, ended; `limit_seconds` is how long it may last (D5, D6)."""

    __tablename__ = "roster_break"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in BreakState)})", name="state"),
        Index(None, "state", "asked_at"),
        Index(None, "agent", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    asked_at: Mapped[datetime]
    granted_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    limit_seconds: Mapped[int]
    agent_notified_at: Mapped[datetime | None]
    leaders_notified_at: Mapped[datetime | None]
    extended_by: Mapped[str | None] = mapped_column(String(200))
    extended_reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    """The leader who granted it out of turn, or refused it; None where the turn decided."""
    decided_reason: Mapped[str | None] = mapped_column(Text)


class FindingRow(Base):
    """What an agent's presence shows against the roster; evidence for the ledger, never a deduction (D7)."""

    __tablename__ = "roster_finding"
    __table_args__ = (Index(None, "at", "id"), Index(None, "agent", "at"), Index(None, "changed_at"))

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    lines: Mapped[list[str]]
    shift_from: Mapped[datetime]
    shift_until: Mapped[datetime]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    minutes: Mapped[int]
    policy_version: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]


class HandoverRow(Versioned, Base):
    """The handover log of an agent's shift; `facts` are what the centre knew when it was offered (H3).

    `changed_at` is when the change of shift was over and measured, `below_seconds` how long until then from the offer a
    line was below its minimum (H4); None where the history of presence has a gap. `below_by_line` has the same of each
    line; `signatures` those of the reliefs, each for their lines.
    """

    __tablename__ = "roster_handover"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in HandoverState)})", name="state"),
        Index(None, "begun_at", "id"),
        Index(None, "agent", "begun_at"),
        Index(None, "state", "begun_at"),
        Index(None, "changed_at", "ended_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    agent_name: Mapped[str] = mapped_column(String(200))
    lines: Mapped[list[str]]
    shift_from: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10))
    begun_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    facts: Mapped[list[Any]]
    ended_at: Mapped[datetime | None]
    relief: Mapped[str | None] = mapped_column(String(20))
    by: Mapped[str | None] = mapped_column(String(32))
    by_name: Mapped[str | None] = mapped_column(String(200))
    remark: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime | None]
    below_seconds: Mapped[float | None]
    below_by_line: Mapped[dict[str, Any] | None]
    signatures: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")

    @property
    def seconds(self) -> float | None:
        """How long the handover took, from the offer to the signature of the relief (H4)."""
        if self.offered_at is None or self.ended_at is None or self.relief is None:
            return None
        return (self.ended_at - self.offered_at).total_seconds()


class HandoverItemRow(Base):
    """What an agent wrote for the next shift; it stays on every log of its lines until a person closes it."""

    __tablename__ = "roster_handover_item"
    __table_args__ = (Index(None, "handover"), Index(None, "closed_at", "opened_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    handover: Mapped[str] = mapped_column(ForeignKey("roster_handover.id"))
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[str]]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(200))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(200))
    closed_reason: Mapped[str] = mapped_column(Text, default="")
