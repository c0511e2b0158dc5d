"""Defines a block of a caller's number and checks it. Pure.

A block is a decision about one number, of the whole centre or of one line. It ends at a set time, or it states why it
has no end; so no number stays blocked because it was overlooked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from callcenter.customers.numbers import Number, NumberKind
from callcenter.routing.blocks.errors import BadBlock, NotBlockable

LONGEST_REASON: Final = 400
LEAST_DIGITS: Final = 7
"""A shorter number is an extension or a service; 7 digits are a subscriber's number without its area code."""


@dataclass(frozen=True, slots=True)
class Block:
    """`number` is as files store it; `line` is empty for the whole centre; `ends_at` is None with `no_end_reason`."""

    number: str
    reason: str
    line: str = ""
    ends_at: datetime | None = None
    no_end_reason: str = ""
    id: str = ""
    added_at: datetime | None = None
    added_by: str = ""
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_reason: str = ""

    def holds_at(self, at: datetime) -> bool:
        return self.lifted_at is None and (self.ends_at is None or at < self.ends_at)

    def holds_for(self, line: str, at: datetime) -> bool:
        return self.holds_at(at) and self.line in ("", line)


def check_block(block: Block, at: datetime) -> Block:
    """Return the block without outer blanks, or raise BadBlock."""
    block = replace(block, reason=block.reason.strip(), no_end_reason=block.no_end_reason.strip())
    if not block.reason or len(block.reason) > LONGEST_REASON or len(block.no_end_reason) > LONGEST_REASON:
        raise BadBlock(f"a reason has 1 to {LONGEST_REASON} characters", fault="reason", longest=LONGEST_REASON)
    if block.ends_at is None and not block.no_end_reason:
        raise BadBlock("a block ends at a set time, or states why it has no end", fault="no_end")
    if block.ends_at is not None and block.no_end_reason:
        raise BadBlock("a block with an end states no reason for having none", fault="both")
    if block.ends_at is not None and block.ends_at <= at:
        raise BadBlock("a block ends in the future", fault="past")
    return block


def check_number(number: Number, always: Collection[str]) -> str:
    """Return the number as files store it, or raise NotBlockable. `always` are numbers that always get through."""
    digits = number.text.lstrip("+")
    if number.kind not in (NumberKind.FULL, NumberKind.LOCAL) or len(digits) < LEAST_DIGITS:
        raise NotBlockable("emergency numbers, services, extensions and hidden numbers cannot be blocked")
    if number.text in always:
        raise NotBlockable("the number belongs to the centre, or always gets through", fault="own")
    return number.text
