"""Wires the packages about customers (files, cases, return calls, follow-up scripts) to the core."""

from __future__ import annotations

from functools import partial

from callcenter.callbacks.exports import callbacks_list, evaluations_list
from callcenter.callbacks.queries import Reading
from callcenter.callbacks.room import Parts as CallbackParts
from callcenter.callbacks.room import Room as CallbackRoom
from callcenter.callbacks.room import open_room as open_callbacks
from callcenter.callbacks.script_calls import ItemScripts
from callcenter.callbacks.script_http import routes as script_call_routes
from callcenter.centre.adapters import AllEvidence, LeftMessages, cases_of, departments_of, names_of_departments
from callcenter.centre.contributions import Contributions
from callcenter.centre.customer_page import CustomerView
from callcenter.centre.customer_page import routes as view_routes
from callcenter.centre.speakers import DialectSpeakers
from callcenter.complaints.analysis.http import report_routes
from callcenter.complaints.analysis.papers import AnalysisPapers
from callcenter.complaints.exports import cases_list
from callcenter.complaints.notifier import CaseNotifier
from callcenter.complaints.papers.http import routes as paper_routes
from callcenter.complaints.papers.service import CaseForms, CasePapers
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.room import Neighbours, open_complaints, parts_of
from callcenter.complaints.service import CASE_ARCHIVED
from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CustomerErasure
from callcenter.customers.http import upkeep_routes
from callcenter.customers.importing.http import routes as customer_import_routes
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.journal.http import routes as journal_routes
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.numbers import spellings
from callcenter.customers.reindexing import CUSTOMERS_REINDEXED, Reindexing
from callcenter.followup.conversations.service import Conversations
from callcenter.followup.room import open_scripts
from callcenter.paper.room import FormsRoom
from callcenter.privacy.http import routes as privacy_routes
from callcenter.privacy.room import privacy_of
from callcenter.privacy.service import Privacy
from callcenter.roster.duty_managers.http import routes as duty_manager_routes
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.web.audit import SYSTEM
from callcenter.web.webhooks.service import Webhooks


def join_customers(contributions: Contributions) -> Privacy:
    """Wire what belongs to a customer file, and collect everything that the packages store about a customer."""
    core, audit = contributions.core, contributions.core.web_services.audit
    journal = CustomerJournal(core.database, core.clock, audit, core.agents.agent)
    duplicates = CustomerDuplicates(core.database)
    merging = CustomerMerging(core.database, audit, core.jobs)
    erasure = CustomerErasure(core.database, core.clock, audit, core.jobs)
    importing = CustomerImport(core.database, core.clock, core.customers, audit, contributions.tables)
    contributions.journal, contributions.duplicates = journal, duplicates
    contributions.merging, contributions.erasure = merging, erasure
    contributions.customer_import = importing
    contributions.also({CUSTOMERS_REINDEXED: Reindexing(core.database, core.jobs).part})
    contributions.routes += [
        upkeep_routes(duplicates, merging, erasure),
        journal_routes(journal, core.customers, core.sight),
        customer_import_routes(importing, core.feed.publish),
    ]
    spelled = partial(spellings, outside_prefix=core.settings.outside_prefix)
    view = CustomerView(
        core.customers,
        journal,
        core.calls,
        contributions.links,
        CaseQueries(core.database),
        Reading(core.database, core.clock),
        spelled,
        core.sight,
    )
    contributions.routes.append(view_routes(view))
    privacy = privacy_of(core.settings, core.database, core.clock, audit)
    erasure.guards.append(privacy.must_not_be_held)
    contributions.routes.append(privacy_routes(privacy))
    return privacy


def join_complaints(contributions: Contributions, forms: FormsRoom, webhooks: Webhooks) -> None:
    """Cases: they take calls and evidence, and are notified of the outcome of return calls."""
    core = contributions.core
    notifier = CaseNotifier(core.web_services.audit, webhooks.emit, core.feed.publish)
    parts = parts_of(core.settings, core.database, core.clock, core.web_services.audit, core.jobs, notifier)
    duty_managers = DutyManagers(core.database, core.clock, core.web_services.audit, core.web_services.people)
    contributions.routes.append(duty_manager_routes(duty_managers, core.clock))
    room = open_complaints(
        parts,
        Neighbours(
            web_services=core.web_services,
            agents=core.agents,
            lines=core.lines,
            calls=core.calls,
            live=core.live.record_by_id,
            customers=core.customers,
            evidence=AllEvidence(contributions.evidence),
            duty=lambda: dict.fromkeys(agent for _, agents in core.live.floor.duty for agent in agents),
            duty_managers=duty_managers,
            data_dir=core.settings.data_dir,
            sight=core.sight,
            settings=core.settings.complaints,
            calendar=core.settings.calendar,
        ),
    )
    contributions.routes += room.routes
    contributions.also(room.works)
    contributions.complaints = room
    contributions.listeners.append(room.attachments.pin)
    every = core.settings.complaints.look_seconds
    contributions.tasks |= {"reminders": lambda: room.reminders.run(every), "digests": lambda: room.digests.run(every)}
    contributions.links["cases"] = partial(cases_of, room.queries)
    contributions.departments = partial(departments_of, room.cases)
    built = CaseForms(
        room.cases, room.queries, room.signatures, room.attachments, room.departments, forms.service, core.agents.shown
    )
    papers = CasePapers(forms.service, forms.runs, built.form)
    contributions.routes.append(paper_routes(papers, forms.service, forms.runs))
    contributions.routes.append(report_routes(AnalysisPapers(room.analysis, forms.service), forms.service, core.clock))
    contributions.also({CASE_ARCHIVED: papers.archive})
    contributions.call_matters.append(built.matters)
    contributions.exports.append(cases_list(room.queries, core.customers.family))
    contributions.names["departments"] = partial(names_of_departments, room.departments)


def join_callbacks(contributions: Contributions, forms: FormsRoom, webhooks: Webhooks, messages: LeftMessages) -> None:
    """Return calls: they are notified of ended calls and of what other packages promise."""
    core = contributions.core
    room = open_callbacks(
        CallbackParts(
            settings=core.settings,
            database=core.database,
            clock=core.clock,
            audit=core.web_services.audit,
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
            departments=contributions.departments,
            cases=lambda calls: contributions.links["cases"](calls, SYSTEM),
            messages=messages,
            speakers=DialectSpeakers(core.lines, core.queues, core.agents, core.roster, core.customers, core.clock),
            tables=contributions.tables,
        )
    )
    contributions.callbacks = room
    contributions.routes += room.routes
    contributions.also(room.works)
    contributions.tasks["callbacks"] = room.run
    contributions.listeners.append(room.sources.calls_recorded)
    _scripts(contributions, room, forms)


def _scripts(contributions: Contributions, callbacks: CallbackRoom, forms: FormsRoom) -> None:
    """Wire the follow-up script and the customers' evaluations."""
    core = contributions.core
    scripts = Conversations(core.database, core.clock, core.web_services.audit, core.jobs)
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
        await callbacks.do_not_call.bar(phone, "survey", f"stated in the return call {callback}", SYSTEM)

    room, routes = open_scripts(core.database, scripts, opt_out, forms.service, core.agents)
    contributions.routes += [*routes, script_call_routes(calls)]
    contributions.also(room.works)
    forms.runs.sources["evaluation"] = room.papers.of_subject
    contributions.exports += [callbacks_list(callbacks.reading), evaluations_list(room.evaluations)]
