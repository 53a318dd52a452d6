"""The example, as its users have it: the plain wheel beside Streamlit, in an environment of its own."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from ahgd_ops.access import tokens
from monitoring.health.data.checks import DataFileCheck
from monitoring.models import Series, Status
from tests.checkout import PROJECT_DIR
from tests.packaging.conftest import Environment
from tests.people import person

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]
EXAMPLE = PROJECT_DIR / "examples" / "health_dashboard"
RULES: dict[str, dict[str, Any]] = json.loads((EXAMPLE / "rules.json").read_text())
FLAWS = {
    "seifa_*.parquet": "sa2_code",
    "phidu_*.parquet": "prevalence_percent goes up to 1",
    "aihw_*.parquet": "of rate is null, at most 1.0% expected",
    "abs_*_sa2.parquet": "sa2_code begins at",
}


def generate(directory: Path, *options: str) -> Path:
    command = [sys.executable, EXAMPLE / "generate.py", directory, "--areas", "120", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("health-data"))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("sound-data"), "--sound")


def test_the_same_seed_gives_the_same_data(data: Path, tmp_path: Path) -> None:
    again = generate(tmp_path / "again")
    other = generate(tmp_path / "other", "--seed", "7")
    for file in data.glob("*.parquet"):
        assert (again / file.name).read_bytes() == file.read_bytes()
        assert (other / file.name).read_bytes() != file.read_bytes()


@pytest.mark.parametrize("pattern", RULES)
def test_the_data_checks_find_each_known_flaw(data: Path, pattern: str, settings: Settings) -> None:
    found = _checked(data, pattern, settings)
    assert found.status is Status.CRITICAL
    assert FLAWS[pattern] in found.message


@pytest.mark.parametrize("pattern", RULES)
def test_sound_data_keeps_its_rules(sound: Path, pattern: str, settings: Settings) -> None:
    found = _checked(sound, pattern, settings)
    assert (found.status, found.message) == (Status.HEALTHY, "1 files keep their rules")


def _checked(data: Path, pattern: str, settings: Settings) -> Any:
    settings.CONFIG = replace(settings.CONFIG, data_dirs=(data,))
    return DataFileCheck(pattern=pattern, rules=RULES[pattern]).find(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_every_page_works_and_what_it_measures_arrives(
    dashboard: Environment, data: Path, live_server: LiveServer, tmp_path: Path
) -> None:
    token = tokens.issue("dashboard", ["metrics:write"], person("Administrator"))[1]
    visit = str(Path(__file__).parent / "dashboard_visit.py")
    variables = {"AHGD_PUSH_URL": live_server.url, "AHGD_PUSH_TOKEN": token, "AHGD_INSTANCE": "example"}
    variables |= {"HEALTH_DATA_DIR": str(data), "AHGD_CACHE_DIR": str(tmp_path / "cache")}
    found = json.loads(dashboard.run("python", visit, str(EXAMPLE / "app.py"), **variables))
    assert [seen["errors"] for seen in found.values()] == [[]] * len(found)
    assert found["Overview"]["title"] == "Health in ACT"
    assert found["Trends"]["charts"] == found["Inequality"]["charts"] == 2
    assert found["Areas"]["rows"] == [7]
    assert found["Records"]["rows"] == [100]
    assert found["last page"]["first"] != found["Records"]["first"]
    assert found["Victoria"]["title"] == "All records of VIC"
    assert (found["kept"]["title"], found["kept"]["session"]) == ("Health in VIC", 1)
    assert found["another visitor"]["title"] == "Health in ACT"
    _expect_series()


def _expect_series() -> None:
    """What the guide's names record, of each kind that the dashboard uses."""
    tags: dict[str, list[dict[str, str]]] = {}
    for name, found in Series.objects.values_list("metric__name", "tags"):
        tags.setdefault(name, []).append(found)
    pages = {one.get("page") for one in tags["page_load_duration_seconds"]}
    assert pages >= {f"dashboard-{page}" for page in ("overview", "trends", "areas", "inequality", "records")}
    assert {one["function"] for one in tags["function_duration_seconds"]} == {"inequality"}
    interactions = {(one["interaction"], one["component"]) for one in tags["user_interactions_total"]}
    assert interactions == {("navigate", "sidebar"), ("page", "records"), ("filter", "state")}
    assert {one["tier"] for one in tags["cache_hits_total"]} >= {"memory", "session", "file"}
    for name in ("dashboard_sessions", "dashboard_rows_shown", "dashboard_visits_total", "db_query_duration_seconds"):
        assert tags[name]
    assert {one["process"] for one in tags["process_resident_memory_bytes"]} == {"dashboard"}


def test_without_data_it_says_how_to_make_it(dashboard: Environment, tmp_path: Path) -> None:
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(EXAMPLE / 'app.py')!r}).run(timeout=100)\n"
        "print(app.error[0].value, len(app.exception))"
    )
    said = dashboard.run("python", "-c", code, HEALTH_DATA_DIR=str(tmp_path), AHGD_STATE_DIR=str(tmp_path))
    assert "python generate.py" in said
    assert said.strip().endswith(" 0")
