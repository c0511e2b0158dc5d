"""Tables of the customer files."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.customers.journal.model import EntryKind, EntryState
from callcenter.facts import CustomerId
from callcenter.storage.base import Base, Versioned


class CustomerRow(Versioned, Base):
    """A file; `merged_into` is set once it has been merged into another one, and then it holds no other data."""

    __tablename__ = "customer"
    __table_args__ = (
        Index(None, "merged_into"),
        Index(None, "name", "id"),
        Index(None, "created_at", "id"),
        Index(
            "uq_customer_member_number",
            "member_number",
            unique=True,
            sqlite_where=text("member_number <> ''"),
            postgresql_where=text("member_number <> ''"),
        ),
    )

    id: Mapped[CustomerId] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(50))
    standing: Mapped[str] = mapped_column(String(20), index=True)
    notes: Mapped[str] = mapped_column(Text)
    aliases: Mapped[list[str]]
    company: Mapped[str] = mapped_column(String(200))
    addresses: Mapped[list[str]]
    emails: Mapped[list[str]]
    wechat: Mapped[str] = mapped_column(String(40))
    qq: Mapped[str] = mapped_column(String(20))
    tags: Mapped[list[str]]
    team: Mapped[list[str]]
    shared_numbers: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    member_number: Mapped[str] = mapped_column(String(20), default="", server_default="")
    created_at: Mapped[datetime]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    erased_at: Mapped[datetime | None]


class CustomerNumberRow(Base):
    __tablename__ = "customer_number"

    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    customer: Mapped[CustomerId] = mapped_column(ForeignKey("customer.id"), index=True)
    place: Mapped[int]
    use: Mapped[str] = mapped_column(String(10), default="")
    extension: Mapped[str] = mapped_column(String(40), default="", server_default="")


class CustomerHandleRow(Base):
    """Another identifier of a customer; the same one in two files suggests the same customer."""

    __tablename__ = "customer_handle"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(String(300), primary_key=True)
    customer: Mapped[CustomerId] = mapped_column(ForeignKey("customer.id"), primary_key=True, index=True)


class CustomerEntryRow(Base):
    """A dated entry of the file: a note, a visit, an enrolment (S6)."""

    __tablename__ = "customer_entry"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(entry.value) for entry in EntryKind)})", name="kind"),
        CheckConstraint(f"state IN ({', '.join(repr(entry.value) for entry in EntryState)})", name="state"),
        Index(None, "customer", "at"),
        Index(None, "state", "planned_for"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer: Mapped[CustomerId] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str | None] = mapped_column(String(20))
    planned_for: Mapped[date | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(32))
    by_name: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
