from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from alerts import starter_rules
from alerts.cases.running import run
from alerts.conditions import parse
from alerts.models import EscalationPolicy, Rule, Severity
from alerts.rulefiles.document import RuleEntry, RuleFile
from alerts.rulefiles.linting import lint
from alerts.rulefiles.rows import unstored, unstored_cases
from alerts.wording import check_template
from tests.alerts.told import configure

pytestmark = pytest.mark.django_db
ALL = (*starter_rules.default(), *starter_rules.production(72.5, 1000))


@pytest.mark.parametrize("starter", ALL, ids=lambda starter: starter.name)
def test_every_starter_rule_is_one_that_could_be_saved(starter: RuleEntry) -> None:
    parse(starter.condition)
    check_template(starter.message_template)
    assert [str(finding) for finding in lint(RuleFile(rules=[starter])) if finding.is_error] == []


@pytest.mark.parametrize("starter", ALL, ids=lambda starter: starter.name)
def test_every_starter_rule_does_what_its_cases_say(starter: RuleEntry) -> None:
    outcomes = run(unstored(starter), unstored_cases(starter))
    assert outcomes
    assert [str(outcome) for outcome in outcomes if not outcome.passed] == []


def test_the_guides_limits_hold() -> None:
    starter_rules.load()
    rule = Rule.objects.get(name="critical_memory_usage")
    assert (rule.condition, rule.severity, rule.cooldown_minutes) == (
        "name == 'memory_usage_percent' and value > 90",
        Severity.CRITICAL,
        5,
    )


def test_production_takes_its_limits_from_the_environment(settings: Settings) -> None:
    configure(settings, environment="production", max_cpu_percent=72.5, max_memory_mb=1000)
    starter_rules.load()
    assert "value > 72.5" in Rule.objects.get(name="high_cpu_sustained").condition
    assert str(800 * 1024 * 1024) in Rule.objects.get(name="process_memory_limit").condition


def test_development_has_no_production_rules(settings: Settings) -> None:
    configure(settings, environment="development")
    starter_rules.load()
    assert Rule.objects.count() == len(starter_rules.default())


def test_loading_again_changes_nothing_that_people_edited_or_deleted() -> None:
    starter_rules.load()
    Rule.objects.filter(name="high_cpu_usage").update(condition="value > 99", enabled=False)
    Rule.objects.get(name="page_load_slow").delete()
    assert starter_rules.load() == 0
    assert Rule.objects.get(name="high_cpu_usage").condition == "value > 99"
    assert not Rule.objects.filter(name="page_load_slow").exists()


@pytest.mark.parametrize("starter", ALL, ids=lambda starter: starter.name)
def test_every_starter_rule_links_to_a_runbook_that_is_there(admin_client: Client, starter: RuleEntry) -> None:
    url = starter_rules.runbook_url(starter.name)
    page = admin_client.get(urlsplit(url).path)
    assert page.status_code == 200
    assert "What to do" in page.content.decode()


def test_a_runbook_that_nobody_wrote_is_not_found(admin_client: Client) -> None:
    assert admin_client.get("/ops/alerts/runbooks/nothing/").status_code == 404


def test_errors_count_by_their_share_of_calls() -> None:
    starter_rules.load()
    rule = Rule.objects.get(name="error_rate_high")
    assert {question.metric for question in parse(rule.condition).questions} == {
        "function_errors_total",
        "function_duration_seconds",
    }


def test_in_production_a_critical_health_check_escalates_to_the_webhooks_after_15_minutes(settings: Settings) -> None:
    configure(settings, environment="production")
    starter_rules.load()
    assert not EscalationPolicy.objects.exists()
    configure(settings, alert_webhook_urls=("https://example.com/hook",), alert_webhook_enabled=True)
    starter_rules.load()
    policy = Rule.objects.get(name="health_check_critical").escalation_policy
    assert policy is not None
    assert [(step.wait_minutes, step.channels.get().kind) for step in policy.steps.all()] == [(15, "webhook")]


def test_an_escalation_that_people_deleted_does_not_come_back(settings: Settings) -> None:
    webhook = {"alert_webhook_urls": ("https://example.com/hook",), "alert_webhook_enabled": True}
    configure(settings, environment="production", **webhook)
    starter_rules.load()
    EscalationPolicy.objects.all().delete()
    starter_rules.load()
    assert not EscalationPolicy.objects.exists()
