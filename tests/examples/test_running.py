"""Where the demo runs, what it leaves alone, and what is said where it cannot run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from examples.demo import history, incident, rows, running
from examples.demo.place import ConsoleRefused, Place
from monitoring.keeping import sealing
from monitoring.models import MetricChunk, MetricSnapshot

NOBODY = "http://127.0.0.1:1"


@pytest.mark.django_db(transaction=True)
def test_a_history_that_was_cut_off_goes_on_where_it_was_though_some_is_sealed(place: Place) -> None:
    now = timezone.now()
    end_ms = int(now.timestamp() * 1000)
    place.history_file.write_text(str(end_ms))
    assert history.push(place, end_ms, hours=2) == 115 * 13
    assert sum(sealing.seal(now)) > 0

    demo = running.Demo(place)
    assert demo.push_history(hours=3) == 60 * 13
    assert demo.push_history(hours=3) == 0
    rows.forget()
    assert not MetricChunk.objects.exists()
    assert not MetricSnapshot.objects.exists()


def test_a_port_that_is_taken_is_said_and_nothing_is_touched(live_server: LiveServer, tmp_path: Path) -> None:
    taken = Place(tmp_path / "state", live_server.url, NOBODY)
    with pytest.raises(ConsoleRefused, match=r"Something answers at .* AHGD_PORT"), running.Demo(taken):
        raise AssertionError("it has begun")
    assert not taken.state_dir.exists()


@pytest.mark.parametrize("act", [running.remove, lambda place: incident.run(place, print)])
def test_where_there_is_no_demo_it_says_so(act: Callable[[Place], object], tmp_path: Path) -> None:
    with pytest.raises(ConsoleRefused, match="There is no demo in"):
        act(Place(tmp_path, NOBODY, NOBODY))
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_people_use_is_the_demos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://production/ops")
    monkeypatch.setenv("AHGD_ALERT_WEBHOOK_URLS", "https://on-call.example.org/")
    monkeypatch.setenv("AHGD_HEALTH_PORT", "8599")
    place = Place(tmp_path, "http://localhost:8513", NOBODY)
    for environment in (place.environment, place.dashboard_environment):
        assert environment.keys() & {"DATABASE_URL", "AHGD_ALERT_WEBHOOK_URLS"} == set()
    assert place.environment["AHGD_PORT"] == "8513"
    assert place.environment["AHGD_HEALTH_PORT"] == "8599"
