"""Tests who may schedule a kind of report and own it, and which groups each kind has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.access import check_reader
from callcenter.calls.reports.scheduled.errors import BadScheduledReport, DeliveryFault, ReportNotAllowed
from callcenter.calls.reports.scheduled.kinds import KINDS, ReportKind
from callcenter.calls.reports.scheduled.model import ReportEvery, check_schedule
from callcenter.storage.database import Database
from callcenter.web.roles import ALL, Person, Role
from tests.calls.reports.test_scheduled import DAILY, Room
from tests.support.rooms import BOSS, CHIEF


def test_S1_a_report_with_groups_or_a_line_that_its_kind_lacks_is_refused() -> None:
    good = replace(DAILY, kind=ReportKind.LEDGER, by=None)
    assert check_schedule(good, mail_possible=False) is good
    for wrong, fault in (
        (replace(good, by=ReportBy.DAY), "by"),
        (replace(good, line="orders"), "line"),
        (replace(DAILY, by=None), "by"),
        (replace(DAILY, kind=ReportKind.WORK, by=ReportBy.QUEUE), "by"),
        (replace(DAILY, kind=ReportKind.WORK, by=ReportBy.AGENT, line="orders"), "line"),
        (replace(DAILY, every=ReportEvery.MONTH, kind=ReportKind.WORK, by=ReportBy.HALF_HOUR), "period"),
    ):
        with pytest.raises(BadScheduledReport) as refused:
            check_schedule(wrong, mail_possible=False)
        assert refused.value.facts["fault"] == fault
    assert set(KINDS) == set(ReportKind)


def test_S1_a_token_for_another_part_of_the_api_schedules_no_ledger() -> None:
    supervisor = frozenset({Role.SUPERVISOR})
    for scopes, ledger in (
        (ALL, True),
        (frozenset({"reports"}), False),
        (frozenset({"reports", "exports:read"}), True),
    ):
        program = Person("token:1", "token:bi", "bi", supervisor, scopes=scopes)
        check_reader(ReportKind.CALLS, program)
        if ledger:
            check_reader(ReportKind.LEDGER, program)
        else:
            with pytest.raises(ReportNotAllowed):
                check_reader(ReportKind.LEDGER, program)
    for person in (None, replace(BOSS, roles=frozenset({Role.AGENT, Role.ASSISTANT}))):
        for kind in ReportKind:
            with pytest.raises(ReportNotAllowed):
                check_reader(kind, person)


async def test_S1_an_owner_who_lost_the_role_gets_nothing_and_the_run_says_why(
    database: Database, tmp_path: Path
) -> None:
    room = Room(database, tmp_path / "reports")
    row = await room.scheduled.add(DAILY, BOSS)
    with pytest.raises(ReportNotAllowed):
        await room.scheduled.add(DAILY, replace(BOSS, roles=frozenset({Role.AGENT})))
    for owner in (replace(BOSS, roles=frozenset({Role.AGENT})), None):
        room.owner = owner
        room.now += timedelta(days=1)
        await room.scheduled.put_due()
        assert await room.work() == 1
        (newest, *_) = await room.scheduled.deliveries(row.id)
        assert (newest.state, newest.file, newest.tries) == ("refused", "", 1)
        assert newest.error.startswith("report_not_allowed: ")
        assert newest.fault == DeliveryFault.NOT_ALLOWED
    assert not (tmp_path / "reports").exists()
    # Who takes it over is asked from then on; what was refused stays refused.
    await room.scheduled.change(row.id, DAILY, CHIEF, lambda _: None)
    assert (await room.scheduled.report(row.id)).owner == CHIEF.login
    room.owner = CHIEF
    room.now += timedelta(days=1)
    await room.scheduled.put_due()
    assert await room.work() == 1
    assert [state for state, _ in await room.states()] == ["refused", "refused", "sent"]
