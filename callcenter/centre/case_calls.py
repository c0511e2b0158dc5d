"""Attaches a call that an agent started because of a case to that case, once its record is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from callcenter.calls.control.acts import Acts
from callcenter.calls.model import CallRecord
from callcenter.complaints.attachments import AttachmentService
from callcenter.complaints.errors import UnknownCase
from callcenter.complaints.http import may_change
from callcenter.complaints.service import CaseService
from callcenter.facts import CallId, CaseNumber
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CaseCalls:
    acts: Acts
    cases: CaseService
    attachments: AttachmentService

    async def check(self, case: CaseNumber, by: Person) -> None:
        """Raises UnknownCase, Forbidden."""
        may_change(await self.cases.case(case), by)

    async def calls_recorded(self, records: Sequence[CallRecord]) -> None:
        """Idempotent. A case that was closed meanwhile takes the call as a new entry, as it takes return calls (K7)."""
        for act in await self.acts.started([record.id for record in records]):
            case, call = act.facts.get("case"), CallId(act.call)
            if not case:
                continue
            try:
                await self.attachments.take_return_call(CaseNumber(case), call)
            except UnknownCase:
                log.warning("case_of_call_unknown", call=call)
