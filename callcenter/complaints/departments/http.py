"""Departments over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.complaints.departments.service import Department, DepartmentService
from callcenter.complaints.errors import BadCase
from callcenter.web.roles import PERSON_ID
from callcenter.web.routes import ANYONE, MANAGERS, Ask, Page, Routes


class DepartmentShape(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    manager: Annotated[str | None, Field(description=PERSON_ID)] = None
    """Answers for the department: the responsible person of corrective actions (K2)."""
    leader: Annotated[str | None, Field(description=PERSON_ID)] = None
    active: bool = True


def routes(service: DepartmentService) -> Routes:
    routes = Routes("departments")

    @routes.get("/departments", roles=ANYONE)
    async def list_departments(ask: Ask) -> Page[DepartmentShape]:
        """List all departments; there are few."""
        return Page(
            items=[DepartmentShape.model_validate(department) for department in await service.departments()], next=None
        )

    @routes.get("/departments/{code}", roles=ANYONE)
    async def read_department(ask: Ask, code: str) -> DepartmentShape:
        """Read a department."""
        return DepartmentShape.model_validate(await service.department(code))

    @routes.put("/departments/{code}", roles=MANAGERS)
    async def put_department(ask: Ask, code: str, body: DepartmentShape) -> DepartmentShape:
        """Add a department or replace it; its manager and leader are accounts."""
        if body.code != code:
            raise BadCase("the code in the address and in the body differ", field="code")

        def check(current: Department) -> None:
            ask.must_match(DepartmentShape.model_validate(current))

        given = Department(**body.model_dump())
        return DepartmentShape.model_validate(await service.put(given, ask.require(), check))

    return routes
