"""A customer's file, as much of it as a call needs (policy W5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.errors import Conflict, Invalid, NotFound

NAME_LIMIT: Final = 120
NOTES_LIMIT: Final = 4000


class UnknownCustomer(NotFound):
    code = "unknown_customer"


class BadCustomer(Invalid):
    code = "bad_customer"


class NumberTaken(Conflict):
    """A number leads to one file, or the agent would see the wrong one."""

    code = "number_taken"


class Standing(StrEnum):
    """Key accounts and VIP members have a small team of their own; nothing else about a customer counts (R11)."""

    ORDINARY = "ordinary"
    VIP = "vip"
    KEY_ACCOUNT = "key_account"


@dataclass(frozen=True, slots=True)
class Customer:
    """`numbers` are E.164 (or short, as dialled); `language` is a language or dialect tag, empty when not known."""

    name: str
    numbers: tuple[str, ...] = ()
    language: str = ""
    standing: Standing = Standing.ORDINARY
    notes: str = ""
    id: str = ""


def check_customer(customer: Customer) -> Customer:
    """Return the customer or raise BadCustomer."""
    if not customer.name.strip() or len(customer.name) > NAME_LIMIT or not customer.name.isprintable():
        raise BadCustomer(f"a name has 1 to {NAME_LIMIT} printable characters")
    if len(customer.notes) > NOTES_LIMIT or "\0" in customer.notes:
        raise BadCustomer(f"notes have at most {NOTES_LIMIT} characters")
    if len(customer.language) > 50 or not customer.language.isprintable():
        raise BadCustomer("a language or dialect looks like zh-CN or xiang-changsha")
    return customer
