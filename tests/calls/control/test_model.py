"""Tests who takes part in a call and what each action needs, on plain values."""

from __future__ import annotations

import pytest

from callcenter.asterisk.render.toll import class_of
from callcenter.calls.control.errors import NotConsulting, NotRinging, NotTalking
from callcenter.calls.control.model import NEEDS, RINGING, UP, Act, check_state, of_call, parties, phone_of
from callcenter.errors import CallCentreError
from callcenter.facts import CallId, ChannelSeen, Uniqueid, linkedid_of


def seen(channel: str, state: int = UP, bridge: str = "", call: str = "pbx1-1.1") -> ChannelSeen:
    return ChannelSeen(
        linkedid_of(call), Uniqueid(channel), channel, "cc-phones", "", state, "", "", "AppQueue", "", bridge, 5
    )


CUSTOMER = seen("PJSIP/trunk-00000001", bridge="b1")
AGENT = seen("PJSIP/1001-00000002", bridge="b1")


def test_the_phone_of_a_channel_is_its_name_without_the_serial() -> None:
    assert phone_of("PJSIP/1001-0000002a") == "1001"
    assert phone_of("PJSIP/desk-3-0000002a") == "desk-3"
    assert phone_of("Local/1001@cc-phones-0000002a;1") == ""


def test_only_the_channels_of_the_call_count() -> None:
    other = seen("PJSIP/1002-00000003", call="pbx1-9.9")
    assert of_call([CUSTOMER, AGENT, other], "pbx1", CallId("pbx1-1.1")) == [CUSTOMER, AGENT]


def test_an_agent_whose_phone_takes_no_part_has_no_parties() -> None:
    assert parties([CUSTOMER, AGENT], {"1002"}) is None


def test_the_others_are_those_in_the_same_bridge() -> None:
    elsewhere = seen("PJSIP/1003-00000004", bridge="b2")
    result = parties([CUSTOMER, AGENT, elsewhere], {"1001"})
    assert result is not None
    assert (result.own, result.others) == (AGENT, (CUSTOMER,))
    assert result.talks
    assert result.outside


def test_of_several_own_channels_the_one_in_conversation_counts() -> None:
    rings = seen("PJSIP/1001-00000009", RINGING)
    result = parties([rings, CUSTOMER, AGENT], {"1001"})
    assert result is not None
    assert result.own == AGENT


@pytest.mark.parametrize("act", list(NEEDS))
def test_each_action_is_refused_in_the_states_that_it_cannot_act_in(act: Act) -> None:
    ringing = parties([seen("PJSIP/1001-00000002", RINGING), CUSTOMER], {"1001"})
    talking = parties([AGENT, CUSTOMER], {"1001"})
    alone = parties([seen("PJSIP/1001-00000002")], {"1001"})
    assert ringing is not None
    assert talking is not None
    assert alone is not None
    wrong: dict[str, tuple[tuple[object, type[CallCentreError]], ...]] = {
        "rings": ((talking, NotRinging), (alone, NotRinging)),
        "talks": ((ringing, NotTalking), (alone, NotTalking)),
        "consults": ((ringing, NotConsulting), (talking, NotConsulting), (alone, NotConsulting)),
        "anything": (),
    }
    for state in (ringing, talking, alone):
        errors = [error for refused, error in wrong[NEEDS[act]] if refused is state]
        if errors:
            with pytest.raises(errors[0]):
                check_state(act, state)
        else:
            check_state(act, state)


def test_a_customer_in_another_bridge_waits_while_the_agent_consults() -> None:
    colleague = seen("PJSIP/1002-00000005", bridge="b2")
    mine = seen("PJSIP/1001-00000002", bridge="b2")
    result = parties([CUSTOMER, mine, colleague], {"1001"})
    assert result is not None
    assert (result.others, result.waiting) == ((colleague,), (CUSTOMER,))
    for act in (Act.COMPLETE, Act.CANCEL, Act.CONFERENCE):
        check_state(act, result)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("110", "emergency"),
        ("13974812001", "mobile"),
        ("8613974812001", "international"),
        ("+8613974812001", "mobile"),
        ("073188880001", "national"),
        ("88880001", "local"),
        ("4008001234", "local"),
        ("16812345", "premium"),
        ("0085212345678", "international"),
        ("00870123456789", "satellite"),
        ("17911", "local"),
        ("1790900441234567", "international"),
    ],
)
def test_the_class_of_a_number_is_the_dialplans(number: str, kind: str) -> None:
    assert class_of("cn", ("110", "119", "120", "122"), number) == kind
