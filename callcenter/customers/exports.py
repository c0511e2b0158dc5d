"""The list of customers as a file; `customers import` reads it back without a change."""

from __future__ import annotations

from callcenter.customers.importing.columns import EXPORTED
from callcenter.customers.model import Customer, with_extension
from callcenter.customers.service import CustomerService
from callcenter.exports.model import PAGE, ExportList, ExportQuery, Pages
from callcenter.kit.table_writer import Cells


class CustomersExport(ExportQuery):
    """Files have no time: `since` and `until` are not asked for."""

    name: str = ""


def customers_list(service: CustomerService) -> ExportList:
    async def pages(query: CustomersExport) -> Pages:
        after = ""
        while found := await service.customers(query.name, after, PAGE):
            yield [_cells(one) for one in found]
            after = found[-1].id

    return ExportList(
        "customers", CustomersExport, EXPORTED, pages, title={"zh-CN": "客户档案", "en": "customers"},
        words={"standing": "standing"},
    )  # fmt: skip


def _cells(one: Customer) -> Cells:
    numbers = ";".join(with_extension(one, number) for number in one.numbers)
    lists = {name: ";".join(getattr(one, name)) for name in ("aliases", "addresses", "emails", "tags", "team")}
    uses = ";".join(f"{number}={use}" for number, use in one.uses.items())
    return (
        one.id, one.name, numbers, one.language, one.standing, one.notes, one.company, lists["aliases"],
        lists["addresses"], lists["emails"], one.wechat, one.qq, lists["tags"], lists["team"], uses,
    )  # fmt: skip
