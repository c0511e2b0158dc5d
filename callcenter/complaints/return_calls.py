"""What cases ask of the return calls, by durable jobs of the transaction that makes it true (F1, W3)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints.model import Case, State
from callcenter.complaints.parts import Parts

RETURN_CALL_WANTED: Final = "return_call_wanted"
RETURN_CALL_NOT_WANTED: Final = "return_call_not_wanted"


async def want(session: AsyncSession, parts: Parts, case: Case, reason: str) -> None:
    """F1: the customer hears of it; W3: the customer hears the answer. Nobody to call: nothing is promised."""
    if not case.facts.phone:
        return
    answered = case.state is State.ANSWERED
    payload = {
        "source": "answer_ready" if answered else "case_verified",
        "matter": f"case:{case.number}",
        "case": case.number,
        "call": None,
        "customer": case.facts.customer,
        "number": case.facts.phone,
        "line": case.facts.line,
        "due_at": None,
        "promised": False,
        "reason": reason or _reason(case),
        "agent": None,
        "language": None,
    }
    await parts.jobs.put(session, RETURN_CALL_WANTED, payload)


async def want_no_more(session: AsyncSession, parts: Parts, case: Case, reason: str) -> None:
    """The case has moved on without its return call's result: nobody is called any more about what was verified."""
    await parts.jobs.put(session, RETURN_CALL_NOT_WANTED, {"case": case.number, "reason": reason[:2000]})


def _reason(case: Case) -> str:
    text = case.statements.get("verification") or case.statements.get("corrective_action")
    return (text.text if text else case.facts.what_happened)[:500]
