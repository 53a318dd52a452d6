"""Imports of models stand inside the fixtures: pytest loads this file before Django is set up."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alerts.models import Channel, Rule
    from tests.alerts.feed import Feed

CONDITION = "name == 'cpu_usage_percent' and value > 80"


@pytest.fixture(autouse=True)
def fresh_evaluator() -> None:
    """What an evaluator keeps from cycle to cycle is of another database, once a test is over."""
    from alerts import evaluation, roster

    roster.forget()
    evaluation.forget()


@pytest.fixture
def log_channel(db: None) -> "Channel":
    from alerts.models import Channel

    return Channel.objects.create(name="log", kind=Channel.Kind.LOG)


@pytest.fixture
def make_rule(log_channel: "Channel") -> "Callable[..., Rule]":
    """A rule on CPU that tells the log, unless said otherwise."""
    from alerts.models import Rule

    def make(name: str = "high_cpu", **fields: object) -> Rule:
        rule = Rule.objects.create(**{"name": name, "condition": CONDITION, **fields})
        rule.channels.add(log_channel)
        return rule

    return make


@pytest.fixture
def feed(db: None) -> "Feed":
    from tests.alerts.feed import Feed

    return Feed()
