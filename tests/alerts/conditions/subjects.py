"""Subjects that the tests of conditions are judged on."""

from alerts.conditions import Condition, ConditionBroken, Facts, Truth, health_facts, metric_facts, parse
from alerts.conditions.windows import WindowRead

AT = 1_760_000_000.0

METRIC = metric_facts(
    name="memory_usage_percent",
    value=90.0,
    category="system",
    tags={"env": "prod", "mount": "/data", "port": "80"},
    metadata={"unit": "percent", "limit": 80, "strict": True, "nothing": None, "hosts": ["a"], "huge": 10**400},
    timestamp=AT,
)
HEALTH = health_facts(
    name="database",
    status="critical",
    message="Connection refused by db-1",
    duration_ms=120.5,
    metadata={"attempts": 3},
    timestamp=AT,
)


def judged(text: str, facts: Facts = METRIC) -> Truth:
    return parse(text).verdict(facts)


def reason_broken(text: str, facts: Facts = METRIC) -> str:
    """Why the condition is broken on these facts; fails when it is not."""
    condition: Condition = parse(text)
    try:
        verdict = condition.verdict(facts)
    except ConditionBroken as broken:
        return broken.reason
    raise AssertionError(f"{text} was {verdict}")


class Answers:
    """A window reader that answers from a table and remembers what it was asked."""

    def __init__(self, answer: float | None) -> None:
        self.answer = answer
        self.asked: list[WindowRead] = []

    def read(self, question: WindowRead, facts: Facts) -> float | None:
        self.asked.append(question)
        return self.answer
