"""Exports the list of cases as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.model import Case, Channel, Kind, Severity, State
from callcenter.complaints.queries import CaseQueries
from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.exports.pages import pages_of
from callcenter.facts import CustomerId
from callcenter.kit.table_writer import Cells

Family = Callable[[str], Awaitable[Sequence[str]]]


class CasesExport(ExportQuery):
    """`since` and `until` refer to the opening time."""

    state: State | None = None
    kind: Kind | None = None
    severity: Severity | None = None
    channel: Channel | None = None
    department: str | None = None
    customer: CustomerId | None = None
    product: str | None = None
    agent: str | None = None
    owner: str | None = None
    open: bool | None = None


COLUMNS = {
    "zh-CN": (
        "编号",
        "类别",
        "渠道",
        "严重程度",
        "进度",
        "受理时间",
        "受理人",
        "客户",
        "联系人",
        "性别",
        "电话",
        "经过",
        "诉求",
        "产品",
        "订单",
        "部门",
        "原因",
        "客服",
        "已确认",
        "满意度",
        "应办时间",
        "结案时间",
    ),
    "en": (
        "number",
        "kind",
        "channel",
        "severity",
        "state",
        "opened_at",
        "received_by",
        "customer",
        "contact",
        "sex",
        "phone",
        "what_happened",
        "wanted",
        "product",
        "order",
        "department",
        "cause",
        "agent",
        "confirmed",
        "satisfaction",
        "due_at",
        "closed_at",
    ),
}


def cases_list(queries: CaseQueries, family: Family) -> ExportList:
    """`family` returns every id that a customer has ever had, as the list on the screen does."""

    async def pages(query: CasesExport) -> Pages:
        conditions = CaseConditions(**query.conditions("customer"))
        if query.customer is not None:
            conditions = replace(conditions, customer=tuple(await family(query.customer)))
        find = partial(queries.find, conditions, PAGE)
        async for page in pages_of(find, lambda case: (case.opened_at, case.number), _cells):
            yield page

    return ExportList(
        "cases",
        CasesExport,
        COLUMNS,
        pages,
        title={"zh-CN": "案件", "en": "cases"},
        words={"kind": "kind", "channel": "channel", "severity": "severity", "state": "state"},
        named={"department": Named("departments"), "agent": Named("agents", AGENT)},
    )


def _cells(case: Case) -> Cells:
    facts = case.facts
    return (
        case.number,
        facts.kind,
        facts.channel,
        facts.severity,
        case.state,
        case.opened_at,
        case.received_by_name,
        facts.customer_name,
        facts.contact_person,
        facts.sex,
        facts.phone,
        facts.what_happened,
        facts.wanted,
        facts.product,
        facts.order_number,
        facts.department,
        facts.cause,
        facts.agent,
        case.confirmed,
        case.satisfaction,
        case.due_at,
        case.closed_at,
    )
