import pytest
from pytest_django.fixtures import Settings

from alerts import starter_rules
from alerts.conditions import parse
from alerts.models import Rule, Severity
from alerts.wording import check_template
from tests.alerts.told import configure

pytestmark = pytest.mark.django_db
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


def test_production_takes_its_limits_from_the_environment(settings: Settings) -> None:
    configure(settings, environment="production", max_cpu_percent=72.5, max_memory_mb=1000)
    starter_rules.load()
    assert "value > 72.5" in Rule.objects.get(name="high_cpu_sustained").condition
    assert str(800 * 1024 * 1024) in Rule.objects.get(name="process_memory_limit").condition


def test_development_has_no_production_rules(settings: Settings) -> None:
    configure(settings, environment="development")
    starter_rules.load()
    assert Rule.objects.count() == len(starter_rules.DEFAULT)


def test_loading_again_changes_nothing_that_people_edited_or_deleted() -> None:
    starter_rules.load()
    Rule.objects.filter(name="high_cpu_usage").update(condition="value > 99", enabled=False)
    Rule.objects.get(name="page_load_slow").delete()
    assert starter_rules.load() == 0
    assert Rule.objects.get(name="high_cpu_usage").condition == "value > 99"
    assert not Rule.objects.filter(name="page_load_slow").exists()
