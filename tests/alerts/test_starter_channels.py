import pytest
from pytest_django.fixtures import Settings

from alerts import starter_channels, starter_rules
from alerts.channels import validate_settings
from alerts.models import Channel
from tests.alerts.told import configure

pytestmark = pytest.mark.django_db

MAIL = {"alert_email_enabled": True, "alert_email_recipients": ("ops@example.com",), "smtp_host": "mail"}
WEBHOOKS = ("https://a.example/x", "https://b.example/y")


def test_a_new_console_tells_its_log_and_a_file_at_once() -> None:
    starter_channels.load()

    assert set(Channel.objects.filter(enabled=True).values_list("name", flat=True)) == {"log", "alert-file"}


def test_every_channel_that_is_enabled_is_one_that_could_be_saved(settings: Settings) -> None:
    configure(settings, alert_webhook_enabled=True, alert_webhook_urls=WEBHOOKS, **MAIL)
    starter_channels.load()

    for channel in Channel.objects.filter(enabled=True):
        validate_settings(channel.kind, channel.settings)
    assert not Channel.objects.filter(enabled=False).exists()


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({}, "To use mail, set AHGD_ALERT_EMAIL=true, AHGD_ALERT_EMAIL_RECIPIENTS, AHGD_SMTP_HOST and restart."),
        (MAIL | {"smtp_host": ""}, "To use mail, set AHGD_SMTP_HOST and restart."),
        (MAIL, ""),
    ],
    ids=["nothing", "no server", "all"],
)
def test_mail_that_lacks_something_is_disabled_and_says_what(
    settings: Settings, given: dict[str, object], hint: str
) -> None:
    configure(settings, **given)
    starter_channels.load()

    email = Channel.objects.get(name="email")
    assert (email.hint, email.enabled) == (hint, not hint)


def test_mail_is_completed_when_its_settings_come(settings: Settings) -> None:
    starter_channels.load()
    configure(settings, **MAIL)
    starter_channels.load()

    email = Channel.objects.get(name="email")
    assert (email.enabled, email.hint, email.settings) == (True, "", {"recipients": ["ops@example.com"]})


def test_mail_that_people_disabled_stays_disabled(settings: Settings) -> None:
    configure(settings, **MAIL)
    starter_channels.load()
    Channel.objects.filter(name="email").update(enabled=False)
    starter_channels.load()

    assert not Channel.objects.get(name="email").enabled


def test_a_channel_that_people_deleted_or_changed_stays_so() -> None:
    starter_channels.load()
    Channel.objects.filter(name="log").delete()
    Channel.objects.filter(name="alert-file").update(settings={"path": "elsewhere.log"})
    starter_channels.load()

    assert not Channel.objects.filter(name="log").exists()
    assert Channel.objects.get(name="alert-file").settings == {"path": "elsewhere.log"}


def test_a_channel_of_somebody_elses_keeps_its_name_and_settings() -> None:
    Channel.objects.create(name="email", kind=Channel.Kind.LOG)
    starter_channels.load()

    email = Channel.objects.get(name="email")
    assert (email.kind, email.enabled, email.seeded_from) == ("log", True, "")


def test_each_webhook_of_the_environment_is_a_channel_of_the_starter_rules(settings: Settings) -> None:
    starter_rules.load()
    configure(settings, alert_webhook_enabled=True, alert_webhook_urls=WEBHOOKS)
    starter_rules.load()

    webhooks = Channel.objects.filter(kind=Channel.Kind.WEBHOOK, enabled=True)
    assert {row.settings["url"] for row in webhooks} == set(WEBHOOKS)
    assert all(row.rules.filter(name="high_cpu_usage").exists() for row in webhooks)


def test_webhooks_wait_until_they_are_switched_on(settings: Settings) -> None:
    configure(settings, alert_webhook_enabled=False, alert_webhook_urls=WEBHOOKS)
    starter_channels.load()

    webhooks = Channel.objects.filter(kind=Channel.Kind.WEBHOOK)
    assert {(row.enabled, row.hint) for row in webhooks} == {
        (False, "Set AHGD_ALERT_WEBHOOK=true, or enable it here."),
    }
