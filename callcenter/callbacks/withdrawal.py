"""Withdraws return calls of a case that has moved on: no one is called any more about what was verified then (F1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from callcenter.callbacks.errors import ChangedMeanwhile
from callcenter.callbacks.model import FOLLOW_UPS, OPEN, State
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.service import CallbackService
from callcenter.facts import CaseNumber
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM

RETURN_CALL_NOT_WANTED: Final = "return_call_not_wanted"


class CaseMovedOn:
    def __init__(self, database: Database, service: CallbackService) -> None:
        self._database = database
        self._service = service

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Run the job `return_call_not_wanted` {case, reason}; idempotent.

        What was promised to the customer, or requested by another source as well, stays. While the customer is on the
        phone the job is refused and retried later: by then the result may have ended the return call.
        """
        for id, state in await self._follow_ups(CaseNumber(payload["case"])):
            if state in (State.DIALLING, State.TALKING):
                raise ChangedMeanwhile("the customer is being called about this case", item=id)
            await self._service.withdraw(id, SYSTEM, str(payload["reason"]))

    async def _follow_ups(self, case: CaseNumber) -> list[tuple[str, str]]:
        """The open return calls of this case that only the case itself requests."""
        ours = ReturnCallCauseRow.source.in_([source.value for source in FOLLOW_UPS])
        others = select(ReturnCallCauseRow.item).where(~ours)
        query = select(ReturnCallRow.id, ReturnCallRow.state).where(
            ReturnCallRow.case == case,
            ReturnCallRow.state.in_([state.value for state in OPEN]),
            ReturnCallRow.promised.is_(False),
            ReturnCallRow.source.in_([source.value for source in FOLLOW_UPS]),
            ReturnCallRow.id.not_in(others),
        )
        async with self._database.read() as session:
            return [(id, state) for id, state in await session.execute(query)]
