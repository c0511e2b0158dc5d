"""The scorecards' parts put together, and what runs for as long as the service does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Never

import structlog

from callcenter.scorecards.calibration.service import CalibrationService
from callcenter.scorecards.disputes import ScoreDisputes
from callcenter.scorecards.forms.service import ScoreForms, score_forms
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.queries import ScoreReading
from callcenter.scorecards.sampling.plans import SamplePlans
from callcenter.scorecards.sampling.service import SamplingService
from callcenter.scorecards.sampling.worklist import SamplingDesk
from callcenter.scorecards.service import ScoreService
from callcenter.scorecards.teams import ScoreTeams
from callcenter.web.routes import Routes

log = structlog.get_logger("callcenter.flags")


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
        from callcenter.scorecards import http as scorecard_http
        from callcenter.scorecards.calibration import http as calibration_http
        from callcenter.scorecards.forms import http as score_forms_http
        from callcenter.scorecards.sampling import http as sampling_http

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
