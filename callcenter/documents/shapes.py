"""API schemas of document versions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from callcenter.documents.columns import VersionColumns
from callcenter.documents.model import SOURCE_LIMIT


class DocumentVersion(BaseModel):
    name: str
    number: int
    state: Literal["draft", "published"]
    rev: int
    sha256: str | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    published_at: datetime | None
    published_by: str | None

    @classmethod
    def of(cls, row: VersionColumns) -> Self:
        return cls.model_validate(row, from_attributes=True)


class DocumentSource(BaseModel):
    """The document as TOML."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(max_length=SOURCE_LIMIT)


class VersionsOf(BaseModel):
    """Versions of all documents of the kind, or of the one with this name."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=40)
