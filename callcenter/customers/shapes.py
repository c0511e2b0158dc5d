"""The shapes of customers' files over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.customers.journal.model import EntryEvent, EntryKind, EntryState
from callcenter.customers.model import NO_ID, Customer, NumberUse, Standing
from callcenter.facts import CustomerId
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import PageQuery
from callcenter.web.sorting import TotalQuery

Line = Annotated[str, Field(max_length=300)]


class CustomerChange(BaseModel):
    """`numbers` are stored as E.164, `uses` describes some of them; `language` may be a dialect.

    `extensions` are dialled after some of the numbers; one written after a number, as in 0731-88886005-8012,
    is taken from there.

    `team` are the numbers of the agents who look after a key account or a VIP member. `shared_numbers` are numbers of
    other files from which this customer calls too; `member_number` (digits) is keyed in by the caller.
    """

    name: str = Field(max_length=120)
    numbers: list[str] = Field(default_factory=list, max_length=50)
    uses: dict[str, NumberUse] = Field(default_factory=dict, max_length=50)
    extensions: dict[str, str] = Field(default_factory=dict, max_length=50)
    language: str = Field("", max_length=50)
    standing: Standing = Field(Standing.ORDINARY, strict=False)
    notes: str = Field("", max_length=4000)
    aliases: list[Line] = Field(default_factory=list, max_length=20)
    company: str = Field("", max_length=200)
    addresses: list[Line] = Field(default_factory=list, max_length=10)
    emails: list[Line] = Field(default_factory=list, max_length=10)
    wechat: str = Field("", max_length=40)
    qq: str = Field("", max_length=20)
    tags: list[Line] = Field(default_factory=list, max_length=30)
    team: list[Line] = Field(default_factory=list, max_length=30)
    shared_numbers: list[Line] = Field(default_factory=list, max_length=20)
    member_number: str = Field("", max_length=20)

    def customer(self, id: CustomerId = NO_ID) -> Customer:
        lists = {name: tuple(value) for name, value in self if isinstance(value, list)}
        return Customer(**{**dict(self), **lists}, id=id)


class CustomerShape(CustomerChange):
    id: str
    key_account: bool
    masked: bool = False
    """Numbers in part, and nothing else by which the customer is reached: no matter makes the file yours now."""

    @classmethod
    def of(cls, customer: Customer) -> CustomerShape:
        own = {name: getattr(customer, name) for name in CustomerChange.model_fields}
        lists = {name: list(value) for name, value in own.items() if isinstance(value, tuple)}
        key = customer.standing is Standing.KEY_ACCOUNT
        return cls(
            **{**own, **lists, "uses": dict(customer.uses), "extensions": dict(customer.extensions)},
            id=customer.id,
            key_account=key,
        )


class Lookup(BaseModel):
    """What is known of a number; `customer` is null when no file has it."""

    number: str
    extension: str
    kind: str
    masked: str
    place: str
    customer: CustomerShape | None


class CustomerQuery(PageQuery, TotalQuery):
    """`q` searches for words anywhere in a file, newest first; `name` for a part of the name, by id or `sort`."""

    sort: Literal["name", "-name", "created_at", "-created_at"] | None = None

    name: str = Field("", max_length=120)
    tag: str = Field("", max_length=40)
    q: str = Field("", max_length=200)


class NumberQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=120)


class MergeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: str = Field(max_length=32)


class EraseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=200)


class DuplicateShape(BaseModel):
    """Files that share a name, an address, an e-mail address, a WeChat or a QQ number."""

    kind: str
    value: str
    customers: list[CustomerShape]


class EntryBody(BaseModel):
    """With `planned_for` it is planned; without, the visit or enrolment has taken place."""

    model_config = ConfigDict(extra="forbid")

    kind: EntryKind = EntryKind.NOTE
    text: str = Field(min_length=1, max_length=4000)
    planned_for: date | None = None
    agent: str | None = Field(
        None, max_length=20, description=f"the agent responsible, by default the writer: {AGENT_NUMBER}"
    )


class EntryStepBody(BaseModel):
    """`result` is the outcome, or why it was cancelled; `planned_for` is the new day of one that is moved."""

    model_config = ConfigDict(extra="forbid")

    event: EntryEvent
    result: str = Field("", max_length=4000)
    planned_for: date | None = None


class CustomerEntryShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    customer: CustomerId
    kind: EntryKind
    state: EntryState
    text: str
    result: str
    agent: str | None
    planned_for: date | None
    at: datetime
    by_name: str
    ended_at: datetime | None


class PlannedQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: date
