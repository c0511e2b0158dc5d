"""Defines the delta of a loan."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.web.ports import DeltaKind


class LoanDelta(TypedDict):
    """Published when a loan begins and when it ends, by itself or early."""

    id: str
    agent: str
    line: str | None
    queue: str | None
    skill: str | None
    level: int | None
    until: str
    by: str
    at: str
    ended_at: str | None
    ended_by: str


LOAN: Final = DeltaKind("loan", LoanDelta, "the agent, and leaders")
