"""Collects a copy of everything that is kept of a person (PIPL 45, GDPR 15), by kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, or_, select

from callcenter.privacy.purposes import KINDS
from callcenter.privacy.sweep import DataSubject, holds, is_linked, texts_of
from callcenter.storage.base import Base
from callcenter.storage.database import Database

HANDED_OUT: Final = frozenset(
    {
        "customer files",
        "call records",
        "recordings",
        "transcripts",
        "return calls",
        "do-not-call list",
        "complaint cases",
    }
)
NOT_THEIRS: Final = frozenset(
    {
        "flag",
        "flag_decision",
        "call_excuse",
        "call_quality",
        "survey_campaign",
        "case_filter",
        "saved_filter",
        "case_digest",
    }
)
"""Tables about the staff, or about many people."""
HIDDEN: Final = frozenset(
    {
        "by",
        "by_name",
        "by_id",
        "person",
        "agent",
        "phone_agent",
        "owner",
        "watchers",
        "team",
        "received_by",
        "received_by_name",
        "closed_by",
        "promised_by",
        "preferred",
        "wrapped_key",
        "key_id",
        "legs",
        "hash",
        "previous",
        "escalated_to",
        "asked_by",
        "answered_by",
        "responsible",
        "instead_of",
        "name_of_signer",
        "worker",
    }
)
"""Columns about colleagues, keys and checksums."""
MOST: Final = 5_000


class Gathering:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, subject: DataSubject) -> dict[str, list[dict[str, Any]]]:
        rows_of: dict[str, list[dict[str, Any]]] = {}
        cases: set[str] = set()
        for kind in KINDS:
            if kind.name not in HANDED_OUT:
                continue
            rows: list[dict[str, Any]] = []
            for name in kind.tables:
                table = Base.metadata.tables.get(name)
                if table is None or name in NOT_THEIRS:
                    continue
                mine = await self._rows(table, subject, cases)
                if name == "complaint_case":
                    cases |= {row["number"] for row in mine}
                rows += [{"table": name, **_shown(row)} for row in mine]
            if rows:
                rows_of[kind.name] = rows
        return rows_of

    async def _rows(self, table: Table, subject: DataSubject, cases: set[str]) -> list[Mapping[str, Any]]:
        elements: list[ColumnElement[bool]] = [
            holds(table.c[name], hint) for name in _searched(table) for hint in subject.redactor.hints
        ]
        if "customer" in table.c:
            elements.append(table.c.customer == subject.customer)
        if table.name == "customer":
            elements.append(table.c.id == subject.customer)
        if "call" in table.c and subject.calls:
            elements.append(table.c.call.in_(sorted(subject.calls)[:MOST]))
        if "case" in table.c and cases:
            elements.append(table.c.case.in_(sorted(cases)))
        if not elements:
            return []
        async with self._database.read() as session:
            rows = [
                dict(row) for row in (await session.execute(select(table).where(or_(*elements)).limit(MOST))).mappings()
            ]
        names = _searched(table)
        return [row for row in rows if is_linked(row, names, subject) or row.get("case") in cases]


def _searched(table: Table) -> list[str]:
    """Returns the columns that may contain a number, including keys (the do-not-call list)."""
    return [*texts_of(table), *(["number"] if table.name in ("do_not_call", "customer_number", "caller_block") else [])]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if name not in HIDDEN and value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return "(binary)" if isinstance(value, bytes) else value
