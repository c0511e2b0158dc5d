"""What a list is that can be exported: its name, its filter, its columns, and its rows page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from callcenter.sheets import Cells
from callcenter.web.roles import LEADERS, Allowed

PAGE = 500
Pages = AsyncIterator[Sequence[Cells]]


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class ExportQuery(BaseModel):
    """The filter of an export; a list's own fields are added by inheritance. `since` is included, `until` is not."""

    model_config = ConfigDict(extra="forbid")

    format: FileFormat = FileFormat.XLSX
    language: Literal["zh-CN", "en"] = "zh-CN"
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


@dataclass(frozen=True)
class ExportList:
    """`columns` by language, in the order of the cells; `pages` gives the rows that the filter shows, page by page.

    Exports hold personal data in full, so they are for leaders, and each one is in the audit.
    """

    name: str
    query: type[ExportQuery]
    columns: Mapping[str, Sequence[str]]
    pages: Callable[[Any], Pages]
    roles: Allowed = LEADERS
