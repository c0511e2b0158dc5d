"""The HTTP side of a centre: the routes of all rooms, its checks and metrics, and the pages beside the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from aiohttp import web
from prometheus_client import CollectorRegistry

from callcenter import clock
from callcenter.agents.browser_phone.http import WS_PATH
from callcenter.agents.browser_phone.http import routes as own_phone_routes
from callcenter.agents.browser_phone.proxy import PhoneProxy
from callcenter.agents.browser_phone.service import BrowserPhones, IceServers
from callcenter.agents.http import routes as agent_routes
from callcenter.asterisk.events import LinkState
from callcenter.calls.expected_wait.http import routes as wait_routes
from callcenter.calls.http import routes as call_routes
from callcenter.calls.reports.equal_service.http import routes as equal_service_routes
from callcenter.calls.reports.equal_service.queries import EqualService
from callcenter.calls.reports.first_contact.http import routes as first_contact_routes
from callcenter.calls.reports.first_contact.queries import FirstContacts
from callcenter.calls.reports.http import routes as report_routes
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.service_level.http import routes as service_level_routes
from callcenter.calls.surveys.http import routes as survey_routes
from callcenter.calls.toll.http import toll_routes
from callcenter.centre.backups_http import routes as backup_routes
from callcenter.centre.jobs_http import routes as job_routes
from callcenter.centre.live_kinds import LIVE_KINDS
from callcenter.centre.metrics import FloorNumbers
from callcenter.centre.parts import Centre
from callcenter.centre.profile import routes as profile_routes
from callcenter.centre.settings_http import routes as settings_routes
from callcenter.centre.setup_import_http import routes as import_routes
from callcenter.customers.http import routes as customer_routes
from callcenter.errors import Forbidden
from callcenter.flags.http import routes as flag_routes
from callcenter.roster.forecast.http import routes as forecast_routes
from callcenter.roster.forecast.service import Forecasts
from callcenter.roster.http import routes as shift_routes
from callcenter.roster.staffing.without.http import routes as without_routes
from callcenter.roster.staffing.without.service import Without
from callcenter.routing.http import routes as routing_routes
from callcenter.web.metrics import SignInAlarms
from callcenter.web.routes import Routes
from callcenter.web.saved_filters.http import LISTS
from callcenter.web.saved_filters.http import routes as filter_routes
from callcenter.web.saved_filters.service import SavedFilters
from callcenter.web.site import web_app
from dashboards.console import build_id, console, own_logo
from dashboards.pages import pages

LINK_WORDS: Mapping[LinkState, str | None] = {
    LinkState.LIVE: None,
    LinkState.STALE: "stale: Asterisk's AMI is silent; the live picture is old and ring flags are not watched",
    LinkState.LOST: "no connection to Asterisk's AMI",
}
"""What the readiness check reports about the events connection."""


def phones_of(centre: Centre) -> BrowserPhones:
    pbx = centre.settings.pbx
    return BrowserPhones(
        centre.agents,
        centre.presence,
        centre.web_services.audit,
        clock.now,
        centre.settings.key_folder,
        centre.web_services.sessions.requests.token_of,
        pbx.sip_host,
        IceServers(pbx.ice_servers, pbx.turn_servers, pbx.turn_secret.get_secret_value(), pbx.turn_seconds),
    )


def reports_of(centre: Centre) -> CallReports:
    """The figures of any period."""
    return centre.contributions.reports


def forecasts_of(centre: Centre) -> Forecasts:
    """The calls of a day to come, from the records."""
    settings, zone = centre.settings, ZoneInfo(centre.settings.timezone)
    return Forecasts(
        reports_of(centre), clock.now, zone, settings.calendar.kind, float(settings.policy.wrap_up_seconds)
    )


def without_of(centre: Centre) -> Without:
    """What one agent away from the desk does now."""
    room = centre.contributions.roster
    return Without(
        clock.now,
        centre.agents,
        room.breaks,
        room.effects.skills,
        forecasts_of(centre).load,
        ZoneInfo(centre.settings.timezone),
        centre.settings.policy.answer_within_seconds,
    )


def routes_of(centre: Centre) -> list[Routes]:
    """The routes of every package; `web_app` adds those of the web package itself."""
    return [
        agent_routes(centre.agents, centre.presence, centre.web_services.people.name_of),
        own_phone_routes(phones_of(centre)),
        routing_routes(centre.lines, centre.queues),
        shift_routes(centre.roster, clock.now),
        customer_routes(
            centre.customers,
            centre.contributions.core.sight,
            centre.live.numbers_of,
            centre.settings.region,
            centre.settings.outside_prefix,
        ),
        call_routes(
            centre.calls,
            centre.contributions.links,
            centre.live.numbers_of,
            centre.contributions.quality.of_calls,
        ),
        service_level_routes(centre.levels, clock.now, centre.flag_queries.late_calls),
        report_routes(reports_of(centre), centre.contributions.rollups),
        equal_service_routes(EqualService(centre.database, centre.settings.pbx.name, centre.customers)),
        first_contact_routes(FirstContacts(centre.database, centre.settings.pbx.name, clock.now)),
        forecast_routes(forecasts_of(centre)),
        without_routes(without_of(centre)),
        wait_routes(centre.waits),
        survey_routes(centre.surveys, clock.now),
        flag_routes(centre.flags, centre.flag_queries),
        toll_routes(centre.database),
        import_routes(centre.importing, centre.changed.set),
        settings_routes(centre.settings),
        backup_routes(centre.settings.data_dir.resolve() / "backups"),
        profile_routes(centre.settings, centre.lines, centre.presence.reasons, build_id(), own_logo),
        *centre.contributions.routes,
        job_routes(centre.contributions.core.jobs, centre.intents, centre.web_services.audit),
    ]


def filters_of(centre: Centre, listed: Sequence[Routes]) -> SavedFilters:
    """The saved filters of every list, checked as the list itself reads its query."""
    reading = {route.path: route for routes in listed for route in routes.routes if route.method == "GET"}
    readers = {name: reading[f"/{name}"].signature.read_query for name in LISTS}
    return SavedFilters(centre.database, clock.now, centre.web_services.audit, readers)


def application(centre: Centre) -> web.Application:
    """The HTTP side: all routes, and the pages beside the API."""
    registry = CollectorRegistry()
    for collector in centre.contributions.collectors:
        registry.register(collector)
    registry.register(
        FloorNumbers(centre.live, centre.events, centre.sync, centre.ingest, centre.bars.tally, clock.now)
    )
    registry.register(centre.numbers)
    registry.register(SignInAlarms(centre.web_services.sessions.alarms))

    async def pbx_answers() -> str | None:
        return LINK_WORDS[centre.events.state]

    async def reception_answers() -> str | None:
        return None if centre.reception.ready.is_set() else "the reception does not run: callers wait without priority"

    listed = routes_of(centre)
    listed.append(filter_routes(filters_of(centre, listed)))
    app = web_app(
        centre.database,
        clock.now,
        centre.settings.web,
        centre.web_services,
        centre.feed,
        *listed,
        checks={"pbx": pbx_answers, "reception": reception_answers, "writes": centre.writes.trouble},
        registry=registry,
        kinds=LIVE_KINDS,
    )

    async def roles_of(request: web.Request) -> Collection[str] | None:
        try:
            person = await centre.web_services.sessions.authenticate(request)
        except Forbidden:
            # For example, a password that must be changed first: that happens at sign-in.
            return None
        return None if person is None else person.roles

    proxy = PhoneProxy(
        phones_of(centre),
        centre.web_services.sessions.authenticate,
        f"http://127.0.0.1:{centre.settings.pbx.http_port}/ws",
    )
    proxy.on_end.append(centre.contributions.phone_ended)
    app.router.add_get(WS_PATH, proxy.handle)
    app.router.add_routes([*pages(roles_of), *console(centre.settings.data_dir.resolve() / "house")])
    return app
