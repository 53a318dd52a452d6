import dataclasses
from collections.abc import Callable

import pytest
from django.core.checks import CheckMessage
from pytest_django.fixtures import Settings

from ahgd_ops.checks import check_edge, check_keys, check_limits, check_production, check_telling
from ahgd_ops.variables import Limits

SOUND = {
    "public_url": "https://ops.example.org",
    "environment": "production",
    "trusted_proxies": ("10.0.0.1/32",),
    "secret_key": "k" * 50,
}


@pytest.mark.parametrize(
    ("check", "fields", "ids"),
    [
        (check_production, {}, []),
        (check_production, {"debug_mode": True}, ["ahgd_ops.E001"]),
        (check_production, {"public_url": ""}, ["ahgd_ops.W001"]),
        (check_edge, {}, []),
        (check_edge, {"trusted_proxies": ()}, ["ahgd_ops.W004"]),
        (check_edge, {"trusted_proxies": (), "public_url": "http://ops.example.org"}, []),
        (check_keys, {}, []),
        (check_keys, {"secret_key": "", "database_url": ""}, []),
        (check_keys, {"secret_key": "", "database_url": "sqlite:///ops.sqlite3"}, []),
        (check_keys, {"secret_key": "", "database_url": "postgresql://db.example.org/ops"}, ["ahgd_ops.W005"]),
        (check_telling, {}, []),
        (check_telling, {"alert_email_enabled": True}, ["ahgd_ops.W002", "ahgd_ops.W003"]),
        (check_telling, {"lease_seconds": 10, "send_seconds": 10}, ["ahgd_ops.E003"]),
        (check_telling, {"port": 8502}, ["ahgd_ops.E002"]),
        (check_telling, {"port": 8502, "health_endpoint_enabled": False}, []),
    ],
)
def test_what_configuration_alone_cannot_see_is_found(
    check: Callable[..., list[CheckMessage]], fields: dict[str, object], ids: list[str], settings: Settings
) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, **{**SOUND, **fields})
    found = check(None)
    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits("memory", 85, 75), "Write memory=75/85 in AHGD_HEALTH_LIMITS: first where it warns."),
        (Limits("own_certificate", 7, 30), "Write own_certificate=30/7 in AHGD_HEALTH_LIMITS: first where it warns."),
        (Limits("own_certificate", 30, 7), None),
    ],
)
def test_limits_that_are_critical_before_they_warn_are_an_error(
    limits: Limits, says: str | None, settings: Settings
) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, health_limits=(limits,))
    assert [error.hint for error in check_limits(None)] == ([says] if says else [])


def test_limits_of_two_ways_to_warn_are_no_pair_and_refused(settings: Settings) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, health_limits=(Limits("session_state", 50, 60),))
    (error,) = check_limits(None)
    assert error.msg == "No health check with limits is called session_state."


def test_limits_of_a_check_that_does_not_exist_are_an_error(settings: Settings) -> None:
    limits = (Limits("memory", 1, 2), Limits("memroy", 1, 2))
    settings.CONFIG = dataclasses.replace(settings.CONFIG, health_limits=limits)
    (error,) = check_limits(None)
    assert (error.id, error.msg) == ("ahgd_ops.E004", "No health check with limits is called memroy.")
    assert "memory" in str(error.hint)
