"""Defines a customer's file (policy W5). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.facts import CustomerId

NAME_LIMIT: Final = 120
NOTES_LIMIT: Final = 4000


class UnknownCustomer(NotFound):
    code = "unknown_customer"


class BadCustomer(Invalid):
    code = "bad_customer"


class NumberTaken(Conflict):
    """A number belongs to only one file; otherwise the agent would see the wrong one."""

    code = "number_taken"


class MemberNumberTaken(Conflict):
    """A member number belongs to only one file: it tells people on one telephone number apart."""

    code = "member_number_taken"


class MergeConflict(Conflict):
    """These two files cannot be merged."""

    code = "customers_not_mergeable"


class Standing(StrEnum):
    """Key accounts and VIP members have a small dedicated team; nothing else about a customer affects routing (R11)."""

    ORDINARY = "ordinary"
    VIP = "vip"
    KEY_ACCOUNT = "key_account"


class NumberUse(StrEnum):
    """What a number is used for; absent where it is not known."""

    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    FAX = "fax"
    OTHER = "other"


NO_ID: Final = CustomerId("")
"""A customer who is not stored yet."""


@dataclass(frozen=True, slots=True)
class Customer:
    """`numbers` are E.164 (or short, as dialled); `language` is a language or dialect tag, empty when not known.

    `uses` is what some of the numbers are for, `extensions` what is dialled after some of them. `team` has the numbers
    of the agents who look after a key account or a VIP member. `aliases` are other names, of the person or of those who
    call for a company. `shared_numbers` are numbers of other files from which this customer calls too (a household,
    a company's switchboard); `member_number` is what they key in then.
    """

    name: str
    numbers: tuple[str, ...] = ()
    language: str = ""
    standing: Standing = Standing.ORDINARY
    notes: str = ""
    id: CustomerId = NO_ID
    uses: Mapping[str, NumberUse] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    company: str = ""
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    wechat: str = ""
    qq: str = ""
    tags: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    extensions: Mapping[str, str] = field(default_factory=dict)
    shared_numbers: tuple[str, ...] = ()
    member_number: str = ""


LISTS: Final[Mapping[str, tuple[int, int]]] = {
    "numbers": (50, 24),
    "aliases": (20, NAME_LIMIT),
    "addresses": (10, 300),
    "emails": (10, 254),
    "tags": (30, 40),
    "team": (30, 20),
    "shared_numbers": (20, 24),
}
"""The maximum number of entries in a list, and the maximum length of an entry."""
TEXTS: Final[Mapping[str, int]] = {"language": 50, "company": 200, "wechat": 40, "qq": 20, "member_number": 20}
_EMAIL: Final = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']{1,189}")
_EXTENSIONS: Final = re.compile(r"[0-9]{1,8}(,[0-9]{1,8}){0,3}")
_MEMBER: Final = re.compile(r"[0-9]{4,20}")
_QQ: Final = re.compile(r"[1-9][0-9]{4,14}")


def check_customer(customer: Customer) -> Customer:
    """Return the customer, every list without blanks and duplicates, or raise BadCustomer."""
    if not customer.name.strip() or len(customer.name) > NAME_LIMIT or not customer.name.isprintable():
        raise BadCustomer(f"a name has 1 to {NAME_LIMIT} printable characters", field="name")
    if len(customer.notes) > NOTES_LIMIT or "\0" in customer.notes:
        raise BadCustomer(f"notes have at most {NOTES_LIMIT} characters", field="notes")
    for name, longest in TEXTS.items():
        text = getattr(customer, name)
        if len(text) > longest or not text.isprintable():
            raise BadCustomer(f"{name} has at most {longest} printable characters", field=name, longest=longest)
    if customer.qq and not _QQ.fullmatch(customer.qq):
        raise BadCustomer("a QQ number is 5 to 15 digits", field="qq")
    if customer.member_number and not _MEMBER.fullmatch(customer.member_number):
        raise BadCustomer("a member number is 4 to 20 digits: it is keyed in", field="member_number")
    if set(customer.shared_numbers) & set(customer.numbers):
        raise BadCustomer("a number is the file's own or shared, not both", field="shared_numbers")
    if wrong := [email for email in customer.emails if not _EMAIL.fullmatch(email.strip())]:
        raise BadCustomer("an e-mail address looks like name@example.com", field="emails", entries=len(wrong))
    if set(customer.uses) - set(customer.numbers):
        raise BadCustomer("the use of a number that the file does not have", field="uses")
    if set(customer.extensions) - set(customer.numbers):
        raise BadCustomer("the extension of a number that the file does not have", field="extensions")
    if not all(_EXTENSIONS.fullmatch(text) for text in customer.extensions.values()):
        raise BadCustomer("an extension is 1 to 8 digits; several stand with a comma between", field="extensions")
    tidy: dict[str, Any] = {name: _tidy(name, getattr(customer, name)) for name in LISTS}
    return replace(customer, **tidy)


def _tidy(name: str, entries: Sequence[str]) -> tuple[str, ...]:
    most, longest = LISTS[name]
    tidy = tuple(dict.fromkeys(text.strip() for text in entries if text.strip()))
    if len(tidy) > most or any(len(text) > longest or not text.isprintable() for text in tidy):
        detail = f"{name} has {most} entries of {longest} printable characters at most"
        raise BadCustomer(detail, field=name, most=most, longest=longest)
    return tidy


def with_extension(customer: Customer, number: str) -> str:
    """The number with its extension as people write it, in a form that can be read back."""
    extension = customer.extensions.get(number, "")
    return ";".join(f"{number}-{part}" for part in extension.split(",")) if extension else number


def joined(into: Customer, gone: Customer) -> Customer:
    """One file from two of the same customer: no data of either is lost, and the values of `into` take precedence."""
    lists: dict[str, Any] = {name: tuple(dict.fromkeys((*getattr(into, name), *getattr(gone, name)))) for name in LISTS}
    if gone.name != into.name:
        lists["aliases"] = tuple(dict.fromkeys((*lists["aliases"], gone.name)))
    texts: dict[str, Any] = {name: getattr(into, name) or getattr(gone, name) for name in TEXTS}
    lists["shared_numbers"] = tuple(number for number in lists["shared_numbers"] if number not in lists["numbers"])
    if gone.member_number and gone.member_number != texts["member_number"]:
        gone = replace(gone, notes=f"{gone.notes}\n会员号 {gone.member_number}".strip())
    notes = into.notes if gone.notes in into.notes else "\n".join(note for note in (into.notes, gone.notes) if note)
    higher = max(into.standing, gone.standing, key=list(Standing).index)
    uses, extensions = {**gone.uses, **into.uses}, {**gone.extensions, **into.extensions}
    return replace(into, **lists, **texts, notes=notes, standing=higher, uses=uses, extensions=extensions)
