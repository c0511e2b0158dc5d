"""What may be asked of the list of cases, and how it is kept under a name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.complaints.model import Channel, Kind, Severity, State
from callcenter.facts import CustomerId
from callcenter.web.routes import PageQuery
from callcenter.web.sorting import TotalQuery


class CaseFilter(BaseModel):
    """A filter of cases; omitted fields do not limit it. It can be saved under a name."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str | None, Field(max_length=200)] = None
    """Words that the case has: what was taken down, stated or remarked."""
    state: State | None = None
    kind: Kind | None = None
    severity: Severity | None = None
    owner: str | None = None
    department: str | None = None
    customer: CustomerId | None = None
    phone: str | None = None
    product: str | None = None
    agent: str | None = None
    channel: Channel | None = None
    open: bool | None = None
    overdue: bool | None = None
    due_before: AwareDatetime | None = None
    escalated: bool | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class CaseQuery(PageQuery, CaseFilter, TotalQuery):
    """A filter, or a saved one by its id; fields given with a saved one override it. `-` sorts the latest first."""

    sort: Literal["opened_at", "-opened_at", "due_at", "-due_at", "closed_at", "-closed_at"] | None = None

    saved: Annotated[str | None, Field(max_length=32)] = None


class SavedFilterBody(BaseModel):
    """`shared` filters are visible to everyone."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    shared: bool = False
    filter: CaseFilter


class SavedFilterShape(SavedFilterBody):
    id: str
    mine: bool
    by_name: str
