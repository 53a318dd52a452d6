"""One rule, ``bench_value > 80``, written for ours and for Prometheus."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

METRIC = "bench_value"
CALM, HIGH, LIMIT = 10.0, 95.0, 80.0
OURS = "ours"
PEER = "scraped every 10 s"
QUICK_PEER = "scraped every 5 s"
_SCRAPE_INTERVALS = {PEER: "10s", QUICK_PEER: "5s"}  # the tags of trials: job and trial


def our_rows(webhook_url: str) -> list[dict[str, Any]]:
    """The rule and its channel. The number of messages in an hour and repeats are no part of the question."""
    now = datetime.now(UTC).isoformat()
    made = {"created_at": now, "updated_at": now}
    channel = {"name": "bench", "kind": "webhook", "settings": {"url": webhook_url}, **made}
    rule = {
        "name": "bench",
        "condition": f"name == '{METRIC}' and value > {LIMIT:g}",
        "for_seconds": 0,
        "cooldown_minutes": 0,
        "max_alerts_per_hour": 100_000,
        "channels": [1000],
        **made,
    }
    return [
        {"model": "ahgd_alerts.channel", "pk": 1000, "fields": channel},
        {"model": "ahgd_alerts.rule", "pk": 1000, "fields": rule},
    ]


def scrape_configs(trials: Sequence[str], exporter_port: int) -> list[dict[str, Any]]:
    """One target for each trial, and so a phase for each: Prometheus derives it from the target's labels."""
    address = [f"127.0.0.1:{exporter_port}"]
    targets = [{"targets": address, "labels": {"trial": trial, "__metrics_path__": f"/{trial}"}} for trial in trials]
    return [
        {"job_name": job, "scrape_interval": interval, "static_configs": targets}
        for job, interval in _SCRAPE_INTERVALS.items()
    ]


def their_groups(trials: Sequence[str]) -> list[dict[str, Any]]:
    """One group for each trial, with a phase of its own too."""
    return [
        {"name": trial, "rules": [{"alert": "bench", "expr": f'{METRIC}{{trial="{trial}"}} > {LIMIT:g}'}]}
        for trial in trials
    ]
