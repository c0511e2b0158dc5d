"""Wires the packages about recorded calls (recordings, transcripts, flags) to the core."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from callcenter.callbacks.messages import hears
from callcenter.centre.adapters import KeptEvidence, ScriptEnded, recordings_of
from callcenter.centre.contributions import Contributions
from callcenter.customers.erasure import CUSTOMER_ERASED
from callcenter.flags.calls_http import routes as conduct_routes
from callcenter.flags.lengths.service import CallLengths
from callcenter.followup.conversations.service import EVALUATION_GIVEN
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.routing.service import LineService
from recordings.access import Rights
from recordings.http import call_routes as recordings_of_calls
from recordings.http import routes as recording_routes
from recordings.metrics import RecordingNumbers
from recordings.room import Room as RecordingRoom
from recordings.room import open_capture
from recordings.room import open_room as open_recordings
from recordings.talk.http import routes as talk_routes
from recordings.talk.service import TalkService
from recordings.transcripts.audio_source import KeptRecordings
from recordings.transcripts.evidence import TranscriptEvidence
from recordings.transcripts.room import RECORDING_KEPT, TranscriptRoom
from recordings.transcripts.room import Parts as TranscriptParts


def join_recordings(contributions: Contributions) -> RecordingRoom:
    """Recordings of calls; cases place holds on them and use them as evidence, erasing a customer erases them too."""
    core, publish = contributions.core, contributions.core.feed.publish
    room = open_recordings(
        settings=core.settings,
        database=core.database,
        clock=core.clock,
        audit=core.web_services.audit,
        jobs=core.jobs,
        calls=core.calls,
        customers=core.customers,
        lines=core.lines,
        publish=publish,
    )
    contributions.recordings = room
    capture = open_capture(room, core.database, core.clock, core.web_services.audit, core.control, publish)
    calls_back = partial(hears, core.database)
    rights = Rights(core.settings.recordings.may_play, core.settings.recordings.may_export, calls_back)
    contributions.routes += [
        recording_routes(room.recordings, room.retention, room.keeping, rights),
        recordings_of_calls(room.recordings, room.retention, capture, core.calls),
    ]
    contributions.also({"case_holds_call": room.retention.hold, CUSTOMER_ERASED: room.retention.customer_erased})
    contributions.tasks |= {"recordings": room.keep, "captures": capture.run, "retention": room.tidy}
    contributions.links["recordings"] = partial(recordings_of, room.recordings)
    contributions.collectors.append(RecordingNumbers(room.keeping.state))
    contributions.evidence.append(KeptEvidence(room.recordings))
    return room


def join_transcripts(contributions: Contributions, recordings: RecordingRoom) -> TranscriptRoom:
    """Speech to text and the courtesy check; both are notified of stored recordings."""
    core = contributions.core
    room = TranscriptRoom(
        TranscriptParts(
            settings=core.settings,
            database=core.database,
            clock=core.clock,
            jobs=core.jobs,
            audit=core.web_services.audit,
            agents=core.agents,
            lines=core.lines,
            calls=core.calls,
            flags=core.flags,
            publish=core.feed.publish,
            audio=KeptRecordings(recordings.recordings),
        )
    )
    contributions.routes.append(room.routes)
    contributions.also(room.works)
    contributions.transcripts = room.service
    contributions.tasks["transcripts"] = room.run
    recordings.retention.derived.append(room.erased)
    contributions.evidence.append(TranscriptEvidence(room.service))
    return room


def join_conduct(contributions: Contributions, recordings: RecordingRoom, transcripts: TranscriptRoom) -> None:
    """Conduct derived from the call itself: who hung up (R5), how long it took (R6), how both sides talked."""
    core, policy = contributions.core, contributions.core.settings.policy
    calls, evaluations = core.calls, EvaluationService(core.database)
    lengths = CallLengths(
        core.database, core.clock, policy, ZoneInfo(core.settings.timezone), calls, partial(_line_codes, core.lines)
    )
    talks = TalkService(core.database, core.settings.talk, KeptRecordings(recordings.recordings), calls.get)
    word_limit = timedelta(hours=policy.word_hours)
    contributions.routes += [
        conduct_routes(core.flags, lengths, calls.get, core.web_services.audit, core.clock, word_limit),
        talk_routes(talks, transcripts.agents_of),
    ]
    grace = timedelta(seconds=policy.script_grace_seconds)
    ended = ScriptEnded(evaluations, calls, core.flags, grace)
    contributions.also({EVALUATION_GIVEN: ended.given, RECORDING_KEPT: talks.recording_kept})
    contributions.listeners.append(lengths.calls_recorded)
    contributions.tasks["lengths"] = lengths.run
    recordings.retention.derived.append(talks.erased)


async def _line_codes(lines: LineService) -> list[str]:
    return [line.code for line in await lines.lines()]
