"""Wires the back-office packages to the core and to each other. Contains no rules.

A package notifies another one through a durable job, added in the transaction that causes it, so that no notification
between two packages is lost, at whatever instant the process is killed.
"""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from callcenter.announcements.http import routes as announcement_routes
from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.queries import Reading
from callcenter.calls.exports import calls_list
from callcenter.calls.notes.http import routes as call_note_routes
from callcenter.calls.notes.service import CallNotes
from callcenter.calls.papers.http import CallForms
from callcenter.calls.papers.http import routes as call_form_routes
from callcenter.calls.phrases.http import routes as phrase_routes
from callcenter.calls.phrases.service import Phrases
from callcenter.calls.recorded import CALLS_RECORDED
from callcenter.centre.adapters import (
    LeftMessages,
    candidates_of,
    customers_of,
    names_of_agents,
    names_of_departments,
    names_of_lines,
)
from callcenter.centre.call_control import join_call_control
from callcenter.centre.contributions import Contributions, Core
from callcenter.centre.customer_rooms import join_callbacks, join_complaints, join_customers
from callcenter.centre.directory import routes as directory_routes
from callcenter.centre.floor_figures import join_figures
from callcenter.centre.ledger_rooms import join_ledger
from callcenter.centre.pbx_config import embedded_of
from callcenter.centre.pop_sources import join_pops
from callcenter.centre.recording_rooms import join_conduct, join_recordings, join_transcripts
from callcenter.centre.report_rooms import join_reports
from callcenter.centre.roster_reminders import join_reminders
from callcenter.centre.roster_rooms import join_roster, join_roster_papers
from callcenter.centre.scorecards import ScoreNeighbours, join_scorecards
from callcenter.centre.search import routes as search_routes
from callcenter.centre.search_kinds import Searches
from callcenter.centre.team_rooms import join_team
from callcenter.centre.todo import join_todo
from callcenter.centre.viewing import join_viewing
from callcenter.centre.worklogs import WorkSources
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.erasure import CUSTOMER_ERASED
from callcenter.customers.exports import customers_list
from callcenter.exports.http import routes as export_routes
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.followup.scripts.service import scripts_of
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.scorecards.exports import scores_list
from callcenter.scorecards.http import print_routes as score_print_routes
from callcenter.scorecards.papers import ScorePapers
from callcenter.web.own.service import OwnThings
from callcenter.web.webhooks.delivery import WebhookSender
from callcenter.web.webhooks.http import routes as webhook_routes
from callcenter.web.webhooks.service import DELIVER, Webhooks
from callcenter.worklog.exports import work_logs_list
from callcenter.worklog.http import routes as work_log_routes
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.service import MonthSummaries
from callcenter.worklog.unusual.http import routes as unusual_routes
from callcenter.worklog.unusual.service import UnusualCustomers
from ivr.prompts.centre import own_folder, plan_of
from ivr.prompts.files import NARROW, WIDE
from ivr.prompts.http import routes as prompt_routes
from ivr.prompts.library import Library
from ivr.prompts.service import PromptService
from recordings.room import Room as RecordingRoom
from recordings.transcripts.room import TranscriptRoom


def join_rooms(core: Core) -> Contributions:
    """Build the back-office packages and wire them to each other; nothing is started yet."""
    contributions = Contributions(core)
    contributions.also({CALLS_RECORDED: contributions.calls_recorded})
    # Flags come first: the packages that follow may raise them.
    contributions.listeners.append(core.flags.recompute)
    contributions.links["flags"] = core.flag_queries.of_calls
    contributions.links["customer_id"] = partial(customers_of, core.customers)
    contributions.links["candidates"] = partial(candidates_of, core.customers)
    webhooks = _webhooks(contributions)
    _announcements(contributions, webhooks)
    _prompts(contributions)
    join_roster(contributions)
    join_reminders(contributions, webhooks)
    join_ledger(contributions)
    privacy = join_customers(contributions)
    recordings = join_recordings(contributions)
    forms = _forms(contributions)
    join_roster_papers(contributions, forms)
    # Return calls look up the departments of cases, so the cases come first.
    join_complaints(contributions, forms, webhooks)
    _call_notes(contributions)
    transcripts = join_transcripts(contributions, recordings)
    join_callbacks(contributions, forms, webhooks, LeftMessages(recordings.recordings, transcripts.service))
    unusual = _work_logs(contributions, webhooks)
    join_conduct(contributions, recordings, transcripts)
    _scorecards(contributions, forms, recordings, transcripts, webhooks)
    join_call_control(contributions)
    join_pops(contributions, unusual)
    join_todo(contributions)
    join_figures(contributions)
    join_reports(contributions, forms)
    join_team(contributions, forms)
    join_viewing(contributions)
    own = OwnThings(core.database, core.clock, core.web_services.audit)
    contributions.routes.append(directory_routes(core.agents, core.queues, core.live, own))
    _search(contributions, transcripts)
    zone = ZoneInfo(core.settings.timezone)
    contributions.names |= {
        "agents": partial(names_of_agents, core.agents),
        "lines": partial(names_of_lines, core.lines),
    }
    contributions.routes.append(
        export_routes(contributions.exports, core.web_services.audit, zone, core.clock, contributions.names)
    )
    # Must come last: it searches all packages for remaining data of an erased customer.
    contributions.also({CUSTOMER_ERASED: privacy.customer_erased})
    return contributions


def _search(contributions: Contributions, transcripts: TranscriptRoom) -> None:
    """The search over all rooms."""
    core = contributions.core
    audit = core.web_services.audit
    searches = Searches(
        customers=core.customers,
        sight=core.sight,
        calls=core.calls,
        agents=core.agents,
        announcements=contributions.announcements,
        scripts=scripts_of(core.database, core.clock, audit),
        numbers_of=core.live.numbers_of,
        region=core.settings.region,
    )
    contributions.routes.append(
        search_routes(core.database, CaseSearch(core.database), transcripts.search, audit, searches.all())
    )


def _announcements(contributions: Contributions, webhooks: Webhooks) -> None:
    """What agents read before they start work (H2)."""
    core = contributions.core
    service = AnnouncementService(
        core.database, core.clock, core.web_services.audit, core.web_services.people, core.feed.publish, webhooks.emit
    )
    service.read_by.append(contributions.todo_changed)
    contributions.announcements = service
    contributions.routes.append(announcement_routes(service))
    if core.settings.policy.announcements_first:
        core.presence.arriving.append(service.must_be_read)


def _prompts(contributions: Contributions) -> None:
    """What callers hear: the centre's own recordings replace the shipped ones."""
    core = contributions.core
    settings = core.settings
    plan = plan_of(settings, embedded_of(settings).tree)
    service = PromptService(
        core.database,
        core.clock,
        core.web_services.audit,
        Library(own_folder(settings)),
        plan.workshop((NARROW, WIDE)),
        plan.catalogue,
    )
    contributions.prompts = service
    contributions.routes.append(prompt_routes(service))


def _webhooks(contributions: Contributions) -> Webhooks:
    """External programs that are notified of events."""
    core = contributions.core
    keys = core.settings.data_dir.resolve() / "keys"
    inside_too = core.settings.web.webhooks_inside
    webhooks = Webhooks(core.database, core.clock, core.web_services.audit, core.jobs, keys, inside_too=inside_too)
    sender = WebhookSender(core.database, core.clock, webhooks, inside_too=inside_too)
    core.web_services.sessions.emit = webhooks.emit
    contributions.routes.append(webhook_routes(webhooks))
    contributions.also({DELIVER: sender.deliver})
    return webhooks


def _forms(contributions: Contributions) -> FormsRoom:
    """Printed forms: the packages build them, this one renders and archives them."""
    core = contributions.core
    room = open_forms(core.settings, core.database, core.clock, core.web_services.audit, core.jobs)
    contributions.routes.append(room.routes)
    contributions.also(room.works)
    contributions.tasks["press"] = room.press.run
    contributions.forms = room
    contributions.exports += [calls_list(core.calls), customers_list(core.customers)]
    calls = CallForms(
        core.calls, core.agents, core.customers, room.service, contributions.call_matters, core.lines.shown
    )
    contributions.routes.append(call_form_routes(calls, room.service))
    room.runs.sources["call"] = calls.of_subject
    return room


def _work_logs(contributions: Contributions, webhooks: Webhooks) -> UnusualCustomers:
    """Agents' daily logs, unusual customers, the monthly summary (W4)."""
    core, audit, zone = contributions.core, contributions.core.web_services.audit, contributions.core.settings.timezone
    sources = WorkSources(
        core.calls,
        CaseQueries(core.database),
        Reading(core.database, core.clock),
        core.roster,
        core.web_services.people,
    )
    logs = WorkLogs(core.database, core.clock, audit, zone, sources.figures, sources.shifts)
    unusual = UnusualCustomers(
        core.database, core.clock, audit, core.customers.key_of, core.feed.publish, webhooks.emit
    )
    months = MonthSummaries(core.database, core.clock, audit, zone, logs, unusual, sources.shifts)
    contributions.work_logs, contributions.month_summaries = logs, months
    contributions.routes += [work_log_routes(logs, months), unusual_routes(unusual)]
    contributions.also({CUSTOMER_ERASED: unusual.customer_erased})
    contributions.exports.append(work_logs_list(logs))
    return unusual


def _call_notes(contributions: Contributions) -> None:
    """What agents write about calls (W1); it fills the printed call record."""
    core = contributions.core
    departments = partial(names_of_departments, contributions.complaints.departments)
    notes = CallNotes(core.database, core.clock, core.web_services.audit, core.calls, core.live, departments)
    notes.finished.append(contributions.todo_changed)
    contributions.call_matters.append(notes.matters)
    phrases = Phrases(core.database, core.web_services.audit)
    contributions.routes += [call_note_routes(notes), phrase_routes(phrases)]


def _scorecards(
    contributions: Contributions,
    forms: FormsRoom,
    recordings: RecordingRoom,
    transcripts: TranscriptRoom,
    webhooks: Webhooks,
) -> None:
    """Grading (S2): recordings and transcripts come from the packages below, next to the customers' marks (F4)."""
    core = contributions.core
    near = ScoreNeighbours(
        core.web_services.people,
        core.agents,
        recordings.recordings,
        transcripts.service,
        EvaluationService(core.database),
    )
    room = join_scorecards(
        settings=core.settings,
        database=core.database,
        clock=core.clock,
        audit=core.web_services.audit,
        calls=core.calls,
        flags=core.flag_queries,
        near=near,
        publish=core.feed.publish,
        emit=webhooks.emit,
    )
    contributions.routes += room.routes
    contributions.tasks["scorecards"] = room.run
    contributions.exports.append(scores_list(room.reading))
    contributions.scorecards = room
    papers = ScorePapers(room.reading, forms.service)
    contributions.routes.append(score_print_routes(papers, forms.service))
    forms.runs.sources["score"] = papers.of_subject
