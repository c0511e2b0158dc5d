"""The table of the centre's own recordings of prompts: every version, and which of them callers hear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class PromptRecordingRow(Base):
    """The sound is a file (`Library`); `level_db` and `seconds` are those of the file that was uploaded."""

    __tablename__ = "prompt_recording"
    __table_args__ = (UniqueConstraint("language", "name", "version"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    language: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float] = mapped_column(Float)
    level_db: Mapped[float] = mapped_column(Float)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str] = mapped_column(String(32))
    uploaded_by_name: Mapped[str] = mapped_column(String(200))
    in_use: Mapped[bool]
