"""Tests which classes of numbers a phone may dial, from settings and roles to the rendered dialplan."""

from __future__ import annotations

from dataclasses import replace

from callcenter.asterisk.render import render
from callcenter.centre.parts import PLANNED
from callcenter.centre.pbx_trunks import dialling_of
from callcenter.settings import Settings
from callcenter.settings.telephony import DialSettings
from tests.asterisk.test_render import SITE

RULES = DialSettings.model_validate(
    {
        "roles": {"supervisor": ["inside", "international"], "agent": ["inside", "local"]},
        "phones": {"1002": ["inside"]},
        "house_minutes": {"alarm": 10, "stop": 20},
    }
)


def rendered(roles: dict[str, frozenset[str]], rules: DialSettings = RULES) -> str:
    settings = Settings()
    settings = settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"dial": rules})})
    return render(replace(SITE, dialling=dialling_of(settings, roles)))["extensions.conf"]


def test_classes_of_several_roles_add_up_and_a_phones_own_classes_override_them() -> None:
    text = rendered({"1001": frozenset({"agent", "supervisor"}), "1002": frozenset({"supervisor"})})
    assert "CC_MAY_1001=:inside:local:international:\n" in text
    assert "CC_MAY_1002=:inside:\n" in text


def test_a_phone_without_a_configured_role_has_the_default_classes() -> None:
    text = rendered({"1001": frozenset({"manager"})})
    assert "CC_MAY_1001=:inside:local:national:mobile:\n" in text


def test_limits_are_seconds_of_a_day_in_the_centres_time_zone() -> None:
    text = rendered({})
    assert "${CC_SECONDS}>=1200" in text
    assert "STRFTIME(${EPOCH},Asia/Shanghai,%Y%m%d)" in text
    assert "${CC_SUM}>=600" in text


def test_without_a_guard_nothing_is_asked_of_a_call() -> None:
    text = render(SITE)["extensions.conf"]
    assert "cc-toll" not in text


def test_a_phone_that_is_shown_its_secret_renders_no_configuration() -> None:
    """Each page that starts its phone reads one: on record, but nothing of the centre has changed."""
    assert not "phone.secret_shown".startswith(PLANNED)
    assert "phone.new_secret".startswith(PLANNED)
