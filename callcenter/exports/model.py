"""Defines an exportable list: its name, its filter, its columns, and its rows page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from callcenter.kit.table_writer import Cells
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

    def conditions(self, *others: str) -> dict[str, Any]:
        """The list's filter: everything but how the file is written, and `others`."""
        return self.model_dump(exclude={"format", "language", *others})


Names = Callable[[], Awaitable[Mapping[str, str]]]
"""The names by code, of the lines for instance; read once for each file."""
Titles = Mapping[str, str]
AGENT: Final[Titles] = {"zh-CN": "客服姓名", "en": "agent_name"}


@dataclass(frozen=True, slots=True)
class Named:
    """A column whose codes have names in the directory `of`: beside it under the title, or in its place (None)."""

    of: str
    beside: Titles | None = None


@dataclass(frozen=True)
class ExportList:
    """`columns` by language, in the order of the cells; `pages` yields the rows that match the filter, page by page.

    `title` is the sheet's name and the file's; `words` are the columns, by their English name, whose codes are
    translated, with the kind of their texts (catalogue/words.toml); `named` those whose codes have names.

    Exports hold personal data in full, so they are for leaders, and each one is audited.
    """

    name: str
    query: type[ExportQuery]
    columns: Mapping[str, Sequence[str]]
    pages: Callable[[Any], Pages]
    roles: Allowed = LEADERS
    title: Titles = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, Named] = field(default_factory=dict)
    callers: frozenset[str] = frozenset()
    """The columns of callers' numbers, by their English name; an empty one is a withheld number."""

    def titled(self, language: str) -> str:
        return self.title.get(language, self.name)
