"""Connects the ledger to its evidence: attendance and confirmed flags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.centre.contributions import Contributions
from callcenter.flags.ledger.exports import ledger_list
from callcenter.flags.ledger.http import routes as ledger_routes
from callcenter.flags.ledger.model import Evidence
from callcenter.flags.ledger.queries import FLAG, LedgerReading
from callcenter.flags.ledger.service import Ledger
from callcenter.roster.attendance.model import FindingKind
from callcenter.roster.attendance.service import Attendance

ATTENDANCE = "attendance:"
CLAUSES = {
    FindingKind.LATE: "D3",
    FindingKind.ABSENT: "D4",
    FindingKind.LEFT: "D3",
    FindingKind.OVER_BREAK: "D6",
    FindingKind.MEALTIME: "D5",
}


async def attendance_evidence(attendance: Attendance, since: datetime) -> Sequence[Evidence]:
    """Findings of attendance as evidence; what they are grows while they last."""
    return [
        Evidence(
            id=f"{ATTENDANCE}{row.id}",
            kind=row.kind,
            clause=CLAUSES[FindingKind(row.kind)],
            policy_version=row.policy_version,
            agent=row.agent,
            at=row.at,
            facts={
                "finding": row.id,
                "lines": row.lines,
                "shift_from": row.shift_from.isoformat(),
                "shift_until": row.shift_until.isoformat(),
                "until": row.until.isoformat() if row.until else None,
                "minutes": row.minutes,
            },
        )
        for row in await attendance.changed_since(since)
    ]


def join_ledger(contributions: Contributions) -> None:
    core = contributions.core
    attendance, reading = contributions.roster.attendance, LedgerReading(core.database)

    async def findings(since: datetime) -> Sequence[Evidence]:
        return await attendance_evidence(attendance, since)

    ledger = Ledger(
        core.database,
        core.clock,
        core.web_services.audit,
        ZoneInfo(core.settings.timezone),
        {kind: round(yuan * 100) for kind, yuan in core.settings.policy.deductions.items()},
        [findings, reading.confirmed_flags],
        core.feed.publish,
        {ATTENDANCE: attendance.standing, FLAG: reading.standing_flags},
    )
    contributions.ledger, contributions.ledger_reading = ledger, reading
    contributions.routes.append(ledger_routes(ledger, reading, core.agents, core.settings.policy.version))
    contributions.exports.append(ledger_list(reading))
    contributions.tasks["ledger"] = ledger.run
