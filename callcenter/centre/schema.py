"""Collects all tables under one metadata: migrations compare with it, tests create their tables from it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import MetaData

from callcenter.storage.base import Base

ROWS = (
    "callcenter.storage.rows",
    "callcenter.storage.fulltext.rows",
    "callcenter.web.rows",
    "callcenter.web.drafts.rows",
    "callcenter.web.own.rows",
    "callcenter.web.client_faults.rows",
    "callcenter.web.saved_filters.rows",
    "callcenter.web.boards.rows",
    "callcenter.web.oidc.rows",
    "callcenter.web.webhooks.rows",
    "callcenter.agents.rows",
    "callcenter.customers.rows",
    "callcenter.announcements.rows",
    "callcenter.calls.rows",
    "callcenter.calls.control.rows",
    "callcenter.calls.notes.rows",
    "callcenter.calls.phrases.rows",
    "callcenter.calls.after_call.rows",
    "callcenter.calls.thresholds.rows",
    "callcenter.calls.quality.rows",
    "callcenter.calls.timeline.rows",
    "callcenter.calls.reports.rollups.rows",
    "callcenter.calls.reports.work.rows",
    "callcenter.calls.reports.scheduled.rows",
    "callcenter.routing.rows",
    "callcenter.routing.blocks.rows",
    "callcenter.routing.loans.rows",
    "callcenter.roster.rows",
    "callcenter.roster.overtime.rows",
    "callcenter.roster.holidays.rows",
    "callcenter.roster.patterns.rows",
    "callcenter.roster.plans.rows",
    "callcenter.roster.planner.rows",
    "callcenter.roster.calendars.rows",
    "callcenter.roster.deadlines.rows",
    "callcenter.supervision.messages.rows",
    "callcenter.supervision.hands.rows",
    "callcenter.supervision.team.rows",
    "callcenter.flags.rows",
    "callcenter.flags.ledger.rows",
    "callcenter.alarms.rows",
    "callcenter.scorecards.rows",
    "recordings.transcripts.rows",
    "recordings.courtesy.rows",
    "recordings.talk.rows",
    "callcenter.complaints.rows",
    "callcenter.worklog.rows",
    "callcenter.privacy.rows",
    "callcenter.followup.rows",
    "callcenter.paper.rows",
    "callcenter.callbacks.rows",
    "recordings.rows",
    "ivr.flows.rows",
    "ivr.prompts.rows",
)

for name in ROWS:
    if find_spec(name) is not None:
        import_module(name)

metadata: MetaData = Base.metadata
