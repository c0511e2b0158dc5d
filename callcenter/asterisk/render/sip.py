"""Renders pjsip.conf: the trunk, and one endpoint with its own secret for each phone."""

from __future__ import annotations

from callcenter.asterisk.render.call_control import FEATURE as HOLD
from callcenter.asterisk.render.checks import code, host, network, path, secret, word
from callcenter.asterisk.render.site import Phone, Site
from callcenter.asterisk.render.trunk import trunks

CODECS = "disallow=all\nallow=alaw,ulaw\n"


def pjsip(site: Site) -> str:
    """A carrier is identified by its address only, a phone by its user name and secret.

    The address of the centre's own carrier is checked first: otherwise a caller whose number equals a phone's name
    would be taken for that phone and challenged for its secret. The simulated carrier shares its address with the
    simulated phones, so there the name has to come first. `media_address` is set everywhere: without it Asterisk
    resolves its own host name for each call.
    """
    sip = host(site.sip_host)
    media = f"media_address={sip}\nbind_rtp_to_media_address=yes\ndirect_media=no\nrtp_symmetric=yes\n"
    media += f"rtp_timeout={int(site.silence_seconds)}\n"
    parts = [
        # Parameters after `;` in a user part are not part of the number (RFC 3966; phone-context, npdi, rn).
        f"[global]\ntype=global\nuser_agent=callcenter\n{_order(site)}ignore_uri_user_options=yes\n"
        "keep_alive_interval=90\nsend_contact_status_on_update_registration=yes\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind={sip}:{site.sip_port}\n",
        *_further(site, sip),
        "[ws]\ntype=transport\nprotocol=ws\nbind=0.0.0.0\n",
        "[cc-desk](!)\ntype=endpoint\ncontext=cc-phones\n"
        f"transport={word(site.desk_phones.transport)}\n"
        + CODECS
        + media
        + "force_rport=yes\nrewrite_contact=yes\nallow_transfer=yes\ndevice_state_busy_at=1\nallow_subscribe=yes\n"
        "rtp_timeout_hold=600\nset_var=TRANSFER_CONTEXT=cc-transfer\n"
        # An agent's own channel carries the features; inherited ones of the caller come after it in the list.
        f"set_var=DYNAMIC_FEATURES={HOLD}#cc_record\nlanguage=zh\n"
        "identify_by=auth_username,username\ndtmf_mode=auto\n"
        + ("media_encryption=sdes\n" if site.desk_phones.encryption == "sdes" else "")
        + _networks(site),
        "[cc-webrtc](!,cc-desk)\nwebrtc=yes\ntransport=ws\nmedia_encryption=dtls\ndtls_auto_generate_cert=yes\n"
        "disallow=all\nallow=opus,alaw,ulaw\n",
        "[cc-aor](!)\ntype=aor\nmax_contacts=1\nremove_existing=yes\nqualify_frequency=15\nqualify_timeout=2\n"
        "default_expiration=120\nminimum_expiration=15\n",
        trunks(site, media),
    ]
    parts += [_phone(phone) for phone in sorted(site.phones, key=lambda p: p.endpoint)]
    return "\n".join(parts)


def _further(site: Site, sip: str) -> list[str]:
    """Transports in addition to UDP: TCP where a trunk or the phones require it, TLS where a port is configured."""
    used = {site.desk_phones.transport, *(trunk.transport for trunk in site.trunks.values())}
    result = []
    if "tcp" in used:
        result.append(f"[tcp]\ntype=transport\nprotocol=tcp\nbind={sip}:{site.sip_port}\n")
    if site.tls_port:
        result.append(
            f"[tls]\ntype=transport\nprotocol=tls\nbind={sip}:{int(site.tls_port)}\nmethod=tlsv1_2\n"
            f"cert_file={path(site.tls_certificate)}\npriv_key_file={path(site.tls_key)}\n"
        )
    if site.barred:
        result.append(
            "[cc-barred]\ntype=acl\n" + "".join(f"deny={network(address)}\n" for address in sorted(site.barred))
        )
    return result


def _networks(site: Site) -> str:
    """Networks where phones may be: a stolen secret is useless elsewhere."""
    if not site.desk_phones.networks:
        return ""
    return "deny=0.0.0.0/0\ndeny=::/0\n" + "".join(f"permit={network(text)}\n" for text in site.desk_phones.networks)


def _order(site: Site) -> str:
    order = "ip,auth_username,username" if site.trunk_host else "auth_username,username,ip"
    return f"endpoint_identifier_order={order}\n"


def _phone(phone: Phone) -> str:
    name, kind = code(phone.endpoint), "cc-webrtc" if phone.kind == "webrtc" else "cc-desk"
    return (
        f"[{name}]({kind})\naors={name}\nauth={name}\ncallerid={code(phone.agent)} <{name}>\n"
        # With two underscores it is inherited by the channels that this phone's calls create, such as that of a `*2`.
        f"set_var=__CC_PHONE={name}\n"
        f"\n[{name}]\ntype=auth\nauth_type=digest\nusername={name}\npassword={secret(phone.secret)}\n"
        f"\n[{name}](cc-aor)\n"
    )
