"""The condition language of alert rules: one expression over the facts of a metric or a health check.

    condition = parse("name == 'cpu_usage_percent' and value > 80")
    condition.verdict(metric_facts(name="cpu_usage_percent", value=93.0, timestamp=0.0))  # Truth.TRUE

The text is read with ``ast``, checked against a whitelist, rebuilt as a tree of our own and compiled from that; it is
never evaluated. No Django, no models, no clock.
"""

from alerts.conditions.condition import Condition, parse
from alerts.conditions.facts import Facts, Subject, WindowReader, cycle_facts, health_facts, metric_facts
from alerts.conditions.refusals import ConditionRefused
from alerts.conditions.selectors import Selector, Texts
from alerts.conditions.thresholds import Direction, Threshold
from alerts.conditions.values import ConditionBroken, Truth
from alerts.conditions.windows import WindowRead

__all__ = [
    "Condition",
    "ConditionBroken",
    "ConditionRefused",
    "Direction",
    "Facts",
    "Selector",
    "Subject",
    "Texts",
    "Threshold",
    "Truth",
    "WindowRead",
    "WindowReader",
    "cycle_facts",
    "health_facts",
    "metric_facts",
    "parse",
]
