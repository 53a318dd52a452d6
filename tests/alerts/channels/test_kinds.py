from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from alerts.channels.base import PermanentFailure
from alerts.channels.kinds import TRANSPORTS, send
from alerts.models import Channel
from tests.alerts.told import Somewhere, a_message


def test_there_is_one_transport_for_each_kind_of_channel() -> None:
    assert sorted(each.kind for each in TRANSPORTS) == sorted(Channel.Kind.values)


def test_an_unknown_kind_is_a_look_up_error() -> None:
    with pytest.raises(LookupError):
        send(Somewhere("pigeon"), a_message())


@pytest.mark.parametrize(
    ("kind", "stored", "says"),
    [
        ("file", {"path": "../alerts.log"}, "may not hold"),
        ("email", {"recipients": []}, "Give 1 to 50 recipients"),
        ("webhook", {}, "Give the address"),
    ],
)
def test_stored_settings_that_cannot_work_are_a_permanent_failure(
    settings: Settings, kind: str, stored: dict[str, Any], says: str
) -> None:
    settings.EMAIL_HOST = "localhost"

    with pytest.raises(PermanentFailure, match=says):
        send(Somewhere(kind, stored), a_message())


def test_a_stored_secret_that_cannot_sign_is_a_permanent_failure() -> None:
    with pytest.raises(PermanentFailure, match="whsec_"):
        send(Somewhere("webhook", {"url": "https://example.com/hook"}, "hunter2"), a_message())


def test_a_secret_left_of_an_earlier_kind_is_in_nobodys_way(settings: Settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    (tmp_path / "logs").mkdir()

    send(Somewhere("file", secret="hunter2"), a_message())
    assert (tmp_path / "logs" / "alerts.log").exists()
