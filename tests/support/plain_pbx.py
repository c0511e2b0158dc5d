"""Runs a plain Asterisk with one static queue, for tests that must not depend on our own service.

The simulated phones and callers are tested on it, and it is the baseline for our routing benchmark.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.install import Tree
from callcenter.demo.ports import free_port, rtp_ports
from callcenter.demo.sipp import Network, SippFailed

NOT_LOADED = (
    "chan_unistim chan_iax2 chan_motif chan_console cdr_radius cel_radius res_snmp res_config_ldap app_voicemail_odbc"
)
ENDPOINT = """
[{name}]
type=endpoint
context={context}
disallow=all
allow=alaw
direct_media=no
media_address=127.0.0.1
bind_rtp_to_media_address=yes
rewrite_contact=yes
aors={name}
{more}
"""


@dataclass(frozen=True, slots=True)
class PlainPbx:
    """A running Asterisk: its phones and its address.

    `7000` is the queue's number; `7001` answers first, as a line must on which a waiting caller may press keys.
    """

    network: Network
    secrets: dict[str, str]
    home: Path
    command: tuple[str, ...]
    pid: int

    async def cli(self, words: str) -> str:
        """Run one command on Asterisk's own console."""
        process = await asyncio.create_subprocess_exec(
            *self.command, "-rx", words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return (await process.communicate())[0].decode("utf-8", "replace")

    @property
    def cel(self) -> Path:
        return self.home / "log/cel-custom/cel.jsonl"


def files(home: Path, tree: Tree, phones: Sequence[str], sip_port: int, ring_seconds: int) -> dict[str, str]:
    """The configuration, file name -> text."""
    folders = {"astetcdir": home / "etc", "astmoddir": tree.modules, "astvarlibdir": home / "lib"}
    folders |= {"astdatadir": tree.data, "astdbdir": home / "db", "astkeydir": home / "keys", "astagidir": home / "agi"}
    folders |= {"astspooldir": home / "spool", "astrundir": home / "run", "astlogdir": home / "log"}
    pjsip = [
        "[global]\ntype=global\nendpoint_identifier_order=auth_username,username,ip\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip_port}\n",
        ENDPOINT.format(name="trunk", context="in", more=""),
        "[trunk]\ntype=aor\ncontact=sip:127.0.0.1:9\n[trunk]\ntype=identify\nendpoint=trunk\nmatch=127.0.0.1\n",
    ]
    for name in phones:
        pjsip.append(ENDPOINT.format(name=name, context="phones", more=f"auth={name}"))
        pjsip.append(f"[{name}]\ntype=auth\nauth_type=digest\nusername={name}\npassword=s{name}\n")
        pjsip.append(f"[{name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n")
    members = "\n".join(f"member => PJSIP/{name},0,{name}" for name in phones)
    rtp_start, rtp_end = rtp_ports()
    return {
        "asterisk.conf": "[directories]\n" + "\n".join(f"{k} => {v}" for k, v in folders.items()) + "\n[options]\n"
        "systemname = plain\n",
        "modules.conf": "[modules]\nautoload=yes\n" + "\n".join(f"noload => {name}.so" for name in NOT_LOADED.split()),
        "logger.conf": "[logfiles]\nmessages => warning,error\n",
        "rtp.conf": f"[general]\nrtpstart={rtp_start}\nrtpend={rtp_end}\n",
        "pjsip.conf": "\n".join(pjsip),
        "queues.conf": "[general]\nautofill=yes\n[plain]\nstrategy=rrmemory\nringinuse=no\nautofill=yes\nretry=0\n"
        f"timeout={ring_seconds}\n{members}\n",
        "extensions.conf": "[in]\nexten => 7000,1,Queue(plain)\n same => n,Hangup()\n"
        "exten => 7001,1,Answer()\n same => n,Queue(plain)\n same => n,Hangup()\n"
        "[phones]\nexten => _X.,1,Dial(PJSIP/${EXTEN})\n same => n,Hangup()\n",
        "cel.conf": "[general]\nenable=yes\nevents=CHAN_START,ANSWER,HANGUP,CHAN_END,LINKEDID_END\n",
        "cel_custom.conf": "[cel.jsonl]\nformat = json\n"
        "fields = EventType,EventTime(double),ChanName,UniqueID,LinkedID,Num\n",
        "manager.conf": "[general]\nenabled=no\n",
        "http.conf": "[general]\nenabled=no\n",
    }


@contextlib.asynccontextmanager
async def plain_pbx(home: Path, root: Path, phones: Sequence[str], ring_seconds: int = 3) -> AsyncIterator[PlainPbx]:
    """A plain Asterisk in `home`, running while the block runs."""
    tree, sip_port = Tree(root), free_port()
    for folder in ("etc", "lib", "db", "keys", "spool", "run", "log/cel-custom", "log/cdr-csv"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for name, text in files(home, tree, phones, sip_port, ring_seconds).items():
        (home / "etc" / name).write_text(text, "utf-8")
    command = (*tree.program("asterisk"), "-C", str(home / "etc/asterisk.conf"))
    tied = [shutil.which("setpriv") or "/usr/bin/setpriv", "--pdeathsig", "KILL", "--"]
    process = await asyncio.create_subprocess_exec(
        *tied, *command, "-f", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    network = Network(tuple(tree.program("sipp")), "127.0.0.1", sip_port, home)
    pbx = PlainPbx(network, {name: f"s{name}" for name in phones}, home, command, process.pid)
    try:
        for _ in range(300):
            if "fully booted" in await pbx.cli("core waitfullybooted"):
                break
            await asyncio.sleep(0.1)
        else:
            raise SippFailed("the plain Asterisk did not boot within 30 s")
        yield pbx
    finally:
        process.kill()
        await process.wait()
