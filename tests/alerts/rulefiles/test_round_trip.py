import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.models import Channel, EscalationPolicy, Rule
from alerts.rulefiles import importing
from alerts.rulefiles.document import RuleEntry, RuleFile
from alerts.rulefiles.reading import read
from alerts.rulefiles.rows import entry_of, stored
from alerts.rulefiles.writing import write
from tests.alerts.rulefiles.entries import entries

CHANNELS = ["log", "mail"]
RULES = st.lists(entries(CHANNELS, ["night"]), max_size=4, unique_by=lambda rule: rule.name)


@given(RULES)
@settings(max_examples=60, deadline=None)
def test_what_is_written_reads_as_exactly_the_same_rules(rules: list[RuleEntry]) -> None:
    text = write(rules)
    assert read(text).file.rules == rules
    assert write(read(text).file.rules) == text


@pytest.mark.django_db
@given(RULES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rules_that_are_imported_are_exported_as_exactly_the_same(rules: list[RuleEntry]) -> None:
    with transaction.atomic():
        for name in CHANNELS:
            Channel.objects.create(name=name, kind="log")
        EscalationPolicy.objects.create(name="night")
        importing.apply(importing.plan(RuleFile(rules=rules)), "a test")
        expected = sorted(rules, key=lambda rule: rule.name)
        assert sorted((entry_of(rule) for rule in stored()), key=lambda rule: rule.name) == expected
        assert {change.word for change in importing.plan(RuleFile(rules=rules))} <= {"unchanged"}
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_dependencies_come_back_whichever_rule_stands_first() -> None:
    rules = [
        RuleEntry.model_validate({"name": name, "condition": "value > 1", "depends_on": parents})
        for name, parents in (("child", ["parent", "other"]), ("parent", ["other"]), ("other", []))
    ]
    importing.apply(importing.plan(RuleFile(rules=rules)), "a test")
    assert {change.word for change in importing.plan(RuleFile(rules=rules))} == {"unchanged"}
    assert set(Rule.objects.get(name="child").depends_on.values_list("name", flat=True)) == {"parent", "other"}


@pytest.mark.django_db
def test_the_order_of_tags_is_no_difference() -> None:
    tags = {"team": "data", "a": "1", "zone": "2"}
    rule = RuleEntry.model_validate({"name": "busy", "condition": "value > 1", "tags": tags})
    importing.apply(importing.plan(RuleFile(rules=[rule])), "a test")
    other = rule.model_copy(update={"tags": dict(reversed(tags.items()))})
    assert [change.word for change in importing.plan(RuleFile(rules=[other]))] == ["unchanged"]
