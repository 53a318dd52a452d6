from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from alerts.models import Channel, Rule
from alerts.rulefiles import versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(make_rule: Callable[..., Rule]) -> Rule:
    """A rule with 80, that told the log and had a case; then with 99, telling mail."""
    rule = make_rule(for_seconds=60)
    rule.cases.create(name="busy", series="cpu_usage_percent 85x10")
    rule.condition, rule.for_seconds = rule.condition.replace("80", "99"), 0
    rule.save()
    rule.channels.set([Channel.objects.create(name="mail", kind="email")])
    return rule


def first(rule: Rule) -> versions.Version:
    """The oldest version that had its channel."""
    return next(one for one in reversed(versions.versions(rule.name)) if one.row.channels.exists())


def test_a_restored_rule_is_what_it_was_and_keeps_its_cases(edited: Rule) -> None:
    versions.restore(edited.name, first(edited))
    rule = Rule.objects.get(pk=edited.pk)
    assert "value > 80" in rule.condition
    assert rule.for_seconds == 60
    assert [channel.name for channel in rule.channels.all()] == ["log"]
    assert rule.cases.get().name == "busy"
    assert LogEntry.objects.get_for_object(rule).filter(additional_data__action__startswith="restored version").exists()


def test_a_deleted_rule_comes_back(edited: Rule) -> None:
    version = first(edited)
    edited.delete()
    assert "value > 80" in versions.restore("high_cpu", version).condition


def test_a_version_that_told_a_channel_that_is_gone_is_refused(edited: Rule) -> None:
    version = first(edited)
    Channel.objects.get(name="log").delete()
    with pytest.raises(versions.VersionUnusable, match="there is no channel"):
        versions.restore(edited.name, version)


def test_the_admin_shows_what_would_change_and_restores_it(client: Client, edited: Rule) -> None:
    client.force_login(User.objects.create_superuser("root"))
    address = reverse("admin:ahgd_alerts_rule_restore", args=[edited.pk, first(edited).number])
    history = client.get(reverse("admin:ahgd_alerts_rule_history", args=[edited.pk])).content.decode()
    assert f"{first(edited).number}/restore/" in history
    assert "+condition: name == &#x27;cpu_usage_percent&#x27; and value &gt; 80" in client.get(address).content.decode()
    edited.refresh_from_db()
    assert "value > 99" in edited.condition
    page = client.post(address, follow=True).content.decode()
    assert "The rule high_cpu is as it was on" in page
    edited.refresh_from_db()
    assert "value > 80" in edited.condition
    assert edited.history.latest().history_user.username == "root"


def test_who_may_not_change_rules_may_not_restore_them(client: Client, edited: Rule) -> None:
    client.force_login(User.objects.create_user("reader", is_staff=True))
    address = reverse("admin:ahgd_alerts_rule_restore", args=[edited.pk, first(edited).number])
    assert client.post(address).status_code == 403
    assert b"/restore/" not in client.get(reverse("admin:ahgd_alerts_rule_history", args=[edited.pk])).content
