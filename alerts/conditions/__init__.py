"""The condition language of alert rules: one expression over the facts of a metric or a health check.

    condition = parse("name == 'cpu_usage_percent' and value > 80")
    condition.verdict(metric_facts(name="cpu_usage_percent", value=93.0, timestamp=0.0))  # Truth.TRUE

The text is read with `ast`, checked against a whitelist, rebuilt as a tree of our own and compiled from that; it is
never evaluated. No Django, no models, no clock.
"""

from .condition import Condition, parse
from .facts import Facts, Subject, cycle_facts, health_facts, metric_facts
from .refusals import ConditionRefused
from .selectors import Selector, Texts
from .thresholds import Direction, Threshold
from .values import ConditionBroken, Truth
from .windows import WindowRead, WindowReader

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
