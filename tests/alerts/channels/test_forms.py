from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.channels import validate_secret, validate_settings

SECRET = "whsec_" + "QUJD" * 8


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("log", {}),
        ("console", {}),
        ("file", {}),
        ("file", {"path": "logs/alerts.jsonl", "max_size_mb": 0.5, "backups": 0}),
        ("email", {"recipients": ["kim@example.com", "lee@example.com"]}),
        ("webhook", {"url": "https://example.com/hook"}),
    ],
)
def test_settings_that_can_work_are_accepted(kind: str, settings: dict[str, Any]) -> None:
    validate_settings(kind, settings)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("log", {"path": "x"}, "'path' is not a setting of log channels. Known: none."),
        ("file", {"paht": "x.log"}, "Did you mean 'path'?"),
        ("email", {"recipient": ["kim@example.com"]}, "Did you mean 'recipients'?"),
        ("email", {}, "Give 1 to 50 recipients"),
        ("email", {"recipients": []}, "Give 1 to 50 recipients"),
        ("email", {"recipients": "kim@example.com"}, "as a list"),
        ("email", {"recipients": ["kim@example.com"] * 51}, "Give 1 to 50 recipients"),
        ("email", {"recipients": ["kim"]}, "'kim' is not an e-mail address."),
        ("email", {"recipients": [["kim@example.com"]]}, "is not an e-mail address."),
        ("webhook", {}, "Give the address"),
        ("webhook", {"url": "ftp://example.com"}, "has to start with https://"),
        ("webhook", {"url": "http://127.0.0.1:9000/"}, "AHGD_WEBHOOK_ALLOW"),
        ("webhook", {"url": "https://example.com", "secret": "x"}, "'secret' is not a setting"),
        ("webhook", ["https://example.com"], "have to be a JSON object"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_to_change(kind: str, settings: Any, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_settings(kind, settings)
    assert says in refused.value.messages[0]


@pytest.mark.parametrize("kind", ["log", "console", "file", "email"])
def test_a_secret_without_a_use_is_refused(kind: str) -> None:
    validate_secret(kind, "")
    with pytest.raises(ValidationError, match="uses no secret"):
        validate_secret(kind, SECRET)


def test_a_secret_of_a_webhook_has_to_be_able_to_sign() -> None:
    validate_secret("webhook", SECRET)
    with pytest.raises(ValidationError, match="whsec_"):
        validate_secret("webhook", "hunter2")
