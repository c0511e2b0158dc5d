"""`callcenter phones show NUMBER`: what to type into an agent's phone (docs/phones.md)."""

from __future__ import annotations

import typer

from callcenter.agents.model import Phone, PhoneKind
from callcenter.cli.session import OptionalBy, Session, run_command
from callcenter.settings import Settings

app = typer.Typer(help="Agents' phones: account, secret and server to configure.", no_args_is_help=True)


@app.callback()
def phones() -> None:
    """Agents' phones: account, secret and server to configure."""


@app.command()
def show(number: str, by: OptionalBy = None) -> None:
    """Show account, secret, server and transport of an agent's phones; the access is recorded in the audit."""
    settings = Settings()
    for phone in run_command(lambda session: _phones(session, number, by)):
        typer.echo("\n".join(f"{name:<12}{value}" for name, value in account(settings, phone)) + "\n")


async def _phones(session: Session, number: str, by: str | None) -> list[Phone]:
    agents = session.centre.agents
    person = None if by is None else await session.acts(by, "show_phone_secret")
    agent = await agents.agent(number)
    return [await agents.show_secret(number, phone.name, person) for phone in agent.phones]


def account(settings: Settings, phone: Phone) -> list[tuple[str, str]]:
    """The fields of a phone's account, in the order in which most phones ask for them."""
    pbx = settings.pbx
    is_desk = phone.kind is PhoneKind.DESK
    port = pbx.tls_port if pbx.phones.transport == "tls" else pbx.sip_port
    return [
        ("account", phone.name),
        ("secret", phone.secret),
        ("server", f"{pbx.sip_host}:{port if is_desk else pbx.http_port}"),
        ("transport", pbx.phones.transport if is_desk else "WebSocket"),
        (
            "encryption",
            ("SRTP (SDES)" if pbx.phones.encryption == "sdes" else "none") if is_desk else "DTLS-SRTP",
        ),
    ]
