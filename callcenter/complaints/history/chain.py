"""Keeps the history of a case as a tamper-evident hash chain: each hash covers the entry and the previous one. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from callcenter.complaints.model import Case, Facts, Statement
from callcenter.facts import CaseNumber

FIRST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded action; `facts` is JSON text, byte for byte what was hashed."""

    case: CaseNumber
    seq: int
    at: datetime
    by: str
    by_name: str
    action: str
    facts: str
    content: str
    """The hash of the case's content after the action."""
    previous: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where a chain is broken."""

    case: CaseNumber
    seq: int
    why: str


def canonical(value: object) -> str:
    """Returns the canonical text of a value: sorted keys, no blanks, instants in UTC."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Statement):
        return [value.text, value.by, value.by_name, _plain(value.at)]
    raise TypeError(type(value).__name__)


def digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def facts_of(case: Case) -> dict[str, Any]:
    return {field.name: getattr(case.facts, field.name) for field in fields(Facts)}


def content_of(case: Case) -> str:
    """Returns the hash of the case's content; deadlines and watchers are not part of it."""
    begun = [case.number, case.state, case.opened_at, case.received_by, case.received_by_name, facts_of(case)]
    ended = [case.confirmed, case.satisfaction, case.merged_into, case.closed_at]
    return digest([*begun, dict(case.statements), *ended])


def sealed(entry: Entry) -> str:
    """Returns the hash of an entry, computed without its own hash field."""
    content = [entry.case, entry.seq, entry.at, entry.by, entry.by_name, entry.action, entry.facts, entry.content]
    return digest([*content, entry.previous])


def following(
    last: Entry | None, case: Case, at: datetime, by: tuple[str, str], action: str, facts: Mapping[str, Any]
) -> Entry:
    """Returns the next entry of a case's chain."""
    seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST)
    entry = Entry(
        case=case.number,
        seq=seq,
        at=at,
        by=by[0],
        by_name=by[1],
        action=action,
        facts=canonical(dict(facts)),
        content=content_of(case),
        previous=previous,
    )
    return Entry(**{field.name: getattr(entry, field.name) for field in fields(Entry)} | {"hash": sealed(entry)})


def check(case: Case, entries: Sequence[Entry]) -> Broken | None:
    """Returns None when the chain is intact and ends with the current content of the case."""
    previous = FIRST
    for place, entry in enumerate(entries, 1):
        if entry.seq != place:
            return Broken(case.number, place, "an entry is missing")
        if entry.previous != previous or sealed(entry) != entry.hash:
            return Broken(case.number, place, "an entry was changed")
        previous = entry.hash
    if not entries:
        return Broken(case.number, 0, "there is no history")
    if entries[-1].content != content_of(case):
        return Broken(case.number, len(entries), "the case differs from its last entry")
    return None


def first_broken(checked: Iterable[Broken | None]) -> Broken | None:
    return next((entry for entry in checked if entry is not None), None)
