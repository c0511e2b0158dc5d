"""Lists every kind of delta that the live feed carries, for the API's description."""

from __future__ import annotations

from typing import Any, Final

from callcenter.alarms.service import FAILURE
from callcenter.announcements.service import ANNOUNCEMENT
from callcenter.callbacks.deltas import CALLBACK, CALLBACK_IMPORT
from callcenter.calls.control.deltas import PHONE
from callcenter.calls.deltas import AGENT, CALL, DUTY, FLAG, LINK, QUEUE
from callcenter.calls.figures.deltas import FIGURES
from callcenter.calls.pop.deltas import POP
from callcenter.centre.todo_feed import TODO
from callcenter.complaints.notifier import CASE, DIGEST
from callcenter.customers.importing.service import CUSTOMER_IMPORT
from callcenter.flags.ledger.service import LEDGER
from callcenter.roster.adherence.present.service import ADHERENCE
from callcenter.roster.attendance.service import ATTENDANCE
from callcenter.roster.breaks.turn import BREAK
from callcenter.roster.deadlines.service import ROSTER_DUE
from callcenter.roster.handover.notices import HANDOVER
from callcenter.roster.history import ROSTER_REQUEST
from callcenter.roster.leave.service import LEAVE_CASES
from callcenter.roster.plans.notices.service import ROSTER_PUBLISHED
from callcenter.routing.loans.deltas import LOAN
from callcenter.scorecards.steps import SCORE
from callcenter.supervision.hands.deltas import RAISED_HAND
from callcenter.supervision.messages.deltas import MESSAGE
from callcenter.supervision.monitoring.deltas import SUPERVISION
from callcenter.web.guard import ALARM
from callcenter.web.ports import DeltaKind
from callcenter.web.viewing.deltas import VIEWING
from callcenter.worklog.unusual.service import UNUSUAL_CUSTOMER
from recordings.deltas import RECORDING

LIVE_KINDS: Final[tuple[DeltaKind[Any], ...]] = (
    CALL,
    AGENT,
    QUEUE,
    DUTY,
    LINK,
    FLAG,
    CASE,
    DIGEST,
    CALLBACK,
    CALLBACK_IMPORT,
    RECORDING,
    ANNOUNCEMENT,
    UNUSUAL_CUSTOMER,
    SCORE,
    CUSTOMER_IMPORT,
    ALARM,
    FAILURE,
    PHONE,
    POP,
    TODO,
    ROSTER_REQUEST,
    ROSTER_PUBLISHED,
    ROSTER_DUE,
    LEAVE_CASES,
    BREAK,
    ATTENDANCE,
    ADHERENCE,
    HANDOVER,
    LEDGER,
    SUPERVISION,
    MESSAGE,
    RAISED_HAND,
    FIGURES,
    LOAN,
    VIEWING,
)
