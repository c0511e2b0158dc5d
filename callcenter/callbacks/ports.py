"""What return calls need of other rooms."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from callcenter.customers.model import Customer
from callcenter.customers.numbers import Number
from callcenter.facts import CustomerId


class Customers(Protocol):
    """Finds the customer who has a number (customers/service.py)."""

    def key_of(self, number: str) -> str: ...

    def read(self, number: str) -> Number: ...

    def entry(self, number: str) -> Number: ...

    async def by_number(self, number: str) -> Customer | None: ...

    async def by_numbers(self, numbers: Collection[str]) -> dict[str, CustomerId]: ...

    async def special(self) -> dict[str, str]: ...
