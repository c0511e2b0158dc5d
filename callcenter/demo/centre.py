"""Runs a whole centre on this machine: PBX and service as child processes, on free ports, under one folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from callcenter import clock
from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.demo.api_client import ApiClient, until
from callcenter.demo.ports import free_port, is_free, rtp_ports
from callcenter.demo.sipp import Network, SippFailed
from callcenter.errors import Unavailable
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from callcenter.web.site import open_web_services

SOURCE: Final = Path(__file__).resolve().parents[2]
USUAL: Final = {
    "CC_WEB__PORT": 8080,
    "CC_PBX__AMI_PORT": 5038,
    "CC_PBX__SIP_PORT": 5060,
    "CC_PBX__HTTP_PORT": 8088,
    "CC_PBX__AGI_PORT": 4573,
    "CC_PBX__TRUNK_PORT": 5070,
}
START_SECONDS: Final = 60.0
BACK_OFFICE: Final = frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.SUPERVISOR})
MOST_TOKENS: Final = 1000


class ServiceEnded(Unavailable):
    """The service ended while it was expected to run; the detail holds the end of its log."""

    code = "service_ended"


def ports(usual: Mapping[str, int] = USUAL) -> dict[str, int]:
    """Each usual port where it is free for both UDP and TCP, otherwise any other free one."""
    free: dict[str, int] = {}
    for name, port in usual.items():
        while not port or not is_free(port) or port in free.values():
            port = free_port()
        free[name] = port
    return free


def other_ports() -> dict[str, int]:
    """Free ports other than the usual ones, so that several centres may run side by side."""
    return ports(dict.fromkeys(USUAL, 0))


_VARIABLES: Final[ContextVar[Mapping[str, str]]] = ContextVar("variables")


class _GivenSettings(Settings):
    """Settings of given environment variables.

    Those of this process never change: a process that another thread starts at that moment would get half of them, or
    fail with EFAULT while the table of variables moves (execve(2)).
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        assert isinstance(env_settings, EnvSettingsSource)
        env_settings.env_vars = {name.lower(): value for name, value in _VARIABLES.get().items()}
        return super().settings_customise_sources(
            settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
        )


@dataclass
class Centre:
    """PBX and service under `folder`; `more` holds further settings as environment variables."""

    folder: Path
    root: Path
    ports: dict[str, int] = field(default_factory=ports)
    more: dict[str, str] = field(default_factory=dict)
    _service: asyncio.subprocess.Process | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which every process of this centre is started."""
        first, last = rtp_ports()
        own = {
            "CC_DATA_DIR": str(self.folder),
            "CC_PBX__ROOT": str(self.root),
            "CC_PBX__RTP_START": str(first),
            "CC_PBX__RTP_END": str(last),
            **{name: str(port) for name, port in self.ports.items()},
        }
        return own | self.more

    @property
    def settings(self) -> Settings:
        """The same settings as an object, of this process's variables and the centre's own."""
        token = _VARIABLES.set({**os.environ, **self.environment})
        try:
            return _GivenSettings()
        finally:
            _VARIABLES.reset(token)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.ports['CC_WEB__PORT']}"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    @property
    def pbx(self) -> Embedded:
        return Embedded(self.settings.pbx_home, Tree(self.root))

    @property
    def network(self) -> Network:
        program = tuple(Tree(self.root).program("sipp"))
        return Network(program, "127.0.0.1", self.ports["CC_PBX__SIP_PORT"], self.folder / "sipp")

    @property
    def service_pid(self) -> int:
        assert self._service is not None
        return self._service.pid

    async def start(self) -> None:
        """Start the service, which starts its PBX, and wait until it reports ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tie = shutil.which("setpriv")
        command = [sys.executable, "-m", "callcenter", "serve"]
        with self.log.open("ab") as log:
            self._service = await asyncio.create_subprocess_exec(
                *([tie, "--pdeathsig", "TERM", "--"] if tie else []),
                *command,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(SOURCE), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with ApiClient(self.origin) as api:

            async def up() -> bool:
                self.still_running()
                return await api.ready()

            await until(up, START_SECONDS, "the service is ready", every=0.1)

    def still_running(self) -> None:
        """Raise ServiceEnded when the service no longer runs."""
        if self._service is None or self._service.returncode is not None:
            words = " ".join(self.log.read_text("utf-8", "replace").split())[-900:]
            raise ServiceEnded(f"the service ended: {words}")

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill the service and nothing else: the PBX and its calls continue."""
        if self._service is not None and self._service.returncode is None:
            self._service.send_signal(number)
            await self._service.wait()

    async def pbx_restart_now(self) -> None:
        """What an impatient operator types; Asterisk replaces itself in the same process."""
        await asyncio.to_thread(self.pbx.console, "core restart now", check=False)

    async def stop(self) -> None:
        """End the service, then its PBX; nothing is left running."""
        if self._service is not None and self._service.returncode is None:
            self._service.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await self._service.wait()
            await self.kill()
        await asyncio.to_thread(self.pbx.stop)

    async def account(self, login: str, name: str, role: str, agent: str | None = None) -> str:
        """Add an account and return its generated password."""
        password = secrets.token_urlsafe(9)
        database = Database.open(self.settings.database)
        try:
            web_services = open_web_services(database, clock.now, self.settings.web)
            known = await web_services.people.by_login(login)
            if known is None:
                await web_services.people.add(login, name, password, frozenset({Role(role)}), agent)
            else:
                await web_services.people.set_password(known.person.id, password, must_change=False)
        finally:
            await database.close()
        return password

    async def token(self, login: str) -> str:
        """A bearer token with all back-office rights for a program of ours, in the name of `login`."""
        return await self._token(login, "simulation", BACK_OFFICE)

    async def screen_token(self, login: str) -> str:
        """A bearer token for a screen on the wall; it replaces the one of an earlier run."""
        return await self._token(login, "wallboard", frozenset({Role.WALLBOARD}), replaces=True)

    async def _token(self, login: str, name: str, roles: frozenset[Role], *, replaces: bool = False) -> str:
        database = Database.open(self.settings.database)
        try:
            web_services = open_web_services(database, clock.now, self.settings.web)
            account = await web_services.people.by_login(login)
            if account is None:
                raise SippFailed(f"there is no account called {login}")
            for token in await web_services.tokens.page(MOST_TOKENS) if replaces else ():
                if (token.name, token.created_by, token.revoked_at) == (name, login, None):
                    await web_services.tokens.revoke(token.id, account.person)
            _, text = await web_services.tokens.add(name, roles, None, account.person)
            return text
        finally:
            await database.close()
