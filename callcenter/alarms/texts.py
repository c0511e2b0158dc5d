"""Words an alarm for people: the subject of a mail, the text of a chat message. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from callcenter.alarms.model import Alarm
from callcenter.catalogue.languages import LANGUAGES, Language
from callcenter.catalogue.sentences import word


def headline(alarm: Alarm, language: Language) -> str:
    state = word("alarm_state", "raised" if alarm.ended_at is None else "ended", language)
    return f"{state} {word('alarm', alarm.kind.value, language)} {alarm.subject}".strip()


def message(alarm: Alarm, zone: ZoneInfo, language: Language) -> str:
    """The alarm in a few lines; a receiver reads when it began, what it is, and what happens to the calls."""
    lines = [
        headline(alarm, language),
        f"{alarm.since.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        + (f" – {alarm.ended_at.astimezone(zone):%H:%M:%S}" if alarm.ended_at else ""),
        f"{word('alarm_cause', alarm.cause, language)} ({alarm.cause})",
        word("calls_now", alarm.calls.value, language),
    ]
    return "\n".join(lines)


def both(alarm: Alarm, zone: ZoneInfo) -> str:
    """In both languages: the reader's is not known here."""
    return "\n\n".join(message(alarm, zone, language) for language in LANGUAGES)
