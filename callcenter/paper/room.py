"""Builds and wires the printing of forms."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.clock import Clock
from callcenter.paper.archive import PaperVault
from callcenter.paper.http import routes
from callcenter.paper.press import Press
from callcenter.paper.runs import PRINT_RUN, PrintRuns
from callcenter.paper.service import FormService, Letterhead
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs, Work
from callcenter.web.audit import Audit
from callcenter.web.routes import Routes


@dataclass(frozen=True)
class FormsRoom:
    """`press.run` ends the printing processes when the service stops."""

    press: Press
    service: FormService
    runs: PrintRuns
    routes: Routes
    works: dict[str, Work]


def open_forms(settings: Settings, database: Database, clock: Clock, audit: Audit, jobs: Jobs) -> FormsRoom:
    """Builds the parts; no process is started before the first print."""
    chosen, home = settings.forms, settings.data_dir.resolve() / "forms"
    press = Press(chosen.at_once, chosen.waiting, chosen.seconds, chosen.megabytes)
    vault = PaperVault(home)
    service = FormService(database, clock, audit, press, Letterhead.of(settings), vault, chosen.per_person)
    runs = PrintRuns(database, clock, audit, jobs, service, vault, home / "runs", chosen.run_limit)
    return FormsRoom(press, service, runs, routes(service, runs), {PRINT_RUN: runs.work})
