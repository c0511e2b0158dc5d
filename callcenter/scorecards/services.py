"""The services of the scorecards and their background task."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Never

import structlog

from callcenter.scorecards.calibration.service import CalibrationService
from callcenter.scorecards.disputes import ScoreDisputes
from callcenter.scorecards.forms.service import ScoreForms
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.queries import ScoreReading
from callcenter.scorecards.sampling.plans import SamplePlans
from callcenter.scorecards.sampling.service import SamplingService
from callcenter.scorecards.sampling.worklist import SamplingWorklist
from callcenter.scorecards.service import ScoreService
from callcenter.scorecards.teams import ScoreTeams

log = structlog.get_logger("callcenter.flags")


@dataclass(frozen=True)
class ScoreServices:
    parts: ScoreParts
    forms: ScoreForms
    scores: ScoreService
    disputes: ScoreDisputes
    reading: ScoreReading
    teams: ScoreTeams
    plans: SamplePlans
    sampling: SamplingService
    worklist: SamplingWorklist
    calibrations: CalibrationService

    async def run(self) -> Never:
        """Draws what is due and replaces what can no longer be graded, periodically; late ones after a pause."""
        while True:
            await self.once()
            await asyncio.sleep(self.parts.settings.look_seconds)

    async def once(self) -> None:
        drawn, replaced = await self.sampling.draw_due(), await self.worklist.sweep()
        if drawn or replaced:
            log.info("samples_checked", drawn=drawn, replaced=replaced)
