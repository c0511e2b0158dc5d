"""pjsip.conf: the trunk, and one endpoint with a secret of its own for each phone."""

from __future__ import annotations

from callcenter.asterisk.render.site import Phone, Site, code, host, secret

CODECS = "disallow=all\nallow=alaw,ulaw\n"


def pjsip(site: Site) -> str:
    """A carrier is known by its address and by nothing else, a phone by its user name and secret.

    The address of a site's own carrier is looked at first: otherwise a caller whose number equals a phone's name would
    be taken for that phone and asked for its secret. The simulated carrier shares its address with the simulated
    phones, so there the name has to come first.
    `media_address` is set everywhere: without it Asterisk looks its own host name up for each call.
    """
    sip = host(site.sip_host)
    media = f"media_address={sip}\nbind_rtp_to_media_address=yes\ndirect_media=no\nrtp_symmetric=yes\n"
    parts = [
        f"[global]\ntype=global\nuser_agent=callcenter\n{_order(site)}"
        "keep_alive_interval=90\nsend_contact_status_on_update_registration=yes\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind={sip}:{site.sip_port}\n",
        "[ws]\ntype=transport\nprotocol=ws\nbind=0.0.0.0\n",
        "[cc-desk](!)\ntype=endpoint\ncontext=cc-phones\ntransport=udp\n"
        + CODECS
        + media
        + "force_rport=yes\nrewrite_contact=yes\nallow_transfer=yes\ndevice_state_busy_at=1\nallow_subscribe=yes\n"
        "rtp_timeout=60\nrtp_timeout_hold=600\nset_var=TRANSFER_CONTEXT=cc-transfer\nlanguage=zh\n"
        "identify_by=auth_username,username\n",
        "[cc-webrtc](!,cc-desk)\nwebrtc=yes\ntransport=ws\ndtls_auto_generate_cert=yes\n"
        "disallow=all\nallow=opus,alaw,ulaw\n",
        "[cc-aor](!)\ntype=aor\nmax_contacts=1\nremove_existing=yes\nqualify_frequency=15\nqualify_timeout=2\n"
        "default_expiration=120\nminimum_expiration=15\n",
        _trunk(site, media),
    ]
    parts += [_phone(phone) for phone in sorted(site.phones, key=lambda p: p.endpoint)]
    return "\n".join(parts)


def _order(site: Site) -> str:
    order = "ip,auth_username,username" if site.trunk_host else "auth_username,username,ip"
    return f"endpoint_identifier_order={order}\n"


def _phone(phone: Phone) -> str:
    name, kind = code(phone.endpoint), "cc-webrtc" if phone.kind == "webrtc" else "cc-desk"
    return (
        f"[{name}]({kind})\naors={name}\nauth={name}\ncallerid={code(phone.agent)} <{name}>\n"
        f"\n[{name}]\ntype=auth\nauth_type=digest\nusername={name}\npassword={secret(phone.secret)}\n"
        f"\n[{name}](cc-aor)\n"
    )


def _trunk(site: Site, media: str) -> str:
    """The carrier; without one of the site's own, the simulated carrier on `trunk_port` of the same host."""
    carrier = host(site.trunk_host or site.sip_host)
    endpoint = (
        "[trunk]\ntype=endpoint\ncontext=cc-inbound\ntransport=udp\n"
        + CODECS
        + media
        + "aors=trunk\nallow_transfer=no\nrtp_timeout=60\ntrust_id_inbound=no\nsend_pai=yes\nidentify_by=ip\n"
    )
    aor = f"\n[trunk]\ntype=aor\ncontact=sip:{carrier}:{site.trunk_port}\nqualify_frequency=0\n"
    identify = f"\n[trunk]\ntype=identify\nendpoint=trunk\nmatch={carrier}\n"
    if not site.trunk_user:
        return endpoint + aor + identify
    user = code(site.trunk_user)
    return (
        endpoint
        + "outbound_auth=trunk\n"
        + aor
        + identify
        + f"\n[trunk]\ntype=auth\nauth_type=digest\nusername={user}\npassword={secret(site.trunk_secret)}\n"
        + f"\n[trunk]\ntype=registration\ntransport=udp\noutbound_auth=trunk\n"
        f"server_uri=sip:{carrier}:{site.trunk_port}\n"
        f"client_uri=sip:{user}@{carrier}:{site.trunk_port}\nretry_interval=30\nmax_retries=1000000\n"
    )
