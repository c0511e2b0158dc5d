"""Tables of the customers room."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base, Versioned


class CustomerRow(Versioned, Base):
    __tablename__ = "customer"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(50))
    standing: Mapped[str] = mapped_column(String(20))
    notes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class CustomerNumberRow(Base):
    __tablename__ = "customer_number"

    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    customer: Mapped[str] = mapped_column(ForeignKey("customer.id"), index=True)
    place: Mapped[int]
