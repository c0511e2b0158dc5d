"""The scorecards' parts put together, and what runs for as long as the service does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Never

import structlog

from callcenter.conduct.calibration_service import CalibrationService
from callcenter.conduct.sampling_desk import SamplingDesk
from callcenter.conduct.sampling_plans import SamplePlans
from callcenter.conduct.sampling_service import SamplingService
from callcenter.conduct.score_disputes import ScoreDisputes
from callcenter.conduct.score_forms_service import ScoreForms, score_forms
from callcenter.conduct.score_parts import ScoreParts
from callcenter.conduct.score_reading import ScoreReading
from callcenter.conduct.score_teams import ScoreTeams
from callcenter.conduct.scorecard_service import ScoreService
from callcenter.web.routes import Routes

log = structlog.get_logger("callcenter.conduct")


@dataclass(frozen=True)
class ScoreRoom:
    parts: ScoreParts
    forms: ScoreForms
    scores: ScoreService
    disputes: ScoreDisputes
    reading: ScoreReading
    teams: ScoreTeams
    plans: SamplePlans
    sampling: SamplingService
    desk: SamplingDesk
    calibrations: CalibrationService

    @property
    def routes(self) -> list[Routes]:
        # The faces import this file, so they are imported when they are asked for.
        from callcenter.conduct import calibration_http, sampling_http, score_forms_http, scorecard_http

        rooms = (scorecard_http.routes, sampling_http.routes, calibration_http.routes)
        return [score_forms_http.routes(self.forms), *(routes(self) for routes in rooms)]

    async def run(self) -> Never:
        """Draw what is due and replace what cannot be graded any more, again and again; late ones after a pause."""
        while True:
            await self.once()
            await asyncio.sleep(self.parts.settings.look_seconds)

    async def once(self) -> None:
        drawn, replaced = await self.sampling.draw_due(), await self.desk.sweep()
        if drawn or replaced:
            log.info("samples_checked", drawn=drawn, replaced=replaced)


def open_scorecards(parts: ScoreParts) -> ScoreRoom:
    """Make every part; nothing runs yet."""
    forms = score_forms(parts.database, parts.clock, parts.audit)
    plans = SamplePlans(parts.database, parts.clock, parts.audit, parts.people)
    return ScoreRoom(
        parts,
        forms,
        ScoreService(parts, forms),
        ScoreDisputes(parts),
        ScoreReading(parts),
        ScoreTeams(parts.database, parts.audit, parts.people),
        plans,
        SamplingService(parts, plans),
        SamplingDesk(parts, plans),
        CalibrationService(parts, forms),
    )
