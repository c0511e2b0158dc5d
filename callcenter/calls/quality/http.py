"""Routes of measured quality."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.calls.quality.model import Cause, Sample
from callcenter.calls.quality.service import CallQuality
from callcenter.facts import CallId
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

Milliseconds = Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
LONGEST = timedelta(days=92)


class QualitySample(BaseModel):
    """One interval of getStats (W3C WebRTC statistics); null where the browser does not know."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    at: AwareDatetime = Field(description="the beginning of the interval")
    seconds: int = Field(ge=1, le=60)
    rtt_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    loss_percent: Percent | None = Field(None, description="of what should have arrived here")
    lost_there_percent: Percent | None = Field(None, description="of what was sent from here")
    codec: str = Field("", max_length=20, pattern=r"^[A-Za-z0-9/_.-]*$")
    cause: Cause = Field(Cause.UNKNOWN, strict=False)


class QualityReport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    samples: list[QualitySample] = Field(min_length=1, max_length=60)


class MeasuredSample(QualitySample):
    """`mos` is estimated (E-model): 1 is bad, 4.4 as good as a telephone gets; null where a part is unknown."""

    agent: str
    mos: float | None


class VoiceFigureShape(BaseModel):
    """`poor` calls have a score below 3.1; those without a score count in `calls` only."""

    model_config = ConfigDict(from_attributes=True)

    calls: int
    mos: float | None
    poor: int


class AgentVoiceShape(VoiceFigureShape):
    agent: str


class VoiceQualityShape(VoiceFigureShape):
    since: datetime
    until: datetime
    agents: list[AgentVoiceShape]


class VoiceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _period(self) -> Self:
        if not timedelta() < self.until - self.since <= LONGEST:
            raise ValueError(f"the period ends after its start and has {LONGEST.days} days at most")
        return self


def routes(quality: CallQuality) -> Routes:
    routes = Routes("calls")

    @routes.post("/calls/{id}/quality", roles=ANYONE, max_body=32_000)
    async def report_call_quality(ask: Ask, id: CallId, body: QualityReport) -> None:
        """Report how your own call sounds, by interval; an interval that was reported before is ignored."""
        samples = [Sample(**sample.model_dump()) for sample in body.samples]
        await quality.report(id, samples, ask.require())

    @routes.get("/calls/{id}/quality", roles=ANYONE)
    async def read_call_quality(ask: Ask, id: CallId) -> Page[MeasuredSample]:
        """List how a call sounded, by interval: for leaders and the call's agents."""
        samples = await quality.samples(id, ask.require())
        return Page(
            items=[
                MeasuredSample(
                    agent=agent,
                    mos=sample.mos,
                    at=sample.at,
                    seconds=sample.seconds,
                    rtt_ms=sample.rtt_ms,
                    jitter_ms=sample.jitter_ms,
                    loss_percent=sample.loss_percent,
                    lost_there_percent=sample.lost_there_percent,
                    codec=sample.codec,
                    cause=sample.cause,
                )
                for agent, sample in samples
            ]
        )

    @routes.get("/voice-quality", roles=LEADERS)
    async def read_voice_quality(ask: Ask, query: VoiceQuery) -> VoiceQualityShape:
        """Read how the calls of a period sounded, in all and by agent; three months at most."""
        total, *agents = await quality.figures(query.since, query.until)
        return VoiceQualityShape(
            since=query.since,
            until=query.until,
            calls=total.calls,
            mos=total.mos,
            poor=total.poor,
            agents=[AgentVoiceShape.model_validate(agent) for agent in agents],
        )

    return routes
