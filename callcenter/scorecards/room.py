"""Builds and wires the scorecards: their services and their routes."""

from __future__ import annotations

from callcenter.scorecards import http as scorecard_http
from callcenter.scorecards.calibration import http as calibration_http
from callcenter.scorecards.calibration.service import CalibrationService
from callcenter.scorecards.disputes import ScoreDisputes
from callcenter.scorecards.forms import http as score_forms_http
from callcenter.scorecards.forms.service import score_forms
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.queries import ScoreReading
from callcenter.scorecards.sampling import http as sampling_http
from callcenter.scorecards.sampling.plans import SamplePlans
from callcenter.scorecards.sampling.service import SamplingService
from callcenter.scorecards.sampling.worklist import SamplingWorklist
from callcenter.scorecards.service import ScoreService
from callcenter.scorecards.services import ScoreServices
from callcenter.scorecards.teams import ScoreTeams
from callcenter.web.routes import Routes


class ScoreRoom(ScoreServices):
    @property
    def routes(self) -> list[Routes]:
        rooms = (scorecard_http.routes, sampling_http.routes, calibration_http.routes)
        return [score_forms_http.routes(self.forms), *(routes(self) for routes in rooms)]


def open_scorecards(parts: ScoreParts) -> ScoreRoom:
    """Builds every part; nothing runs yet."""
    forms = score_forms(parts.database, parts.clock, parts.audit)
    plans = SamplePlans(parts.database, parts.clock, parts.audit, parts.people)
    return ScoreRoom(
        parts=parts,
        forms=forms,
        scores=ScoreService(parts, forms),
        disputes=ScoreDisputes(parts),
        reading=ScoreReading(parts),
        teams=ScoreTeams(parts.database, parts.audit, parts.people),
        plans=plans,
        sampling=SamplingService(parts, plans),
        worklist=SamplingWorklist(parts, plans),
        calibrations=CalibrationService(parts, forms),
    )
