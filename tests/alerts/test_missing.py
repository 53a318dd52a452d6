from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts.models import Alert, Instance, NoData, Rule
from monitoring.clock import to_ms
from monitoring.models import HealthCheckState, HealthRecord, Kind, Lease
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from tests.alerts.cycles import judge, live, told
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]
TEN = timedelta(seconds=10)


@pytest.fixture(autouse=True)
def reader(feed: Feed) -> None:
    judge(feed.now)


def wait(feed: Feed, span: timedelta, step: timedelta = timedelta(seconds=30)) -> None:
    """Cycles go on, samples do not."""
    end = feed.now + span
    while feed.now < end:
        feed.now += step
        judge(feed.now)


def test_by_default_silence_changes_nothing(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    live(feed, 90)
    wait(feed, timedelta(minutes=20))
    assert told() == ["opened"]


def test_silence_that_means_ok_resolves_and_says_why(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(no_data=NoData.OK)
    live(feed, 90)
    wait(feed, timedelta(minutes=4))
    assert Alert.objects.get().is_open
    wait(feed, timedelta(minutes=2))
    assert Alert.objects.get().resolved_reason == "no data"


def test_silence_that_alerts_opens_an_alert_of_a_series_that_was_fine(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(no_data=NoData.ALERT, no_data_after_seconds=60)
    live(feed, 20)
    wait(feed, timedelta(minutes=3))
    alert = Alert.objects.get()
    assert "no data" in alert.summary
    assert Instance.objects.get().state == "no_data"
    live(feed, 20)
    assert told() == ["opened", "resolved"]


def test_what_fired_before_it_fell_silent_is_the_same_alert(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(no_data=NoData.ALERT, no_data_after_seconds=60)
    live(feed, 90)
    wait(feed, timedelta(minutes=3))
    assert Instance.objects.get().state == "no_data"
    live(feed, 90)
    assert (Instance.objects.get().state, told()) == ("firing", ["opened"])


def test_a_series_that_vanished_while_others_report_resolves(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    for _ in range(5):
        feed(90, instance="gone")
        feed(20, passed=timedelta(0), instance="here")
        judge(feed.now)
    live(feed, *[20] * 5, instance="here")
    assert Alert.objects.get().is_open
    live(feed, *[20] * 3, instance="here")
    assert Alert.objects.get().resolved_reason == "missing series"


def test_a_slow_series_is_given_three_of_its_own_intervals(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    for _ in range(4):
        feed(90, passed=timedelta(minutes=1), instance="slow")
        judge(feed.now)
    live(feed, *[20] * 15, instance="quick")
    assert Alert.objects.get().is_open
    live(feed, *[20] * 5, instance="quick")
    assert Alert.objects.get().resolved_reason == "missing series"


@pytest.mark.parametrize("kind", [Kind.COUNTER, Kind.TIMING])
def test_where_nothing_happens_the_condition_is_false(make_rule: MakeRule, feed: Feed, kind: Kind) -> None:
    make_rule(condition="name == 'events' and value > 5")
    Storage().write([Sample(SeriesKey("events", (), kind), to_ms(feed.now), 9.0)])
    judge(feed.now)
    wait(feed, timedelta(minutes=4))
    assert Alert.objects.get().is_open
    wait(feed, timedelta(minutes=2))
    assert Alert.objects.get().resolved_reason == "nothing happened any more"


def test_after_our_own_outage_everybody_gets_time_to_report(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(no_data=NoData.OK)
    live(feed, 90)
    feed.now += timedelta(minutes=30)
    Lease.objects.update(finished_at=feed.now - timedelta(minutes=30))
    from alerts import evaluation

    evaluation.evaluate(feed.now)
    wait(feed, timedelta(minutes=4))
    assert Alert.objects.get().is_open
    wait(feed, timedelta(minutes=2))
    assert not Alert.objects.get().is_open


def test_a_check_that_is_not_run_any_more_is_silent_too(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="health_check and status == 'critical'", no_data=NoData.OK)
    state = HealthCheckState.objects.create(name="database", status="critical", checked_at=feed.now)
    HealthRecord.objects.create(state=state, at=to_ms(feed.now), status="critical", message="", duration_ms=3)
    judge(feed.now)
    wait(feed, timedelta(minutes=6))
    assert Alert.objects.get().resolved_reason == "no data"
