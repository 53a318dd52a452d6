import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from pytest_django.fixtures import Settings

from monitoring.catalogue import CATALOGUE
from monitoring.clock import to_ms
from monitoring.exposition import render
from monitoring.families import label_set, metric_name
from monitoring.health.status import Overall
from monitoring.models import Kind, Status
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage
from tests.debian import program
from tests.monitoring.watching import result

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINE = Overall((result("database", Status.HEALTHY, NOW), result("disk", Status.WARNING, NOW)), NOW)
AWAY = Overall((result("database", Status.CRITICAL, NOW, blocks_readiness=True),), NOW)
PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def recorded(name: str, value: float, kind: Kind = Kind.GAUGE, seconds_ago: float = 1, **tags: str) -> None:
    Storage().write(
        [Sample(SeriesKey(name, sorted_tags(tags), kind), to_ms(NOW - timedelta(seconds=seconds_ago)), value)]
    )


def page(accept: str = "", overall: Overall = FINE) -> str:
    return render(accept, overall, NOW)[0].decode()


@pytest.mark.django_db
def test_the_latest_value_of_a_gauge_is_shown_with_its_tags() -> None:
    recorded("disk_usage_percent", 41.5, mount="/data", instance="ops-1")
    assert 'disk_usage_percent{instance="ops-1",mount="/data"} 41.5' in page()
    assert "# HELP disk_usage_percent Space in use on a disk." in page()
    assert "# TYPE disk_usage_percent gauge" in page()


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds_ago", "is_shown"), [(300, True), (301, False)])
def test_a_value_is_shown_for_five_minutes(seconds_ago: float, is_shown: bool) -> None:
    recorded("cpu_usage_percent", 12, seconds_ago=seconds_ago)
    assert ("\ncpu_usage_percent " in page()) is is_shown


@pytest.mark.django_db
def test_a_counter_is_its_sum_since_the_beginning_however_old_it_is() -> None:
    for seconds_ago in (4000, 3000):
        recorded("user_interactions_total", 3, Kind.COUNTER, seconds_ago, component="map")
    assert "# TYPE user_interactions_total counter" in page()
    assert 'user_interactions_total{component="map"} 6.0' in page()


@pytest.mark.django_db
def test_a_timing_is_a_histogram_since_the_beginning_and_its_slowest_a_gauge() -> None:
    for seconds in (0.2, 0.25, 3.0, 1000.0):
        recorded("page_load_duration_seconds", seconds, Kind.TIMING, page="home")
    families = {family.name: family for family in parse(page())}
    samples = {
        (sample.name.removeprefix("page_load_duration_seconds"), sample.labels.get("le")): sample.value
        for sample in families["page_load_duration_seconds"].samples
    }
    assert families["page_load_duration_seconds"].type == "histogram"
    assert [samples["_bucket", le] for le in ("0.125", "0.25", "0.5", "4.0", "128.0", "+Inf")] == [0, 2, 2, 3, 3, 4]
    assert (samples["_count", None], samples["_sum", None]) == (4, 1003.45)
    assert 'page_load_duration_seconds_max{page="home"} 1000.0' in page()


@pytest.mark.django_db
def test_two_names_that_become_one_of_different_kinds_are_one_family() -> None:
    recorded("a.b", 1, Kind.COUNTER)
    recorded("a-b", 2, Kind.GAUGE)
    assert page().count("# TYPE a_b") == 1


@pytest.mark.django_db
def test_names_and_tags_of_applications_become_valid_ones() -> None:
    recorded("patients-per.ward", 7, **{"ward.name": "A1", "__x": "1", "le": "2", "": "3", "9": 'ü\n"\\'})
    families = {family.name: family for family in parse(page())}
    (sample,) = families["patients_per_ward"].samples
    assert sample.labels == {"ward_name": "A1", "tag_x": "1", "tag_le": "2", "tag_": "3", "tag_9": 'ü\n"\\'}


@pytest.mark.django_db
def test_two_series_that_become_one_are_shown_once() -> None:
    recorded("a.b", 1, **{"x.y": "1"})
    recorded("a-b", 2, **{"x-y": "1"})
    assert page().count("\na_b{") == 1


@given(st.text())
def test_any_text_becomes_a_name_that_prometheus_takes(text: str) -> None:
    assert Metric(metric_name(text), "x", "gauge").name == metric_name(text)


@given(st.dictionaries(st.text(), st.text()))
def test_any_tags_become_labels_that_prometheus_takes(tags: dict[str, str]) -> None:
    labels = label_set(tags)
    assert all(label.isidentifier() and label.isascii() and not label.startswith("__") for label in labels)


@pytest.mark.django_db
def test_health_checks_are_shown() -> None:
    text = page()
    assert 'health_check_status{check="database"} 0.0' in text
    assert 'health_check_status{check="disk"} 1.0' in text
    assert 'health_check_duration_seconds{check="disk"} 0.0125' in text
    assert "ahgd_ops_database_reachable 1.0" in text


def test_without_a_database_there_is_a_page_that_says_so() -> None:
    text = page(overall=AWAY)  # pytest-django would refuse any access
    assert "ahgd_ops_database_reachable 0.0" in text
    assert "python_info" in text  # what needs no table is there


class Broken:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("half", "x", 1)
        raise RuntimeError("no more")


@pytest.mark.django_db
def test_a_collector_that_fails_leaves_the_others_alone(settings: Settings) -> None:
    settings.EXPOSITION_COLLECTORS = (f"{__name__}.Broken", "alerts.exposition.AlertsCollector")
    text = page()
    assert "half" not in text
    assert "ahgd_ops_rules_broken" in text


@pytest.mark.django_db
def test_a_recorded_series_wins_over_a_family_of_the_same_name() -> None:
    recorded("process_resident_memory_bytes", 5, process="web-1")
    assert page().count("# TYPE process_resident_memory_bytes ") == 1
    assert 'process_resident_memory_bytes{process="web-1"} 5.0' in page()


@pytest.mark.django_db
def test_with_several_web_processes_their_files_are_summed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = "import prometheus_client as p; p.Counter('django_visits', 'Visits.').inc(2)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", written], check=True, env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)})
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert "django_visits_total 4.0" in page()


@pytest.mark.django_db
def test_openmetrics_is_what_its_own_parser_reads() -> None:
    recorded("cpu_usage_percent", 12, instance="ops-1")
    body, content_type = render(PROMETHEUS, FINE, NOW)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in parse_openmetrics(body.decode())}
    assert (families["cpu_usage_percent"].unit, families["cpu_usage_percent"].samples[0].value) == ("percent", 12)


@pytest.mark.django_db
@pytest.mark.debian("prometheus")
def test_promtool_finds_nothing_to_say() -> None:
    for definition in CATALOGUE:
        recorded(definition.name, 1, Kind(definition.kind), **dict.fromkeys(definition.tags, "x"), instance="ops-1")
    promtool = program("promtool")
    assert promtool is not None
    done = subprocess.run([promtool, "check", "metrics"], input=page(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
