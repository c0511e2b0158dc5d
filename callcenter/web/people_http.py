"""`/people`: the accounts of everyone who may sign in."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.web.people import Account, PeopleService
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import (
    ADMINISTRATORS,
    LEADERS,
    Ask,
    Page,
    PageQuery,
    Person,
    Role,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)

Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


AgentNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$")]


Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]


Roles = Annotated[frozenset[Role], Field(min_length=1)]


class PersonShape(BaseModel):
    id: str
    login: str
    name: str
    roles: list[Role]
    agent: str | None

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(id=person.id, login=person.login, name=person.name, roles=sorted(person.roles), agent=person.agent)


class PersonCard(BaseModel):
    """A person as leaders see them. `id` is the value of every field that names a person."""

    id: str
    name: str
    roles: list[Role]
    agent: Annotated[str | None, Field(description=AGENT_NUMBER)]
    active: bool

    @classmethod
    def of_account(cls, account: Account) -> Self:
        person = account.person
        return cls(
            id=person.id, name=person.name, roles=sorted(person.roles), agent=person.agent, active=account.active
        )


class PeopleQuery(PageQuery):
    """`q` is a part of a name, a login or an agent number."""

    q: str = Field("", max_length=100)
    agent: Annotated[str | None, Field(max_length=20, description=AGENT_NUMBER)] = None
    role: Annotated[Role | None, Field(strict=False)] = None
    active: Annotated[bool | None, Field(strict=False)] = None


class AccountShape(PersonShape):
    active: bool
    version: int

    @classmethod
    def of_account(cls, account: Account) -> Self:
        person = PersonShape.of(account.person)
        return cls(**person.model_dump(), active=account.active, version=account.version)


class NewAccount(BaseModel):
    login: Login
    name: Name
    password: Password
    roles: Roles
    agent: AgentNumber | None = None


class AccountChange(BaseModel):
    name: Name
    roles: Roles
    agent: AgentNumber | None
    active: bool


class NewPassword(BaseModel):
    password: Password


def people_routes(people: PeopleService) -> Routes:
    routes = Routes("people")

    @routes.get("/people", roles=LEADERS)
    async def list_people(ask: Ask, query: PeopleQuery) -> Page[AccountShape | PersonCard]:
        """List people by login: administrators see accounts, leaders names, roles and agent numbers."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        page = page_of(
            await people.page(
                query.limit + 1, after, words=query.q, agent=query.agent, role=query.role, active=query.active
            ),
            query.limit,
            lambda account: encode_cursor(account.person.login),
        )
        shape = AccountShape if ask.require().may(ADMINISTRATORS) else PersonCard
        return Page(items=[shape.of_account(account) for account in page.items], next=page.next)

    @routes.post("/people", roles=ADMINISTRATORS, status=201)
    async def add_person(ask: Ask, body: NewAccount) -> AccountShape:
        """Add a person who may sign in."""
        account = await people.add(
            body.login, body.name, body.password, body.roles, body.agent, ask.require(), ask.address
        )
        return AccountShape.of_account(account)

    @routes.get("/people/{person_id}", roles=LEADERS)
    async def read_person(ask: Ask, person_id: str) -> AccountShape | PersonCard:
        """Read a person: administrators see the account, leaders name, roles and agent number."""
        account = await people.account(person_id)
        shape = AccountShape if ask.require().may(ADMINISTRATORS) else PersonCard
        return shape.of_account(account)

    @routes.put("/people/{person_id}", roles=ADMINISTRATORS)
    async def change_person(ask: Ask, person_id: str, body: AccountChange) -> AccountShape:
        """Change a person; `active: false` also ends their sessions."""

        def check(current: Account) -> None:
            ask.must_match(AccountShape.of_account(current))

        changed = await people.change(person_id, ask.require(), ask.address, check, **dict(body))
        return AccountShape.of_account(changed)

    @routes.put("/people/{person_id}/password", roles=ADMINISTRATORS, edits=False)
    async def set_password(ask: Ask, person_id: str, body: NewPassword) -> None:
        """Set a person's password; ends their sessions."""
        await people.set_password(person_id, body.password, ask.require(), ask.address)

    @routes.delete("/people/{person_id}/sessions", roles=ADMINISTRATORS)
    async def sign_out_everywhere(ask: Ask, person_id: str) -> None:
        """End all sessions of a person."""
        await people.sign_out_everywhere(person_id, ask.require(), ask.address)

    return routes
