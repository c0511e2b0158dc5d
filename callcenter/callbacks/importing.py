"""Lists of customers to call, from a CSV file: checked whole first, so that nothing is half imported.

Headers may be English or Chinese. The same file again makes nothing new: each row is a cause that is told once, by the
file's SHA-256 and its line; so an import that broke off is simply repeated.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.callbacks.errors import QuietPromise
from callcenter.callbacks.model import Source, Wish
from callcenter.callbacks.numbers import check_callable
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.timing import allowed
from callcenter.callbacks.wishes import Customers
from callcenter.errors import CallCentreError, Invalid
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

MOST_ROWS: Final = 20_000
HEADERS: Final[Mapping[str, str]] = {
    "number": "number", "phone": "number", "电话": "number", "号码": "number", "联系电话": "number",
    "reason": "reason", "原因": "reason", "事由": "reason",
    "due_at": "due_at", "due": "due_at", "时间": "due_at", "回访时间": "due_at",
    "line": "line", "热线": "line", "case": "case", "案件": "case", "agent": "agent", "坐席": "agent",
    "language": "language", "语言": "language", "方言": "language", "matter": "matter", "事项": "matter",
}  # fmt: skip
LIMITS: Final = {"reason": 2000, "line": 40, "case": 40, "agent": 20, "language": 50, "matter": 200}


class BadList(Invalid):
    """The file cannot be read as a list at all."""

    code = "bad_list"


class BadRow(Invalid):
    code = "bad_row"

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail, column=column)
        self.column = column


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made` and `joined` are 0 for a dry run, and when any row is refused: then nothing is imported."""

    total: int
    accepted: int
    refused: tuple[Refusal, ...] = ()
    made: int = 0
    joined: int = 0


def read_rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by our column names. Raises BadList."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadList("the file is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [HEADERS.get(cell.strip().lower(), "") for cell in next(reader, [])]
        if "number" not in head or len(set(filter(None, head))) != len([one for one in head if one]):
            raise BadList("the first line names the columns, one of them is number")
        for count, cells in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise BadList(f"a list has {MOST_ROWS} rows at most")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, {name: cell.strip() for name, cell in zip(head, cells, strict=False) if name}
    except csv.Error as error:
        raise BadList(f"line {reader.line_num}: {error}") from None


class Importing:
    def __init__(self, service: CallbackService, customers: Customers, audit: Audit) -> None:
        self._service = service
        self._customers = customers
        self._audit = audit

    async def run(self, data: bytes, by: Person, *, dry_run: bool) -> Outcome:
        """Import a list, whole or not at all. Raises BadList."""
        digest = hashlib.sha256(data).hexdigest()
        wishes: list[tuple[int, Wish]] = []
        refused: list[Refusal] = []
        for line, cells in read_rows(data):
            try:
                wishes.append((line, self._wish(cells, digest)))
            except BadRow as error:
                refused.append(Refusal(line, error.column, error.code, error.detail))
            except CallCentreError as error:
                refused.append(Refusal(line, "number", error.code, error.detail))
        total = len(wishes) + len(refused)
        if refused or dry_run:
            return Outcome(total, len(wishes), tuple(refused))
        made = joined = 0
        for line, wish in wishes:
            wanted = await self._service.wishes.want(wish, by.login, once=f"list:{digest}:{line}")
            made, joined = made + (not wanted.joined), joined + wanted.joined
        await self._audit.record(by, "return_calls.imported", f"list/{digest[:16]}", facts={"rows": total})
        return Outcome(total, len(wishes), (), made, joined)

    def _wish(self, cells: Mapping[str, str], digest: str) -> Wish:
        rules = self._service.rules
        number = check_callable(self._customers.key_of(cells.get("number", "")), rules.region)
        for column, most in LIMITS.items():
            if len(cells.get(column, "")) > most or not cells.get(column, "").isprintable():
                raise BadRow(column, f"at most {most} printable characters")
        text = {column: cells.get(column) or None for column in LIMITS}
        case = text["case"]
        matter = text["matter"] or (f"case:{case}" if case else f"list:{digest[:16]}")
        due = _instant(cells.get("due_at", ""), rules.zone)
        place = rules.place(number)
        if due is not None and not allowed(due, place.zones, rules.hours.of(place.region)):
            raise BadRow("due_at", QuietPromise("nobody is called at that time of the day").detail)
        wish = Wish(Source.LIST, matter, number, text["reason"] or "", due_at=due, promised=due is not None)
        return replace(wish, line=text["line"], case=case, agent=text["agent"], language=text["language"])


def _instant(text: str, zone: str) -> datetime | None:
    """An ISO 8601 time, at the house's place where it names no offset."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow("due_at", "a time looks like 2026-11-24 15:00 or 2026-11-24T15:00+08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
