"""Request and response shapes of printed forms."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.paper.rows import ArchivedFormRow, PrintRunRow


class Paper(StrEnum):
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


class FormQuery(BaseModel):
    """The language in which a form is printed."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field("zh-CN", pattern=r"^(zh-CN|en)$")


class PrintBody(BaseModel):
    """`source` names the form (call, evaluation, case/tracking ...); `subjects` are ids or numbers."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(max_length=40)
    subjects: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(max_length=5000)
    language: Literal["zh-CN", "en"] = "zh-CN"


class ArchivedForm(BaseModel):
    """An archived form; `sha256` is that of its PDF."""

    id: str
    subject: str
    kind: str
    language: str
    number: str
    sha256: str
    size: int
    at: datetime
    by: str

    @classmethod
    def of(cls, row: ArchivedFormRow) -> ArchivedForm:
        return cls.model_validate(row, from_attributes=True)


class ArchivedQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: str = Field(min_length=1, max_length=200)


class PrintRun(BaseModel):
    """The progress of a print of many forms; the file is at /prints/{id}/file once `state` is done."""

    id: str
    source: str
    language: str
    state: str
    total: int
    done: int
    refused: list[dict[str, Any]]
    by: str
    asked_at: datetime
    finished_at: datetime | None
    sha256: str | None

    @classmethod
    def of(cls, row: PrintRunRow) -> PrintRun:
        return cls.model_validate(row, from_attributes=True)
