"""Builds the privacy room."""

from __future__ import annotations

from callcenter.clock import Clock
from callcenter.privacy.service import Privacy
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit


def privacy_of(settings: Settings, database: Database, clock: Clock, audit: Audit) -> Privacy:
    """Uses the logs of the PBX, and the service's own where it writes them below the data folder."""
    logs = dict.fromkeys((settings.pbx_log_dir, settings.data_dir))
    return Privacy(database, clock, audit, settings.data_dir / "keys", tuple(logs), settings.outside_prefix)
