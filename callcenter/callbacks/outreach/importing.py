"""Imports lists of customers to call from CSV or XLSX files; the whole file is checked first, so nothing is half
imported.

Headers may be English or Chinese; ignored columns are reported. Importing the same file again is idempotent: each row
is a cause that counts once, identified by the file's SHA-256 and its line, so an interrupted import can be repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.callbacks.dialling.numbers import check_callable
from callcenter.callbacks.exports import WRITTEN
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.requests import AT_ONCE, CallbackRequests, Cause
from callcenter.catalogue import sentence_of
from callcenter.clock import Clock
from callcenter.errors import CallCentreError, Invalid
from callcenter.facts import CaseNumber
from callcenter.kit.table_process import Progress, TableReader, no_progress
from callcenter.kit.table_reader import MARKS, Layout, Passed, Refusal, Row, Table, error_file, titles
from callcenter.kit.written_times import written_time
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

HEADERS: Final[Mapping[str, str]] = {
    "number": "number",
    "phone": "number",
    "phone number": "number",
    "mobile": "number",
    "tel": "number",
    "电话": "number",
    "号码": "number",
    "联系电话": "number",
    "电话号码": "number",
    "手机": "number",
    "手机号": "number",
    "手机号码": "number",
    "客户电话": "number",
    "reason": "reason",
    "原因": "reason",
    "事由": "reason",
    "due_at": "due_at",
    "due": "due_at",
    "时间": "due_at",
    "回访时间": "due_at",
    "约定时间": "due_at",
    "应回时间": "due_at",
    "线路": "line",
    "客服": "agent",
    "line": "line",
    "热线": "line",
    "case": "case",
    "案件": "case",
    "agent": "agent",
    "坐席": "agent",
    "language": "language",
    "语言": "language",
    "方言": "language",
    "matter": "matter",
    "事项": "matter",
}
COLUMNS: Final = ("number", "reason", "due_at", "line", "case", "agent", "language", "matter")
LAYOUT: Final = Layout(titles(HEADERS), "number", written=((*COLUMNS, *MARKS), *WRITTEN))
LIMITS: Final = {"reason": 2000, "line": 40, "case": 40, "agent": 20, "language": 50, "matter": 200}


class BadRow(Invalid):
    code = "bad_row"

    def __init__(self, column: str, detail: str, **facts: str | int) -> None:
        super().__init__(detail, column=column, **facts)
        self.column = column


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made` and `joined` are 0 for a dry run and when any row is refused: then nothing is imported."""

    total: int
    accepted: int
    refused: tuple[Refusal, ...] = ()
    made: int = 0
    joined: int = 0
    passed: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that has been read: the requests by line, and the errors with their rows."""

    digest: str
    requests: Sequence[tuple[int, CallbackRequest]]
    refused: Sequence[tuple[Row, Refusal]]
    passed: Sequence[Passed] = ()

    @property
    def total(self) -> int:
        return len(self.requests) + len(self.refused)


class Importing:
    def __init__(
        self,
        requests: CallbackRequests,
        clock: Clock,
        customers: Customers,
        audit: Audit,
        reader: TableReader | None = None,
        at_once: int = AT_ONCE,
        progress: Progress = no_progress,
    ) -> None:
        self._requests = requests
        self._clock = clock
        self._at_once = at_once
        self._customers = customers
        self._audit = audit
        self._reader = reader or TableReader()
        self._progress = progress

    async def run(self, data: bytes, by: Person, *, dry_run: bool) -> Outcome:
        """Import a list without errors, several rows per transaction; after an interruption, importing the same list
        resumes it.

        Raises BadTable.
        """
        list_ = await self._checked(data, self._progress)
        refusals = tuple(why for _, why in list_.refused)
        if refusals or dry_run:
            return Outcome(list_.total, len(list_.requests), refusals, passed=tuple(list_.passed))
        causes = [Cause(request, once=f"list:{list_.digest}:{line}") for line, request in list_.requests]
        counts = await self._requests.make_all(
            causes, by.login, at_once=self._at_once, progress=lambda done: self._progress(done, len(causes))
        )
        facts = {"rows": list_.total}
        await self._audit.record(by, "return_calls.imported", f"list/{list_.digest[:16]}", facts=facts)
        return Outcome(list_.total, len(list_.requests), (), counts.made, counts.joined, tuple(list_.passed))

    async def errors(self, data: bytes, *, xlsx: bool) -> bytes:
        """The rows that would be refused, each with the reason, as a file. Raises BadTable."""
        list_ = await self._checked(data)
        return await asyncio.to_thread(error_file, list_.refused, COLUMNS, xlsx=xlsx)

    async def _checked(self, data: bytes, progress: Progress = no_progress) -> Checked:
        table = await self._reader.read(data, LAYOUT, progress=lambda done, of: progress(done, None))
        return await asyncio.to_thread(self._read, table, hashlib.sha256(data).hexdigest())

    def _read(self, table: Table, digest: str) -> Checked:
        """Read the list in a thread, because reading thousands of numbers takes seconds."""
        requests: list[tuple[int, CallbackRequest]] = []
        refused: list[tuple[Row, Refusal]] = []
        for row in table.rows:
            try:
                # A line end in a cell (Alt+Enter) counts as a space.
                cells = {column: " ".join(text.split()) for column, text in row.cells.items()}
                requests.append((row.line, self._wish(cells, digest)))
            except CallCentreError as error:
                column = error.column if isinstance(error, BadRow) else "number"
                refused.append((row, Refusal(row.line, column, error.code, sentence_of(error))))
        return Checked(digest, requests, refused, table.passed)

    def _wish(self, cells: Mapping[str, str], digest: str) -> CallbackRequest:
        rules = self._requests.rules
        read = self._customers.entry(cells.get("number", ""))
        number = check_callable(read.text, rules.region)
        for column, most in LIMITS.items():
            if len(cells.get(column, "")) > most or not cells.get(column, "").isprintable():
                raise BadRow(column, f"at most {most} printable characters", longest=most)
        text = {column: cells.get(column) or None for column in LIMITS}
        case = CaseNumber(text["case"]) if text["case"] else None
        matter = text["matter"] or (f"case:{case}" if case else f"list:{digest[:16]}")
        due = _instant(cells.get("due_at", ""), rules.zone)
        place = rules.place(number)
        if due is not None:
            try:
                rules.check_time(due, self._clock(), place)
            except CallCentreError as error:
                raise BadRow("due_at", sentence_of(error)) from None
        request = CallbackRequest(
            Source.LIST, matter, number, text["reason"] or "", due_at=due, promised=due is not None
        )
        rules.times(request, self._clock(), place)
        request = replace(request, extension=read.extension)
        return replace(request, line=text["line"], case=case, agent=text["agent"], language=text["language"])


def _instant(text: str, zone: str) -> datetime | None:
    """A time as people write it, in the centre's time zone when it has no offset."""
    if not text:
        return None
    at = written_time(text)
    if at is None:
        raise BadRow("due_at", "a time looks like 2026-11-24 15:00 or 2026-11-24T15:00+08:00", fault="time_form")
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
