"""Requests and withdraws return calls for cases, by durable jobs of the same transaction (F1, W3)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints.model import Case, State
from callcenter.complaints.parts import Parts

RETURN_CALL_WANTED: Final = "return_call_wanted"
RETURN_CALL_NOT_WANTED: Final = "return_call_not_wanted"


async def request(session: AsyncSession, parts: Parts, case: Case, reason: str) -> None:
    """Requests a return call: F1 the outcome, W3 the answer. Without a phone number, none is requested."""
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


async def withdraw(session: AsyncSession, parts: Parts, case: Case, reason: str) -> None:
    """Withdraws the return call of a case that has moved on without its result."""
    await parts.jobs.put(session, RETURN_CALL_NOT_WANTED, {"case": case.number, "reason": reason[:2000]})


def _reason(case: Case) -> str:
    text = case.statements.get("verification") or case.statements.get("corrective_action")
    return (text.text if text else case.facts.what_happened)[:500]
