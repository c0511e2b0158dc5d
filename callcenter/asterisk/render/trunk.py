"""Renders pjsip.conf of the carriers: identification, registration, outbound calls, and accepted media."""

from __future__ import annotations

from callcenter.asterisk.render.checks import code, host, network, secret, word
from callcenter.asterisk.render.site import Site, Trunk

QUALIFY_TIMEOUT = 3.0
"""Within it an OPTIONS over UDP is sent three times."""
REFUSED_CODECS = ("g729",)
"""Known to Asterisk but not playable or recordable here: accepted so that the refusal is a call with a record."""


def outgoing(name: str) -> str:
    """The outbound endpoint of a trunk: it omits codecs that are accepted only to refuse incoming calls."""
    return f"{name}-out"


def probe(name: str) -> str:
    """The endpoint by which a trunk is asked whether it answers.

    Calls do not use it: Asterisk dials no contact that leaves OPTIONS unanswered, and some carriers leave all of them
    so. It accepts no call, as nothing identifies it.
    """
    return f"{name}-probe"


def trunk(name: str, carrier: Trunk, media: str) -> str:
    """Return all sections of one trunk."""
    return (
        _incoming(name, carrier, media)
        + _outgoing(name, carrier, media)
        + _aor(name, carrier)
        + _identify(name, carrier)
        + _login(name, carrier)
        + _probe(name, carrier)
    )


def _common(name: str, carrier: Trunk, media: str) -> str:
    return (
        f"type=endpoint\ncontext=cc-inbound\ntransport={word(carrier.transport)}\n"
        + media
        # `auto`: keys as telephone-event (RFC 4733) where it is offered, else detected in the audio.
        + f"aors={name}\nallow_transfer=no\ndtmf_mode=auto\nsend_pai=yes\n"
        + ("media_encryption=sdes\n" if carrier.encryption == "sdes" else "")
    )


def _incoming(name: str, carrier: Trunk, media: str) -> str:
    codecs = ",".join(word(codec) for codec in (*carrier.codecs, *REFUSED_CODECS))
    return (
        f"[{name}]\n{_common(name, carrier, media)}disallow=all\nallow={codecs}\n"
        # The answer names one codec, in our order: a carrier that offers G.729 first and A-law too gets A-law.
        "preferred_codec_only=yes\n"
        f"trust_id_inbound={'yes' if carrier.trusts_identity else 'no'}\nidentify_by=ip\n"
    )


def _outgoing(name: str, carrier: Trunk, media: str) -> str:
    codecs = ",".join(word(codec) for codec in carrier.codecs)
    words = [f"disallow=all\nallow={codecs}\nidentify_by=ip\n"]
    if carrier.user:
        words.append(f"outbound_auth={name}\n")
    if carrier.from_user:
        words.append(f"from_user={code(carrier.from_user)}\n")
    if carrier.from_domain:
        words.append(f"from_domain={host(carrier.from_domain)}\n")
    if carrier.proxy:
        words.append(f"outbound_proxy={_proxy(carrier)}\n")
    return f"\n[{outgoing(name)}]\n{_common(name, carrier, media)}" + "".join(words)


def _uri(carrier: Trunk, user: str = "") -> str:
    """Return a SIP URI of the carrier; `;` begins a comment in Asterisk's files and is escaped there."""
    transport = "" if carrier.transport == "udp" else f"\\;transport={word(carrier.transport)}"
    return f"sip:{user}{'@' if user else ''}{host(carrier.host)}:{int(carrier.port)}{transport}"


def _proxy(carrier: Trunk) -> str:
    transport = "" if carrier.transport == "udp" else f"\\;transport={word(carrier.transport)}"
    return f"sip:{host(carrier.proxy)}{transport}\\;lr"


def _aor(name: str, carrier: Trunk) -> str:
    proxy = f"outbound_proxy={_proxy(carrier)}\n" if carrier.proxy else ""
    return f"\n[{name}]\ntype=aor\ncontact={_uri(carrier)}\nqualify_frequency=0\n{proxy}"


def _identify(name: str, carrier: Trunk) -> str:
    places = dict.fromkeys((carrier.host, *carrier.match))
    # An explicit list is complete; a host's SRV records could name unverified machines.
    return f"\n[{name}]\ntype=identify\nendpoint={name}\n" + "".join(f"match={network(place)}\n" for place in places)


def _login(name: str, carrier: Trunk) -> str:
    if not carrier.user:
        return ""
    user = code(carrier.user)
    proxy = f"outbound_proxy={_proxy(carrier)}\n" if carrier.proxy else ""
    return (
        f"\n[{name}]\ntype=auth\nauth_type=digest\nusername={user}\npassword={secret(carrier.secret)}\n"
        f"\n[{name}]\ntype=registration\ntransport={word(carrier.transport)}\noutbound_auth={name}\n"
        f"server_uri={_uri(carrier)}\nclient_uri={_uri(carrier, user)}\n"
        # The contact user for the carrier's calls: without it `s`, which is no number (mikopbx/Core#174).
        f"contact_user={code(carrier.contact_user or carrier.user)}\n"
        f"{proxy}expiration={int(carrier.register_seconds)}\nretry_interval=30\nforbidden_retry_interval=60\nfatal_retry_interval=60\nmax_retries=1000000\n"
    )


def _probe(name: str, carrier: Trunk) -> str:
    if not carrier.qualify_seconds:
        return ""
    proxy = f"outbound_proxy={_proxy(carrier)}\n" if carrier.proxy else ""
    sender = f"from_user={code(carrier.from_user)}\n" if carrier.from_user else ""
    sender += f"from_domain={host(carrier.from_domain)}\n" if carrier.from_domain else ""
    return (
        f"\n[{probe(name)}]\ntype=endpoint\ncontext=cc-nowhere\ntransport={word(carrier.transport)}\n"
        f"disallow=all\nallow=alaw\naors={probe(name)}\nidentify_by=ip\n{sender}"
        f"\n[{probe(name)}]\ntype=aor\ncontact={_uri(carrier)}\n"
        f"qualify_frequency={int(carrier.qualify_seconds)}\nqualify_timeout={QUALIFY_TIMEOUT}\n{proxy}"
    )


def dial_out(site: Site, number: str, seconds: str, options: str) -> tuple[str, ...]:
    """Call an outside number: by the first trunk that takes the call, with the label `done` after the last.

    A trunk is skipped when it is out of order or refuses the call, not for a number that does not exist.
    """
    dials = [f"Dial(PJSIP/{number}@{outgoing(name)},{seconds},{options})" for name in site.trunks]
    if len(dials) == 1:
        return (dials[0], "done: NoOp()")
    out_of_order = '("${DIALSTATUS}"="CHANUNAVAIL" | "${DIALSTATUS}"="CONGESTION")'
    no_such_number = '("${HANGUPCAUSE}"="1" | "${HANGUPCAUSE}"="28")'
    look = f"GotoIf($[{out_of_order} & !{no_such_number}]?:done)"
    return (*(step for dial in dials[:-1] for step in (dial, look)), dials[-1], "done: NoOp()")


def trunks(site: Site, media: str) -> str:
    return "\n".join(trunk(name, carrier, media) for name, carrier in site.trunks.items())
