"""Handles open return calls when two customer files are merged or a customer is erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from callcenter.callbacks.model import OPEN, customer_key
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.callbacks.service import CallbackService
from callcenter.facts import CustomerId
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM


class CustomerMerged:
    def __init__(self, database: Database, service: CallbackService) -> None:
        self._database = database
        self._service = service

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Run the job `customer_merged` {customer, into}; idempotent.

        At most one open return call per customer and matter: where both files have one, that of the merged-away file is
        withdrawn. While its customer is on the phone the job is refused and retried later.
        """
        old, new = str(payload["customer"]), CustomerId(payload["into"])
        query = select(ReturnCallRow).where(
            ReturnCallRow.customer == old, ReturnCallRow.state.in_([state.value for state in OPEN])
        )
        async with self._database.read() as session:
            rows = list(await session.scalars(query))
        for row in rows:
            move = update(ReturnCallRow).where(ReturnCallRow.id == row.id, ReturnCallRow.customer == old)
            try:
                async with self._database.write() as session:
                    key = customer_key(new, row.number)
                    await session.execute(move.values(customer=new, customer_key=key))
            except IntegrityError:
                why = "the customer's two files were merged, and this matter had a return call in each"
                await self._service.withdraw(row.id, SYSTEM, why)


class CustomerErased:
    def __init__(self, database: Database, service: CallbackService) -> None:
        self._database = database
        self._service = service

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Run the job `customer_erased`: a customer who asked to be erased is not called back; idempotent.

        While the customer is on the phone the job is refused and retried later.
        """
        mine = or_(ReturnCallRow.customer == str(payload["customer"]), ReturnCallRow.number.in_(payload["numbers"]))
        query = select(ReturnCallRow.id).where(mine, ReturnCallRow.state.in_([state.value for state in OPEN]))
        async with self._database.read() as session:
            ids = list(await session.scalars(query))
        for id in ids:
            await self._service.withdraw(id, SYSTEM, "the customer is erased")
