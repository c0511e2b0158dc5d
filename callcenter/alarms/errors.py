"""Errors of the alarms."""

from __future__ import annotations

from callcenter.errors import Conflict, NotFound


class UnknownAlarm(NotFound):
    code = "unknown_alarm"


class AlarmAcknowledged(Conflict):
    """Another person has acknowledged it already; `by` is their login."""

    code = "alarm_acknowledged"
