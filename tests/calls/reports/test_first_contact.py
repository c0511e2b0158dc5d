"""Tests first-contact resolution against a slow plain recount, on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.reports.first_contact.http import FirstContactGroup
from callcenter.calls.reports.first_contact.queries import Contacts, ContactsBy, FirstContacts
from callcenter.storage.database import Database
from tests.calls.reports.test_reports import DAYS, SINCE, calls, reports_of

WINDOW = timedelta(hours=6)
NOW = SINCE + DAYS - timedelta(hours=3)
NUMBERS = ("13974812001", "13974812002", "073188881111", "anonymous", "")


def recount(records: list[CallRecord]) -> tuple[int, int, int]:
    """One call after the other, each rule written out."""
    contacts = resolved = pending = 0
    inbound = [record for record in records if record.direction is Direction.INBOUND]
    for record in inbound:
        at = record.arrived_at
        if record.caller_number in ("anonymous", "") or record.outcome is not Outcome.ANSWERED:
            continue
        if not SINCE <= at < SINCE + DAYS:
            continue
        others = [
            other.arrived_at for other in inbound if other is not record and other.caller_number == record.caller_number
        ]
        if any(timedelta() <= at - other <= WINDOW for other in others):
            continue
        again = any(timedelta() < other - at <= WINDOW for other in others)
        over = at + WINDOW <= NOW
        contacts += again or over
        resolved += over and not again
        pending += not over and not again
    return contacts, resolved, pending


async def test_first_contacts_are_those_of_a_plain_recount(database: Database) -> None:
    draw = random.Random(7)
    records = [
        replace(record, caller_number=draw.choice(NUMBERS), arrived_at=record.arrived_at + timedelta(seconds=number))
        for number, record in enumerate(calls(11, 60))
    ]
    await reports_of(database, records)
    reports = FirstContacts(database, "pbx1", lambda: NOW)
    (total,) = await reports.of(SINCE, SINCE + DAYS, WINDOW, ContactsBy.TOTAL)
    assert (total.contacts, total.resolved, total.pending) == recount(records)
    assert 0 < total.resolved < total.contacts
    for by in (ContactsBy.LINE, ContactsBy.AGENT):
        groups = await reports.of(SINCE, SINCE + DAYS, WINDOW, by)
        assert sum(group.contacts for group in groups) == total.contacts
        assert sum(group.resolved for group in groups) == total.resolved


def test_a_share_without_contacts_is_unknown() -> None:
    assert FirstContactGroup.of(Contacts("total", 0, 0, 2)).resolution is None
    shape = FirstContactGroup.of(Contacts("total", 10, 8, 0))
    assert shape.resolution == 0.8
    assert shape.low is not None
    assert shape.high is not None
    assert shape.low < 0.8 < shape.high
