"""Defines the delta of a supervisor on a call."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.calls.deltas import instant
from callcenter.facts import CallId
from callcenter.supervision.monitoring.model import Supervision
from callcenter.web.ports import DeltaKind


class SupervisionDelta(TypedDict):
    """`mode` is listen, whisper, barge or take; `state` is calling, active or ended."""

    id: str
    call: CallId
    agent: str
    by: str
    supervisor: str
    phone: str
    mode: str
    state: str
    since: str | None
    ended_at: str | None


SUPERVISION: Final = DeltaKind("supervision", SupervisionDelta, "leaders, and the agent as the policy says")


def delta_of(supervision: Supervision) -> SupervisionDelta:
    return {
        "id": supervision.id,
        "call": supervision.call,
        "agent": supervision.agent,
        "by": supervision.by,
        "supervisor": supervision.supervisor,
        "phone": supervision.phone,
        "mode": supervision.mode.value,
        "state": supervision.state.value,
        "since": instant(supervision.since),
        "ended_at": instant(supervision.ended_at),
    }
