"""The errors of versions of flows."""

from __future__ import annotations

from callcenter.documents.errors import UnknownVersion, VersionChanged, VersionDamaged, VersionPublished
from callcenter.errors import NotFound


class UnknownFlow(UnknownVersion):
    code = "unknown_flow"


class FlowPublished(VersionPublished):
    """A published version never changes; load a new one."""

    code = "flow_published"


class FlowChangedMeanwhile(VersionChanged):
    code = "flow_changed_meanwhile"


class FlowDamaged(VersionDamaged):
    """A published source no longer matches its checksum."""

    code = "flow_damaged"


class LineWithoutFlow(NotFound):
    """No published flow names this line."""

    code = "line_without_flow"
