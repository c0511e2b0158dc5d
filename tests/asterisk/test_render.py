"""The rendered configuration: the same site gives the same files, and no value can become syntax.

After an intended change, `python -m tests.asterisk.test_render` rewrites the golden files; read the difference.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.render import HostileValue, Line, Phone, Queue, Site, Trunk, reloads, render
from callcenter.asterisk.render.quiet_events import EXCLUDED_EVENTS
from callcenter.asterisk.render.reload import needs_restart
from callcenter.asterisk.render.site import Phones

GOLDEN = Path(__file__).parent / "golden"
SITE = Site(
    log_fifo="/srv/pbx/run/messages.fifo",
    name="pbx1",
    home="/srv/pbx",
    modules="/usr/lib/asterisk/modules",
    data="/usr/share/asterisk",
    ami_host="127.0.0.1",
    ami_port=5038,
    events_user="cc-events",
    events_secret="events-secret",
    control_user="cc-control",
    control_secret="control-secret",
    sip_host="127.0.0.1",
    sip_port=5060,
    http_port=8088,
    rtp_start=10000,
    rtp_end=19999,
    agi_host="127.0.0.1",
    agi_port=4573,
    phones=(Phone("1001", "secret-1001", "1001"), Phone("1002", "secret-1002", "1002", "webrtc")),
    lines=(
        Line("after-sales", ("073188880001", "+8673188880001"), "service"),
        Line("orders", ("10086",), "orders", "en"),
    ),
    queues=(Queue("service"), Queue("orders", "ringall", 12, 300, 0)),
)


def section(text: str, name: str) -> str:
    """The lines between `[name]` and the next section."""
    return text.partition(f"\n[{name}]\n")[2].partition("\n[")[0]


def test_the_files_are_those_that_were_read_and_agreed() -> None:
    files = render(SITE)
    assert {path.name for path in GOLDEN.iterdir()} == set(files)
    for name, text in files.items():
        assert text == (GOLDEN / name).read_text(), name


def test_equal_sites_in_another_order_give_equal_files() -> None:
    turned = replace(SITE, phones=SITE.phones[::-1], lines=SITE.lines[::-1], queues=SITE.queues[::-1])
    assert render(turned) == render(SITE)


def test_no_login_may_run_commands_and_the_one_that_reads_may_not_originate() -> None:
    manager = render(SITE)["manager.conf"]
    for login in ("cc-events", "cc-control"):
        rights = section(manager, login)
        granted = [line for line in rights.splitlines() if line.startswith("write=")]
        assert len(granted) == 1
        assert not {"system", "command", "config", "all"} & set(granted[0].removeprefix("write=").split(","))
    assert "originate" not in section(manager, "cc-events")
    assert "bindaddr=127.0.0.1" in manager
    assert "writetimeout=10000" in manager


def test_unused_events_are_filtered_at_the_pbx() -> None:
    events = section(render(SITE)["manager.conf"], "cc-events")
    assert all(f"eventfilter(action(exclude),name({name}))" in events for name in EXCLUDED_EVENTS)


def test_R8_a_ladder_opens_its_rungs_and_then_treats_their_members_alike() -> None:
    files = render(replace(SITE, queues=(*SITE.queues, Queue("orders.yue", "rrmemory", 12, 300, 0, rungs=(5, 10)))))
    rule = "penaltychange => 5,19,,19\npenaltychange => 10,39,,29\n"
    assert section(files["queuerules.conf"], "cc.orders.yue") == rule
    assert "defaultrule=cc.orders.yue\n" in section(files["queues.conf"], "orders.yue")
    assert "defaultrule" not in section(files["queues.conf"], "orders")
    assert "force_longest_waiting_caller=yes\n" in files["queues.conf"]


def test_rules_are_loaded_before_the_queues_and_queues_before_the_dialplan() -> None:
    old, new = render(SITE), render(replace(SITE, queues=(*SITE.queues, Queue("orders.yue", rungs=(5, 10)))))
    assert reloads(old, new) == ("queue reload rules", "queue reload parameters", "dialplan reload")


def test_R1_the_call_moves_on_at_the_configured_ring() -> None:
    queues = render(SITE)["queues.conf"]
    assert "timeout=15\n" in section(queues, "service")
    assert "timeout=12\n" in section(queues, "orders")


def test_a_web_phone_gets_encrypted_media_and_a_desk_phone_does_not_ask_for_it() -> None:
    pjsip = render(SITE)["pjsip.conf"]
    assert "[1001](cc-desk)" in pjsip
    assert "[1002](cc-webrtc)" in pjsip


def test_a_carrier_is_known_by_its_address_and_never_by_a_name_that_a_caller_may_bear() -> None:
    simulated, real = render(SITE)["pjsip.conf"], render(replace(SITE, trunk_host="sip.carrier.example"))["pjsip.conf"]
    assert "endpoint_identifier_order=auth_username,username,ip\n" in simulated
    assert "endpoint_identifier_order=ip,auth_username,username\n" in real
    assert all("identify_by=ip\n" in section(text, "trunk") for text in (simulated, real))


CARRIER = replace(
    SITE,
    trunk_host="sip.carrier.example",
    trunk_port=5060,
    trunk_user="xiangwei",
    trunk_secret="s",
    trunk=Trunk(
        match=("media.carrier.example", "192.0.2.0/24", "2001:db8::/32"),
        contact_user="073188880001",
        from_user="073188880001",
        from_domain="carrier.example",
        proxy="edge.carrier.example:5080",
        codecs=("ulaw", "alaw"),
        trusts_identity=True,
        transport="tls",
        encryption="sdes",
    ),
    more_trunks=(Trunk("other.example", 5062),),
    desk_phones=Phones("tls", "sdes", ("10.0.0.0/8", "192.168.7.9")),
    tls_port=5061,
    tls_certificate="/srv/tls/cert.pem",
    tls_key="/srv/tls/key.pem",
    barred=("198.51.100.7",),
)


def sections(text: str, name: str) -> str:
    """Every section of a name, in order."""
    return "".join(part.partition("\n")[2] for part in text.split("\n[") if part.startswith(f"{name}]"))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("global", ["ignore_uri_user_options=yes"]),
        ("trunk", ["match=sip.carrier.example", "match=media.carrier.example", "match=192.0.2.0/24"]),
        ("trunk", ["match=2001:db8::/32", "trust_id_inbound=yes", "allow=ulaw,alaw,g729", "preferred_codec_only=yes"]),
        ("trunk", ["contact_user=073188880001", "server_uri=sip:sip.carrier.example:5060\\;transport=tls"]),
        ("trunk", ["outbound_proxy=sip:edge.carrier.example:5080\\;transport=tls\\;lr", "dtmf_mode=auto"]),
        ("trunk-out", ["from_user=073188880001", "from_domain=carrier.example", "allow=ulaw,alaw"]),
        ("trunk-out", ["media_encryption=sdes", "transport=tls", "outbound_auth=trunk"]),
        ("trunk-out", ["outbound_proxy=sip:edge.carrier.example:5080\\;transport=tls\\;lr"]),
        ("trunk1", ["match=other.example", "contact=sip:other.example:5062", "trust_id_inbound=no"]),
        ("trunk1-out", ["allow=alaw,ulaw", "transport=udp"]),
        ("cc-desk", ["transport=tls", "media_encryption=sdes", "deny=0.0.0.0/0", "deny=::/0", "permit=10.0.0.0/8"]),
        ("cc-webrtc", ["media_encryption=dtls", "webrtc=yes", "transport=ws"]),
        ("tls", ["protocol=tls", "bind=127.0.0.1:5061", "cert_file=/srv/tls/cert.pem", "method=tlsv1_2"]),
        ("cc-barred", ["type=acl", "deny=198.51.100.7"]),
    ],
)
def test_carrier_and_phones_are_rendered_from_the_settings(name: str, lines: list[str]) -> None:
    text = render(CARRIER)["pjsip.conf"].replace("(!)", "").replace("(!,cc-desk)", "")
    splitlines = sections(text, name).splitlines()
    assert [line for line in lines if line not in splitlines] == []


def test_an_outgoing_call_goes_by_each_trunk_in_turn_until_it_is_taken() -> None:
    dialplan = render(CARRIER)["extensions.conf"]
    first, second = dialplan.index("@trunk-out,60"), dialplan.index("@trunk1-out,60")
    assert 'GotoIf($[("${DIALSTATUS}"="CHANUNAVAIL"' in dialplan[first:second]


def test_a_reception_that_hangs_is_left_in_time_for_the_queue_within_two_seconds() -> None:
    match = re.search(r"TIMEOUT\(absolute\)=([0-9.]+)", render(SITE)["extensions.conf"])
    assert match is not None
    assert 1.0 < float(match[1]) < 2.0


def test_a_home_in_a_folder_with_a_chinese_name_is_fine_and_one_with_syntax_in_it_is_not() -> None:
    assert "/srv/客服 中心/etc" in render(replace(SITE, home="/srv/客服 中心"))["asterisk.conf"]
    for hostile in ("/srv/a;b", "/srv/a\nb", "/srv/a&b", "/srv/${A}", "/srv/a,b", "/srv/[a]", "/srv/a ", "relative"):
        with pytest.raises(HostileValue):
            render(replace(SITE, home=hostile))


def test_no_secret_shows_in_a_repr() -> None:
    assert "secret" not in repr(SITE).replace("_secret", "")


def test_only_changed_files_are_reloaded_and_a_new_phone_touches_no_queue() -> None:
    old = render(SITE)
    new = render(replace(SITE, phones=(*SITE.phones, Phone("1003", "x" * 20, "1001"))))
    assert reloads(old, new) == ("module reload res_pjsip.so", "dialplan reload")
    assert reloads(old, old) == ()
    assert not needs_restart(old, new)
    assert needs_restart(old, render(replace(SITE, name="pbx2")))
    assert needs_restart(old, render(replace(SITE, sip_port=5062)))


HOSTILE = st.text(alphabet=st.sampled_from(list(";\r\n[](){}$,&|\"'\\ \0#=>ab1")), min_size=1).filter(
    lambda text: not text.isalnum()
)


@given(HOSTILE)
def test_a_hostile_value_is_refused_before_it_reaches_a_file(text: str) -> None:
    for site in (
        replace(SITE, phones=(Phone(text, "s", "1001"),)),
        replace(SITE, phones=(Phone("1001", "s", text),)),
        replace(SITE, phones=(Phone("1001", text, "1001"),)),
        replace(SITE, lines=(Line(text, ("1",), "service"),)),
        replace(SITE, lines=(Line("a", ("1",), text),)),
        replace(SITE, queues=(Queue(text),)),
        replace(SITE, events_secret=text),
        replace(SITE, trunk_host=text),
        replace(SITE, trunk=Trunk(match=(text,))),
        replace(SITE, trunk=Trunk(proxy=text)),
        replace(SITE, trunk=Trunk(codecs=(text,))),
        replace(SITE, trunk=Trunk(from_user=text)),
        replace(SITE, trunk_user="u", trunk=Trunk(contact_user=text)),
        replace(SITE, more_trunks=(Trunk(text),)),
        replace(SITE, desk_phones=Phones(networks=(text,))),
        replace(SITE, barred=(text,)),
    ):
        with pytest.raises(HostileValue):
            render(site)


@given(st.text(min_size=1, max_size=10).filter(lambda text: not text.lstrip("+").isdigit()))
def test_a_did_is_a_number_and_nothing_else(did: str) -> None:
    if set(did) <= set("0123456789*#+") and not did.startswith("+") and "+" not in did:
        return
    with pytest.raises(HostileValue):
        render(replace(SITE, lines=(Line("a", (did,), "service"),)))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in render(SITE).items():
        (GOLDEN / name).write_text(text)
