"""Decides what a user sees of customer files: the whole file when it is theirs, otherwise no contact details.

A file is an agent's while they are on a call with one of its numbers, own an open case or hold a return call of the
customer, or are in its team. Reading a whole number is recorded in the audit, and an agent's reads per hour are
limited.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from callcenter.clock import Clock
from callcenter.customers.model import Customer, NumberTaken
from callcenter.customers.shapes import CustomerShape
from callcenter.customers.store import found_by
from callcenter.errors import Forbidden, TooMany
from callcenter.storage.tokenizer import folded, query_of
from callcenter.web.audit import Audit
from callcenter.web.masking import mask_number
from callcenter.web.roles import LEADERS, Person
from callcenter.web.routes import Ask
from callcenter.web.throttle import Tries

Ties = Callable[[Person, Sequence[Customer]], Awaitable[frozenset[str]]]
"""The ids of those of these files that an agent's current work makes theirs, besides the team."""
HOUR: Final = timedelta(hours=1)
TAKEN_AN_HOUR: Final = 10
"""Numbers of other agents' customers that one agent may enter in an hour; a slip of the pen happens less often."""
_NUMBER: Final = re.compile(r"\d{3,}")


class CustomerNotYours(Forbidden):
    """An agent requests more of a file than they may see."""

    code = "customer_not_yours"


class NumberHidden(Forbidden):
    """An agent searches by digits, which would allow guessing a masked number."""

    code = "number_search_refused"


class TooManyFiles(TooMany):
    code = "too_many_customer_files"


class TooManyTakenNumbers(TooMany):
    """An agent has entered many numbers of customers who are not theirs: that is asking, not filing."""

    code = "too_many_taken_numbers"


async def no_ties(_: Person, __: Sequence[Customer]) -> frozenset[str]:
    return frozenset()


def check_words(words: str, person: Person) -> None:
    """A search must not reveal what the answer masks. Raises NumberHidden."""
    if not person.may(LEADERS) and _NUMBER.search(re.sub(r"[\s\-().]", "", folded(words))):
        raise NumberHidden("search by name or words; only leaders search by numbers")


class CustomerSight:
    """Shows files to users; `most` is the number of whole files per agent and hour."""

    def __init__(self, audit: Audit, clock: Clock, ties: Ties = no_ties, most: int = 200) -> None:
        self._audit = audit
        self._clock = clock
        self._ties = ties
        self._most = most
        self._read = Tries(HOUR)
        self._taken = Tries(HOUR)

    async def theirs(self, person: Person, customers: Sequence[Customer]) -> frozenset[str]:
        """The ids of the files that this user sees whole."""
        if person.may(LEADERS):
            return frozenset(customer.id for customer in customers)
        if person.agent is None or not customers:
            return frozenset()
        team = frozenset(customer.id for customer in customers if person.agent in customer.team)
        return team | await self._ties(person, [customer for customer in customers if customer.id not in team])

    async def must_be_theirs(self, person: Person, customer: Customer) -> None:
        """Check that the file is theirs. Raises CustomerNotYours."""
        if customer.id not in await self.theirs(person, [customer]):
            raise CustomerNotYours("this file is not yours now: no call, case or return call of yours is about it")

    async def shown(self, ask: Ask, customers: Sequence[Customer]) -> list[CustomerShape]:
        """The files as the user sees them; reads of whole numbers are recorded. Raises TooManyFiles."""
        person = ask.require()
        theirs = await self.theirs(person, customers)
        whole = [customer for customer in customers if customer.id in theirs and customer.numbers]
        if whole:
            self._count(person, len(whole))
            subject = f"customer/{whole[0].id}" if len(whole) == 1 else "customers"
            facts = {"files": [str(file.id) for file in whole]}
            await self._audit.record(person, "customer.read", subject, ask.address, facts)
        return [CustomerShape.of(customer) if customer.id in theirs else masked(customer) for customer in customers]

    async def shape(self, ask: Ask, customer: Customer) -> CustomerShape:
        return (await self.shown(ask, [customer]))[0]

    async def visible(self, person: Person, words: str, customers: Sequence[Customer]) -> frozenset[str]:
        """The ids of the hits that this user may see as hits: by what a masked file shows, not by what it hides."""
        theirs = await self.theirs(person, customers)
        query = query_of(words)
        open_texts = {customer.id: folded("\n".join(found_by(open_part(customer)))) for customer in customers}
        return theirs | {id for id, text in open_texts.items() if all(word in text for word in query.words)}

    def may_enter_numbers(self, person: Person) -> None:
        """Check, before a number is compared with any file, that they have not asked too often.

        Raises TooManyTakenNumbers: from then on the answer does not depend on the number.
        """
        if not person.may(LEADERS) and self._taken.count(person.id, self._clock()) >= TAKEN_AN_HOUR:
            raise TooManyTakenNumbers("many numbers of others' customers in an hour; ask a leader", most=TAKEN_AN_HOUR)

    async def taken(self, ask: Ask, error: NumberTaken, holder: Customer | None) -> NumberTaken:
        """The refusal as this user may read it: it names the other file only if that is theirs.

        That a number belongs to some file cannot be kept from a person who files numbers, so each such answer is in the
        audit and their number is limited.
        """
        person = ask.require()
        if holder is not None and holder.id in await self.theirs(person, [holder]):
            return error
        self._taken.add(person.id, self._clock())
        subject = "customers" if holder is None else f"customer/{holder.id}"
        await self._audit.record(person, "customer.number_refused", subject, ask.address)
        return NumberTaken("another customer has this number")

    def _count(self, person: Person, files: int) -> None:
        if person.may(LEADERS):
            return
        for _ in range(files):
            if self._read.add(person.id, self._clock()) >= self._most:
                raise TooManyFiles("so many customers' files in an hour; wait, or ask a leader", most=self._most)


def open_part(customer: Customer) -> Customer:
    """The file without what `masked` hides."""
    hidden = replace(customer, numbers=(), uses={}, extensions={}, notes="", addresses=(), emails=())
    return replace(hidden, wechat="", qq="", shared_numbers=(), member_number="")


def masked(customer: Customer) -> CustomerShape:
    """Who the customer is and how to treat them, without anything by which they can be contacted or found."""
    shape = CustomerShape.of(customer)
    return shape.model_copy(
        update={
            "numbers": [mask_number(number) for number in customer.numbers],
            "uses": {},
            "extensions": {},
            "notes": "",
            "addresses": [],
            "emails": [],
            "wechat": "",
            "qq": "",
            "shared_numbers": [mask_number(number) for number in customer.shared_numbers],
            "member_number": "",
            "masked": True,
        }
    )
