"""Provides INVITEs as carriers send them, in our own wording with invented numbers; PBX replaces our address."""

from __future__ import annotations

MEDIA = """\
v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 24100 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
"""
"""The offer of most carriers: A-law, and keys as events."""

CASES = {
    "caller-086": """\
INVITE sip:073188880001@PBX:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:08613974812346@carrier.example>;tag=case1
To: <sip:073188880001@PBX>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

"""
    + MEDIA,
    "keys-in-band": """\
INVITE sip:073188880001@PBX:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:13974812346@carrier.example>;tag=case1
To: <sip:073188880001@PBX>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 24100 RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=ptime:20
""",
    "number-e164": """\
INVITE sip:+8673188880001@PBX:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:13974812345@carrier.example>;tag=case1
To: <sip:+8673188880001@PBX>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

"""
    + MEDIA,
    "number-ported": """\
INVITE sip:073188880001;npdi;rn=+8673110@PBX:5060;user=phone SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:13974812346@carrier.example>;tag=case1
To: <sip:073188880001@PBX>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

"""
    + MEDIA,
    "number-with-context": """\
INVITE sip:073188880001;phone-context=+86@PBX:5060;user=phone SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:13974812346@carrier.example>;tag=case1
To: <sip:073188880001@PBX>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

"""
    + MEDIA,
    "registered-contact": """\
INVITE sip:s@PBX:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:23901;branch=z9hG4bK-case-1;rport
From: <sip:13974812345@carrier.example>;tag=case1
To: <sip:073188880001@carrier.example>
Call-ID: case-1@127.0.0.1
CSeq: 1 INVITE
Contact: <sip:caller@127.0.0.1:23901>
Max-Forwards: 70
Content-Type: application/sdp

"""
    + MEDIA,
}
