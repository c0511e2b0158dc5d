"""Fills the call record form of a call (policy W1). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcenter.calls.model import CallRecord, Direction
from callcenter.catalogue import ENGLISH, language_of, word
from callcenter.customers.numbers import is_withheld
from callcenter.paper.model import CallRecordForm, Head, Ring


@dataclass(frozen=True, slots=True)
class CallMatter:
    """What a call was about, as far as a case or a note records it: what W1 requires beyond the telephone data."""

    number: str = ""
    reason: str = ""
    contact: str = ""
    department: str = ""
    people: str = ""
    progress: str = ""


def form_of(
    call: CallRecord,
    head: Head,
    *,
    phone: str,
    customer: str = "",
    names: Mapping[str, str] | None = None,
    matters: Sequence[CallMatter] = (),
    line: str = "",
) -> CallRecordForm:
    """Return the form; `phone` is the number as the user may see it, `names` the agents' names by number."""

    def agent(number: str | None) -> str:
        return f"{number} {(names or {}).get(number, '')}".strip() if number else ""

    def all_of(name: str) -> str:
        return "\n".join(dict.fromkeys(text for matter in matters if (text := getattr(matter, name))))

    return CallRecordForm(
        head=head,
        direction=call.direction,
        line=line or call.line or "",
        called=call.called_number if call.direction is Direction.INBOUND else "",
        customer=customer or (call.caller_name if phone == call.caller_number else ""),
        contact=all_of("contact"),
        phone=_withheld(head) if call.direction is Direction.INBOUND and is_withheld(phone) else phone,
        at=call.arrived_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        waited=call.wait_seconds,
        talked=call.talk_seconds,
        agent=agent(call.agent),
        outcome=call.outcome or "",
        reason=all_of("reason"),
        department=all_of("department"),
        people=all_of("people"),
        progress=all_of("progress"),
        cases=tuple(dict.fromkeys(matter.number for matter in matters if matter.number)),
        rings=tuple(
            Ring(agent(offer.agent), offer.offered_at, offer.rings, offer.outcome or "") for offer in call.offers
        ),
    )


def _withheld(head: Head) -> str:
    return word("number", "withheld", language_of(head.language) or ENGLISH)
