"""What alerting tells of itself on /metrics."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from alerts import escalation
from alerts.models import Rule
from monitoring.health import read_jobs


class AlertsCollector:
    """How long ago the rules were judged, how many of them cannot be, and how many escalation steps are overdue."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        job = read_jobs().get("evaluate")
        if job is not None and job.finished_at is not None:
            age_seconds = max(0.0, (self.now - job.finished_at).total_seconds())
            text = "Time since the rules were last judged."
            yield GaugeMetricFamily("ahgd_ops_evaluation_age_seconds", text, age_seconds, unit="seconds")
        broken = Rule.objects.filter(enabled=True).exclude(broken_reason="").count()
        overdue = len(escalation.overdue(self.now))
        yield GaugeMetricFamily("ahgd_ops_escalations_overdue", "Escalation steps that should have run.", overdue)
        yield GaugeMetricFamily("ahgd_ops_rules_broken", "Enabled rules that cannot be judged.", broken)
