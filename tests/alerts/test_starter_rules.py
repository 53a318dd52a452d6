import dataclasses
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from alerts import starter_rules
from alerts.conditions import parse
from alerts.models import Channel, Rule, Severity
from alerts.wording import check_template

pytestmark = pytest.mark.django_db
Configure = Callable[..., None]


@pytest.fixture
def configure(settings: Settings) -> Configure:
    def change(**fields: object) -> None:
        settings.CONFIG = dataclasses.replace(settings.CONFIG, **fields)

    return change


ALL = (*starter_rules.DEFAULT, *starter_rules.production(72.5, 1000))


@pytest.mark.parametrize("starter", ALL, ids=lambda starter: starter.name)
def test_every_starter_rule_is_one_that_could_be_saved(starter: starter_rules.Starter) -> None:
    parse(starter.condition)
    check_template(starter.message)
    Rule(name=starter.name, condition=starter.condition, message_template=starter.message).full_clean()


def test_the_guides_limits_hold() -> None:
    starter_rules.load()
    rule = Rule.objects.get(name="critical_memory_usage")
    assert (rule.condition, rule.severity, rule.cooldown_minutes) == (
        "name == 'memory_usage_percent' and value > 90",
        Severity.CRITICAL,
        5,
    )


def test_production_takes_its_limits_from_the_environment(configure: Configure) -> None:
    configure(environment="production", max_cpu_percent=72.5, max_memory_mb=1000)
    starter_rules.load()
    assert "value > 72.5" in Rule.objects.get(name="high_cpu_sustained").condition
    assert str(800 * 1024 * 1024) in Rule.objects.get(name="process_memory_limit").condition


def test_development_has_no_production_rules(configure: Configure) -> None:
    configure(environment="development")
    starter_rules.load()
    assert Rule.objects.count() == len(starter_rules.DEFAULT)


def test_loading_again_changes_nothing_that_people_edited_or_deleted() -> None:
    starter_rules.load()
    Rule.objects.filter(name="high_cpu_usage").update(condition="value > 99", enabled=False)
    Rule.objects.get(name="page_load_slow").delete()
    assert starter_rules.load() == 0
    assert Rule.objects.get(name="high_cpu_usage").condition == "value > 99"
    assert not Rule.objects.filter(name="page_load_slow").exists()


def test_a_channel_without_its_settings_is_disabled_with_a_hint() -> None:
    starter_rules.load()
    email = Channel.objects.get(name="email")
    assert not email.enabled
    assert "AHGD_SMTP_HOST" in email.hint


def test_mail_is_completed_when_its_settings_come(configure: Configure) -> None:
    starter_rules.load()
    configure(alert_email_enabled=True, alert_email_recipients=("ops@example.com",), smtp_host="mail")
    starter_rules.load()
    email = Channel.objects.get(name="email")
    assert (email.enabled, email.hint, email.settings) == (True, "", {"recipients": ["ops@example.com"]})


def test_mail_that_people_disabled_stays_disabled(configure: Configure) -> None:
    configure(alert_email_enabled=True, alert_email_recipients=("ops@example.com",), smtp_host="mail")
    starter_rules.load()
    Channel.objects.filter(name="email").update(enabled=False)
    starter_rules.load()
    assert not Channel.objects.get(name="email").enabled


def test_each_webhook_of_the_environment_is_a_channel_of_the_starter_rules(configure: Configure) -> None:
    configure(alert_webhook_enabled=True, alert_webhook_urls=("https://a.example/x", "https://b.example/y"))
    starter_rules.load()
    webhooks = Channel.objects.filter(kind=Channel.Kind.WEBHOOK, enabled=True)
    assert {row.settings["url"] for row in webhooks} == {"https://a.example/x", "https://b.example/y"}
    assert all(row.rules.filter(name="high_cpu_usage").exists() for row in webhooks)
