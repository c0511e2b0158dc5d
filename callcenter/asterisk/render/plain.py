"""Renders the short files: one function each, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from callcenter.asterisk.render.call_control import COMPLETE_KEYS, CONFERENCE_KEYS
from callcenter.asterisk.render.checks import code, host, path, secret
from callcenter.asterisk.render.quiet_events import event_filters
from callcenter.asterisk.render.recording import applicationmap
from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.waiting import music_classes

# Modules that need things a call centre lacks, or that fail at load and fill the log.
NOT_LOADED = (
    "chan_unistim",
    "chan_iax2",
    "chan_motif",
    "chan_console",
    "chan_mobile",
    "chan_dahdi",
    "chan_skinny",
    "chan_mgcp",
    "cdr_radius",
    "cel_radius",
    "cdr_pgsql",
    "cel_pgsql",
    "cdr_odbc",
    "cel_odbc",
    "cdr_adaptive_odbc",
    "cdr_tds",
    "cel_tds",
    "cdr_sqlite3_custom",
    "cel_sqlite3_custom",
    "cdr_manager",
    "cel_manager",
    "cdr_csv",
    "cdr_custom",
    "cdr_syslog",
    "cdr_beanstalkd",
    "cel_beanstalkd",
    "res_snmp",
    "res_config_ldap",
    "res_config_odbc",
    "res_config_pgsql",
    "res_config_mysql",
    "res_config_sqlite3",
    "res_odbc",
    "res_odbc_transaction",
    "func_odbc",
    "app_voicemail",
    "app_voicemail_odbc",
    "app_voicemail_imap",
    "app_minivm",
    "app_followme",
    "app_festival",
    "app_adsiprog",
    "app_getcpeid",
    "res_phoneprov",
    "res_pjsip_phoneprov_provider",
    "pbx_dundi",
    "pbx_ael",
    "pbx_lua",
    "pbx_realtime",
    "res_calendar",
    "res_calendar_caldav",
    "res_calendar_ews",
    "res_calendar_exchange",
    "res_calendar_icalendar",
    "res_xmpp",
    "res_hep",
    "res_hep_pjsip",
    "res_hep_rtcp",
    "res_fax",
    "res_fax_spandsp",
    "app_meetme",
    "app_alarmreceiver",
    "app_amd",
    "app_sms",
    "app_zapateller",
    "res_geolocation",
    "res_pjsip_geolocation",
    "res_stir_shaken",
    "res_pjsip_stir_shaken",
    "res_aeap",
    "res_speech_aeap",
    "res_ari",
    "res_ari_bridges",
    "res_ari_device_states",
    "res_ari_events",
    "res_ari_applications",
    "res_ari_channels",
    "res_ari_sounds",
    "res_ari_recordings",
    "res_ari_playbacks",
    "res_ari_endpoints",
    "res_ari_asterisk",
    "res_ari_model",
    "res_ari_mailboxes",
    "app_stasis",
    "app_stasis_broadcast",
    "res_stasis_broadcast",
    "res_stun_monitor",
    "res_parking",
    "app_agent_pool",
    "res_pjsip_notify",
    "res_pjsip_config_wizard",
    "chan_websocket",
    "res_websocket_client",
    "res_http_media_cache",
    "res_prometheus",
    "res_adsi",
    "res_corosync",
    "res_statsd",
    "res_chan_stats",
    "res_endpoint_stats",
    "res_resolver_unbound",
    "app_jack",
    "app_mp3",
    "app_externalivr",
    "app_system",
    "func_shell",
    "app_originate",
    "pbx_spool",
    "res_clialiases",
)

TONES: Mapping[str, str] = {
    "cn": (
        "description = China\nringcadence = 1000,4000\ndial = 450\nbusy = 450/350,0/350\n"
        "ring = 450/1000,0/4000\ncongestion = 450/700,0/700\n"
    ),
    "us": (
        "description = United States\nringcadence = 2000,4000\ndial = 350+440\nbusy = 480+620/500,0/500\n"
        "ring = 440+480/2000,0/4000\ncongestion = 480+620/250,0/250\n"
    ),
}


def asterisk(site: Site) -> str:
    home = path(site.home)
    folders = {
        "astetcdir": f"{home}/etc",
        "astmoddir": path(site.modules),
        "astvarlibdir": f"{home}/lib",
        "astdbdir": f"{home}/db",
        "astkeydir": home,
        "astdatadir": path(site.data),
        "astagidir": f"{home}/agi",
        "astspooldir": f"{home}/spool",
        "astrundir": f"{home}/run",
        "astlogdir": path(site.logs),
        "astsbindir": "/usr/sbin",
    }
    return (
        "[directories]\n"
        + "".join(f"{key} => {value}\n" for key, value in folders.items())
        + f"\n[options]\nsystemname={code(site.name)}\nlive_dangerously=no\nhideconnect=yes\n"
        "documentation_language=en_US\n"
        "verbose=0\ndebug=0\ndefaultlanguage=en\nlightbackground=no\ncache_record_files=no\n"
    )


def modules(_: Site) -> str:
    return "[modules]\nautoload=yes\n" + "".join(f"noload => {name}.so\n" for name in NOT_LOADED)


def manager(site: Site) -> str:
    """Render two logins with least privilege; no login has `system`, `command` or `config`.

    `originate` equals command execution (it may set FILE()), so the read-only login has no such class.
    """
    quiet = event_filters()
    tls = ""
    if site.ami_tls_certificate:
        tls = f"tlsenable=yes\ntlsbindaddr={host(site.ami_host)}:{site.ami_port + 1}\n"
        tls += f"tlscertfile={path(site.ami_tls_certificate)}\n"
    common = f"deny=0.0.0.0/0.0.0.0\npermit={host(site.ami_host)}/255.255.255.255\nwritetimeout=10000\n"
    return (
        f"[general]\nenabled=yes\nwebenabled=no\nport={site.ami_port}\nbindaddr={host(site.ami_host)}\n"
        "displayconnects=no\n"
        f"timestampevents=yes\nallowmultiplelogin=yes\nauthtimeout=10\nauthlimit=20\n{tls}"
        f"\n[{code(site.events_user)}]\nsecret={secret(site.events_secret)}\n{common}"
        f"read=system,call,agent,user,reporting,security\nwrite=reporting\n{quiet}"
        f"\n[{code(site.control_user)}]\nsecret={secret(site.control_secret)}\n{common}"
        "read=call\nwrite=call,agent,originate,reporting\n"
    )


def cel(_: Site) -> str:
    return "[general]\nenable=yes\napps=dial,queue\nevents=ALL\n"


def cel_custom(_: Site) -> str:
    fields = (
        "EventType,eventenum,userdeftype,EventTime(double),Name,Num,Exten,Context,ChanName,AppName,AppData,"
        "AccountCode,UniqueID,LinkedID,Peer,UserField,EventExtra"
    )
    return f"[cel.jsonl]\nformat = json\nfields = {fields}\n"


def rtp(site: Site) -> str:
    return f"[general]\nrtpstart={site.rtp_start}\nrtpend={site.rtp_end}\nstrictrtp=yes\nicesupport=yes\n"


def http(site: Site) -> str:
    return f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={site.http_port}\nenablestatic=no\nenable_status=no\n"


def features(_: Site) -> str:
    return (
        "[general]\ntransferdigittimeout=3\natxfernoanswertimeout=20\natxferdropcall=no\n"
        f"atxfercomplete={COMPLETE_KEYS}\natxferthreeway={CONFERENCE_KEYS}\n"
        "\n[featuremap]\nblindxfer => #1\natxfer => *2\n" + applicationmap()
    )


def music(site: Site) -> str:
    return f"[default]\nmode=files\ndirectory={path(site.home)}/moh\nsort=random\n" + music_classes(site)


def logger(site: Site) -> str:
    """Render the log; one that goes to a FIFO is never renamed by Asterisk, which would go on in a plain file."""
    rotate = "none" if site.log_fifo else "rotate"
    return (
        "[general]\nqueue_log=yes\nqueue_log_to_file=yes\nqueue_log_realtime_use_gmt=no\n"
        f"append_hostname=no\nrotatestrategy={rotate}\n"
        f"\n[logfiles]\n{path(site.log_fifo) if site.log_fifo else 'messages.log'} => notice,warning,error,security\n"
    )


def indications(site: Site) -> str:
    """Render the tones that a caller hears; China's are 450 Hz, one second on and four seconds off (R1)."""
    country = site.country if site.country in TONES else "cn"
    known = "".join(f"\n[{name}]\n" + tones for name, tones in TONES.items())
    return f"[general]\ncountry={country}\n{known}"


def _empty(_: Site) -> str:
    return "[general]\n"


PLAIN: Mapping[str, Callable[[Site], str]] = {
    "asterisk.conf": asterisk,
    "modules.conf": modules,
    "manager.conf": manager,
    "cel.conf": cel,
    "cel_custom.conf": cel_custom,
    "cdr.conf": lambda _: "[general]\nenable=no\n",
    "rtp.conf": rtp,
    "http.conf": http,
    "features.conf": features,
    "musiconhold.conf": music,
    "logger.conf": logger,
    "indications.conf": indications,
    "acl.conf": lambda _: "",
    "udptl.conf": _empty,
    "ccss.conf": _empty,
    "confbridge.conf": _empty,
    "pjproject.conf": lambda _: "[startup]\ntype=startup\nlog_mappings=default\n",
    "stasis.conf": _empty,
    "codecs.conf": _empty,
    "dsp.conf": lambda _: "[default]\n",
    "sorcery.conf": lambda _: "[general]\n",
}
