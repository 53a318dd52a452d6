"""The dashboard asks for metrics that there are."""

import json
import re

from monitoring.catalogue import find
from tests.checkout import PROJECT_DIR

DASHBOARD = json.loads((PROJECT_DIR / "deploy/prometheus/grafana-dashboard.json").read_text(encoding="utf-8"))
ELSEWHERE = {"health_check_status"}  # of /metrics itself: docs/reference/health.md
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def metrics() -> set[str]:
    """Names in the queries of all panels."""
    names = {name for query in QUERIES for name in re.findall(r"\b[a-z]+_[a-z_]+\b", query)} - {"histogram_quantile"}
    return {re.sub(r"(seconds)_(bucket|sum|count|max)$", r"\1", name) for name in names}


def test_every_metric_of_the_dashboard_is_declared() -> None:
    assert {name for name in metrics() - ELSEWHERE if find(name) is None} == set()


def test_no_panel_sums_what_hosts_that_share_a_redis_say_each() -> None:
    assert [query for query in QUERIES if re.search(r"sum\b.*cache_(entries|size_bytes)", query)] == []


def test_each_panel_has_a_place_of_its_own() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
