"""The rooms behind the telephone, joined to the core and to each other. No rules here.

A room tells another one through a durable job, put in the transaction that made it true: so nothing that was
promised is lost between two rooms, whichever instant the process is killed at.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from callcenter.announcements.http import routes as announcement_routes
from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.exports import callbacks_list, evaluations_list
from callcenter.callbacks.messages import hears
from callcenter.callbacks.queries import Reading
from callcenter.callbacks.room import Parts as CallbackParts
from callcenter.callbacks.room import Room as CallbackRoom
from callcenter.callbacks.room import open_room as open_callbacks
from callcenter.callbacks.script_calls import ItemScripts
from callcenter.callbacks.script_http import routes as script_call_routes
from callcenter.calls.exports import calls_list
from callcenter.calls.papers.http import CallForms
from callcenter.calls.papers.http import routes as call_form_routes
from callcenter.calls.recorded import CALLS_RECORDED
from callcenter.centre.adapters import (
    AllEvidence,
    KeptEvidence,
    LeftMessages,
    ScriptEnded,
    cases_of,
    customers_of,
    departments_of,
    names_of_agents,
    names_of_departments,
    names_of_lines,
    recordings_of,
)
from callcenter.centre.contributions import Core, Office
from callcenter.centre.customer_page import CustomerView
from callcenter.centre.customer_page import routes as view_routes
from callcenter.centre.scorecards import ScoreNeighbours, join_scorecards
from callcenter.centre.search import routes as search_routes
from callcenter.centre.worklogs import WorkSources
from callcenter.complaints.analysis.papers import AnalysisPapers
from callcenter.complaints.analysis.papers import routes as report_routes
from callcenter.complaints.exports import cases_list
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.notifier import CaseNotifier
from callcenter.complaints.papers.http import routes as paper_routes
from callcenter.complaints.papers.service import CaseForms, CasePapers
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.room import Neighbours, open_complaints, parts_of
from callcenter.complaints.service import CASE_ARCHIVED
from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CUSTOMER_ERASED, CustomerErasure
from callcenter.customers.exports import customers_list
from callcenter.customers.importing.http import routes as customer_import_routes
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.journal.http import routes as journal_routes
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.numbers import spellings
from callcenter.exports.http import routes as export_routes
from callcenter.flags.calls_http import routes as conduct_routes
from callcenter.flags.lengths.service import CallLengths
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.followup.room import open_scripts
from callcenter.followup.scripts.service import EVALUATION_GIVEN, ScriptService
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.privacy.http import routes as privacy_routes
from callcenter.privacy.room import privacy_of
from callcenter.privacy.service import Privacy
from callcenter.roster.duty_managers.http import routes as duty_manager_routes
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.routing.service import LineService
from callcenter.scorecards.exports import scores_list
from callcenter.scorecards.papers import ScorePapers
from callcenter.scorecards.papers import routes as score_paper_routes
from callcenter.web.audit import SYSTEM
from callcenter.web.live import Feed
from callcenter.web.webhooks.delivery import WebhookSender
from callcenter.web.webhooks.http import routes as webhook_routes
from callcenter.web.webhooks.service import DELIVER, Webhooks
from callcenter.worklog.exports import work_logs_list
from callcenter.worklog.http import routes as work_log_routes
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.service import MonthSummaries
from callcenter.worklog.unusual.http import routes as unusual_routes
from callcenter.worklog.unusual.service import UnusualCustomers
from recordings.http import Rights
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


def join_office(core: Core) -> Office:
    """Make the rooms and tell each of the others; nothing runs yet."""
    office = Office(core)
    office.also({CALLS_RECORDED: office.calls_recorded})
    # Flags come first: the rooms that follow may show them.
    office.listeners.append(core.flags.recompute)
    office.links["flags"] = core.flags.of_calls
    office.links["customer_id"] = partial(customers_of, core.customers)
    webhooks = _webhooks(office)
    _announcements(office, webhooks)
    privacy = _customers(office)
    recordings = _recordings(office)
    forms = _forms(office)
    # Return calls ask of cases what departments they are about, so the cases come first.
    _complaints(office, forms, webhooks)
    transcripts = _transcripts(office, recordings)
    _callbacks(office, forms, webhooks, LeftMessages(recordings.recordings, transcripts.service))
    _work_logs(office, webhooks)
    _conduct(office, recordings, transcripts)
    _scorecards(office, forms, recordings, transcripts, webhooks)
    office.routes.append(search_routes(core.database, CaseSearch(core.database), transcripts.search, core.house.audit))
    zone = ZoneInfo(core.settings.timezone)
    office.names |= {"agents": partial(names_of_agents, core.agents), "lines": partial(names_of_lines, core.lines)}
    office.routes.append(export_routes(office.exports, core.house.audit, zone, core.clock, office.names))
    # Last of all rooms: what they left of an erased customer is looked for everywhere.
    office.also({CUSTOMER_ERASED: privacy.customer_erased})
    return office


def _announcements(office: Office, webhooks: Webhooks) -> None:
    """What agents read before they begin (H2)."""
    core = office.core
    service = AnnouncementService(
        core.database, core.clock, core.house.audit, core.house.people, core.feed.publish, webhooks.emit
    )
    office.announcements = service
    office.routes.append(announcement_routes(service))
    if core.settings.policy.announcements_first:
        core.presence.arriving.append(service.must_be_read)


def _customers(office: Office) -> Privacy:
    """What belongs to a customer's file beside the file itself, and everything that the rooms know about one."""
    core, audit = office.core, office.core.house.audit
    journal = CustomerJournal(core.database, core.clock, audit, core.agents.agent)
    duplicates = CustomerDuplicates(core.database)
    merging = CustomerMerging(core.database, audit, core.jobs)
    erasure = CustomerErasure(core.database, core.clock, audit, core.jobs)
    importing = CustomerImport(core.database, core.clock, core.customers, audit, office.tables)
    office.journal, office.duplicates, office.merging, office.erasure = journal, duplicates, merging, erasure
    office.customer_import = importing
    told = partial(_import_told, core.feed)
    office.routes += [
        journal_routes(journal, duplicates, merging, erasure, core.customers, core.sight),
        customer_import_routes(importing, told),
    ]
    spelled = partial(spellings, outside_prefix=core.settings.outside_prefix)
    view = CustomerView(
        core.customers,
        journal,
        core.calls,
        office.links,
        CaseQueries(core.database),
        Reading(core.database, core.clock),
        spelled,
        core.sight,
    )
    office.routes.append(view_routes(view))
    privacy = privacy_of(core.settings, core.database, core.clock, audit)
    erasure.guards.append(privacy.must_not_be_held)
    office.routes.append(privacy_routes(privacy))
    return privacy


def _import_told(feed: Feed, done: int, of: int) -> None:
    feed.publish("customer_import", {"done": done, "of": of}, frozenset())


def _webhooks(office: Office) -> Webhooks:
    """Programs outside that are told of what happens."""
    core = office.core
    keys = core.settings.data_dir.resolve() / "keys"
    inside_too = core.settings.web.webhooks_inside
    webhooks = Webhooks(core.database, core.clock, core.house.audit, core.jobs, keys, inside_too=inside_too)
    sender = WebhookSender(core.database, core.clock, webhooks, inside_too=inside_too)
    core.house.sessions.emit = webhooks.emit
    office.routes.append(webhook_routes(webhooks))
    office.also({DELIVER: sender.deliver})
    return webhooks


def _recordings(office: Office) -> RecordingRoom:
    """What is kept of calls; cases hold them and take them as evidence, a customer's erasure takes them along."""
    core, say = office.core, office.core.feed.publish
    room = open_recordings(
        core.settings,
        core.database,
        core.clock,
        core.house.audit,
        core.jobs,
        core.calls,
        core.customers,
        core.lines,
        say,
    )
    office.recordings = room
    capture = open_capture(room, core.database, core.clock, core.house.audit, core.control, say)
    calls_back = partial(hears, core.database)
    rights = Rights(core.settings.recordings.may_play, core.settings.recordings.may_export, calls_back)
    office.routes += [
        recording_routes(room.recordings, room.retention, room.keeping, rights),
        recordings_of_calls(room.recordings, room.retention, capture, core.calls),
    ]
    office.also({"case_holds_call": room.retention.hold, CUSTOMER_ERASED: room.retention.customer_erased})
    office.tasks |= {"recordings": room.keep, "captures": capture.run, "retention": room.tidy}
    office.links["recordings"] = partial(recordings_of, room.recordings)
    office.collectors.append(RecordingNumbers(room.keeping.state))
    office.evidence.append(KeptEvidence(room.recordings))
    return room


def _forms(office: Office) -> FormsRoom:
    """Paper: the rooms build the forms, this one prints and archives them."""
    core = office.core
    room = open_forms(core.settings, core.database, core.clock, core.house.audit, core.jobs)
    office.routes.append(room.routes)
    office.also(room.works)
    office.tasks["press"] = room.press.run
    office.forms = room
    office.exports += [calls_list(core.calls), customers_list(core.customers)]
    calls = CallForms(core.calls, core.agents, core.customers, room.service, office.call_matters, core.lines.shown)
    office.routes.append(call_form_routes(calls, room.service))
    room.runs.sources["call"] = calls.of_subject
    return room


def _callbacks(office: Office, forms: FormsRoom, webhooks: Webhooks, messages: LeftMessages) -> None:
    """Return calls: they hear of ended calls, and of what other rooms promise."""
    core = office.core
    room = open_callbacks(
        CallbackParts(
            settings=core.settings,
            database=core.database,
            clock=core.clock,
            audit=core.house.audit,
            jobs=core.jobs,
            agents=core.agents,
            presence=core.presence,
            lines=core.lines,
            customers=core.customers,
            calls=core.calls,
            pbx=core.control,
            agents_now=core.live.agents_now,
            queue_now=lambda queue: core.live.floor.waiting.now(queue),
            publish=core.feed.publish,
            webhooks=webhooks,
            departments=office.departments,
            cases=lambda calls: office.links["cases"](calls, SYSTEM),
            messages=messages,
            tables=office.tables,
        )
    )
    office.callbacks = room
    office.routes += room.routes
    office.also(room.works)
    office.tasks["callbacks"] = room.run
    office.listeners.append(room.sources.calls_recorded)
    _scripts(office, room, forms)


def _work_logs(office: Office, webhooks: Webhooks) -> None:
    """What agents write of their day, unusual customers, the month's summary (W4)."""
    core, audit, zone = office.core, office.core.house.audit, office.core.settings.timezone
    sources = WorkSources(
        core.calls, CaseQueries(core.database), Reading(core.database, core.clock), core.roster, core.house.people
    )
    logs = WorkLogs(core.database, core.clock, audit, zone, sources.figures, sources.shifts)
    unusual = UnusualCustomers(
        core.database, core.clock, audit, core.customers.key_of, core.feed.publish, webhooks.emit
    )
    months = MonthSummaries(core.database, core.clock, audit, zone, logs, unusual, sources.shifts)
    office.work_logs, office.month_summaries = logs, months
    office.routes += [work_log_routes(logs, months), unusual_routes(unusual)]
    office.also({CUSTOMER_ERASED: unusual.customer_erased})
    office.exports.append(work_logs_list(logs))


def _scripts(office: Office, callbacks: CallbackRoom, forms: FormsRoom) -> None:
    """The follow-up script and the customers' evaluations."""
    core = office.core
    scripts = ScriptService(core.database, core.clock, core.house.audit, core.jobs)
    calls = ItemScripts(
        settings=core.settings,
        database=core.database,
        results=callbacks.results,
        rules=callbacks.rules,
        dials=callbacks.dialling,
        scripts=scripts,
        agents=core.agents,
        lines=core.lines,
        customers=core.customers,
    )

    async def opt_out(phone: str, callback: str) -> None:
        await callbacks.lists.bar(phone, "survey", f"said so in the return call {callback}", SYSTEM)

    room, routes = open_scripts(core.database, scripts, opt_out, forms.service, core.agents)
    office.routes += [*routes, script_call_routes(calls)]
    office.also(room.works)
    forms.runs.sources["evaluation"] = room.papers.of_subject
    office.exports += [callbacks_list(callbacks.reading), evaluations_list(room.evaluations)]


def _transcripts(office: Office, recordings: RecordingRoom) -> TranscriptRoom:
    """Speech to text and the courtesy check: they hear of kept recordings."""
    core = office.core
    room = TranscriptRoom(
        TranscriptParts(
            core.settings,
            core.database,
            core.clock,
            core.jobs,
            core.house.audit,
            core.agents,
            core.lines,
            core.calls,
            core.flags,
            lambda kind, data: core.feed.publish(kind, data, frozenset()),
            KeptRecordings(recordings.recordings),
        )
    )
    office.routes.append(room.routes)
    office.also(room.works)
    office.transcripts = room.service
    office.tasks["transcripts"] = room.run
    recordings.retention.beside.append(room.erased)
    office.evidence.append(TranscriptEvidence(room.service))
    return room


def _conduct(office: Office, recordings: RecordingRoom, transcripts: TranscriptRoom) -> None:
    """What a call tells of conduct by itself: who hung up (R5), how long (R6), how both sides talked."""
    core, policy = office.core, office.core.settings.policy
    calls, evaluations = core.calls, EvaluationService(core.database)
    lengths = CallLengths(
        core.database, core.clock, policy, ZoneInfo(core.settings.timezone), calls, partial(_line_codes, core.lines)
    )
    talks = TalkService(core.database, core.settings.talk, KeptRecordings(recordings.recordings), calls.get)
    word_limit = timedelta(hours=policy.word_hours)
    office.routes += [
        conduct_routes(core.flags, lengths, calls.get, core.house.audit, core.clock, word_limit),
        talk_routes(talks, transcripts.agents_of),
    ]
    grace = timedelta(seconds=policy.script_grace_seconds)
    ended = ScriptEnded(evaluations, calls, core.flags, grace)
    office.also({EVALUATION_GIVEN: ended.given, RECORDING_KEPT: talks.recording_kept})
    office.listeners.append(lengths.calls_recorded)
    office.tasks["lengths"] = lengths.run
    recordings.retention.beside.append(talks.erased)


async def _line_codes(lines: LineService) -> list[str]:
    return [line.code for line in await lines.lines()]


def _scorecards(
    office: Office, forms: FormsRoom, recordings: RecordingRoom, transcripts: TranscriptRoom, webhooks: Webhooks
) -> None:
    """Grading (S2): what can be heard and read of a call comes from below, customers' marks stand beside it (F4)."""
    core = office.core
    near = ScoreNeighbours(
        core.house.people, core.agents, recordings.recordings, transcripts.service, EvaluationService(core.database)
    )
    room = join_scorecards(
        core.settings,
        core.database,
        core.clock,
        core.house.audit,
        core.calls,
        core.flags,
        near,
        core.feed.publish,
        webhooks.emit,
    )
    office.routes += room.routes
    office.tasks["scorecards"] = room.run
    office.exports.append(scores_list(room.reading))
    office.scorecards = room
    papers = ScorePapers(room.reading, forms.service)
    office.routes.append(score_paper_routes(papers, forms.service))
    forms.runs.sources["score"] = papers.of_subject


def _complaints(office: Office, forms: FormsRoom, webhooks: Webhooks) -> None:
    """Cases: they take calls and evidence, and hear how return calls ended."""
    core = office.core
    notifier = CaseNotifier(core.house.audit, webhooks.emit, core.feed.publish)
    parts = parts_of(core.settings, core.database, core.clock, core.house.audit, core.jobs, notifier)
    duty_managers = DutyManagers(core.database, core.clock, core.house.audit, core.house.people)
    office.routes.append(duty_manager_routes(duty_managers, core.clock))
    room = open_complaints(
        parts,
        Neighbours(
            core.house,
            core.agents,
            core.lines,
            core.calls,
            core.customers,
            AllEvidence(office.evidence),
            lambda: dict.fromkeys(agent for _, agents in core.live.floor.duty for agent in agents),
            duty_managers,
            core.settings.data_dir,
            core.sight,
            core.settings.complaints,
            core.settings.calendar,
        ),
    )
    office.routes += room.routes
    office.also(room.works)
    office.complaints = room
    office.listeners.append(room.attachments.pin)
    every = core.settings.complaints.look_seconds
    office.tasks |= {"reminders": lambda: room.reminders.run(every), "digests": lambda: room.digests.run(every)}
    office.links["cases"] = partial(cases_of, room.queries)
    office.departments = partial(departments_of, room.cases)
    built = CaseForms(
        room.cases, room.queries, room.signatures, room.attachments, room.departments, forms.service, core.agents.shown
    )
    papers = CasePapers(forms.service, forms.runs, built.form)
    office.routes.append(paper_routes(papers, forms.service, forms.runs))
    office.routes.append(report_routes(AnalysisPapers(room.analysis, forms.service), forms.service, core.clock))
    office.also({CASE_ARCHIVED: papers.archive})
    office.call_matters.append(built.matters)
    office.exports.append(cases_list(room.queries, core.customers.family))
    office.names["departments"] = partial(names_of_departments, room.departments)
