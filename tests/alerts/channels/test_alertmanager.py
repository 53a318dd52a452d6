import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.channels import PermanentFailure, Receipt, kinds
from alerts.channels.alertmanager import AlertmanagerTransport, labels_of, posted
from alerts.channels.base import Message, SettingsRefused
from tests.alerts.told import LOOPBACK, NOW, Somewhere, a_message, configure
from tests.journeys.asking import ask, wait_until
from tests.servers import free_port

WEEK = timedelta(days=7)
LABELS = {"instance": "web", "service.name": "portal", "9lives": "cat", "none": ""}


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Settings) -> None:
    configure(settings, webhook_allow=LOOPBACK)


def send(url: str, message: Message | None = None, secret: str = "", **more: Any) -> Receipt:
    return kinds.send(Somewhere("alertmanager", {"url": url} | more, secret), message or a_message())


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Debian's Alertmanager, which tells nobody."""
    program = shutil.which("prometheus-alertmanager")
    assert program is not None
    directory, port = tmp_path_factory.mktemp("alertmanager"), free_port()
    (directory / "rules.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    command = [
        program,
        f"--config.file={directory / 'rules.yml'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with subprocess.Popen(command, cwd=directory) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: is_ready(port) or process.poll() is not None, 60, lambda: "for Alertmanager")
            yield url
        finally:
            process.terminate()


def is_ready(port: int) -> bool:
    try:
        return ask(port, "/-/ready")[0] == 200
    except OSError:
        return False


def firing(url: str, subject: str) -> list[dict[str, Any]]:
    """What Alertmanager holds for active, of one subject."""
    _, body = ask(int(url.rpartition(":")[2]), "/api/v2/alerts?active=true")
    return [alert for alert in json.loads(body) if alert["labels"]["subject"] == subject]


@pytest.mark.debian("prometheus-alertmanager")
def test_alertmanager_holds_what_fires_until_it_resolves(alertmanager: str) -> None:
    now = datetime.now(UTC)
    fires = a_message(subject="life", opened_at=now - timedelta(minutes=30), attempted_at=now, labels=LABELS)
    send(alertmanager, fires)
    wait_until(lambda: firing(alertmanager, "life"), 30, lambda: "for the alert")
    (held,) = firing(alertmanager, "life")
    assert held["labels"]["alertname"] == "high_cpu_usage"
    assert held["labels"]["service_name"] == "portal"
    assert held["annotations"]["summary"] == "CPU is at 93.5 %"
    assert held["generatorURL"] == fires.url

    send(alertmanager, replace(fires, kind="resolved", resolved_at=now, severity="critical"))
    wait_until(lambda: not firing(alertmanager, "life"), 30, lambda: "for its end")


@pytest.mark.debian("prometheus-alertmanager")
def test_an_alert_that_is_told_twice_is_one(alertmanager: str) -> None:
    now = datetime.now(UTC)
    for severity in ("medium", "critical"):
        send(alertmanager, a_message(subject="twice", opened_at=now, attempted_at=now, severity=severity))
    wait_until(lambda: firing(alertmanager, "twice"), 30, lambda: "for the alert")
    assert len(firing(alertmanager, "twice")) == 1


def test_labels_are_ones_that_every_alertmanager_takes_and_equal_for_the_whole_life() -> None:
    fires = a_message(labels=LABELS, severity="medium")
    ends = a_message(labels=LABELS, severity="critical", kind="resolved", resolved_at=NOW)
    assert labels_of(fires) == labels_of(ends)
    assert labels_of(fires) == {
        "instance": "web",
        "service_name": "portal",
        "_9lives": "cat",
        "alertname": "high_cpu_usage",
        "subject": "cpu_usage_percent{instance=web}",
    }


def test_what_fires_is_said_to_last_and_what_resolved_ended_when_it_did() -> None:
    assert posted(a_message(), WEEK)["endsAt"] == (NOW + WEEK).isoformat()
    assert posted(a_message(kind="resolved", resolved_at=NOW), WEEK)["endsAt"] == NOW.isoformat()


@pytest.mark.parametrize("given", ["", "/", "/api/v2/alerts", "/alertmanager"])
def test_the_path_of_the_interface_is_added(httpserver: HTTPServer, given: str) -> None:
    path = "/alertmanager/api/v2/alerts" if given == "/alertmanager" else "/api/v2/alerts"
    httpserver.expect_oneshot_request(path, method="POST").respond_with_data("")
    assert send(httpserver.url_for(given)).answer == "200 OK"


@pytest.mark.parametrize(
    ("secret", "header"),
    [("kim:pw", "Basic " + base64.b64encode(b"kim:pw").decode()), ("t0ken", "Bearer t0ken"), ("", None)],
)
def test_it_authenticates_by_user_or_token(httpserver: HTTPServer, secret: str, header: str | None) -> None:
    httpserver.expect_oneshot_request("/api/v2/alerts").respond_with_data("")
    send(httpserver.url_for("/"), secret=secret)
    assert httpserver.log[0][0].headers.get("Authorization") == header


def test_a_private_address_has_to_be_allowed(settings: Settings) -> None:
    configure(settings, webhook_allow=())
    with pytest.raises(PermanentFailure, match="AHGD_WEBHOOK_ALLOW"):
        send("http://10.0.0.1:9093")


@pytest.mark.parametrize("hours", [0, 9000, "8", True])
def test_how_long_an_alert_lasts_is_bounded(hours: object) -> None:
    with pytest.raises(SettingsRefused, match="lasts_hours"):
        AlertmanagerTransport().check({"url": "https://example.com", "lasts_hours": hours})


def test_a_secret_that_could_break_the_header_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="user:password"):
        AlertmanagerTransport().check_secret("a\nX-Evil: 1")
