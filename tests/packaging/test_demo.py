"""``scripts/demo`` as a whole: a console, a dashboard, history and somebody who looks at both in Chromium."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from examples.demo import running, visitor
from examples.demo.place import Place
from examples.demo.running import Demo
from tests.journeys.asking import wait_until
from tests.packaging.conftest import Environment
from tests.servers import free_port

pytestmark = [pytest.mark.once, pytest.mark.debian("chromium"), pytest.mark.timeout(400)]
PATIENCE_SECONDS = 90
SAMPLES = 55 * 13  # of an hour


@pytest.fixture
def demo(tmp_path: Path, dashboard: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """In a place where one before was killed on its bad day."""
    monkeypatch.setenv("AHGD_HEALTH_PORT", str(free_port()))
    place = Place(tmp_path, f"http://localhost:{free_port()}", f"http://localhost:{free_port()}")
    place.data_dir.mkdir()
    (place.data_dir / "bad_day.json").write_text("{}")
    python = str(dashboard.directory / "bin" / "python")
    with Demo(place, areas=120, has_visitor=False, dashboard_python=python) as demo:
        yield demo


def test_a_visitor_is_watched_beside_a_history_that_says_so_and_goes(demo: Demo) -> None:
    place = demo.place
    assert [path.name for path in place.data_dir.glob("bad_day*")] == []
    assert demo.push_history(hours=1) == SAMPLES
    assert demo.push_history(hours=1) == 0
    visitor.wander(place.dashboard_url, clicks=5, pause_seconds=0, chance=random.Random(1))  # noqa: S311  (no secret)
    pages = ("page_load_duration_seconds", "%dashboard-%")
    wait_until(lambda: _series(place, *pages, is_made_up=False) == 5, PATIENCE_SECONDS)
    assert _series(place, *pages, is_made_up=True) == 5

    link = (place.state_dir / "sign-in-link").read_text().split()[-1]
    with sync_playwright() as playwright:
        browser = visitor.launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.goto(link)
        page.goto(f"{place.console_url}/ops/")
        page.get_by_text("There is demo data").wait_for()
        assert "--remove once more" in running.remove(place)
        page.reload()
        page.get_by_role("heading", level=1).wait_for()
        assert page.get_by_text("There is demo data").count() == 0
        browser.close()
    assert _series(place, "%", "%", is_made_up=True) == 0
    assert _series(place, *pages, is_made_up=False) == 5


def _series(place: Place, metric: str, tags: str, is_made_up: bool) -> int:
    """How many of the console's database are like that."""
    with closing(sqlite3.connect(place.state_dir / "ops.sqlite3", timeout=PATIENCE_SECONDS)) as database:
        rows = database.execute(
            "SELECT tags LIKE '%made up%' FROM ahgd_monitoring_series AS series JOIN ahgd_monitoring_metric AS metric"
            " ON metric.id = series.metric_id WHERE name LIKE ? AND tags LIKE ?",
            (metric, tags),
        ).fetchall()
    return sum(bool(found) == is_made_up for (found,) in rows)
