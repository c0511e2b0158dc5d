"""What pages need to know of the centre: its name and languages before sign-in, its rules afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel

from callcenter.catalogue import LANGUAGES, Language
from callcenter.routing.model import Line
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.web.roles import Role, in_scope
from callcenter.web.routes import ANYONE, PUBLIC, Ask, Person, Routes

TAG: Final = "centre"
Recorded = Literal["always", "never", "consent"]


class PolicyNumbersShape(BaseModel):
    """The rules' limits, for texts and counters of pages; seconds, days and rings as in the settings `policy`."""

    version: str
    ring_limit: int
    move_on_at_ring: int
    misses_before_pause: int
    wrap_up_seconds: int
    long_call_seconds: int
    answer_within_seconds: int
    announcements_first: bool
    script_grace_seconds: float
    word_hours: float
    dispute_days: int
    supervision_notice: Literal["always", "spoken", "never"]
    """When an agent sees that a supervisor is on their call."""


class RecordingNoticeShape(BaseModel):
    """A line that announces its recording: the prompt that callers hear."""

    line: str
    names: dict[str, str]
    prompt: str


class RecordingRulesShape(BaseModel):
    """The centre's rule for lines that have none of their own, and for outbound calls."""

    rule: Recorded
    outbound: Recorded
    pause_seconds: int
    notices: list[RecordingNoticeShape]


class StaffProfileShape(BaseModel):
    """What concerns the people of the centre."""

    pause_reasons: list[str]
    phone_codes: bool
    """Whether agents sign in and out, and pause, by codes that they dial."""
    recording: RecordingRulesShape
    policy: PolicyNumbersShape


class CentreProfileShape(BaseModel):
    """`staff` is null before sign-in. `centre` is the name on printed forms, `logo` the address of the centre's own."""

    name: dict[str, str]
    centre: dict[str, str]
    hotline: str
    logo: str | None
    languages: list[Language]
    timezone: str
    build: str | None
    staff: StaffProfileShape | None

    @classmethod
    def of(cls, settings: Settings, logo: str | None, build: str | None, staff: StaffProfileShape | None) -> Self:
        return cls(
            name=settings.company,
            centre=settings.forms.centre,
            hotline=settings.forms.hotline,
            logo=logo,
            languages=list(LANGUAGES),
            timezone=settings.timezone,
            build=build,
            staff=staff,
        )


def staff_profile(settings: Settings, lines: Sequence[Line], reasons: Sequence[str]) -> StaffProfileShape:
    """The rules as the settings and the lines have them."""
    policy = settings.policy
    numbers = {name: getattr(policy, name) for name in PolicyNumbersShape.model_fields if name != "dispute_days"}
    notices = [
        RecordingNoticeShape(line=line.code, names=dict(line.names), prompt=line.recording_notice)
        for line in lines
        if line.recording_notice
    ]
    return StaffProfileShape(
        pause_reasons=list(reasons),
        phone_codes=settings.roster.phone_codes,
        recording=RecordingRulesShape(
            rule=settings.recordings.rule,
            outbound=settings.recordings.outbound,
            pause_seconds=settings.recordings.pause_seconds,
            notices=notices,
        ),
        policy=PolicyNumbersShape(**numbers, dispute_days=settings.scorecards.dispute_days),
    )


def is_staff(person: Person | None) -> bool:
    """Whether the request is of a person of the centre, a wallboard, or a program that may read this part."""
    if person is None:
        return False
    return (person.may(ANYONE) or Role.WALLBOARD in person.roles) and in_scope(person.scopes, TAG, reads=True)


def routes(
    settings: Settings,
    lines: LineService,
    reasons: Sequence[str],
    build: str | None,
    logo: Callable[[Path], str | None],
) -> Routes:
    """`logo` finds the centre's own logo in its folder."""
    routes = Routes(TAG)
    folder = settings.data_dir.resolve() / "house"

    @routes.get("/house", roles=PUBLIC)
    async def read_profile(ask: Ask) -> CentreProfileShape:
        """Read what pages show of the centre; before sign-in only its name, languages and logo."""
        staff = None
        if is_staff(ask.person):
            staff = staff_profile(settings, await lines.lines(), reasons)
        return CentreProfileShape.of(settings, logo(folder), build, staff)

    return routes
