"""The list of customers as a file."""

from __future__ import annotations

from callcenter.customers.service import CustomerService
from callcenter.exports.model import PAGE, ExportList, ExportQuery, Pages


class CustomersExport(ExportQuery):
    """Files have no time: `since` and `until` are not asked for."""

    name: str = ""


COLUMNS = {
    "zh-CN": ("客户编号", "姓名", "号码", "语言", "级别", "备注"),
    "en": ("id", "name", "numbers", "language", "standing", "notes"),
}


def customers_list(service: CustomerService) -> ExportList:
    async def pages(query: CustomersExport) -> Pages:
        after = ""
        while found := await service.customers(query.name, after, PAGE):
            yield [(one.id, one.name, " ".join(one.numbers), one.language, one.standing, one.notes) for one in found]
            after = found[-1].id

    return ExportList("customers", CustomersExport, COLUMNS, pages)
