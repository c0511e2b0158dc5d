"""Defines the table of phrases."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class PhraseRow(Base):
    """A phrase of the centre."""

    __tablename__ = "phrase"

    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    texts: Mapped[dict[str, str]]
    place: Mapped[int]
