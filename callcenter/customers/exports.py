"""Exports the list of customers as a file that `customers import` reads back unchanged."""

from __future__ import annotations

from callcenter.customers.importing.columns import EXPORTED
from callcenter.customers.model import Customer, with_extension
from callcenter.customers.service import CustomerService
from callcenter.exports.model import PAGE, ExportList, ExportQuery, Pages
from callcenter.kit.table_writer import Cells


class CustomersExport(ExportQuery):
    """Customer files have no time: `since` and `until` are ignored."""

    name: str = ""


def customers_list(service: CustomerService) -> ExportList:
    async def pages(query: CustomersExport) -> Pages:
        after = ""
        while customers := await service.customers(query.name, after, PAGE):
            yield [_cells(customer) for customer in customers]
            after = customers[-1].id

    return ExportList(
        "customers",
        CustomersExport,
        EXPORTED,
        pages,
        title={"zh-CN": "客户档案", "en": "customers"},
        words={"standing": "standing"},
    )


def _cells(customer: Customer) -> Cells:
    numbers = ";".join(with_extension(customer, number) for number in customer.numbers)
    lists = {name: ";".join(getattr(customer, name)) for name in ("aliases", "addresses", "emails", "tags", "team")}
    uses = ";".join(f"{number}={use}" for number, use in customer.uses.items())
    return (
        customer.id,
        customer.name,
        numbers,
        customer.language,
        customer.standing,
        customer.notes,
        customer.company,
        lists["aliases"],
        lists["addresses"],
        lists["emails"],
        customer.wechat,
        customer.qq,
        lists["tags"],
        lists["team"],
        uses,
        customer.member_number,
        ";".join(customer.shared_numbers),
    )
