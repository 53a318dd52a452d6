from dataclasses import replace

import pytest
from django.db import OperationalError
from pytest_django.fixtures import Settings

from monitoring.health.reasons import reason, without_secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://ops:hunter2@db/ops refused", "postgresql://***@db/ops refused"),
        ("redis://:hunter2@cache:6379/0", "redis://***@cache:6379/0"),
        ("host=db user=ops password=hunter2 port=1", "host=db user=ops password=*** port=1"),
        ("PASSWORD: 'hunter 2' wrong", "PASSWORD: *** wrong"),
        ("api_key=abc&x=1", "api_key=***&x=1"),
        ("connection to server at 127.0.0.1 failed", "connection to server at 127.0.0.1 failed"),
    ],
)
def test_credentials_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert without_secrets(text) == masked


def test_secrets_of_the_settings_are_masked_in_any_shape(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, smtp_password="correct horse")
    assert without_secrets("login as ops/correct horse failed") == "login as ops/*** failed"
    assert settings.SECRET_KEY not in without_secrets(f"bad signature of {settings.SECRET_KEY}")


def test_a_reason_is_the_kind_of_error_and_its_first_line() -> None:
    assert (
        reason(OperationalError("connection failed\nIs the server running?")) == "OperationalError: connection failed"
    )
    assert reason(ValueError()) == "ValueError"


def test_a_reason_is_never_long() -> None:
    assert len(reason(ValueError("x" * 5000))) == 300


def test_a_program_without_a_key_of_its_own_masks_all_the_same(settings: Settings) -> None:
    settings.SECRET_KEY = ""
    assert without_secrets("redis://:hunter2@cache refused") == "redis://***@cache refused"
