import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections

from alerts import escalation, lifecycle
from alerts.acknowledging import acknowledge, lapse
from alerts.models import Alert, Escalation
from tests.alerts.escalation.policies import a_policy, escalating_alert, told
from tests.alerts.rows import events
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOW + timedelta(minutes=15)


def at_once(*calls: object) -> list[object]:
    """What each call gave, or raised, when all began together, each on a connection of its own."""
    begin = threading.Barrier(len(calls))
    found: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        begin.wait()
        try:
            found[place] = calls[place]()  # type: ignore[operator]  # they are callables of several kinds
        except lifecycle.AlreadyResolved as late:
            found[place] = late
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_sweeps_at_once_run_each_step_exactly_once() -> None:
    policy = a_policy(15, 60)
    alerts = [escalating_alert(policy, NOW, name=f"rule-{number}") for number in range(6)]
    ran = at_once(*[lambda: escalation.sweep(DUE)] * 4)
    assert sum(ran) == len(alerts)  # type: ignore[arg-type]  # each sweep gives a number
    assert [told(alert) for alert in alerts] == [["step-1"]] * len(alerts)
    assert Escalation.objects.filter(position=1).count() == len(alerts)


def test_the_auditor_and_a_sweep_at_once_run_a_step_once() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    late = DUE + timedelta(hours=1)
    at_once(lambda: escalation.sweep(late), lambda: escalation.audit(late))
    assert told(alert) == ["step-1"]


def test_an_acknowledge_at_the_same_moment_comes_before_or_after_the_step() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(NOW)
    kim = User.objects.create_user("kim")
    at_once(lambda: escalation.sweep(DUE), lambda: acknowledge(alert, kim, "on it", DUE))
    assert escalation.sweep(DUE + timedelta(hours=9)) == 0
    happened = list(alert.events.filter(kind__in=("acknowledged", "escalated")).values_list("kind", flat=True))
    assert happened in (["acknowledged"], ["escalated", "acknowledged"])


def test_an_acknowledge_lapses_once() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    acknowledge(alert, User.objects.create_user("kim"), "on it", NOW, timedelta(minutes=1))
    assert sorted(at_once(*[lambda: lapse(DUE)] * 3)) == [0, 0, 1]  # type: ignore[type-var]  # numbers
    assert len(events(Alert.objects.get(), "unacknowledged")) == 1
