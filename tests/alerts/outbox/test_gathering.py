"""Messages about several alerts: groups and digests, from the rows to what a receiver gets."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts import gathering, serving
from alerts.delivery import claim, due_by_channel
from alerts.gathering import judge
from alerts.models import Alert, Channel, Notification, Rule
from alerts.outbox import deliver_due
from tests.alerts.outbox.hooks import a_webhook, arrived
from tests.alerts.rows import LEASE, an_alert, events, firing, reread, resolved
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def fires(name: str, channel: Channel, after: timedelta = timedelta(0), **fields: object) -> Notification:
    """An alert on an instance of its own, in the group of its rule."""
    at = NOW + after
    group = {"group_key": "rule=high_cpu_usage", "fingerprint": name, "subject": name}
    return firing(an_alert(at, **group | fields), channel, at)


def told(receiver: HTTPServer) -> list[list[tuple[str, str]]]:
    """Of each message the alerts that it names, and how they are."""
    bodies = [request.get_json() for request, response in receiver.log if response.status_code == 200]
    return [
        [(one["ahgd"]["subject"], one["ahgd"]["kind"])]
        if "members" not in one["ahgd"]
        else [(part["subject"], part["kind"]) for part in one["ahgd"]["members"]]
        for one in bodies
    ]


def test_the_first_goes_at_once_those_that_follow_in_one_message_later_ones_every_five_minutes(
    receiver: HTTPServer,
) -> None:
    channel = a_webhook(receiver)
    fires("a", channel)
    deliver_due(NOW)
    late = [fires(name, channel, 10 * SECOND) for name in ("b", "c")]
    deliver_due(NOW + 10 * SECOND)
    assert told(receiver) == [[("a", "firing")]]
    assert reread(late[0]).gate == "aggregation"

    deliver_due(NOW + 45 * SECOND)
    assert told(receiver)[1:] == [[("b", "firing"), ("c", "firing")]]
    assert [reread(row).state for row in late] == [State.SENT, State.NAMED]
    assert reread(late[1]).leader == late[0]
    assert events(late[1].alert, "notified") == ["hook: named in the message of high_cpu_usage on b"]

    fires("d", channel, MINUTE)
    deliver_due(NOW + MINUTE)
    assert len(told(receiver)) == 2
    deliver_due(NOW + 6 * MINUTE)
    assert told(receiver)[2:] == [[("d", "firing")]]


def test_a_message_about_several_alerts_says_so_in_every_field(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    fires("a", channel, severity=2, labels={"instance": "a", "env": "prod"})
    fires("b", channel, severity=4, labels={"instance": "b", "env": "prod"})
    deliver_due(NOW)

    (body,) = [request.get_json() for request, _ in receiver.log]
    assert [alert["labels"]["instance"] for alert in body["alerts"]] == ["a", "b"]
    assert len({alert["fingerprint"] for alert in body["alerts"]}) == 2
    assert body["commonLabels"] == {"env": "prod", "alertname": "high_cpu_usage", "severity": "critical"}
    assert body["text"].startswith("[Critical] high_cpu_usage: a and 1 more\n2 alerts:\n- [Medium] high_cpu_usage: a")


def test_ends_are_gathered_too_and_each_was_told_to_fire_before(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    rows = [fires(name, channel) for name in ("a", "b", "c")]
    deliver_due(NOW)
    for row in rows:
        resolved(row.alert, channel, NOW + MINUTE)
    deliver_due(NOW + MINUTE)

    assert told(receiver) == [[(name, kind) for name in "abc"] for kind in ("firing", "resolved")]


def test_what_is_over_before_its_groups_message_is_named_with_its_end_and_told_no_more(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    fires("a", channel)
    deliver_due(NOW)
    fires("b", channel, 5 * SECOND)
    short = fires("c", channel, 5 * SECOND)
    deliver_due(NOW + 5 * SECOND)
    end = resolved(short.alert, channel, NOW + 10 * SECOND)
    deliver_due(NOW + 10 * SECOND)
    deliver_due(NOW + 45 * SECOND)
    deliver_due(NOW + 50 * SECOND)

    assert told(receiver)[1:] == [[("b", "firing"), ("c", "resolved")]]
    assert (reread(end).state, reread(end).held_reason) == (State.WITHHELD, "it was told together with its firing")


def test_a_group_of_tags_has_its_own_messages(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    fires("a", channel, group_key="team=data")
    fires("b", channel, group_key="team=web")
    fires("c", channel, group_key="team=data")
    deliver_due(NOW)

    assert told(receiver) == [[("a", "firing"), ("c", "firing")], [("b", "firing")]]


def test_a_message_that_failed_is_tried_again_with_all_it_named(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    channel = a_webhook(httpserver)
    rows = [fires(name, channel) for name in ("a", "b")]
    deliver_due(NOW)
    assert [reread(row).state for row in rows] == [State.DUE, State.DUE]

    deliver_due(NOW + 2 * MINUTE)
    assert told(httpserver) == [[("a", "firing"), ("b", "firing")]]
    assert arrived(httpserver) == [str(rows[0].delivery_id)]


def test_what_was_tried_is_not_gathered_again_and_is_told_to_fire_before_its_end(
    httpserver: HTTPServer,
) -> None:
    for status in (200, 500, 200, 200, 200):
        httpserver.expect_ordered_request("/hook").respond_with_data("", status=status)
    channel = a_webhook(httpserver)
    fires("a", channel)
    deliver_due(NOW)
    late = fires("b", channel, SECOND)
    deliver_due(NOW + SECOND)
    deliver_due(NOW + 45 * SECOND)  # fails
    fires("worse", channel, MINUTE, severity=4)
    deliver_due(NOW + MINUTE)
    deliver_due(NOW + 2 * MINUTE)
    assert len(events(late.alert, "withheld")) == 1
    resolved(late.alert, channel, NOW + 3 * MINUTE)
    for minutes in (3, 10, 11, 20):
        deliver_due(NOW + minutes * MINUTE)

    assert told(httpserver) == [[("a", "firing")], [("worse", "firing")], [("b", "firing")], [("b", "resolved")]]


def test_a_message_names_so_many_and_the_next_one_those_that_are_left(
    receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_messages(monkeypatch)
    channel = a_webhook(receiver)
    fires("first", channel)
    deliver_due(NOW)
    for name in "abcde":
        fires(name, channel, SECOND)
    deliver_due(NOW + SECOND)
    assert len(told(receiver)) == 1

    deliver_due(NOW + 45 * SECOND)
    deliver_due(NOW + 50 * SECOND)
    assert [[name for name, _ in one] for one in told(receiver)[1:]] == [["a", "b", "c"], ["d", "e"]]


def test_a_digest_names_so_many_and_the_next_one_those_that_are_left(
    settings: Settings, receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(settings, global_rate_limit=1)
    small_messages(monkeypatch)
    channel = a_webhook(receiver)
    rows = [fires(name, channel, group_key="") for name in "abcdef"]
    deliver_due(NOW)
    deliver_due(NOW + SECOND)
    assert len(told(receiver)) == 1

    deliver_due(NOW + 61 * MINUTE)
    deliver_due(NOW + 61 * MINUTE + 2 * SECOND)
    assert [[name for name, _ in one] for one in told(receiver)[1:]] == [["b", "c", "d"], ["e", "f"]]
    assert [reread(row).is_digest for row in rows] == [False, True, False, False, True, False]


def small_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row of a batch, which takes two along."""
    monkeypatch.setattr(gathering, "MOST_MEMBERS", 2)
    monkeypatch.setattr(serving, "MOST_IN_BATCH", 1)


def test_a_message_whose_worker_was_lost_goes_again_as_it_went(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    rows = [fires(name, channel) for name in ("a", "b", "c")]
    (judged,) = judge(claim(due_by_channel(NOW)[channel.pk][:1], NOW), NOW)  # by a worker that is killed now
    assert len(judged.members) == 2
    assert deliver_due(NOW + SECOND) == 0

    deliver_due(NOW + LEASE)
    deliver_due(NOW + LEASE + 5 * SECOND)
    assert told(receiver) == [[("a", "firing"), ("b", "firing"), ("c", "firing")]]
    assert arrived(receiver) == [str(rows[0].delivery_id)]


def test_what_a_limit_withheld_is_named_in_one_digest_with_the_reason(settings: Settings, receiver: HTTPServer) -> None:
    configure(settings, global_rate_limit=2)
    channel = a_webhook(receiver)
    rows = [fires(name, channel, group_key="") for name in "abcd"]
    deliver_due(NOW)
    assert told(receiver) == [[("a", "firing")], [("b", "firing")]]
    assert events(rows[2].alert, "withheld")[0].startswith(
        "hook: global limit of 2 messages in 60 min: in the digest at"
    )

    over = resolved(rows[3].alert, channel, NOW + MINUTE)
    for minutes in (1, 31, 61, 90):
        deliver_due(NOW + minutes * MINUTE)
    assert told(receiver)[2:] == [[("c", "firing"), ("d", "resolved")]]
    body = receiver.log[-1][0].get_json()
    assert "withheld until now: 2 by the global limit" in body["text"]
    assert [reread(row).state for row in (*rows[2:], over)] == [State.SENT, State.NAMED, State.WITHHELD]
    assert reread(rows[2]).is_digest


def test_a_rules_own_limit_leaves_other_rules_alone(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    loud, calm = (Rule.objects.create(name=name, condition="value > 1", max_alerts_per_hour=1) for name in ("a", "b"))
    first, second = (firing(an_alert(NOW, rule=loud, fingerprint=name), channel, NOW) for name in "xy")
    other = firing(an_alert(NOW, rule=calm), channel, NOW)
    deliver_due(NOW)

    assert [reread(row).state for row in (first, second, other)] == [State.SENT, State.DUE, State.SENT]
    assert reread(second).gate == "rule limit"


def test_a_resolve_follows_a_digest_that_named_its_firing(settings: Settings, receiver: HTTPServer) -> None:
    configure(settings, global_rate_limit=1)
    channel = a_webhook(receiver)
    fires("a", channel, group_key="")
    late = fires("b", channel, group_key="")
    for minutes in (0, 61):
        deliver_due(NOW + minutes * MINUTE)
    end = resolved(late.alert, channel, NOW + 62 * MINUTE)
    deliver_due(NOW + 62 * MINUTE)

    assert reread(end).state == State.SENT
    assert told(receiver)[1:] == [[("b", "firing")], [("b", "resolved")]]


def test_two_workers_name_every_alert_once(receiver: HTTPServer) -> None:
    from tests.alerts.outbox.test_several_workers import together

    channel = a_webhook(receiver)
    for number in range(120):
        fires(f"n{number}", channel)
    together([lambda: deliver_due(NOW)] * 3)
    deliver_due(NOW + MINUTE)

    named = [subject for message in told(receiver) for subject, _ in message]
    assert sorted(named) == sorted(f"n{number}" for number in range(120))
    assert not Notification.objects.exclude(state__in=(State.SENT, State.NAMED)).exists()
    assert Alert.objects.filter(events__kind="notified").count() == 120
