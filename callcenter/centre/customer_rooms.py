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
from callcenter.centre.adapters import (
    AllEvidence,
    LeftMessages,
    cases_of,
    departments_of,
    names_of_departments,
)
from callcenter.centre.contributions import Office
from callcenter.centre.customer_page import CustomerView
from callcenter.centre.customer_page import routes as view_routes
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
from callcenter.customers.importing.http import routes as customer_import_routes
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.journal.http import routes as journal_routes
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.numbers import spellings
from callcenter.followup.room import open_scripts
from callcenter.followup.scripts.service import ScriptService
from callcenter.paper.room import FormsRoom
from callcenter.privacy.http import routes as privacy_routes
from callcenter.privacy.room import privacy_of
from callcenter.privacy.service import Privacy
from callcenter.roster.duty_managers.http import routes as duty_manager_routes
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.web.audit import SYSTEM
from callcenter.web.live import Feed
from callcenter.web.webhooks.service import Webhooks


def join_customers(office: Office) -> Privacy:
    """Wire what belongs to a customer file, and collect everything that the packages store about a customer."""
    core, audit = office.core, office.core.house.audit
    journal = CustomerJournal(core.database, core.clock, audit, core.agents.agent)
    duplicates = CustomerDuplicates(core.database)
    merging = CustomerMerging(core.database, audit, core.jobs)
    erasure = CustomerErasure(core.database, core.clock, audit, core.jobs)
    importing = CustomerImport(core.database, core.clock, core.customers, audit, office.tables)
    office.journal, office.duplicates, office.merging, office.erasure = journal, duplicates, merging, erasure
    office.customer_import = importing
    publish_import = partial(_import_told, core.feed)
    office.routes += [
        journal_routes(journal, duplicates, merging, erasure, core.customers, core.sight),
        customer_import_routes(importing, publish_import),
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


def join_complaints(office: Office, forms: FormsRoom, webhooks: Webhooks) -> None:
    """Cases: they take calls and evidence, and are notified of the outcome of return calls."""
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


def join_callbacks(office: Office, forms: FormsRoom, webhooks: Webhooks, messages: LeftMessages) -> None:
    """Return calls: they are notified of ended calls and of what other packages promise."""
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


def _scripts(office: Office, callbacks: CallbackRoom, forms: FormsRoom) -> None:
    """Wire the follow-up script and the customers' evaluations."""
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
