"""Tables of the flows: their versions."""

from __future__ import annotations

from callcenter.documents.columns import VersionColumns
from callcenter.storage.base import Base


class FlowVersionRow(VersionColumns, Base):
    """A version of a flow. The newest published version of each name is in use."""

    __tablename__ = "ivr_flow_version"
