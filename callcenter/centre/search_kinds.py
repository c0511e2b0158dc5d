"""Searches of single kinds: customers, calls, agents, announcements, scripts, each as the person may open it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

from pydantic import BaseModel

from callcenter.agents.service import AgentService
from callcenter.announcements.service import AnnouncementService
from callcenter.calls.http import sees_numbers
from callcenter.calls.model import CallRecord, Direction
from callcenter.calls.service import CallService
from callcenter.customers.model import Customer
from callcenter.customers.numbers import spellings_of
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight, NumberHidden, check_words, open_part
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.followup.rows import ScriptVersionRow
from callcenter.followup.scripts.service import Scripts
from callcenter.kit.pinyin import pinyin_of
from callcenter.storage.tokenizer import Query, around, folded, query_of
from callcenter.web.masking import mask_number
from callcenter.web.ports import NumbersOf
from callcenter.web.routes import LEADERS, Ask, Page, Person, decode_cursor, encode_cursor


class Found(StrEnum):
    """What a search finds."""

    CASE = "case"
    TRANSCRIPT = "transcript"
    CUSTOMER = "customer"
    CALL = "call"
    AGENT = "agent"
    ANNOUNCEMENT = "announcement"
    SCRIPT = "script"


class HitShape(BaseModel):
    """`second` is the position in the recording of a transcript; agents have no `at`."""

    kind: Found
    ref: str
    title: str
    snippet: str
    at: datetime | None = None
    case: CaseNumber | None = None
    call: CallId | None = None
    recording: RecordingId | None = None
    second: float | None = None
    speaker: str | None = None


class Direct(Protocol):
    """A search of one kind; `asked` when it is the kind that the person asked for, and may be refused in words."""

    async def __call__(self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool) -> Page[HitShape]: ...


CALL_ID: Final = re.compile(r"[A-Za-z0-9-]{1,20}-\d{9,10}\.\d{1,9}")
DIALLED: Final = re.compile(r"\+?[\d\s().-]{3,24}")
FURTHEST: Final = 10_000
"""The last place in a list of hits from which it goes on."""
SHOWN: Final = 120
"""Characters of a text shown without a match."""


@dataclass(frozen=True, slots=True)
class Searches:
    """The rooms that are searched; `numbers_of` are the numbers on an agent's live calls."""

    customers: CustomerService
    sight: CustomerSight
    calls: CallService
    agents: AgentService
    announcements: AnnouncementService
    scripts: Scripts
    numbers_of: NumbersOf
    region: str

    def all(self) -> Mapping[Found, Direct]:
        return {
            Found.CUSTOMER: self.find_customers,
            Found.AGENT: self.find_agents,
            Found.ANNOUNCEMENT: self.find_announcements,
            Found.SCRIPT: self.find_scripts,
            Found.CALL: self.find_calls,
        }

    async def find_customers(self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool) -> Page[HitShape]:
        """Files by their words; for leaders also by a whole number."""
        person = ask.require()
        try:
            check_words(q, person)
        except NumberHidden:
            if asked:
                raise
            return Page(items=[])
        holder = await self.customers.by_number(q) if DIALLED.fullmatch(q.strip()) and cursor is None else None
        before = decode_cursor(cursor, tuple[int])[0] if cursor else None
        sees = None if person.may(LEADERS) else partial(self.sight.visible, person, q)
        files, place = await self.customers.find(q, limit, before, sees)
        files = [*([holder] if holder is not None else []), *(file for file in files if file != holder)][:limit]
        theirs = await self.sight.theirs(person, files)
        words = query_of(q)
        hits = [_customer(file if file.id in theirs else open_part(file), words) for file in files]
        return Page(items=hits, next=None if place is None else encode_cursor(place))

    async def find_agents(self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool) -> Page[HitShape]:
        """Agents by number, name and pinyin; those who have left only for leaders."""
        words, person = query_of(q), ask.require()
        agents = await self.agents.agents(active=None if person.may(LEADERS) else True)
        hits = [
            HitShape(kind=Found.AGENT, ref=agent.number, title=agent.name, snippet=agent.number)
            for agent in agents
            if _has(f"{agent.number} {agent.name} {' '.join(pinyin_of(agent.name))}", words)
        ]
        return _numbered(hits, limit, cursor)

    async def find_announcements(
        self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool
    ) -> Page[HitShape]:
        """Announcements by title and body: of all for leaders, else of the current ones for this person."""
        person, words = ask.require(), query_of(q)
        if not words.words:
            return Page(items=[])
        start, leads = _start(cursor), person.may(LEADERS)
        rows = await self.announcements.search(words.words, person, start + limit + 1, leads=leads)
        hits = [
            HitShape(
                kind=Found.ANNOUNCEMENT,
                ref=row.id,
                title=row.title,
                snippet=await asyncio.to_thread(around, row.body, words),
                at=row.published_at,
            )
            for row in rows[start:]
        ]
        more = len(hits) > limit
        return Page(items=hits[:limit], next=encode_cursor(start + limit) if more else None)

    async def find_scripts(self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool) -> Page[HitShape]:
        """The newest version of each script, by its name and its texts."""
        words = query_of(q)
        newest: dict[str, ScriptVersionRow] = {}
        for row in await self.scripts.versions():
            newest.setdefault(row.name, row)
        hits = await asyncio.to_thread(_scripts, list(newest.values()), words)
        return _numbered(hits, limit, cursor)

    async def find_calls(self, ask: Ask, q: str, limit: int, cursor: str | None, *, asked: bool) -> Page[HitShape]:
        """A call by its id; calls of a whole number for leaders, and for the agent on whose live call it is."""
        person, text = ask.require(), q.strip()
        if CALL_ID.fullmatch(text):
            return Page(items=[_call(record, person) for record in await self.calls.several([text])])
        if not DIALLED.fullmatch(text):
            return Page(items=[])
        if not person.may(LEADERS) and not self._on_my_call(person, text):
            if asked:
                raise NumberHidden("search by name or words; only leaders search by numbers")
            return Page(items=[])
        after = decode_cursor(cursor, tuple[datetime, str]) if cursor else None
        records = await self.calls.of_numbers(spellings_of(text, self.region), limit + 1, after)
        page = records[:limit]
        following = encode_cursor(page[-1].arrived_at, page[-1].id) if len(records) > limit else None
        return Page(items=[_call(record, person) for record in page], next=following)

    def _on_my_call(self, person: Person, number: str) -> bool:
        mine = self.numbers_of(person.agent) if person.agent is not None else ()
        key = self.customers.key_of(number)
        return bool(key) and key in {self.customers.key_of(own) for own in mine}


def _customer(file: Customer, words: Query) -> HitShape:
    """A file, or the part of it that the person sees, by what matched."""
    text = "\n".join(
        part for part in (file.company, *file.aliases, *file.tags, file.notes, *file.addresses, *file.emails) if part
    )
    return HitShape(kind=Found.CUSTOMER, ref=file.id, title=file.name, snippet=around(text, words) if text else "")


def _call(record: CallRecord, person: Person) -> HitShape:
    outbound = record.direction is Direction.OUTBOUND
    number = record.called_number if outbound else record.caller_number
    return HitShape(
        kind=Found.CALL,
        ref=record.id,
        call=record.id,
        title=number if sees_numbers(record, person) else mask_number(number),
        snippet=record.line or "",
        at=record.arrived_at,
    )


def _scripts(rows: Iterable[ScriptVersionRow], words: Query) -> list[HitShape]:
    return [
        HitShape(
            kind=Found.SCRIPT,
            ref=row.name,
            title=row.name,
            snippet=around(row.source, words)[:SHOWN],
            at=row.changed_at,
        )
        for row in rows
        if _has(f"{row.name}\n{row.source}", words)
    ]


def _has(text: str, words: Query) -> bool:
    return bool(words.words) and words.matches(folded(text))


def _start(cursor: str | None) -> int:
    return min(max(0, decode_cursor(cursor, tuple[int])[0]), FURTHEST) if cursor else 0


def _numbered(hits: list[HitShape], limit: int, cursor: str | None) -> Page[HitShape]:
    """A page of a short list, by its place in it."""
    start = min(_start(cursor), len(hits))
    more = len(hits) > start + limit
    return Page(items=hits[start : start + limit], next=encode_cursor(start + limit) if more else None)
