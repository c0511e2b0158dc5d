"""Publishes a change to a case to audit trail, webhooks and live feed, in the transaction that makes the change.

The live delta and the webhook carry one payload, `CaseNow`: the case as it is after the change, whatever the event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Unpack

from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.complaints.model import Case
from callcenter.facts import CaseNumber
from callcenter.storage.database import after_commit
from callcenter.web.audit import Audit, Fact
from callcenter.web.ports import DeltaKind, Emit, Publish
from callcenter.web.roles import Person


class EventDetails(TypedDict, total=False):
    """Fields of some events only."""

    level: str | None
    """The level of the reminder (K4)."""
    levels: Sequence[str]
    """All levels that are reminded at once."""
    to: Sequence[str]
    """The person ids that the reminder is for; empty for everyone of its level."""
    place: str | None
    """The place of the form that was signed or waits for its signature."""
    signer: str | None
    """The name of the signer, which the payload calls `by`."""
    question: str | None
    referral: str | None


class CaseNow(TypedDict):
    """A case as it is now and the event that just happened; fields that do not apply to the event are null or empty."""

    number: CaseNumber
    kind: str
    state: str
    severity: str | None
    owner: str | None
    watchers: list[str]
    department: str | None
    due_step: str | None
    due_at: str | None
    event: str
    """A step or action such as `assess` or `signed`, or a reminder such as `escalated` or `signature_due`."""
    reminder: str | None
    """The same event where it requires people to act."""
    level: str | None
    levels: list[str]
    to: list[str]
    place: str | None
    by: str | None
    question: str | None
    referral: str | None


class DigestDelta(TypedDict):
    """The digests of a day are ready, for this many people (K5)."""

    day: str
    people: int


CASE: Final = DeltaKind("case", CaseNow, "people, not screens")
DIGEST: Final = DeltaKind("digest", DigestDelta, "people, not screens")


def case_now(case: Case, event: str, *, reminder: bool = False, **details: Unpack[EventDetails]) -> CaseNow:
    level = details.get("level")
    return {
        "number": case.number,
        "kind": case.facts.kind,
        "state": case.state,
        "severity": case.facts.severity,
        "owner": case.owner,
        "watchers": sorted(case.watchers),
        "department": case.facts.department or None,
        "due_step": case.due_step,
        "due_at": case.due_at.isoformat().replace("+00:00", "Z") if case.due_at else None,
        "event": event,
        "reminder": event if reminder else None,
        "level": level,
        "levels": list(details.get("levels", ())) or ([] if level is None else [level]),
        "to": list(details.get("to", ())),
        "place": details.get("place"),
        "by": details.get("signer"),
        "question": details.get("question"),
        "referral": details.get("referral"),
    }


class CaseNotifier:
    """Publishes every change to cases; nothing is published for a transaction that is rolled back."""

    def __init__(self, audit: Audit, emit: Emit, publish: Publish) -> None:
        self._audit = audit
        self._emit = emit
        self._publish = publish

    async def changed(
        self,
        session: AsyncSession,
        case: Case,
        event: str,
        by: Person | None,
        *,
        facts: Mapping[str, Fact] | None = None,
        **details: Unpack[EventDetails],
    ) -> None:
        """Publishes an action of a person or the system on the case; `facts` go into the audit trail."""
        await self._audit.append(session, by, f"case.{event}", f"case/{case.number}", facts=facts)
        await self._send(session, case_now(case, event, **details))

    async def reminded(self, session: AsyncSession, case: Case, event: str, **details: Unpack[EventDetails]) -> None:
        """Publishes that something is due on the case; `details` name the people concerned."""
        await self._send(session, case_now(case, event, reminder=True, **details))

    async def digests_ready(self, session: AsyncSession, day: str, people: int) -> None:
        """Publishes that the day's digests are ready (K5)."""
        ready: DigestDelta = {"day": day, "people": people}
        await self._emit(session, "digest.ready", ready)
        after_commit(session, lambda: self._publish(DIGEST, ready))

    async def _send(self, session: AsyncSession, now: CaseNow) -> None:
        await self._emit(session, f"case.{now['event']}", now)
        after_commit(session, lambda: self._publish(CASE, now))
